-- The ledger of a campaign, as people see it, and what they may do with it.

-- $1 campaign
-- name: delivery_campaign
SELECT status, expires_at <= now()
  FROM campaign WHERE id = $1::bigint;

-- Ids of all deliveries.  $1 campaign, $2 after this id, $3 at most
-- name: delivery_ids
SELECT id
  FROM delivery
 WHERE id > greatest($2::bigint, $1::bigint << 32) AND id < ($1::bigint + 1) << 32
 ORDER BY id LIMIT $3::bigint;

-- Those without an outcome.  $1 to $3 as delivery_ids
-- name: delivery_ids_pending
SELECT d.id
  FROM delivery d
 WHERE d.id > greatest($2::bigint, $1::bigint << 32) AND d.id < ($1::bigint + 1) << 32
   AND NOT EXISTS (SELECT FROM outcome o
                    WHERE o.delivery_id = d.id
                      AND o.delivery_id > greatest($2::bigint, $1::bigint << 32)
                      AND o.delivery_id < ($1::bigint + 1) << 32)
 ORDER BY d.id LIMIT $3::bigint;

-- Those whose newest outcome is of that state.
-- $1 to $3 as delivery_ids, $4 state
-- name: delivery_ids_in_state
SELECT o.delivery_id
  FROM outcome o
 WHERE o.delivery_id > greatest($2::bigint, $1::bigint << 32)
   AND o.delivery_id < ($1::bigint + 1) << 32
   AND o.state = $4::delivery_state
   AND NOT EXISTS (SELECT FROM outcome n
                    WHERE n.delivery_id = o.delivery_id
                      AND n.delivery_id > greatest($2::bigint, $1::bigint << 32)
                      AND n.delivery_id < ($1::bigint + 1) << 32
                      AND (n.attempt, n.state) > (o.attempt, o.state))
 ORDER BY o.delivery_id LIMIT $3::bigint;

-- $1 ids
-- name: delivery_documents
SELECT d.id, json_build_object(
           'id', d.id, 'contact_id', d.contact_id, 'email', c.email, 'list_id', d.list_id,
           'state', coalesce(o.state::text, 'pending'), 'attempts', coalesce(o.attempt, 0),
           'outcome', CASE WHEN o.state IS NOT NULL THEN json_build_object(
               'at', o.at, 'code', o.code, 'status', o.status, 'scope', o.scope,
               'type', o.type, 'category', o.category, 'reply', o.reply) END,
           'account_id', o.account_id, 'retry_at', r.next_at)
  FROM unnest($1::bigint[]) AS u (id)
  JOIN delivery d ON d.id = u.id
  LEFT JOIN contact c ON c.id = d.contact_id
  LEFT JOIN retry r ON r.delivery_id = d.id
  LEFT JOIN LATERAL (SELECT * FROM outcome x
                      WHERE x.delivery_id = d.id
                      ORDER BY x.attempt DESC, x.state DESC LIMIT 1) o ON true
 ORDER BY d.id;

-- Deferred ones become due.
-- $1 campaign, $2 deliveries or NULL for all, and of the outcome that deferred
-- them $3 scopes, $4 categories, $5 statuses as a LIKE pattern, or NULL
-- name: delivery_retry
UPDATE retry r
   SET next_at = now()
 WHERE r.campaign_id = $1::bigint AND r.holder IS NULL AND r.next_at > now()
   AND ($2::bigint[] IS NULL OR r.delivery_id = ANY ($2::bigint[]))
   AND (coalesce($3::text[], $4::text[]) IS NULL AND $5::text IS NULL
        OR EXISTS (SELECT FROM outcome o
                    WHERE o.delivery_id = r.delivery_id AND o.attempt = r.attempt - 1
                      AND o.delivery_id > $1::bigint << 32
                      AND o.delivery_id < ($1::bigint + 1) << 32
                      AND ($3::text[] IS NULL OR o.scope::text = ANY ($3::text[]))
                      AND ($4::text[] IS NULL OR o.category::text = ANY ($4::text[]))
                      AND ($5::text IS NULL OR o.status LIKE $5::text)));

-- Those that had come to their end get another attempt, unless they have
-- been suppressed or erased.  The reason of one that has expired is that of
-- the attempt before.  The date of the message stays that of its first
-- attempt; one that was never attempted has none.
-- $1 to $5 as delivery_retry, $6 states: 'failed', 'expired'
-- name: delivery_retry_ended
INSERT INTO retry (delivery_id, campaign_id, attempt, next_at, first_at)
SELECT o.delivery_id, $1::bigint, o.attempt + 1, now(),
       coalesce((SELECT min(f.at) FROM outcome f
                  WHERE f.delivery_id = o.delivery_id AND f.state <> 'expired'), now())
  FROM outcome o
  JOIN delivery d ON d.id = o.delivery_id
  JOIN contact c ON c.id = d.contact_id
  LEFT JOIN LATERAL (SELECT p.scope, p.category, p.status FROM outcome p
                      WHERE p.delivery_id = o.delivery_id AND p.scope IS NOT NULL
                      ORDER BY p.attempt DESC, p.state DESC LIMIT 1) why ON true
 WHERE o.delivery_id > $1::bigint << 32 AND o.delivery_id < ($1::bigint + 1) << 32
   AND ($2::bigint[] IS NULL OR o.delivery_id = ANY ($2::bigint[]))
   AND o.state::text = ANY ($6::text[])
   AND ($3::text[] IS NULL OR why.scope::text = ANY ($3::text[]))
   AND ($4::text[] IS NULL OR why.category::text = ANY ($4::text[]))
   AND ($5::text IS NULL OR why.status LIKE $5::text)
   AND NOT EXISTS (SELECT FROM outcome n
                    WHERE n.delivery_id = o.delivery_id
                      AND n.delivery_id > $1::bigint << 32
                      AND n.delivery_id < ($1::bigint + 1) << 32
                      AND (n.attempt, n.state) > (o.attempt, o.state))
   AND NOT EXISTS (SELECT FROM suppression s
                    WHERE s.email_key = c.email_key
                      AND (s.list_id IS NULL OR s.list_id = d.list_id))
ON CONFLICT (delivery_id) DO NOTHING;

-- It never ends earlier by that.
-- $1 campaign, $2 seconds from now on
-- name: campaign_prolong
UPDATE campaign
   SET expires_at = greatest(expires_at, now() + make_interval(secs => $2::int)),
       updated_at = now()
 WHERE id = $1::bigint;

-- Uncertain ones are attempted again: at most once more each time that a
-- person says so.  The date of the message stays that of its first attempt.
-- $1 campaign, $2 deliveries or NULL for all
-- name: delivery_release
INSERT INTO retry (delivery_id, campaign_id, attempt, next_at, first_at)
SELECT o.delivery_id, $1::bigint, o.attempt + 1, now(),
       (SELECT min(f.at) FROM outcome f WHERE f.delivery_id = o.delivery_id)
  FROM outcome o
 WHERE o.delivery_id > $1::bigint << 32 AND o.delivery_id < ($1::bigint + 1) << 32
   AND ($2::bigint[] IS NULL OR o.delivery_id = ANY ($2::bigint[]))
   AND o.state = 'uncertain'
   AND NOT EXISTS (SELECT FROM outcome n
                    WHERE n.delivery_id = o.delivery_id
                      AND n.delivery_id > $1::bigint << 32
                      AND n.delivery_id < ($1::bigint + 1) << 32
                      AND (n.attempt, n.state) > (o.attempt, o.state))
ON CONFLICT (delivery_id) DO NOTHING;
