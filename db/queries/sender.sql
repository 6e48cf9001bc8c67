-- What the sender asks and writes.  The comments over the ledger's tables
-- (db/migrations/0001_schema.sql) say what the rows mean.

-- name: campaign_due
-- One campaign whose time has come, locked; nobody else's.
SELECT id, audience IS NOT NULL
  FROM campaign
 WHERE status = 'scheduled' AND coalesce(scheduled_at, now()) <= now()
 ORDER BY scheduled_at, id
 LIMIT 1
   FOR UPDATE SKIP LOCKED;

-- name: start_check
-- What has to be right before a campaign may start, and a layout that does
-- not exist.
-- $1 campaign
SELECT t.id IS NOT NULL,
       EXISTS (SELECT FROM campaign_account a WHERE a.campaign_id = c.id),
       CASE WHEN t.layout <> '' AND s.id IS NULL THEN t.layout END
  FROM campaign c
  LEFT JOIN template t ON t.id = c.template_id
  LEFT JOIN snippet s ON s.name = t.layout
 WHERE c.id = $1::bigint;

-- name: campaign_go_on
-- Of a campaign that was frozen earlier: it goes on where it was.
-- $1 campaign
UPDATE campaign
   SET status = 'running', status_reason = '', updated_at = now()
 WHERE id = $1::bigint AND status = 'scheduled';

-- name: campaign_halt
-- $1 campaign  $2 why, for people
UPDATE campaign
   SET status = 'paused', status_reason = $2::text, updated_at = now()
 WHERE id = $1::bigint AND status IN ('scheduled', 'running');

-- name: audience_partition
-- $1 campaign
SELECT outcome_partition($1::bigint);

-- name: audience_freeze
-- Everybody who is to get it, once, numbered from 1: subscribed through an
-- included list from which they are not suppressed, on no excluded list.
-- $1 campaign
INSERT INTO delivery (id, campaign_id, contact_id, list_id)
SELECT ($1::bigint << 32) + row_number() OVER (ORDER BY a.contact_id),
       $1::bigint, a.contact_id, a.list_id
  FROM (SELECT m.contact_id, min(m.list_id) AS list_id
          FROM campaign_list cl
          JOIN membership m ON m.list_id = cl.list_id AND m.status = 'subscribed'
          JOIN contact c ON c.id = m.contact_id
         WHERE cl.campaign_id = $1::bigint AND NOT cl.excluded
           AND NOT EXISTS (SELECT FROM suppression s
                            WHERE s.email_key = c.email_key AND s.list_id IS NULL)
           AND NOT EXISTS (SELECT FROM suppression s
                            WHERE s.email_key = c.email_key AND s.list_id = m.list_id)
           AND NOT EXISTS (SELECT FROM membership x
                             JOIN campaign_list e ON e.list_id = x.list_id
                            WHERE x.contact_id = m.contact_id
                              AND e.campaign_id = $1::bigint AND e.excluded)
         GROUP BY m.contact_id) a;

-- name: lease_create
-- $1 campaign  $2 recipients  $3 recipients a lease
INSERT INTO lease (campaign_id, first_id, last_id, watermark)
SELECT $1::bigint, base + n, base + least(n + $3::bigint - 1, $2::bigint), base + n - 1
  FROM (SELECT $1::bigint << 32 AS base) b,
       generate_series(1::bigint, $2::bigint, $3::bigint) n;

-- name: campaign_begin
-- $1 campaign  $2 recipients; nobody: it is finished at once
UPDATE campaign
   SET status = CASE WHEN $2::bigint > 0 THEN 'running' ELSE 'finished' END,
       status_reason = CASE WHEN $2::bigint > 0 THEN '' ELSE 'nobody to send to' END,
       audience = $2::bigint, started_at = now(), updated_at = now(),
       expires_at = now() + make_interval(secs => expires_after_s),
       finished_at = CASE WHEN $2::bigint > 0 THEN NULL ELSE now() END
 WHERE id = $1::bigint;

