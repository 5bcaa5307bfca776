/** Returns an object in the format in which Nova stores it in a column: JSON with the name of the object's class. */
function serialised(name: string, version: string, data: object): object {
  return {
    'nova_object.name': name,
    'nova_object.namespace': 'nova',
    'nova_object.version': version,
    'nova_object.data': data,
    'nova_object.changes': Object.keys(data),
  };
}

function flavor(): object {
  return serialised('Flavor', '1.2', {
    id: 1,
    name: 'small',
    flavorid: '1',
    memory_mb: 512,
    vcpus: 1,
    root_gb: 1,
    ephemeral_gb: 0,
    swap: 0,
    rxtx_factor: 1,
    vcpu_weight: 0,
    disabled: false,
    is_public: true,
    extra_specs: {},
    description: null,
    created_at: null,
    updated_at: null,
    deleted_at: null,
    deleted: false,
  });
}

/** Returns a value for the column `instance_extra.flavor`. Nova fails to show a server without it. */
export function serialisedFlavor(): string {
  return JSON.stringify({ cur: flavor(), old: null, new: null });
}

/** Fields that are null before a server has a host. Nova fails to list a server that lacks one of these fields. */
const NULL_FIELDS = [
  'image_ref',
  'kernel_id',
  'ramdisk_id',
  'key_name',
  'key_data',
  'ephemeral_key_uuid',
  'user_data',
  'availability_zone',
  'os_type',
  'architecture',
  'vm_mode',
  'root_device_name',
  'default_ephemeral_device',
  'default_swap_device',
  'access_ip_v4',
  'access_ip_v6',
  'numa_topology',
  'pci_requests',
  'trusted_certs',
  'deleted_at',
];

/**
 * Returns a value for the column `build_requests.instance`. It describes a server that has been requested but is not in
 * a cell yet.
 */
export function serialisedBuild(uuid: string, projectId: string): string {
  return JSON.stringify(
    serialised('Instance', '2.7', {
      ...Object.fromEntries(NULL_FIELDS.map((name) => [name, null])),
      id: 0,
      uuid,
      project_id: projectId,
      user_id: 'a11ce000000000000000000000000001',
      display_name: 'new',
      display_description: 'new',
      hostname: 'new',
      reservation_id: 'r-00000001',
      launch_index: 0,
      vm_state: 'building',
      task_state: 'scheduling',
      power_state: 0,
      progress: 0,
      instance_type_id: 1,
      memory_mb: 512,
      vcpus: 1,
      root_gb: 1,
      ephemeral_gb: 0,
      config_drive: '',
      locked: false,
      auto_disk_config: false,
      shutdown_terminate: false,
      cleaned: false,
      metadata: {},
      system_metadata: {},
      flavor: flavor(),
    }),
  );
}
