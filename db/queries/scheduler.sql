-- What a sender's scheduler does to campaigns as wholes.
-- The comments over the ledger's tables (db/migrations) say what the rows mean.

-- name: campaign_due
-- One campaign whose time has come, locked; nobody else's.
-- $1 seconds that it may be late (0: any)
SELECT id, audience IS NOT NULL
  FROM campaign
 WHERE status = 'scheduled' AND coalesce(scheduled_at, now()) <= now()
   AND ($1::int = 0 OR coalesce(scheduled_at, now()) >= now() - make_interval(secs => $1::int))
 ORDER BY scheduled_at, id
 LIMIT 1
   FOR UPDATE SKIP LOCKED;

-- name: campaign_late
-- A campaign whose time has passed long ago may have been sent from another
-- copy of this database, or be out of date: a person decides.
-- $1 seconds that it may be late (0: any)
WITH late AS (
	UPDATE campaign
	   SET status = 'paused', updated_at = now(),
	       status_reason = format('was to start at %s UTC and nobody did: resume it to start it now',
	                              to_char(scheduled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'))
	 WHERE status = 'scheduled' AND $1::int > 0
	   AND scheduled_at < now() - make_interval(secs => $1::int)
	RETURNING id, scheduled_at, status_reason),
told AS (
	INSERT INTO event (kind, key, campaign_id, source, data)
	SELECT 'alert', 'late ' || id || ' ' || clock_timestamp(), id, 'sender',
	       jsonb_build_object('alert', 'late_start', 'reason', status_reason,
	                          'scheduled_at', scheduled_at)
	  FROM late)
SELECT id, status_reason FROM late;

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
-- Something is wrong with all of it: a person has to look.
-- $1 campaign  $2 why, for people
WITH halted AS (
	UPDATE campaign
	   SET status = 'paused', status_reason = $2::text, updated_at = now()
	 WHERE id = $1::bigint AND status IN ('scheduled', 'running')
	RETURNING id)
INSERT INTO event (kind, key, campaign_id, source, data)
SELECT 'alert', 'halt ' || id || ' ' || clock_timestamp(), id, 'sender',
       jsonb_build_object('alert', 'halt', 'reason', $2::text)
  FROM halted;

-- name: experiment_decide
-- Nothing, unless it is the original of an experiment.
-- $1 campaign
SELECT experiment_decide($1::bigint);

-- name: audience_partition
-- $1 campaign
SELECT outcome_partition($1::bigint);

-- name: audience_freeze
-- Everybody who is to get it, once, numbered from 1, of its slice of an
-- experiment: subscribed through an included list from which they are not
-- suppressed, with a consent that has not run out, on no excluded list, and
-- nobody who has answered a campaign that this one is to follow; of those,
-- whom its segments mean.  Those that the holdout falls on, and those who
-- have had messages enough, are noted instead.
-- $1 campaign  $2 messages  $3 days: the cap, unless the campaign has its own
WITH cap AS MATERIALIZED (
SELECT coalesce(frequency_messages, $2::int) AS messages,
       coalesce(frequency_days, $3::int) AS days, campaign_filter(id) AS filter,
       purpose = 'campaign' AND coalesce(frequency_messages, $2::int) > 0 AS holds
  FROM campaign WHERE id = $1::bigint
), chosen AS MATERIALIZED (
SELECT a.contact_id, a.list_id,
       r.holdout > 0 AND assignment(r.inner_pad, r.outer_pad, a.contact_id) < r.holdout AS held,
       (SELECT holds FROM cap) AND a.contact_id IN (
           SELECT frequency_reached(messages, days) FROM cap) AS had_enough
  FROM (SELECT holdout_percent * 10000 AS holdout,
               assignment_pad('holdout ' || id, 54) AS inner_pad,
               assignment_pad('holdout ' || id, 92) AS outer_pad,
               experiment_id IS NULL AS whole, slice_from, slice_to,
               assignment_pad('experiment ' || experiment_id, 54) AS inner_slice,
               assignment_pad('experiment ' || experiment_id, 92) AS outer_slice
          FROM campaign WHERE id = $1::bigint OFFSET 0) r,
       (SELECT m.contact_id, min(m.list_id) AS list_id
          FROM membership m
          JOIN contact c ON c.id = m.contact_id
         -- Arrays: the planner expects many members, and reads in bulk.
         WHERE m.list_id = ANY (ARRAY(SELECT list_id FROM campaign_list
                                       WHERE campaign_id = $1::bigint AND NOT excluded))
           AND m.status = 'subscribed'
           AND (m.consent_expires_at IS NULL OR m.consent_expires_at > now())
           AND NOT EXISTS (SELECT FROM suppression s
                            WHERE s.email_key = c.email_key AND s.list_id IS NULL)
           AND NOT EXISTS (SELECT FROM suppression s
                            WHERE s.email_key = c.email_key AND s.list_id = m.list_id)
           AND NOT ((SELECT has_domain_suppressions())
                    AND EXISTS (SELECT FROM suppression s
                                 WHERE s.email_key = domain_key(c.email_key)
                                   AND (s.list_id IS NULL OR s.list_id = m.list_id)))
           AND NOT ((SELECT EXISTS (SELECT FROM campaign_list
                                     WHERE campaign_id = $1::bigint AND excluded))
                    AND EXISTS (SELECT FROM membership x
                                 WHERE x.contact_id = m.contact_id
                                   AND x.list_id = ANY (ARRAY(SELECT list_id FROM campaign_list
                                       WHERE campaign_id = $1::bigint AND excluded))))
           AND NOT EXISTS (SELECT FROM event r
                            WHERE r.contact_id = m.contact_id AND r.kind = 'reply'
                              AND r.campaign_id
                                  = ANY ((SELECT answers_that_stop($1::bigint))::bigint[]))
         GROUP BY m.contact_id) a
 WHERE (r.whole OR assignment(r.inner_slice, r.outer_slice, a.contact_id)
                   BETWEEN r.slice_from AND r.slice_to - 1)
   AND ((SELECT filter IS NULL FROM cap)
        OR a.contact_id IN (SELECT segment_members(filter) FROM cap WHERE filter IS NOT NULL))
), left_out AS (
	INSERT INTO left_out (campaign_id, contact_id, reason)
	SELECT $1::bigint, contact_id, 'frequency' FROM chosen WHERE had_enough
), held AS (
	INSERT INTO campaign_holdout (campaign_id, contact_id, list_id)
	SELECT $1::bigint, contact_id, list_id FROM chosen WHERE held AND NOT had_enough
)
INSERT INTO delivery (id, campaign_id, contact_id, list_id)
SELECT ($1::bigint << 32) + row_number() OVER (ORDER BY contact_id),
       $1::bigint, contact_id, list_id
  FROM chosen WHERE NOT held AND NOT had_enough;

-- name: lease_create
-- They get smaller towards the end, so that all workers end together.
-- $1 campaign  $2 recipients  $3 recipients a lease, at most
WITH RECURSIVE part (done, size) AS (
	SELECT 0::bigint, 0::bigint
	UNION ALL
	SELECT done + size, least($3::bigint, $2 - done - size,
	                          greatest(250, ($2 - done - size) / 8))
	  FROM part
	 WHERE done + size < $2::bigint)
INSERT INTO lease (campaign_id, first_id, last_id, watermark)
SELECT $1::bigint, base + done + 1, base + done + size, base + done
  FROM part, (SELECT $1::bigint << 32 AS base) b
 WHERE size > 0;

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
   -- more may come at any time
   AND NOT EXISTS (SELECT FROM message_stream s
                    WHERE s.campaign_id = c.id AND c.expires_at > now())
RETURNING c.id;

-- name: campaign_reopen
-- A late 4xx of a sender that had lost its lease, or a person who releases
-- what was held, puts a finished campaign to work again; so does a lease that
-- was made for it just when it ended.
UPDATE campaign c
   SET status = 'running', finished_at = NULL, updated_at = now()
 WHERE c.status = 'finished' AND c.expires_at > now()
   AND (EXISTS (SELECT FROM retry r WHERE r.campaign_id = c.id)
        OR EXISTS (SELECT FROM lease l WHERE l.campaign_id = c.id AND NOT l.done));

-- name: retry_abandoned
-- Rows whose holder vanished: that attempt is uncertain.  resend: another.
WITH gone AS (
	SELECT r.delivery_id, r.attempt, r.campaign_id, r.holder, c.on_uncertain
	  FROM retry r JOIN campaign c ON c.id = r.campaign_id
	 WHERE r.next_at <= now() AND r.holder IS NOT NULL AND r.held_until < clock_timestamp()
	 LIMIT 10000
	   FOR UPDATE OF r SKIP LOCKED),
noted AS (
	INSERT INTO outcome (delivery_id, attempt, state, at)
	SELECT delivery_id, attempt, 'uncertain', now() FROM gone
	ON CONFLICT DO NOTHING),
from_whom AS (
	INSERT INTO taken_over (delivery_id, attempt, campaign_id, holder)
	SELECT delivery_id, attempt, campaign_id, holder FROM gone
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
       epoch = l.epoch + 1, taken_from = coalesce(l.taken_from, l.holder), pending = NULL
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
UPDATE lease
   SET holder = NULL, held_until = NULL, taken_from = NULL, watermark = first_id - 1
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
	SELECT v.id, v.audience, under_way.recorded,
	       (SELECT coalesce(sum(l.last_id - l.first_id + 1), 0)
	          FROM lease l WHERE l.campaign_id = v.id AND l.done)
	       + under_way.recipients AS done,
	       (SELECT count(*) FROM retry r WHERE r.campaign_id = v.id) AS deferred
	  FROM live v,
	       LATERAL (SELECT coalesce(sum(o.n), 0) AS recorded,
	                       coalesce(sum(o.recipients), 0) AS recipients
	                  FROM lease l,
	                       LATERAL (SELECT count(*) AS n,
	                                       count(DISTINCT delivery_id) AS recipients
	                                  FROM outcome
	                                 WHERE delivery_id BETWEEN l.first_id AND l.last_id) o
	                 WHERE l.campaign_id = v.id AND NOT l.done AND l.epoch > 0) under_way
	 WHERE EXISTS (SELECT FROM lease l WHERE l.campaign_id = v.id AND NOT l.done)
	    OR EXISTS (SELECT FROM retry r WHERE r.campaign_id = v.id
	                AND (v.expires_at <= now()
	                     OR r.next_at <= now() + make_interval(secs => $1::int))))
SELECT (SELECT count(*) FROM campaign
         WHERE status = 'scheduled' AND coalesce(scheduled_at, now()) <= now()),
       count(*), coalesce(sum(audience), 0), coalesce(sum(done), 0),
       coalesce(sum(deferred), 0), coalesce(sum(recorded), 0),
       -- all is done but for saying so
       (SELECT count(*) FROM campaign c
         WHERE c.status = 'running'
           AND NOT EXISTS (SELECT FROM lease l WHERE l.campaign_id = c.id AND NOT l.done)
           AND NOT EXISTS (SELECT FROM retry r WHERE r.campaign_id = c.id)
           AND NOT EXISTS (SELECT FROM message_stream s
                            WHERE s.campaign_id = c.id AND c.expires_at > now()))
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