-- name: delivery_analyze
-- The planner has to know of a new audience before its leases are read.
ANALYZE delivery;

-- name: campaign_close
-- Finished means that nothing is pending.
UPDATE campaign c
   SET status = 'finished', status_reason = '', finished_at = now(), updated_at = now()
 WHERE c.status = 'running'
   AND NOT EXISTS (SELECT FROM lease l WHERE l.campaign_id = c.id AND NOT l.done)
   AND NOT EXISTS (SELECT FROM retry r WHERE r.campaign_id = c.id)
RETURNING c.id;

-- name: campaign_reopen
-- A late 4xx of a sender that had lost its lease, or a person who releases
-- what was held, puts a finished campaign to work again.
UPDATE campaign c
   SET status = 'running', finished_at = NULL, updated_at = now()
 WHERE c.status = 'finished' AND c.expires_at > now()
   AND EXISTS (SELECT FROM retry r WHERE r.campaign_id = c.id);

-- name: retry_abandoned
-- Rows whose holder vanished: that attempt is uncertain.  resend: another.
WITH gone AS (
	SELECT r.delivery_id, r.attempt, c.on_uncertain
	  FROM retry r JOIN campaign c ON c.id = r.campaign_id
	 WHERE r.next_at <= now() AND r.holder IS NOT NULL AND r.held_until < clock_timestamp()
	 LIMIT 10000
	   FOR UPDATE OF r SKIP LOCKED),
noted AS (
	INSERT INTO outcome (delivery_id, attempt, state, at)
	SELECT delivery_id, attempt, 'uncertain', now() FROM gone
	ON CONFLICT DO NOTHING),
held AS (
	DELETE FROM retry r USING gone g
	 WHERE r.delivery_id = g.delivery_id AND g.on_uncertain = 'hold')
UPDATE retry r
   SET attempt = r.attempt + 1, next_at = now(), holder = NULL, held_until = NULL
  FROM gone g
 WHERE r.delivery_id = g.delivery_id AND g.on_uncertain = 'resend';

-- name: retry_expire
-- Deferred until their campaign's time was over.
WITH gone AS (
	DELETE FROM retry
	 WHERE delivery_id = ANY (ARRAY(
	       SELECT r.delivery_id
	         FROM retry r JOIN campaign c ON c.id = r.campaign_id
	        WHERE c.status IN ('running', 'finished') AND c.expires_at <= now()
	          AND r.holder IS NULL
	        LIMIT 10000
	          FOR UPDATE OF r SKIP LOCKED))
	RETURNING delivery_id, attempt)
INSERT INTO outcome (delivery_id, attempt, state, at)
SELECT delivery_id, attempt, 'expired', now() FROM gone
ON CONFLICT DO NOTHING;

-- name: lease_claim_idle
-- A free lease that no worker will take: its campaign's time is over, or it
-- stands still and the lease's holder vanished.
-- $1 holder  $2 seconds
UPDATE lease l
   SET holder = $1::text, held_until = clock_timestamp() + make_interval(secs => $2::int),
       epoch = l.epoch + 1
  FROM (SELECT f.campaign_id, f.first_id, c.status = 'running' AS expired
          FROM campaign c JOIN lease f ON f.campaign_id = c.id
         WHERE NOT f.done
           AND (f.holder IS NULL OR f.held_until < clock_timestamp())
           AND ((c.status = 'running' AND c.expires_at <= now())
                OR (c.status IN ('paused', 'cancelled') AND f.holder IS NOT NULL))
         LIMIT 1
           FOR UPDATE OF f SKIP LOCKED) p
 WHERE l.campaign_id = p.campaign_id AND l.first_id = p.first_id
RETURNING l.campaign_id, l.first_id, l.last_id, l.epoch, p.expired;

-- name: lease_expire
-- Whoever is left in a lease will not be sent to.
-- $1 campaign  $2 first of the lease  $3 its last  $4 epoch
WITH mine AS (
	UPDATE lease SET done = true, holder = NULL, held_until = NULL
	 WHERE campaign_id = $1::bigint AND first_id = $2::bigint AND epoch = $4::int
	RETURNING last_id)
