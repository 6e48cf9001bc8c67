-- Deferred deliveries: taken when due, kept, put, settled.
-- The comments over the ledger's tables (db/migrations) say what the rows mean.

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
       CASE WHEN d.list_id = 0 THEN c.attributes || message_data(d.id)
            WHEN $5::text[] IS NULL THEN c.attributes
            WHEN cardinality($5::text[]) = 0 THEN '{}'
            WHEN pg_column_size(c.attributes) < 500 THEN c.attributes
            ELSE (SELECT coalesce(jsonb_object_agg(k, c.attributes -> k), '{}')
                    FROM unnest($5::text[]) k WHERE c.attributes ? k) END,
       c.id IS NULL OR EXISTS (
           SELECT FROM suppression s WHERE s.email_key = c.email_key
              AND (s.list_id IS NULL OR s.list_id = d.list_id)
              AND (s.reason <> 'unsubscribe' OR NOT (SELECT despite_opt_out($3::bigint))))
           OR ((SELECT has_domain_suppressions()) AND EXISTS (
               SELECT FROM suppression s WHERE s.email_key = domain_key(c.email_key)
                  AND (s.list_id IS NULL OR s.list_id = d.list_id))),
       (SELECT answers_that_stop($3::bigint)) IS NOT NULL AND EXISTS (
           SELECT FROM event e WHERE e.contact_id = d.contact_id AND e.kind = 'reply'
              AND e.campaign_id = ANY ((SELECT answers_that_stop($3::bigint))::bigint[])),
       coalesce(greatest(c.tracking, (SELECT l.tracking FROM list l WHERE l.id = d.list_id))
                >= 'aggregate', true),
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
