-- What came of attempts, and what follows from refusals.
-- The comments over the ledger's tables (db/migrations) say what the rows mean.

-- name: outcome_copy
-- What came of attempts, none of it said before: rows in binary format.
COPY outcome (delivery_id, attempt, state, at, account_id, code, status,
              scope, type, category, reply)
FROM STDIN (FORMAT binary);

-- name: outcome_record
-- The same as arrays.  Saying it again changes nothing.
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
	       jsonb_build_object('code', b.code, 'scope', b.scope, 'reply', b.reply)
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

-- name: refusal_strikes
-- After refusal_record: who has been refused often enough, though not for
-- good (R-071), is not mailed again.
-- $1 deliveries that were refused softly
INSERT INTO suppression (email_key, reason, delivery_id, evidence)
SELECT DISTINCT ON (c.email_key) c.email_key, 'soft_bounces', d.id,
       jsonb_build_object('source', 'smtp', 'delivery_id', d.id, 'strikes', s.strikes)
  FROM delivery d
  JOIN contact c ON c.id = d.contact_id,
       LATERAL soft_strikes(c.id) s (strikes)
 WHERE d.id = ANY ($1::bigint[]) AND has_struck_before(c.id) AND s.strikes IS NOT NULL
 ORDER BY c.email_key, d.id
ON CONFLICT DO NOTHING;