INSERT INTO outcome (delivery_id, attempt, state, at)
SELECT d.id, 1, 'expired', now()
  FROM delivery d
 WHERE d.id BETWEEN $2::bigint AND $3::bigint
   AND EXISTS (SELECT FROM mine)
   AND NOT EXISTS (SELECT FROM outcome o WHERE o.delivery_id = d.id
                      AND o.delivery_id BETWEEN $2::bigint AND $3::bigint)
   AND NOT EXISTS (SELECT FROM retry r WHERE r.delivery_id = d.id
                      AND r.delivery_id BETWEEN $2::bigint AND $3::bigint)
ON CONFLICT DO NOTHING;

-- name: lease_release
-- $1 campaign  $2 first of the lease  $3 epoch
UPDATE lease SET holder = NULL, held_until = NULL, watermark = first_id - 1
 WHERE campaign_id = $1::bigint AND first_id = $2::bigint AND epoch = $3::int AND NOT done;

-- name: sender_work
-- Is anything due or under way that this run could move, and how far is it?
-- $1 seconds: retries due within are waited for
WITH live AS (
	SELECT c.id, c.audience, c.expires_at
	  FROM campaign c
	 WHERE c.status = 'running'
	   AND (c.expires_at <= now()
	        OR EXISTS (SELECT FROM campaign_account ca JOIN smtp_account a ON a.id = ca.account_id
	                    WHERE ca.campaign_id = c.id AND a.state = 'active'))),
at_work AS (
	SELECT v.id, v.audience,
	       (SELECT sum(CASE WHEN l.done THEN l.last_id - l.first_id + 1
	                        ELSE l.watermark - l.first_id + 1 END)
	          FROM lease l WHERE l.campaign_id = v.id) AS reached,
	       (SELECT count(*) FROM retry r WHERE r.campaign_id = v.id) AS deferred,
	       (SELECT sum(o.n) FROM lease l,
	               LATERAL (SELECT count(*) AS n FROM outcome
	                         WHERE delivery_id BETWEEN l.first_id AND l.watermark) o
	         WHERE l.campaign_id = v.id AND NOT l.done AND l.holder IS NOT NULL) AS recorded
	  FROM live v
	 WHERE EXISTS (SELECT FROM lease l WHERE l.campaign_id = v.id AND NOT l.done)
	    OR EXISTS (SELECT FROM retry r WHERE r.campaign_id = v.id
	                AND (v.expires_at <= now()
	                     OR r.next_at <= now() + make_interval(secs => $1::int))))
SELECT (SELECT count(*) FROM campaign
         WHERE status = 'scheduled' AND coalesce(scheduled_at, now()) <= now()),
       count(*), coalesce(sum(audience), 0), coalesce(sum(reached), 0),
       coalesce(sum(deferred), 0), coalesce(sum(recorded), 0)
  FROM at_work;

-- name: run_due_lock
-- One `volley run-due` at a time does the work; the session holds the lock.
SELECT pg_try_advisory_lock(hashtext('volley run-due'));

-- name: run_due_locked
-- Whether another session has it.
SELECT EXISTS (SELECT FROM pg_locks
                WHERE locktype = 'advisory' AND objsubid = 1 AND granted
                  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                  AND (classid::bigint << 32 | objid::bigint) = hashtext('volley run-due')::bigint
                  AND pid <> pg_backend_pid());

-- name: work_find
-- The running campaigns, whether this worker has an account to send through,
-- and what there is to take.
-- $1 this worker's number  $2 workers  $3 accounts that cannot be used here now
SELECT c.id,
       EXISTS (SELECT FROM campaign_account ca JOIN smtp_account a ON a.id = ca.account_id
                WHERE ca.campaign_id = c.id AND a.state = 'active'
                  AND a.id <> ALL ($3::bigint[])
                  AND ($1::bigint + a.id) % $2::bigint < a.max_connections),
       EXISTS (SELECT FROM lease l
                WHERE l.campaign_id = c.id AND NOT l.done
                  AND (l.holder IS NULL OR l.held_until < clock_timestamp())),
       EXISTS (SELECT FROM retry r
                WHERE r.campaign_id = c.id AND r.next_at <= now() AND r.holder IS NULL)
  FROM campaign c
 WHERE c.status = 'running' AND c.expires_at > now()
 ORDER BY c.id;

