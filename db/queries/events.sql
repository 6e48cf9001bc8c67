-- Everything that happened, and everything that was read.

-- $1 after this id, $2 at most, $3 kind or NULL, $4 campaign or NULL
-- name: event_page
SELECT id, row_to_json(d)
  FROM (SELECT id, kind, at, campaign_id, delivery_id, contact_id, list_id,
               inbound_id, type, category, status, source, data
          FROM event
         WHERE id > $1::bigint
           AND ($3::text IS NULL OR kind = $3)
           AND ($4::bigint IS NULL OR campaign_id = $4)
         ORDER BY id LIMIT $2::bigint) d
 ORDER BY id;

-- Without the raw message.
-- $1 after this id, $2 at most, $3 class or NULL, $4 mailbox or NULL
-- name: inbound_page
SELECT id, row_to_json(d)
  FROM (SELECT id, mailbox_id, folder, uid, class, rule, attribution, delivery_id,
               sender, subject, message_id, details, raw IS NOT NULL AS has_raw,
               raw_until, received_at, created_at
          FROM inbound
         WHERE id > $1::bigint
           AND ($3::text IS NULL OR class = $3)
           AND ($4::bigint IS NULL OR mailbox_id = $4)
         ORDER BY id LIMIT $2::bigint) d
 ORDER BY id;
