-- All that a campaign's report is made of, as files: db/reproduce.sql counts
-- the report again from them.

-- $1 campaign, $2 after this delivery, $3 at most
-- name: delivery_export
SELECT d.id, json_build_object(
           'delivery_id', d.id, 'contact_id', d.contact_id, 'list_id', d.list_id,
           'outcomes', (SELECT coalesce(json_agg(json_build_object(
                                   'attempt', o.attempt, 'state', o.state, 'at', o.at,
                                   'account_id', o.account_id, 'code', o.code,
                                   'status', o.status, 'scope', o.scope, 'type', o.type,
                                   'category', o.category)
                                   ORDER BY o.attempt, o.state), '[]')
                          FROM outcome o WHERE o.delivery_id = d.id))
  FROM (SELECT * FROM delivery
         WHERE id > greatest($2::bigint, $1::bigint << 32) AND id < ($1::bigint + 1) << 32
         ORDER BY id LIMIT $3::bigint) d
 ORDER BY d.id;

-- OFFSET: from the campaign's first event on, in the order of ids, each once.
-- $1 campaign, $2 after this event, $3 at most
-- name: event_export
SELECT e.id, json_build_object(
           'id', e.id, 'kind', e.kind, 'at', e.at, 'delivery_id', e.delivery_id,
           'contact_id', e.contact_id, 'list_id', e.list_id, 'type', e.type,
           'category', e.category, 'status', e.status, 'source', e.source,
           'verdict', e.verdict, 'data', e.data)
  FROM (SELECT * FROM event
         WHERE id > CASE WHEN $2::bigint > 0 THEN $2::bigint
                         ELSE (SELECT min(id) - 1
                                 FROM (SELECT id FROM event WHERE campaign_id = $1::bigint
                                       OFFSET 0) f) END
         ORDER BY id OFFSET 0) e
 WHERE e.campaign_id = $1::bigint
 LIMIT $3::bigint;

-- $1 campaign, $2 after this conversion, $3 at most
-- name: conversion_export
SELECT c.id, json_build_object(
           'id', c.id, 'source', c.source, 'order_id', c.order_id, 'refund_of', c.refund_of,
           'type', c.type, 'contact_id', c.contact_id, 'at', c.at, 'amount', c.amount,
           'currency', c.currency, 'delivery_id', c.delivery_id, 'clicked_at', c.clicked_at)
  FROM conversion c
 WHERE c.campaign_id = $1::bigint AND c.id > $2::bigint
 ORDER BY c.id LIMIT $3::bigint;