-- name: suppression_feed
-- What was written by transactions that were not done at the snapshot
-- before; last a row with the number to ask with next time.
-- $1 that number
SELECT s.email_key, s.list_id, NULL::text
  FROM suppression s
 WHERE s.written_by >= $1::xid8
   -- Numbers of another cluster, from before a restore, are not news.
   AND s.written_by < pg_snapshot_xmax(pg_current_snapshot())
UNION ALL
SELECT NULL, NULL, pg_snapshot_xmin(pg_current_snapshot())::text;

-- name: account_states
-- $1 accounts
SELECT id, version, state = 'active'
  FROM smtp_account WHERE id = ANY ($1::bigint[]);

-- name: work_account
-- $1 account
SELECT id, name, host, port, tls, auth, username, secret, ca_file, max_connections,
       version, state = 'active',
       per_second IS NOT NULL OR per_hour IS NOT NULL OR per_day IS NOT NULL,
       per_second IS NOT NULL, eight_bit
  FROM smtp_account WHERE id = $1::bigint;

-- name: account_halt
-- Only the row that was used: what a person has changed since is another.
-- $1 account  $2 version  $3 why, for people
UPDATE smtp_account
   SET state = 'paused', state_reason = $3::text, state_at = now(), updated_at = now()
 WHERE id = $1::bigint AND version = $2::int AND state = 'active';

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

-- name: work_campaign
-- Its content is asked with message_source and the like.
-- $1 campaign
SELECT name, from_name, from_email, reply_to, reply_token, return_path,
       on_uncertain = 'resend', started_at
  FROM campaign WHERE id = $1::bigint;

-- name: work_lists
-- $1 campaign
SELECT l.id, l.name
  FROM campaign_list cl JOIN list l ON l.id = cl.list_id
 WHERE cl.campaign_id = $1::bigint AND NOT cl.excluded;

-- name: work_accounts
-- $1 campaign
SELECT a.id, a.name, a.host, a.port, a.tls, a.auth, a.username, a.secret, a.ca_file,
       a.max_connections, a.version, a.state = 'active',
       a.per_second IS NOT NULL OR a.per_hour IS NOT NULL OR a.per_day IS NOT NULL,
       a.per_second IS NOT NULL, a.eight_bit, ca.weight
  FROM campaign_account ca JOIN smtp_account a ON a.id = ca.account_id
 WHERE ca.campaign_id = $1::bigint
 ORDER BY a.id;

-- name: lease_claim
-- $1 holder  $2 seconds  $3 campaign
UPDATE lease
   SET holder = $1::text, held_until = clock_timestamp() + make_interval(secs => $2::int),
       epoch = epoch + 1
 WHERE campaign_id = $3::bigint
   AND first_id = (SELECT l.first_id
                     FROM lease l
                    WHERE l.campaign_id = $3::bigint AND NOT l.done
                      AND (l.holder IS NULL OR l.held_until < clock_timestamp())
                      AND EXISTS (SELECT FROM campaign c
                                   WHERE c.id = $3::bigint AND c.status = 'running')
                    ORDER BY l.first_id
                    LIMIT 1
                      FOR UPDATE SKIP LOCKED)
RETURNING first_id, last_id, watermark, epoch;

