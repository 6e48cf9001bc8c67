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

-- Deferred ones become due.  $1 campaign, $2 deliveries or NULL for all
-- name: delivery_retry
UPDATE retry
   SET next_at = now()
 WHERE campaign_id = $1::bigint AND holder IS NULL AND next_at > now()
   AND ($2::bigint[] IS NULL OR delivery_id = ANY ($2::bigint[]));

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
