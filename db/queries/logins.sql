-- Who may log in at an SMTP account: one worker tries for all (S-048).

-- name: login_ensure
-- $1 account
INSERT INTO account_login (account_id)
SELECT id FROM smtp_account WHERE id = $1::bigint
ON CONFLICT DO NOTHING;

-- name: login_lock
-- $1 account
SELECT FROM account_login WHERE account_id = $1::bigint FOR UPDATE;

-- name: login_claim
-- After login_lock, in its transaction.  'proven': somebody was let in with
-- this version of the row a moment ago; 'try': the caller is to find out;
-- 'wait': somebody else is; 'spent': too many tries in ten minutes, and how
-- long it is to the next, in milliseconds.  What was tried before a person
-- changed the account's state does not count.  An account that is paused, or
-- has become another, is waited for.  Last the newest token there is.
-- $1 account  $2 version  $3 who  $4 seconds to try  $5 tries in ten minutes
-- $6 minutes that a proof lasts
WITH now_is (t) AS (SELECT clock_timestamp()),
seen AS (
	SELECT l.account_id, l.tried_at,
	       coalesce(l.version = $2::int AND l.proven_at > t - make_interval(mins => $6::int),
	                false) AS proven,
	       coalesce(l.held_until > t, false) OR a.state <> 'active'
	       OR a.version <> $2::int AS held,
	       coalesce(l.held_until > t AND l.holder = $3, false) AS mine,
	       ARRAY(SELECT x FROM unnest(l.tried_at) x
	              WHERE x > greatest(t - interval '10 minutes', a.state_at)
	              ORDER BY x) AS recent
	  FROM account_login l JOIN smtp_account a ON a.id = l.account_id, now_is
	 WHERE l.account_id = $1::bigint),
judged AS (
	SELECT s.*, CASE WHEN proven THEN 'proven'
	                 WHEN mine THEN 'try'
	                 WHEN held THEN 'wait'
	                 WHEN cardinality(recent) >= $5::int THEN 'spent'
	                 ELSE 'try' END AS word
	  FROM seen s),
taken AS (
	UPDATE account_login l
	   SET holder = $3, held_until = t + make_interval(secs => $4::int),
	       tried_at = CASE WHEN j.mine THEN j.recent ELSE j.recent || t END
	  FROM judged j, now_is
	 WHERE l.account_id = j.account_id AND j.word = 'try')
SELECT word, CASE WHEN word = 'spent'
                  THEN extract(epoch FROM recent[cardinality(recent) - $5::int + 1]
                                          + interval '10 minutes' - t) * 1000 END,
       (SELECT o.serial FROM oauth o
         WHERE o.owner = 'smtp_account' AND o.owner_id = judged.account_id)
  FROM judged, now_is;

-- name: login_proven
-- $1 account  $2 version  $3 who
UPDATE account_login
   SET version = $2::int, proven_at = clock_timestamp(), tried_at = '{}',
       holder = CASE WHEN holder = $3 THEN NULL ELSE holder END,
       held_until = CASE WHEN holder = $3 THEN NULL ELSE held_until END
 WHERE account_id = $1::bigint;

-- name: login_refused
-- The next one is tried by one worker alone; what was tried counts.
-- $1 account  $2 who
UPDATE account_login
   SET proven_at = NULL,
       holder = CASE WHEN holder = $2 THEN NULL ELSE holder END,
       held_until = CASE WHEN holder = $2 THEN NULL ELSE held_until END
 WHERE account_id = $1::bigint;

-- name: login_again
-- As login_refused, but the caller tries once more, with another token; nobody
-- else does meanwhile, unless one has leave already.
-- $1 account  $2 who  $3 seconds to try
UPDATE account_login l
   SET proven_at = NULL,
       holder = CASE WHEN f.free THEN $2 ELSE l.holder END,
       held_until = CASE WHEN f.free THEN t + make_interval(secs => $3::int)
                         ELSE l.held_until END,
       tried_at = CASE WHEN f.free THEN l.tried_at || t ELSE l.tried_at END
  FROM (SELECT account_id, clock_timestamp() AS t,
               holder IS NULL OR holder = $2 OR held_until <= clock_timestamp() AS free
          FROM account_login WHERE account_id = $1::bigint FOR UPDATE) f
 WHERE l.account_id = f.account_id;

-- name: login_release
-- The server was not asked after all: that was no try.
-- $1 account  $2 who
UPDATE account_login
   SET holder = NULL, held_until = NULL,
       tried_at = tried_at[1 : cardinality(tried_at) - 1]
 WHERE account_id = $1::bigint AND holder = $2;
