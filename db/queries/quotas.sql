-- What is used of the limits of accounts, groups and campaigns, shared by all
-- senders.  The comments in db/migrations/0006_control.sql say what they mean.

-- name: quota_ensure
-- A new limit begins with a full bucket.
-- $1 kind  $2 id  $3 group
INSERT INTO quota (kind, id, group_name, unit, tokens, filled_at)
SELECT l.kind, l.id, l.group_name, l.unit, l.burst, clock_timestamp()
  FROM quota_limit l
 WHERE l.kind = $1::text AND l.id = $2::bigint AND l.group_name = $3::text
ON CONFLICT DO NOTHING;

-- name: quota_refill
-- A permit is used up to its lag after it was granted: windows count that
-- much longer, for as long as anybody has needed it lately.
-- A clock that was put back stands still here until it is where it was; one
-- that was wrong by more than the unit is believed at once, without tokens.
-- $1 kind  $2 id  $3 group  $4 seconds that permits of this taker may last
WITH held AS (
	SELECT q.unit, l.most, l.burst, l.seconds
	  FROM quota q
	  JOIN quota_limit l ON l.kind = q.kind AND l.id = q.id
	                    AND l.group_name = q.group_name AND l.unit = q.unit
	 WHERE q.kind = $1::text AND q.id = $2::bigint AND q.group_name = $3::text
	 ORDER BY q.unit
	   FOR UPDATE OF q)
UPDATE quota q
   SET tokens = least(h.burst, q.tokens
           + greatest(0, extract(epoch FROM clock_timestamp() - q.filled_at)::float8)
             * (h.most - h.burst + 1) / (h.seconds + greatest(q.lag_s, $4::float8))),
       lag_s = greatest($4::float8, q.lag_s
           - 0.01 * greatest(0, extract(epoch FROM clock_timestamp() - q.filled_at)::float8)),
       filled_at = CASE WHEN q.filled_at > clock_timestamp() + make_interval(secs => h.seconds)
                        THEN clock_timestamp()
                        ELSE greatest(q.filled_at, clock_timestamp()) END
  FROM held h
 WHERE q.kind = $1::text AND q.id = $2::bigint AND q.group_name = $3::text
   AND q.unit = h.unit;

-- name: quota_take
-- After quota_refill, in its transaction: how many may be sent now, the
-- shortest unit in seconds (NULL: there is no limit any more), and how many
-- milliseconds it takes until there is one.
-- $1 kind  $2 id  $3 group  $4 wanted
WITH held AS (
	SELECT q.unit, q.tokens, l.seconds,
	       (l.most - l.burst + 1) / (l.seconds + q.lag_s) AS flow
	  FROM quota q
	  JOIN quota_limit l ON l.kind = q.kind AND l.id = q.id
	                    AND l.group_name = q.group_name AND l.unit = q.unit
	 WHERE q.kind = $1::text AND q.id = $2::bigint AND q.group_name = $3::text),
granted AS (
	SELECT greatest(0, least($4::bigint, floor(min(h.tokens))))::bigint AS n,
	       min(h.seconds) AS seconds, ceil(1000 * max((1 - h.tokens) / h.flow))::bigint AS ms
	  FROM held h),
spent AS (
	UPDATE quota q SET tokens = q.tokens - g.n
	  FROM granted g, held h
	 WHERE g.n > 0 AND q.kind = $1::text AND q.id = $2::bigint AND q.group_name = $3::text
	   AND q.unit = h.unit)
SELECT g.n, g.seconds, greatest(g.ms, 0) FROM granted g;

-- name: quota_return
-- $1 kind  $2 id  $3 group  $4 permits that were not used
UPDATE quota SET tokens = tokens + $4::bigint
 WHERE kind = $1::text AND id = $2::bigint AND group_name = $3::text;

-- name: quota_forget
-- Of campaigns and accounts that are gone, or of limits that are.
DELETE FROM quota q
 WHERE q.filled_at < now() - interval '2 days'
   AND NOT EXISTS (SELECT FROM quota_limit l
                    WHERE l.kind = q.kind AND l.id = q.id
                      AND l.group_name = q.group_name AND l.unit = q.unit);
