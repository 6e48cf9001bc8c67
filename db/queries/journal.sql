-- What a dead sender's journal tells of the attempts that it made.
-- The comments over the ledger's tables (db/migrations) say what the rows mean.

-- name: instance_id
-- A copy of the database is another one.
SELECT id || '@' || database_identity() FROM instance;

-- name: journal_known
-- Of these attempts the journal knows: they are no longer open.
-- $1 holder  $2 deliveries  $3 attempts
DELETE FROM taken_over t
 USING unnest($2::bigint[], $3::bigint[]) AS u (delivery_id, attempt)
 WHERE t.delivery_id = u.delivery_id AND t.attempt = u.attempt AND t.holder = $1::text;

-- name: journal_settle
-- Before outcome_record.  Retry rows without need: up to and with these
-- attempts, and the one after, which whoever took over may have wanted.  A
-- failure that was recorded before was settled then: another attempt is what
-- a person has wanted since.
-- $1 deliveries  $2 attempts  $3 states
DELETE FROM retry r
 USING unnest($1::bigint[], $2::bigint[], $3::text[]) AS u (delivery_id, attempt, state)
  -- LATERAL with LIMIT: one look into the index each.
  LEFT JOIN LATERAL (SELECT true AS told FROM outcome o
                      WHERE o.delivery_id = u.delivery_id AND o.attempt = u.attempt
                        AND o.state = 'failed'
                      LIMIT 1) known ON u.state = 'failed'
 WHERE r.delivery_id = u.delivery_id
   AND r.attempt <= u.attempt
                    + CASE WHEN u.state = 'uncertain' OR known.told THEN 0 ELSE 1 END;

-- name: journal_uncertain
-- The final dot may have left, the reply is not known.  resend: another
-- attempt.  Nothing is said about what has gone on since.
-- $1 deliveries  $2 attempts  $3 when the first attempt was
WITH u AS (
	SELECT n.delivery_id, n.attempt, n.first_at, c.id AS campaign_id, c.on_uncertain
	  FROM unnest($1::bigint[], $2::bigint[], $3::timestamptz[])
	       AS n (delivery_id, attempt, first_at)
	  JOIN campaign c ON c.id = n.delivery_id >> 32
	  -- LATERAL with LIMIT: one look into the index each.
	  LEFT JOIN LATERAL (SELECT true AS told FROM outcome o
	                      WHERE o.delivery_id = n.delivery_id AND o.attempt >= n.attempt
	                      LIMIT 1) known ON true
	 WHERE known.told IS NULL),
noted AS (
	INSERT INTO outcome (delivery_id, attempt, state, at)
	SELECT delivery_id, attempt, 'uncertain', now() FROM u
	ON CONFLICT DO NOTHING),
held AS (
	DELETE FROM retry r USING u
	 WHERE r.delivery_id = u.delivery_id AND r.attempt <= u.attempt
	   AND u.on_uncertain = 'hold')
INSERT INTO retry AS r (delivery_id, campaign_id, attempt, next_at, first_at)
SELECT u.delivery_id, u.campaign_id, u.attempt + 1, now(), coalesce(u.first_at, now())
  FROM u WHERE u.on_uncertain = 'resend'
ON CONFLICT (delivery_id) DO UPDATE
   SET attempt = EXCLUDED.attempt, next_at = EXCLUDED.next_at,
       holder = NULL, held_until = NULL
 WHERE r.attempt < EXCLUDED.attempt;

-- name: journal_give_back_leases
-- All that the holder sent is recorded: the rest of its leases is pending.
-- The epoch, because a word of its own may still be on its way.
-- $1 holder
UPDATE lease
   SET holder = NULL, held_until = NULL, epoch = epoch + 1,
       watermark = CASE WHEN taken_from IS NULL THEN first_id - 1 ELSE watermark END
 WHERE holder = $1::text AND NOT done;

-- name: journal_give_back_retries
-- $1 holder
UPDATE retry SET holder = NULL, held_until = NULL, epoch = epoch + 1
 WHERE holder = $1::text;

-- name: journal_pending_again
-- What somebody else called uncertain and the journal does not know was never
-- sent: it is now, unless somebody has done so.
-- $1 holder  $2 deliveries  $3 attempts that it did not make (NULL: all)
WITH mine AS (
	DELETE FROM taken_over
	 WHERE holder = $1::text
	   AND ($2::bigint[] IS NULL
	        OR (delivery_id, attempt) IN (SELECT * FROM unnest($2::bigint[], $3::bigint[])))
	RETURNING delivery_id, attempt)
INSERT INTO retry (delivery_id, campaign_id, attempt, next_at, first_at)
SELECT m.delivery_id, c.id, m.attempt + 1, now(), now()
  FROM mine m
  JOIN campaign c ON c.id = m.delivery_id >> 32 AND c.on_uncertain = 'hold'
  LEFT JOIN LATERAL (SELECT true AS made FROM outcome o
                      WHERE o.delivery_id = m.delivery_id
                        AND (o.attempt > m.attempt
                             OR (o.attempt = m.attempt AND o.state > 'uncertain'))
                      LIMIT 1) later ON true
 WHERE later.made IS NULL
ON CONFLICT (delivery_id) DO NOTHING;

-- name: taken_over_forget
-- Nothing can follow from what their holder's journal does not know: there was
-- another attempt, or there will be none; with resend nobody waits for it.
DELETE FROM taken_over t
 USING campaign c
 WHERE c.id = t.campaign_id
   AND (c.on_uncertain = 'resend' OR c.status = 'cancelled' OR c.expires_at <= now()
        OR EXISTS (SELECT FROM outcome o
                    WHERE o.delivery_id = t.delivery_id
                      AND (o.attempt > t.attempt
                           OR (o.attempt = t.attempt AND o.state > 'uncertain'))));

-- name: journal_end_leases
-- The holder is dead, and its journal does not tell all that it did: what it
-- had may be taken over now.
-- $1 holder
UPDATE lease SET held_until = clock_timestamp() - interval '1 second'
 WHERE holder = $1::text AND NOT done;

-- name: journal_end_retries
-- $1 holder
UPDATE retry SET held_until = clock_timestamp() - interval '1 second'
 WHERE holder = $1::text;
