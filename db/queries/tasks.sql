-- What the API asks of senders and pollers.

-- $1 kind, $2 account or NULL, $3 mailbox or NULL
-- name: task_insert
INSERT INTO task (kind, account_id, mailbox_id)
VALUES ($1, $2::bigint, $3::bigint)
RETURNING id;

-- What a person says of a message that was read; nothing when there is none.
-- $1 message, $2 class or NULL, $3 delivery or NULL, $4 type or NULL, $5 API key
-- name: reclassify_insert
INSERT INTO task (kind, mailbox_id, inbound_id, wish)
SELECT 'reclassify', mailbox_id, id,
       jsonb_strip_nulls(jsonb_build_object('class', $2::text, 'delivery_id', $3::bigint,
                                            'type', $4::text, 'api_key_id', $5::bigint))
  FROM inbound WHERE id = $1::bigint
RETURNING id;

-- One task an address.  $1 campaign, $2 addresses
-- name: task_insert_messages
INSERT INTO task (kind, campaign_id, recipient)
SELECT 'test_message', $1::bigint, recipient
  FROM unnest($2::text[]) WITH ORDINALITY AS u (recipient, n)
 ORDER BY n
RETURNING id;

-- How far they are: all over, none begun.  $1 tasks
-- name: task_progress
SELECT coalesce(bool_and(state IN ('done', 'failed')), true),
       coalesce(bool_and(state = 'queued'), false)
  FROM task WHERE id = ANY ($1::bigint[]);

-- What came of one, once it is over.  $1 task
-- name: task_result
SELECT CASE WHEN state IN ('done', 'failed')
            THEN '{"ok": false, "steps": []}' || result || jsonb_build_object('task_id', id) END,
       jsonb_build_object('id', id, 'state', state)
  FROM task WHERE id = $1::bigint;

-- The answer to a request for test messages.  $1 tasks
-- name: task_results
SELECT coalesce(bool_and(state IN ('done', 'failed')), true),
       json_build_object(
           'ok', coalesce(bool_and(coalesce((result ->> 'ok')::boolean, false)), false),
           'results', coalesce(json_agg(
               jsonb_build_object('ok', false, 'steps', '[]'::jsonb) || result
               || jsonb_build_object('to', recipient, 'task_id', id, 'state', state)
               ORDER BY id), '[]'))
  FROM task WHERE id = ANY ($1::bigint[]);

-- $1 id
-- name: task_document
SELECT row_to_json(d)
  FROM (SELECT id, kind, account_id, mailbox_id, campaign_id, inbound_id, recipient, state,
               result, created_at, finished_at
          FROM task WHERE id = $1::bigint) d;
