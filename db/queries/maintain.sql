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

