-- The example of the API documentation, as an embedded store begins with it. Once, however often it is run.
SET @at = '2013-07-12 21:35:37';
INSERT IGNORE INTO instances (uuid, user_id, project_id, host, display_name, created_at)
  VALUES ('86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff', '35746', '453265', 'c-10-13-129-72', 'example', @at);
SET @is_new = ROW_COUNT();
INSERT INTO instance_actions
    (action, instance_uuid, request_id, user_id, project_id, start_time, created_at, updated_at)
  SELECT 'create', uuid, 'req-920c6627-c8c9-4d02-9d3d-81917e5586df', user_id, project_id, @at, @at, '2013-07-12 21:45:44'
    FROM instances WHERE @is_new = 1 AND uuid = '86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff';
SET @action = LAST_INSERT_ID();
INSERT INTO instance_actions_events
    (action_id, event, host, result, start_time, finish_time, created_at, updated_at)
  SELECT @action, event, host, 'Success', start_time, finish_time, start_time, finish_time FROM (
    SELECT 'schedule' AS event, NULL AS host, '2013-07-12 21:35:38' AS start_time, '2013-07-12 21:35:42' AS finish_time
    UNION ALL
    SELECT 'compute_run_instance', 'c-10-13-129-72', '2013-07-12 21:35:42', '2013-07-12 21:45:44'
  ) AS events WHERE @is_new = 1;
