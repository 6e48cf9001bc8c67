-- What the API asks a sender to do: account tests, test messages.
-- The comments over the ledger's tables (db/migrations) say what the rows mean.

-- name: sender_task_claim
-- $1 holder  $2 seconds
UPDATE task
   SET state = 'running', holder = $1::text,
       held_until = clock_timestamp() + make_interval(secs => $2::int)
 WHERE id = (SELECT t.id
               FROM task t
              WHERE t.kind IN ('account_test', 'test_message') AND (SELECT is_original())
                AND (t.state = 'queued'
                     OR (t.state = 'running' AND t.held_until < clock_timestamp()))
              ORDER BY t.id
              LIMIT 1
                FOR UPDATE SKIP LOCKED)
RETURNING id, kind, account_id, campaign_id, recipient;

-- name: sender_task_finish
-- $1 task  $2 holder  $3 whether it could be done at all  $4 result
UPDATE task
   SET state = CASE WHEN $3::boolean THEN 'done' ELSE 'failed' END,
       result = $4::jsonb, holder = NULL, held_until = NULL, finished_at = now()
 WHERE id = $1::bigint AND holder = $2::text;

-- name: self_test_letter
-- Who writes to whom in a self-test; nothing when it only logs in.
-- $1 task
SELECT recipient, wish ->> 'from', wish ->> 'return_path'
  FROM task WHERE id = $1::bigint AND mailbox_id IS NOT NULL;

-- name: self_test_sent
-- The message is on its way: a poller reads it back.
-- $1 task  $2 holder  $3 result  $4 what was sent
UPDATE task
   SET kind = 'read_back', state = 'queued', result = $3::jsonb,
       wish = wish || $4::jsonb || jsonb_build_object('sent_at', clock_timestamp()),
       holder = NULL, held_until = NULL
 WHERE id = $1::bigint AND holder = $2::text;

-- name: test_campaign
-- The campaign as it would be sent now.
-- $1 campaign
SELECT name, from_name, from_email, reply_to, reply_token, return_path,
       false, coalesce(started_at, now()), 'campaign'
  FROM campaign WHERE id = $1::bigint;

-- name: test_recipient
-- What is known of the person a test goes to, and a list of the campaign.
-- $1 campaign  $2 lower(local)@domain
SELECT coalesce(c.name, ''), coalesce(c.attributes, '{}'), coalesce(l.id, 0), coalesce(l.name, '')
  FROM (SELECT 1) one
  LEFT JOIN contact c ON c.email_key = $2::text
  LEFT JOIN LATERAL (SELECT i.id, i.name
                       FROM campaign_list cl JOIN list i ON i.id = cl.list_id
                      WHERE cl.campaign_id = $1::bigint AND NOT cl.excluded
                      ORDER BY i.id LIMIT 1) l ON true;
