-- What the API asks of senders and pollers.

-- $1 kind, $2 account or NULL, $3 mailbox or NULL
-- name: task_insert
INSERT INTO task (kind, account_id, mailbox_id)
VALUES ($1, $2::bigint, $3::bigint)
RETURNING id;

-- How an account's self-test would go: which mailbox reads it back (the one
-- that is given, else the account's own, which has its user name), who writes
-- to whom.
-- $1 account, $2 mailbox or NULL, $3 to or NULL, $4 from or NULL
-- name: self_test_plan
SELECT m.id, m.protocol, w.recipient, w.sender,
       CASE WHEN w.sender = c.from_email THEN coalesce(c.return_path, w.sender) ELSE w.sender END
  FROM smtp_account a
  LEFT JOIN LATERAL (
        SELECT * FROM mailbox b
         WHERE CASE WHEN $2::bigint IS NOT NULL THEN b.id = $2::bigint
                    ELSE b.protocol = 'imap' AND b.username LIKE '%@%'
                         AND lower(b.username) = lower(a.username) END
         ORDER BY b.id LIMIT 1) m ON true
  LEFT JOIN LATERAL (
        SELECT * FROM campaign c
         WHERE EXISTS (SELECT FROM campaign_account ca
                        WHERE ca.campaign_id = c.id AND ca.account_id = a.id)
         ORDER BY c.id DESC LIMIT 1) c ON true,
       LATERAL (SELECT coalesce($3, CASE WHEN m.username LIKE '%@%' THEN m.username END)) r (recipient),
       LATERAL (SELECT r.recipient, coalesce($4, c.from_email,
                           CASE WHEN a.username LIKE '%@%' THEN a.username END,
                           r.recipient) AS sender) w
 WHERE a.id = $1::bigint;

-- $1 account, $2 mailbox, $3 to, $4 from, $5 return path
-- name: self_test_insert
INSERT INTO task (kind, account_id, mailbox_id, recipient, wish)
VALUES ('account_test', $1::bigint, $2::bigint, $3,
        jsonb_build_object('from', $4::text, 'return_path', $5::text))
RETURNING id;

-- How far it is, a row a step.  $1 task
-- name: self_test_progress
SELECT t.kind = 'account_test', t.state, s.step ->> 'name', (s.step ->> 'ok')::boolean,
       s.step ->> 'detail'
  FROM task t
  LEFT JOIN LATERAL jsonb_array_elements(t.result -> 'steps')
       WITH ORDINALITY s (step, n) ON true
 WHERE t.id = $1::bigint
 ORDER BY s.n;

-- Nobody has begun it.  $1 task
-- name: self_test_cancel
DELETE FROM task WHERE id = $1::bigint AND kind = 'account_test' AND state = 'queued';

-- What a person says of a message that was read; nothing when there is none.
-- $1 message, $2 class or NULL, $3 delivery or NULL, $4 type or NULL, $5 API key
-- or NULL, $6 user or NULL
-- name: reclassify_insert
INSERT INTO task (kind, mailbox_id, inbound_id, wish)
SELECT 'reclassify', mailbox_id, id,
       jsonb_strip_nulls(jsonb_build_object('class', $2::text, 'delivery_id', $3::bigint,
                                            'type', $4::text, 'api_key_id', $5::bigint,
                                            'user_id', $6::bigint))
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
       coalesce(bool_and(state = 'queued' AND kind <> 'read_back'), false)
  FROM task WHERE id = ANY ($1::bigint[]);

-- What came of one, once it is over.  $1 task
-- name: task_result
SELECT CASE WHEN state IN ('done', 'failed')
            THEN '{"ok": false, "steps": []}' || result || jsonb_build_object('task_id', id) END,
       jsonb_build_object('id', id, 'state', state, 'worker',
           CASE WHEN kind IN ('account_test', 'test_message') THEN 'sender' ELSE 'bounce' END)
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