-- name: lease_take_over
-- What the holder before may have sent without telling: it is uncertain.
-- resend: attempted again.  A statement of its own after lease_claim, so
-- that it sees what that holder recorded last.
-- $1 campaign  $2 first of the lease  $3 its last  $4 epoch
WITH lost AS (
	SELECT d.id, d.campaign_id
	  FROM delivery d
	 WHERE d.id BETWEEN $2::bigint AND $3::bigint
	   AND d.id <= (SELECT l.watermark FROM lease l
	                 WHERE l.campaign_id = $1::bigint AND l.first_id = $2::bigint
	                   AND l.epoch = $4::int)
	   AND NOT EXISTS (SELECT FROM outcome o WHERE o.delivery_id = d.id
	                      AND o.delivery_id BETWEEN $2::bigint AND $3::bigint)
	   AND NOT EXISTS (SELECT FROM retry r WHERE r.delivery_id = d.id
	                      AND r.delivery_id BETWEEN $2::bigint AND $3::bigint)),
noted AS (
	INSERT INTO outcome (delivery_id, attempt, state, at)
	SELECT id, 1, 'uncertain', now() FROM lost
	ON CONFLICT DO NOTHING)
INSERT INTO retry (delivery_id, campaign_id, attempt, next_at, first_at)
SELECT lost.id, lost.campaign_id, 2, now(), now()
  FROM lost JOIN campaign c ON c.id = lost.campaign_id AND c.on_uncertain = 'resend'
ON CONFLICT DO NOTHING;

-- name: lease_recipients
-- The pending ones of a lease with what is needed to write to them.  Only a
-- lease that somebody had before can hold outcomes.
-- The ranges stand in the subqueries too, so that no plan reads all outcomes.
-- Few attributes are given whole: picking costs more than it saves.
-- $1 first  $2 last  $3 whether somebody had it  $4 attributes (NULL: all)
SELECT d.id, d.list_id, c.email, c.email_key, c.name,
       CASE WHEN $4::text[] IS NULL THEN c.attributes
            WHEN cardinality($4::text[]) = 0 THEN '{}'
            WHEN pg_column_size(c.attributes) < 500 THEN c.attributes
            ELSE (SELECT coalesce(jsonb_object_agg(k, c.attributes -> k), '{}')
                    FROM unnest($4::text[]) k WHERE c.attributes ? k) END,
       c.id IS NULL OR EXISTS (
           SELECT FROM suppression s WHERE s.email_key = c.email_key
              AND (s.list_id IS NULL OR s.list_id = d.list_id))
  FROM delivery d LEFT JOIN contact c ON c.id = d.contact_id
 WHERE d.id BETWEEN $1::bigint AND $2::bigint
   AND (NOT $3::boolean
        OR (NOT EXISTS (SELECT FROM outcome o WHERE o.delivery_id = d.id
                           AND o.delivery_id BETWEEN $1::bigint AND $2::bigint)
            AND NOT EXISTS (SELECT FROM retry r WHERE r.delivery_id = d.id
                               AND r.delivery_id BETWEEN $1::bigint AND $2::bigint)))
 ORDER BY d.id;

-- name: lease_progress
-- How far leases may reach the wire; those that come back are still held.
-- $1 campaigns  $2 firsts  $3 epochs  $4 watermarks  $5 0: held, 1: done, 2: given back
UPDATE lease l
   SET watermark = CASE WHEN u.step = 2 THEN u.watermark
                        ELSE greatest(l.watermark, u.watermark) END,
       done = u.step = 1,
       holder = CASE WHEN u.step = 0 THEN l.holder END,
       held_until = CASE WHEN u.step = 0 THEN l.held_until END
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
       AS u (campaign_id, first_id, epoch, watermark, step)
 WHERE l.campaign_id = u.campaign_id AND l.first_id = u.first_id AND l.epoch = u.epoch
   AND NOT l.done
RETURNING l.first_id;

-- name: lease_renew
-- Those that come back are still held.
-- $1 campaigns  $2 firsts  $3 epochs  $4 seconds
UPDATE lease l
   SET held_until = clock_timestamp() + make_interval(secs => $4::int)
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS u (campaign_id, first_id, epoch)
 WHERE l.campaign_id = u.campaign_id AND l.first_id = u.first_id AND l.epoch = u.epoch
   AND l.holder IS NOT NULL AND NOT l.done
