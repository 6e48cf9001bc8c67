-- Who is told of events, and how that goes.
-- The comments over the tables (db/migrations/0018_webhooks.sql) say what the
-- rows mean.

-- $1 name  $2 url  $3 kinds
-- name: webhook_insert
INSERT INTO webhook (name, url, kinds) VALUES ($1, $2, $3::text[]) RETURNING id;

-- $1 webhook  $2 secret
-- name: webhook_keep_secret
UPDATE webhook SET secret = $2::bytea WHERE id = $1::bigint;

-- $1 after this id  $2 up to this id  $3 at most
-- name: webhook_documents
SELECT id, row_to_json(d)
  FROM (SELECT id, name, url, kinds, state, state_reason, failures, failing_since,
               CASE WHEN failures > 0 AND state = 'active' THEN next_at END AS retry_at,
               created_at, updated_at
          FROM webhook WHERE id > $1::bigint AND id <= $2::bigint
         ORDER BY id LIMIT $3::bigint) d
 ORDER BY id;

-- What is NULL stays.  Made active again it begins anew where it was.
-- $1 webhook  $2 name  $3 url  $4 kinds  $5 state
-- name: webhook_update
UPDATE webhook
   SET name = coalesce($2::text, name), url = coalesce($3::text, url),
       kinds = coalesce($4::text[], kinds), state = coalesce($5::text, state),
       state_reason = CASE WHEN $5::text IS NULL THEN state_reason ELSE '' END,
       failures = CASE WHEN $5 = 'active' THEN 0 ELSE failures END,
       failing_since = CASE WHEN $5 = 'active' THEN NULL ELSE failing_since END,
       next_at = now(), updated_at = now()
 WHERE id = $1::bigint
RETURNING id;

-- $1 webhook
-- name: webhook_delete
DELETE FROM webhook WHERE id = $1::bigint RETURNING id;

-- $1 webhook
-- name: webhook_test
UPDATE webhook SET test = true, next_at = now() WHERE id = $1::bigint RETURNING id;

-- $1 webhook  $2 after this id  $3 at most
-- name: webhook_attempts
SELECT id, row_to_json(d)
  FROM (SELECT id, batch, events, status, error, took_ms, at
          FROM webhook_delivery
         WHERE webhook_id = $1::bigint AND id > $2::bigint
         ORDER BY id LIMIT $3::bigint) d
 ORDER BY id;

-- One that has something to tell and whose time has come.
-- $1 seconds
-- name: webhook_claim
UPDATE webhook
   SET held_until = clock_timestamp() + make_interval(secs => $1::int), epoch = epoch + 1
 WHERE id = (SELECT w.id
               FROM webhook w
              WHERE (w.state = 'active' OR w.test) AND w.next_at <= now()
                AND (w.held_until IS NULL OR w.held_until < clock_timestamp())
                AND (w.test OR EXISTS (
                     SELECT FROM event e
                      WHERE (e.written_by, e.id) > (w.after_written, w.after_id)
                        AND e.written_by < pg_snapshot_xmin(pg_current_snapshot())::text::bigint))
              ORDER BY w.next_at
              LIMIT 1
                FOR UPDATE SKIP LOCKED)
RETURNING id, url, secret, epoch, test;

-- Its next events, and where they end: of those that it is told nothing of,
-- the cursor passes many at once.
-- $1 webhook  $2 events at most
-- name: webhook_batch
SELECT count(*) FILTER (WHERE wanted), coalesce(max(written_by), 0),
       coalesce((array_agg(id ORDER BY written_by DESC, id DESC))[1], 0),
       coalesce(json_agg(event ORDER BY written_by, id) FILTER (WHERE wanted), '[]')
  FROM (SELECT e.written_by, e.id,
               cardinality(w.kinds) = 0 OR e.kind = ANY (w.kinds) AS wanted,
               (SELECT row_to_json(d)
                  FROM (SELECT e.id, e.kind, e.at, e.campaign_id, e.delivery_id, e.contact_id,
                               e.list_id, e.inbound_id, e.type, e.category, e.status, e.source,
                               e.verdict, e.data, event_goals(e) AS goal_ids) d) AS event
          FROM webhook w
          JOIN LATERAL (SELECT * FROM event e
                         WHERE (e.written_by, e.id) > (w.after_written, w.after_id)
                           AND e.written_by < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
                         ORDER BY e.written_by, e.id LIMIT $2::bigint) e ON true
         WHERE w.id = $1::bigint) b;

-- Told, or there was nothing that it wants to hear.
-- $1 webhook  $2 epoch  $3 up to this transaction  $4 and this id  $5 a test
-- name: webhook_advance
UPDATE webhook
   SET after_written = CASE WHEN $5::boolean THEN after_written ELSE $3::bigint END,
       after_id = CASE WHEN $5::boolean THEN after_id ELSE $4::bigint END,
       test = test AND NOT $5::boolean, failures = 0, failing_since = NULL,
       held_until = NULL, next_at = now()
 WHERE id = $1::bigint AND epoch = $2::bigint;

-- Tried again after 1, 2, 4 ... seconds, at most an hour; after a day of
-- failures a person has to look.
-- $1 webhook  $2 epoch  $3 why  $4 seconds until it is given up  $5 a test
-- name: webhook_fail
WITH failed AS (
	UPDATE webhook
	   SET failures = failures + 1, failing_since = coalesce(failing_since, now()),
	       next_at = now() + make_interval(secs => least(3600, 2 ^ least(failures, 12))),
	       held_until = NULL, test = test AND NOT $5::boolean,
	       state = CASE WHEN failing_since < now() - make_interval(secs => $4::int)
	                    THEN 'disabled' ELSE state END,
	       state_reason = $3::text
	 WHERE id = $1::bigint AND epoch = $2::bigint
	RETURNING id, state, name, failures)
INSERT INTO event (kind, key, source, data)
SELECT 'alert', 'webhook ' || id || ' ' || clock_timestamp(), 'webhook',
       jsonb_build_object('alert', 'webhook_disabled', 'webhook_id', id, 'name', name,
                          'reason', $3::text, 'failures', failures)
  FROM failed WHERE state = 'disabled';

-- $1 webhook  $2 batch  $3 events  $4 status or NULL  $5 error  $6 milliseconds
-- name: webhook_note
INSERT INTO webhook_delivery (webhook_id, batch, events, status, error, took_ms)
SELECT id, $2::text, $3::int, $4::int, $5::text, $6::bigint FROM webhook WHERE id = $1::bigint;

-- name: webhook_forget
DELETE FROM webhook_delivery WHERE at < now() - interval '7 days';
