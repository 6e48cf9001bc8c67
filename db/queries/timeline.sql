-- The history of a contact.

-- Newest first.  The cursor's number grows with a row's age: microseconds,
-- and the place among what happened in the same one (a transaction has one
-- time for all that it does).
-- $1 contact, $2 after this number, $3 at most
-- name: timeline
WITH happened (at, kind, id, campaign_id, delivery_id, list_id, detail) AS (
    SELECT created_at, 'created', id, NULL::bigint, NULL::bigint, NULL::bigint, '{}'::jsonb
      FROM contact WHERE id = $1::bigint
    UNION ALL
    SELECT k.at, 'consent', k.id, NULL, k.delivery_id, k.list_id,
           jsonb_build_object('action', k.action, 'method', k.method, 'source', k.source,
                              'reason', k.reason, 'import_id', k.import_id)
      FROM contact c, consents_of(c.email_key) k WHERE c.id = $1::bigint
    UNION ALL
    -- LATERAL: each campaign's deliveries have an index by contact.
    SELECT o.at, 'message', d.id, d.campaign_id, d.id, d.list_id,
           jsonb_build_object('state', o.state, 'attempt', o.attempt, 'code', o.code,
                              'status', o.status)
      FROM campaign c
     CROSS JOIN LATERAL (SELECT * FROM delivery d
                          WHERE d.campaign_id = c.id AND d.contact_id = $1::bigint
                         OFFSET 0) d
      JOIN outcome o ON o.delivery_id = d.id
    UNION ALL
    SELECT e.at, e.kind, e.id, e.campaign_id, e.delivery_id, e.list_id,
           jsonb_strip_nulls(jsonb_build_object('verdict', e.verdict, 'type', e.type,
               'category', e.category, 'status', e.status, 'url', e.data -> 'url'))
      FROM event e WHERE e.contact_id = $1::bigint AND e.kind <> 'conversion'
    UNION ALL
    SELECT v.at, 'conversion', v.id, v.campaign_id, v.delivery_id, NULL,
           jsonb_build_object('source', v.source, 'order_id', v.order_id, 'amount', v.amount,
                              'currency', v.currency)
      FROM conversion v WHERE v.contact_id = $1::bigint
    UNION ALL
    SELECT t.created_at, 'tagged', g.id, NULL, NULL, NULL, jsonb_build_object('tag', g.name)
      FROM contact_tag t JOIN tag g ON g.id = t.tag_id WHERE t.contact_id = $1::bigint
    UNION ALL
    SELECT l.at, 'left_out', l.campaign_id, l.campaign_id, NULL, NULL,
           jsonb_build_object('reason', l.reason)
      FROM left_out l WHERE l.contact_id = $1::bigint
), numbered AS (
    SELECT 4611686018427387904
           - greatest(0, (extract(epoch FROM at - '2000-01-01T00:00:00Z') * 1000000)::bigint) * 4096
           - least(4095, row_number() OVER (PARTITION BY at ORDER BY kind, id)) AS number, h.*
      FROM happened h
)
SELECT number, json_build_object('at', at, 'kind', kind, 'campaign_id', campaign_id,
                                 'delivery_id', delivery_id, 'list_id', list_id,
                                 'detail', detail)
  FROM numbered
 WHERE number > $2::bigint
 ORDER BY number LIMIT $3::bigint;
