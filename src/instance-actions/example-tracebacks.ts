/**
 * Tracebacks that Nova 33.0.2 recorded in a test deployment. Nova omits Python's first line (`Traceback …`) and its
 * last line, the exception.
 */

export const RESIZE_TRACEBACK = `  File "/usr/lib/python3/dist-packages/nova/compute/utils.py", line 1483, in decorated_function
    return function(self, context, *args, **kwargs)
  File "/usr/lib/python3/dist-packages/nova/compute/manager.py", line 211, in decorated_function
    with excutils.save_and_reraise_exception():
         ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~^^
  File "/usr/lib/python3/dist-packages/oslo_utils/excutils.py", line 260, in __exit__
    self.force_reraise()
    ~~~~~~~~~~~~~~~~~~^^
  File "/usr/lib/python3/dist-packages/oslo_utils/excutils.py", line 226, in force_reraise
    raise self.value
  File "/usr/lib/python3/dist-packages/nova/compute/manager.py", line 201, in decorated_function
    return function(self, context, *args, **kwargs)
  File "/usr/lib/python3/dist-packages/nova/compute/manager.py", line 6785, in resize_instance
    with excutils.save_and_reraise_exception():
         ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~^^
  File "/usr/lib/python3/dist-packages/oslo_utils/excutils.py", line 260, in __exit__
    self.force_reraise()
    ~~~~~~~~~~~~~~~~~~^^
  File "/usr/lib/python3/dist-packages/oslo_utils/excutils.py", line 226, in force_reraise
    raise self.value
  File "/usr/lib/python3/dist-packages/nova/compute/manager.py", line 6782, in resize_instance
    self._resize_instance(context, instance, image, migration,
    ~~~~~~~~~~~~~~~~~~~~~^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                          flavor, clean_shutdown, request_spec)
                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/lib/python3/dist-packages/nova/compute/manager.py", line 6796, in _resize_instance
    with self._error_out_instance_on_exception(
         ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~^
            context, instance, instance_state=instance_state), \\
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/lib/python3.14/contextlib.py", line 162, in __exit__
    self.gen.throw(value)
    ~~~~~~~~~~~~~~^^^^^^^
  File "/usr/lib/python3/dist-packages/nova/compute/manager.py", line 11733, in _error_out_instance_on_exception
    raise error.inner_exception
`;

export const SCHEDULE_TRACEBACK = `  File "/usr/lib/python3/dist-packages/nova/conductor/manager.py", line 1677, in schedule_and_build_instances
    host_lists = self._schedule_instances(context, request_specs[0],
            instance_uuids, return_alternates=True)
  File "/usr/lib/python3/dist-packages/nova/conductor/manager.py", line 965, in _schedule_instances
    host_lists = self.query_client.select_destinations(
        context, request_spec, instance_uuids, return_objects=True,
        return_alternates=return_alternates)
  File "/usr/lib/python3/dist-packages/nova/scheduler/client/query.py", line 41, in select_destinations
    return self.scheduler_rpcapi.select_destinations(context, spec_obj,
           ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~^^^^^^^^^^^^^^^^^^^
            instance_uuids, return_objects, return_alternates)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/lib/python3/dist-packages/nova/scheduler/rpcapi.py", line 160, in select_destinations
    return cctxt.call(ctxt, 'select_destinations', **msg_args)
           ~~~~~~~~~~^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/lib/python3/dist-packages/oslo_messaging/rpc/client.py", line 194, in call
    result = self.transport._send(
        self.target, msg_ctxt, msg,
    ...<3 lines>...
        retry=self.retry,
        transport_options=self.transport_options)
  File "/usr/lib/python3/dist-packages/oslo_messaging/transport.py", line 123, in _send
    return self._driver.send(target, ctxt, message,
           ~~~~~~~~~~~~~~~~~^^^^^^^^^^^^^^^^^^^^^^^
                             wait_for_reply=wait_for_reply,
                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    ...<2 lines>...
                             retry=retry,
                             ^^^^^^^^^^^^
                             transport_options=transport_options)
                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/lib/python3/dist-packages/oslo_messaging/_drivers/amqpdriver.py", line 794, in send
    return self._send(target, ctxt, message, wait_for_reply, timeout,
           ~~~~~~~~~~^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                      call_monitor_timeout, retry=retry,
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                      transport_options=transport_options)
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/lib/python3/dist-packages/oslo_messaging/_drivers/amqpdriver.py", line 786, in _send
    raise result
`;