RETURNING l.first_id;

-- name: lease_forget
-- Leases of a holder that never heard of them: the answer was lost.
-- $1 holder  $2 firsts that it knows
UPDATE lease SET holder = NULL, held_until = NULL
 WHERE holder = $1::text AND NOT done AND first_id <> ALL ($2::bigint[]);

-- name: lease_end_holder
-- A holder that is known to be dead: what it had may be taken over now.
-- $1 holder
UPDATE lease SET held_until = clock_timestamp() - interval '1 second'
 WHERE holder = $1::text AND NOT done;

-- name: retry_claim
-- Due ones of a campaign, with what is needed to write to them.
-- $1 holder  $2 seconds  $3 campaign  $4 at most  $5 attributes (NULL: all)
WITH due AS (
	UPDATE retry
	   SET holder = $1::text, epoch = epoch + 1,
	       held_until = clock_timestamp() + make_interval(secs => $2::int)
	 WHERE delivery_id = ANY (ARRAY(
	       SELECT r.delivery_id
	         FROM retry r
	        WHERE r.campaign_id = $3::bigint AND r.next_at <= now() AND r.holder IS NULL
	          AND EXISTS (SELECT FROM campaign c WHERE c.id = $3::bigint AND c.status = 'running')
	        ORDER BY r.next_at
	        LIMIT $4::bigint
	          FOR UPDATE SKIP LOCKED))
	RETURNING delivery_id, attempt, first_at, account_id)
SELECT d.id, d.list_id, c.email, c.email_key, c.name,
       CASE WHEN $5::text[] IS NULL THEN c.attributes
            WHEN cardinality($5::text[]) = 0 THEN '{}'
            WHEN pg_column_size(c.attributes) < 500 THEN c.attributes
            ELSE (SELECT coalesce(jsonb_object_agg(k, c.attributes -> k), '{}')
                    FROM unnest($5::text[]) k WHERE c.attributes ? k) END,
       c.id IS NULL OR EXISTS (
           SELECT FROM suppression s WHERE s.email_key = c.email_key
              AND (s.list_id IS NULL OR s.list_id = d.list_id)),
       due.attempt, due.first_at, due.account_id
  FROM due JOIN delivery d ON d.id = due.delivery_id
  LEFT JOIN contact c ON c.id = d.contact_id
 ORDER BY d.id;

-- name: retry_renew
-- $1 holder  $2 seconds  $3 deliveries; those that come back are still held
UPDATE retry SET held_until = clock_timestamp() + make_interval(secs => $2::int)
 WHERE delivery_id = ANY ($3::bigint[]) AND holder = $1::text
RETURNING delivery_id;

-- name: retry_release
-- $1 holder  $2 deliveries that were not attempted
UPDATE retry SET holder = NULL, held_until = NULL
 WHERE delivery_id = ANY ($2::bigint[]) AND holder = $1::text;

-- name: retry_forget
-- $1 holder  $2 deliveries that it knows
UPDATE retry SET holder = NULL, held_until = NULL
 WHERE next_at <= now() AND holder = $1::text AND delivery_id <> ALL ($2::bigint[]);

-- name: retry_end_holder
-- $1 holder
UPDATE retry SET held_until = clock_timestamp() - interval '1 second'
 WHERE next_at <= now() AND holder = $1::text;

-- name: outcome_record
-- What came of attempts.  Saying it again changes nothing.
-- $1 deliveries  $2 attempts  $3 states  $4 times  $5 accounts (0: none)
-- $6 reply codes (0: none)  $7 enhanced statuses  $8 scopes  $9 types
-- $10 categories  $11 replies
INSERT INTO outcome (delivery_id, attempt, state, at, account_id, code, status,
                     scope, type, category, reply)
SELECT u.delivery_id, u.attempt, u.state::delivery_state, u.at, nullif(u.account_id, 0),
       nullif(u.code, 0), u.status, u.scope::failure_scope, u.type::bounce_type,
       u.category::bounce_category, u.reply
  FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::timestamptz[], $5::bigint[],
              $6::bigint[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[])
       AS u (delivery_id, attempt, state, at, account_id, code, status, scope, type,
             category, reply)
