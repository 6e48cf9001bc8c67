-- What an account has used of its limits, shared by all senders.
-- The comments over the ledger's tables (db/migrations) say what the rows mean.

-- name: quota_ensure
-- $1 account
INSERT INTO account_quota (account_id, unit, tokens, filled_at)
SELECT q.account_id, q.unit, 0, q.filled_at
  FROM (SELECT a.id AS account_id, v.unit, v.most, clock_timestamp() - v.length AS filled_at
          FROM smtp_account a,
               LATERAL (VALUES ('day', a.per_day, interval '1 day'),
                               ('hour', a.per_hour, interval '1 hour'),
                               ('second', a.per_second, interval '1 second')) v (unit, most, length)
         WHERE a.id = $1::bigint) q
 WHERE q.most IS NOT NULL
ON CONFLICT DO NOTHING;

-- name: quota_refill
-- Each limit is a bucket that holds `burst` and fills so slowly that no
-- rolling window of the unit sees more than the limit: the larger the burst,
-- the less flows in the long run.  A day lets half of it go at once, an hour
-- a quarter, a second a tenth; and a second counts a tenth longer, because
-- that long permits may lie in a worker before they are used.
-- $1 account
UPDATE account_quota q
   SET tokens = least(b.burst, q.tokens + greatest(0,
           extract(epoch FROM clock_timestamp() - q.filled_at)) * (b.most - b.burst + 1) / b.seconds),
       filled_at = greatest(q.filled_at, clock_timestamp())
  FROM (SELECT v.unit, v.most, v.seconds, greatest(1, v.most / v.share) AS burst
          FROM smtp_account a,
               LATERAL (VALUES ('day', a.per_day, 86400.0, 2),
                               ('hour', a.per_hour, 3600.0, 4),
                               ('second', a.per_second, 1.1, 10)) v (unit, most, seconds, share)
         WHERE a.id = $1::bigint AND v.most IS NOT NULL) b
 WHERE q.account_id = $1::bigint AND q.unit = b.unit;

-- name: quota_take
-- After quota_refill, in its transaction: how many may be sent now.
-- $1 account  $2 wanted
WITH granted AS (
	SELECT greatest(0, least($2::bigint, floor(min(q.tokens))))::bigint AS n
	  FROM account_quota q JOIN smtp_account a ON a.id = q.account_id
	 WHERE q.account_id = $1::bigint
	   AND CASE q.unit WHEN 'day' THEN a.per_day WHEN 'hour' THEN a.per_hour
	                   ELSE a.per_second END IS NOT NULL),
spent AS (
	UPDATE account_quota q SET tokens = q.tokens - g.n
	  FROM granted g WHERE q.account_id = $1::bigint)
SELECT n FROM granted;

-- name: quota_return
-- $1 account  $2 permits that were not used
UPDATE account_quota SET tokens = tokens + $2::bigint WHERE account_id = $1::bigint;
