-- What `volley maintain` does beside the roll-ups.

-- name: maintain_lock
-- One at a time does the work; the session holds the lock.
SELECT pg_try_advisory_lock(hashtext('volley maintain'));

-- name: maintain_role
-- NULL, or why there is no role volley_report.
SELECT report_role();

-- name: partitions_ahead
-- Before they are needed: campaigns to come, and weeks.  How many there are.
SELECT count(outcome_partition(c.id))
     + (SELECT count(hit_partition(now() + make_interval(weeks => w)))
          FROM generate_series(0, 2) w)
  FROM (SELECT coalesce(max(id), 0) + n AS id
          FROM campaign, (VALUES (0), (64)) v (n) GROUP BY n) c;

-- name: hits_forget
-- Weeks of raw hits that ended long enough ago.  What they were found to be
-- stays with the events.  How many.
-- $1 days
SELECT hits_forget($1::int);

-- name: events_forget_begin
-- What is too old is forgotten: it stays counted.
SELECT set_config('volley.forget', 'on', true);

-- name: events_forget
-- The oldest ones, some at a time.
-- $1 days  $2 at most
DELETE FROM event e
 USING (SELECT id, at FROM event ORDER BY id LIMIT $2::int) oldest
 WHERE e.id = oldest.id AND oldest.at < now() - make_interval(days => $1::int);

-- name: tasks_forget
-- Tests of accounts and the like that are done.
-- $1 days
DELETE FROM task WHERE finished_at < now() - make_interval(days => $1::int);


-- name: raw_forget
-- Raw messages that are kept for longer than is wanted now, some at a time.
-- $1 days  $2 at most
UPDATE inbound SET raw = NULL, raw_until = NULL
 WHERE id = ANY (ARRAY(SELECT id FROM inbound
                        WHERE raw IS NOT NULL AND created_at < now() - make_interval(days => $1::int)
                        ORDER BY id LIMIT $2::int));

-- name: rejects_forget
-- Rows that an import could not use, with what stood in them.
-- $1 days  $2 at most
DELETE FROM import_error e
 WHERE (e.import_id, e.line) = ANY (ARRAY(
       SELECT (r.import_id, r.line) FROM import_error r
        WHERE r.import_id = ANY (ARRAY(SELECT id FROM import
                                        WHERE finished_at < now() - make_interval(days => $1::int)))
        LIMIT $2::int));

-- name: pending_forget
-- Who signed up by a form and never confirmed, and those of them of whom
-- nothing else is known; what was to be asked and nobody did.
-- $1 days  $2 at most
WITH old AS MATERIALIZED (
	SELECT m.list_id, m.contact_id
	  FROM membership m
	 WHERE m.status = 'unconfirmed' AND m.source = 'form'
	   AND m.created_at < now() - make_interval(days => $1::int)
	   AND NOT EXISTS (SELECT FROM confirmation f
	                    WHERE f.contact_id = m.contact_id
	                      AND f.asked_at >= now() - make_interval(days => $1::int))
	 LIMIT $2::int),
unasked AS (
	DELETE FROM confirmation
	 WHERE delivery_id IS NULL AND asked_at < now() - make_interval(days => $1::int)),
left_lists AS (
	DELETE FROM membership m USING old o
	 WHERE m.list_id = o.list_id AND m.contact_id = o.contact_id)
DELETE FROM contact c USING old o
 WHERE c.id = o.contact_id
   AND NOT EXISTS (SELECT FROM membership m
                    WHERE m.contact_id = c.id AND (m.list_id, m.contact_id) NOT IN
                          (SELECT list_id, contact_id FROM old))
   AND NOT EXISTS (SELECT FROM event e WHERE e.contact_id = c.id)
   AND NOT EXISTS (SELECT FROM conversion v WHERE v.contact_id = c.id);

-- name: sources_forget
-- Where forms came from is of use for an hour.
DELETE FROM sign_up_source
 WHERE (SELECT max(t) FROM unnest(times) t) < now() - interval '1 hour';
