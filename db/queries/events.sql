-- Everything that happened, and everything that was read.

-- $1 after this transaction and $2 this id, $3 at most, $4 kind, $5 campaign,
-- $6 contact, $7 since; NULL: any
-- name: event_feed
SELECT written_by, id,
       (SELECT row_to_json(d)
          FROM (SELECT e.id, e.kind, e.at, e.campaign_id, e.delivery_id, e.contact_id, e.list_id,
                       e.inbound_id, e.type, e.category, e.status, e.source, e.verdict, e.data,
                       event_goals(e) AS goal_ids) d)
  FROM event e
 WHERE (written_by, id) > ($1::bigint, $2::bigint)
   AND written_by < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
   AND ($4::text IS NULL OR kind = $4)
   AND ($5::bigint IS NULL OR campaign_id = $5)
   AND ($6::bigint IS NULL OR contact_id = $6)
   AND ($7::timestamptz IS NULL OR at >= $7)
 ORDER BY written_by, id
 LIMIT $3::bigint;

-- Without the raw message.
-- $1 after this id, $2 at most, $3 class, $4 mailbox, $5 delivery,
-- $6 'true' or 'false': attributed, $7 recorded since; NULL: any
-- name: inbound_page
SELECT id, row_to_json(d)
  FROM (SELECT id, mailbox_id, folder, uid, class, rule, attribution, confidence, delivery_id,
               sender, subject, message_id, details, raw IS NOT NULL AS has_raw,
               raw_until, received_at, created_at
          FROM inbound
         WHERE id > $1::bigint
           AND ($3::text IS NULL OR class = $3)
           AND ($4::bigint IS NULL OR mailbox_id = $4)
           AND ($5::bigint IS NULL OR delivery_id = $5)
           AND ($6::text IS NULL OR (delivery_id IS NOT NULL) = $6::boolean)
           AND ($7::timestamptz IS NULL OR created_at >= $7)
         ORDER BY id LIMIT $2::bigint) d
 ORDER BY id;

-- $1 id
-- name: inbound_document
SELECT row_to_json(d), d.mailbox_id, i.fingerprint, i.raw
  FROM inbound i,
       LATERAL (SELECT i.id, i.mailbox_id, i.folder, i.uid, i.class, i.rule, i.attribution,
                       i.confidence, i.delivery_id, i.sender, i.subject, i.message_id, i.details,
                       i.raw IS NOT NULL AS has_raw, i.raw_until, i.received_at,
                       i.created_at) d
 WHERE i.id = $1::bigint;

-- $1 delivery
-- name: inbound_delivery
SELECT id FROM delivery WHERE id = $1::bigint;
