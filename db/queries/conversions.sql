-- Conversions that other systems tell of.  Credits follow by themselves
-- (migration 0014_conversions); hit_lock comes first, so that no click is
-- written meanwhile.

-- A row a conversion, in the order given: whether somebody is known by the
-- address or the delivery, whether it is what was told before, if it was,
-- whether it is new, and its id.  Of somebody who is not followed, a delivery
-- tells nothing.
-- $1 sources, $2 order ids, $3 what they pay back or NULL, $4 keys of
-- addresses or NULL, $5 deliveries or 0, $6 amounts, $7 currencies,
-- $8 times or NULL, $9 types, $10 API key
-- name: conversion_take
WITH told AS MATERIALIZED (
    SELECT t.*, p.id IS NOT NULL AS known, CASE WHEN p.followed THEN p.id END AS contact_id
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[],
                  $6::bigint[], $7::text[], $8::timestamptz[], $9::text[]) WITH ORDINALITY
           AS t (source, order_id, refund_of, email_key, delivery_id, amount, currency, at,
                 type, n)
      LEFT JOIN LATERAL (
           SELECT c.id, true AS followed FROM contact c WHERE c.email_key = t.email_key
           UNION ALL
           SELECT c.id, greatest(c.tracking, l.tracking) = 'individual'
             FROM delivery d
             JOIN contact c ON c.id = d.contact_id
             LEFT JOIN list l ON l.id = d.list_id
            WHERE d.id = t.delivery_id) p ON true
), fresh AS (
    INSERT INTO conversion (source, order_id, refund_of, contact_id, at, amount, currency,
                            type, api_key_id)
    SELECT source, order_id, refund_of, contact_id, coalesce(at, now()), amount, currency,
           type, $10::bigint
      FROM told WHERE known ORDER BY n
        ON CONFLICT DO NOTHING
    RETURNING id, source, order_id, refund_of, contact_id, at, amount, currency, type
), stored AS (
    SELECT *, true AS new FROM fresh
    UNION ALL
    SELECT c.id, source, order_id, c.refund_of, c.contact_id, c.at, c.amount, c.currency,
           c.type, false
      FROM (SELECT DISTINCT source, order_id FROM told) t
      JOIN conversion c USING (source, order_id)
)
SELECT t.known,
       (s.refund_of, s.contact_id, s.amount, s.currency, s.type, s.at) IS NOT DISTINCT FROM
       (t.refund_of, t.contact_id, t.amount, t.currency, t.type, coalesce(t.at, s.at)),
       s.new AND row_number() OVER (PARTITION BY source, order_id ORDER BY t.n) = 1, s.id
  FROM told t LEFT JOIN stored s USING (source, order_id)
 ORDER BY t.n;

-- $1 after this id, $2 up to this id, $3 at most, $4 key of an address,
-- $5 campaign credited, $6 source, $7 order id; NULL: any
-- name: conversion_documents
SELECT id, row_to_json(d)
  FROM (SELECT c.id, c.source, c.order_id, c.refund_of, c.type, c.contact_id, p.email, c.at,
               c.amount, c.currency, c.campaign_id, c.delivery_id, c.clicked_at,
               (SELECT coalesce(json_agg(json_build_object(
                           'goal_id', k.goal_id, 'campaign_id', k.campaign_id,
                           'delivery_id', k.delivery_id, 'touched_at', k.touched_at,
                           'viewed', k.viewed, 'parts', k.parts, 'amount', k.amount)
                           ORDER BY k.goal_id, k.delivery_id), '[]')
                  FROM goal_credit k WHERE k.conversion_id = c.id) AS credits, c.created_at
          FROM conversion c LEFT JOIN contact p ON p.id = c.contact_id
         WHERE c.id > $1::bigint AND c.id <= $2::bigint
           AND ($4::text IS NULL OR c.contact_id = (SELECT o.id FROM contact o
                                                     WHERE o.email_key = $4))
           AND ($5::bigint IS NULL OR c.campaign_id = $5)
           AND ($6::text IS NULL OR c.source = $6)
           AND ($7::text IS NULL OR c.order_id = $7)
         ORDER BY c.id LIMIT $3::bigint) d
 ORDER BY id;
