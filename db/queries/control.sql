-- What people say about how fast campaigns and accounts go, and when they
-- stop by themselves; which database this is.
-- The comments in db/migrations/0006_control.sql say what the rows mean.

-- $1 campaign
-- name: campaign_control
SELECT per_second, per_minute, per_hour, per_day, brake_hard_percent,
       brake_complaint_percent, brake_minimum
  FROM campaign WHERE id = $1::bigint;

-- $1 campaign, $2 to $5 per second, minute, hour, day, $6 hard bounces and
-- $7 complaints in percent, $8 results at least
-- name: campaign_control_set
UPDATE campaign
   SET per_second = $2::integer, per_minute = $3::integer, per_hour = $4::integer,
       per_day = $5::integer, brake_hard_percent = $6::float8,
       brake_complaint_percent = $7::float8, brake_minimum = $8::integer, updated_at = now()
 WHERE id = $1::bigint;

-- A warm-up that has begun goes on, unless its start is said.
-- $1 account, $2 group or '', $3 its first day or NULL, $4 messages on it,
-- $5 factor, $6 until
-- name: warmup_put
INSERT INTO warmup AS w (account_id, group_name, start_on, first_day, factor, until_per_day)
VALUES ($1::bigint, $2, coalesce($3::date, now()::date), $4::integer, $5::float8, $6::integer)
ON CONFLICT (account_id, group_name) DO UPDATE
   SET start_on = coalesce($3::date, w.start_on), first_day = EXCLUDED.first_day,
       factor = EXCLUDED.factor, until_per_day = EXCLUDED.until_per_day;

-- $1 account, $2 those of groups, not that of the whole, $3 groups that stay
-- name: warmup_remove
DELETE FROM warmup
 WHERE account_id = $1::bigint AND (group_name <> '') = $2::boolean
   AND group_name <> ALL ($3::text[]);

-- name: origin_note
-- Senders say once which database they know.
INSERT INTO origin (identity) VALUES (database_identity()) ON CONFLICT DO NOTHING;

-- name: origin_check
SELECT is_original();

-- name: origin_adopt
-- A copy becomes the original.  What is under way in it was so elsewhere:
-- campaigns that run stand still until a person has looked at them.
WITH adopted AS (
	INSERT INTO origin AS o (identity) VALUES (database_identity())
	ON CONFLICT (one) DO UPDATE SET identity = EXCLUDED.identity, noted_at = now()
	 WHERE o.identity <> EXCLUDED.identity
	RETURNING 1)
UPDATE campaign
   SET status = 'paused', updated_at = now(),
       status_reason = 'was running in the database that this one is a copy of:'
                       || ' resume it if it is not to go on there'
 WHERE status = 'running' AND EXISTS (SELECT FROM adopted);