ON CONFLICT DO NOTHING;

-- name: retry_put
-- After outcome_record: another attempt later, unless one was made since or
-- the one before has ended well after all.
-- $1 deliveries  $2 the attempts to come  $3 milliseconds until then
-- $4 when the first attempt was (NULL: never sent)  $5 accounts (0: none)
INSERT INTO retry AS r (delivery_id, campaign_id, attempt, next_at, first_at, account_id)
SELECT u.delivery_id, c.id, u.attempt, now() + u.delay_ms * interval '1 millisecond',
       coalesce(u.first_at, now()), nullif(u.account_id, 0)
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::bigint[])
       AS u (delivery_id, attempt, delay_ms, first_at, account_id)
  JOIN campaign c ON c.id = u.delivery_id >> 32
  -- LATERAL with LIMIT: one look into the index each, whatever the statistics;
  -- as NOT EXISTS it may become a hash over all outcomes.
  LEFT JOIN LATERAL (SELECT true AS made FROM outcome o
                      WHERE o.delivery_id = u.delivery_id
                        AND (o.attempt >= u.attempt
                             OR (o.attempt = u.attempt - 1 AND o.state > 'deferred'))
                      LIMIT 1) later ON true
 WHERE later.made IS NULL
ON CONFLICT (delivery_id) DO UPDATE
   SET attempt = EXCLUDED.attempt, next_at = EXCLUDED.next_at,
       account_id = EXCLUDED.account_id, holder = NULL, held_until = NULL
 WHERE r.attempt < EXCLUDED.attempt;

-- name: retry_settle
-- $1 deliveries that need no further attempt
DELETE FROM retry WHERE delivery_id = ANY ($1::bigint[]);

-- name: refusal_record
-- Refusals at SMTP time are bounces: one event a delivery.  A hard one that
-- concerns the recipient keeps the address from being mailed again.
-- $1 deliveries  $2 scopes  $3 types  $4 categories  $5 enhanced statuses
-- $6 reply codes  $7 replies
WITH b AS (
	SELECT u.*, d.campaign_id, d.contact_id, d.list_id
	  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[],
	              $6::bigint[], $7::text[])
	       AS u (delivery_id, scope, type, category, status, code, reply)
	  JOIN delivery d ON d.id = u.delivery_id),
told AS (
	INSERT INTO event (kind, key, campaign_id, delivery_id, contact_id, list_id, type,
	                   category, status, source, data)
	SELECT 'bounce', b.delivery_id::text, b.campaign_id, b.delivery_id, b.contact_id,
	       b.list_id, b.type::bounce_type, b.category::bounce_category, b.status, 'smtp',
	       jsonb_build_object('code', b.code, 'reply', b.reply)
	  FROM b
	 ORDER BY b.delivery_id
	ON CONFLICT DO NOTHING)
INSERT INTO suppression (email_key, reason, delivery_id, evidence)
SELECT c.email_key, 'hard_bounce', b.delivery_id,
       jsonb_build_object('source', 'smtp', 'delivery_id', b.delivery_id, 'code', b.code,
                          'status', b.status, 'reply', b.reply)
  FROM b JOIN contact c ON c.id = b.contact_id
 WHERE b.scope = 'recipient' AND b.type = 'hard'
 ORDER BY c.email_key
ON CONFLICT DO NOTHING;

-- name: sender_task_claim
-- $1 holder  $2 seconds
UPDATE task
   SET state = 'running', holder = $1::text,
       held_until = clock_timestamp() + make_interval(secs => $2::int)
 WHERE id = (SELECT t.id
               FROM task t
              WHERE t.kind IN ('account_test', 'test_message')
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

-- name: test_campaign
-- The campaign as it would be sent now.
-- $1 campaign
SELECT name, from_name, from_email, reply_to, reply_token, return_path,
       false, coalesce(started_at, now())
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
