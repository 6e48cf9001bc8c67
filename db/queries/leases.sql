-- Ranges of a frozen audience: taken, read, kept, given back.
-- The comments over the ledger's tables (db/migrations) say what the rows mean.

-- name: lease_claim
-- $1 holder  $2 seconds  $3 campaign
UPDATE lease
   SET holder = $1::text, held_until = clock_timestamp() + make_interval(secs => $2::int),
       epoch = epoch + 1, taken_from = coalesce(taken_from, holder), pending = NULL
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
-- What the holder before may have sent without telling: it is uncertain,
-- until that one's journal says otherwise.  resend: attempted again.  A
-- statement of its own after lease_claim, so that it sees what that holder
-- recorded last.
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
	ON CONFLICT DO NOTHING),
from_whom AS (
	INSERT INTO taken_over (delivery_id, attempt, campaign_id, holder)
	SELECT lost.id, 1, lost.campaign_id, l.taken_from
	  FROM lost JOIN lease l ON l.campaign_id = $1::bigint AND l.first_id = $2::bigint
	                        AND l.taken_from IS NOT NULL
	ON CONFLICT DO NOTHING)
INSERT INTO retry (delivery_id, campaign_id, attempt, next_at, first_at)
SELECT lost.id, lost.campaign_id, 2, now(), now()
  FROM lost JOIN campaign c ON c.id = lost.campaign_id AND c.on_uncertain = 'resend'
ON CONFLICT DO NOTHING;

-- name: lease_recipients
-- The pending ones of a lease with what is needed to write to them.  Only a
-- lease that somebody had before can hold outcomes.
-- The ranges stand in the subqueries too, so that no plan reads all outcomes;
-- LATERAL with LIMIT: one look into the index each, whatever the statistics,
-- where a join may become a hash over all contacts.
-- Few attributes are given whole: picking costs more than it saves.
-- Last, whether no link and no pixel of the mail is to lead to the person.
-- $1 first  $2 last  $3 whether somebody had it  $4 attributes (NULL: all)
SELECT d.id, d.list_id, c.email, c.email_key, c.name,
       CASE WHEN d.list_id = 0 THEN c.attributes || message_data(d.id)
            WHEN $4::text[] IS NULL THEN c.attributes
            WHEN cardinality($4::text[]) = 0 THEN '{}'
            WHEN pg_column_size(c.attributes) < 500 THEN c.attributes
            ELSE (SELECT coalesce(jsonb_object_agg(k, c.attributes -> k), '{}')
                    FROM unnest($4::text[]) k WHERE c.attributes ? k) END,
       c.id IS NULL OR EXISTS (
           SELECT FROM suppression s WHERE s.email_key = c.email_key
              AND (s.list_id IS NULL OR s.list_id = d.list_id)
              AND (s.reason <> 'unsubscribe' OR NOT (SELECT despite_opt_out($1::bigint >> 32))))
           OR ((SELECT has_domain_suppressions()) AND EXISTS (
               SELECT FROM suppression s WHERE s.email_key = domain_key(c.email_key)
                  AND (s.list_id IS NULL OR s.list_id = d.list_id))),
       (SELECT answers_that_stop($1::bigint >> 32)) IS NOT NULL AND EXISTS (
           SELECT FROM event e WHERE e.contact_id = d.contact_id AND e.kind = 'reply'
              AND e.campaign_id = ANY ((SELECT answers_that_stop($1::bigint >> 32))::bigint[])),
       coalesce(greatest(c.tracking, (SELECT l.tracking FROM list l WHERE l.id = d.list_id))
                >= 'aggregate', true)
  FROM delivery d
  LEFT JOIN LATERAL (SELECT * FROM contact WHERE id = d.contact_id LIMIT 1) c ON true
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
-- $6 how many are left to do (-1: not known)
UPDATE lease l
   SET watermark = CASE WHEN u.step = 2 THEN u.watermark
                        ELSE greatest(l.watermark, u.watermark) END,
       done = u.step = 1,
       pending = nullif(u.pending, -1),
       taken_from = CASE WHEN u.step = 2 THEN l.taken_from END,
       holder = CASE WHEN u.step = 0 THEN l.holder END,
       held_until = CASE WHEN u.step = 0 THEN l.held_until END
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
       AS u (campaign_id, first_id, epoch, watermark, step, pending)
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

-- name: lease_unsent
-- What somebody else called uncertain when it took leases over, and their
-- holder before never sent: it is pending again, unless somebody has sent it.
-- $1 holder before  $2 firsts  $3 lasts of what it did not send
WITH mine AS (
	DELETE FROM taken_over t
	 USING unnest($2::bigint[], $3::bigint[]) AS u (first_id, last_id)
	 WHERE t.holder = $1::text AND t.attempt = 1
	   AND t.delivery_id BETWEEN u.first_id AND u.last_id
	RETURNING t.delivery_id)
INSERT INTO retry (delivery_id, campaign_id, attempt, next_at, first_at)
SELECT m.delivery_id, c.id, 2, now(), now()
  FROM mine m
  JOIN campaign c ON c.id = m.delivery_id >> 32 AND c.on_uncertain = 'hold'
  -- LATERAL with LIMIT: one look into the index each.
  LEFT JOIN LATERAL (SELECT true AS made FROM outcome o
                      WHERE o.delivery_id = m.delivery_id
                        AND (o.attempt > 1 OR o.state > 'uncertain')
                      LIMIT 1) later ON true
 WHERE later.made IS NULL
ON CONFLICT (delivery_id) DO NOTHING;

-- name: lease_forget
-- Leases of a holder that never heard of them: the answer was lost.
-- $1 holder  $2 firsts that it knows
UPDATE lease SET holder = NULL, held_until = NULL
 WHERE holder = $1::text AND NOT done AND first_id <> ALL ($2::bigint[]);
