-- Contacts: people and the lists that they are on.

-- A field that is NULL leaves what is there.
-- $1 email, $2 its key, $3 name, $4 attributes (an object), $5 tracking
-- name: contact_put
INSERT INTO contact (email, email_key, name, attributes, tracking)
VALUES ($1, $2, coalesce($3, ''), coalesce($4::jsonb, '{}'),
        coalesce($5::text::tracking_mode, 'individual'))
    ON CONFLICT (email_key) DO UPDATE
   SET name = coalesce($3, contact.name),
       attributes = coalesce($4::jsonb, contact.attributes),
       tracking = coalesce($5::text::tracking_mode, contact.tracking),
       updated_at = now()
RETURNING id, xmax = 0 AS created;

-- Of one that is there; attributes that are null go, others are added or
-- changed.  What is left of them must be no longer than that.
-- $1 key, $2 name, $3 attributes, $4 tracking; NULL leaves what is there
-- name: contact_change
UPDATE contact
   SET name = coalesce($2, name),
       attributes = CASE WHEN $3::jsonb IS NULL THEN attributes
                         ELSE (attributes || $3::jsonb)
                              - ARRAY(SELECT key FROM jsonb_each($3::jsonb)
                                       WHERE value = 'null') END,
       tracking = coalesce($4::text::tracking_mode, tracking), updated_at = now()
 WHERE email_key = $1
RETURNING id, octet_length(attributes::text);

-- Those of the given lists that do not exist.  $1 list ids
-- name: contact_unknown_lists
SELECT wanted.id
  FROM unnest($1::bigint[]) AS wanted (id)
 WHERE NOT EXISTS (SELECT FROM list WHERE list.id = wanted.id);

-- A list with double opt-in takes nobody as confirmed.
-- $1 contact, $2 list ids, $3 source, $4 when consent ends or NULL,
-- $5 whether it is told of those who are on a list already, too
-- name: contact_join
INSERT INTO membership (list_id, contact_id, status, source, consent_expires_at)
SELECT id, $1::bigint,
       CASE opt_in WHEN 'double' THEN 'unconfirmed' ELSE 'subscribed' END, $3, $4::timestamptz
  FROM list WHERE id = ANY ($2::bigint[])
 ORDER BY id
    ON CONFLICT (list_id, contact_id) DO UPDATE
   SET consent_expires_at = $4::timestamptz
 WHERE $5::boolean;

-- $1 key, $2 and $3 of erased_key
-- name: contact_is_erased
SELECT EXISTS (SELECT FROM suppression
                WHERE email_key = erased_key($2::bytea, $3::bytea, $1) AND reason = 'erased');

-- Whoever is let in again has the suppressions of before, if that was not
-- forgiven.  $1 key, $2 and $3 of erased_key
-- name: contact_returns
SELECT suppressions_return($1, erased_key($2::bytea, $3::bytea, $1));

-- $1 key
-- name: contact_id
SELECT id FROM contact WHERE email_key = $1;

-- $1 after this id, $2 at most
-- name: contact_ids
SELECT id FROM contact WHERE id > $1::bigint ORDER BY id LIMIT $2::bigint;

-- $1 after this id, $2 at most, $3 list
-- name: contact_ids_of_list
SELECT contact_id
  FROM membership
 WHERE list_id = $3::bigint AND contact_id > $1::bigint
 ORDER BY contact_id LIMIT $2::bigint;

-- $1 after this id, $2 at most, $3 key, $4 list or NULL
-- name: contact_ids_of_email
SELECT id
  FROM contact
 WHERE email_key = $3 AND id > $1::bigint
   AND ($4::bigint IS NULL OR EXISTS (
           SELECT FROM membership WHERE contact_id = id AND list_id = $4::bigint))
 LIMIT $2::bigint;

-- $1 ids
-- name: contact_documents
SELECT d.id, row_to_json(d)
  FROM (SELECT id, email, name, attributes, tracking, last_open_on,
               (SELECT coalesce(json_agg(l ORDER BY l.id), '[]')
                  FROM (SELECT m.list_id AS id,
                               CASE WHEN EXISTS (
                                   SELECT FROM suppression s
                                    WHERE s.email_key = c.email_key
                                      AND s.list_id = m.list_id)
                               THEN 'unsubscribed' ELSE m.status END AS status,
                               m.created_at AS joined_at, m.consent_expires_at
                          FROM membership m WHERE m.contact_id = c.id) l) AS lists,
               ARRAY(SELECT g.name FROM contact_tag t JOIN tag g ON g.id = t.tag_id
                      WHERE t.contact_id = c.id ORDER BY lower(g.name)) AS tags,
               (SELECT coalesce(json_agg(r ORDER BY r.created_at), '[]')
                  FROM (SELECT s.reason, s.list_id, s.created_at
                          FROM suppression s
                         WHERE s.email_key IN (c.email_key, domain_key(c.email_key))) r)
                   AS suppressions,
               created_at, updated_at
          FROM contact c WHERE c.id = ANY ($1::bigint[])) d
 ORDER BY d.id;

-- The names of attributes of those on a list.  $1 list, $2 at most
-- name: contact_attribute_names
SELECT DISTINCT k.name COLLATE "C" AS name
  FROM membership m
  JOIN contact c ON c.id = m.contact_id
 CROSS JOIN LATERAL jsonb_object_keys(c.attributes) AS k (name)
 WHERE m.list_id = $1::bigint
 ORDER BY name LIMIT $2::bigint;

-- Those on a list.  status: suppressed is everywhere, unsubscribed is from
-- this list.  $1 list, $2 after this contact, $3 at most
-- name: contact_export
SELECT p.contact_id, row_to_json(d)
  FROM (SELECT contact_id, status, created_at
          FROM membership
         WHERE list_id = $1::bigint AND contact_id > $2::bigint
         ORDER BY contact_id LIMIT $3::bigint) p
  JOIN contact c ON c.id = p.contact_id
 CROSS JOIN LATERAL (
       SELECT c.email, c.name,
              CASE WHEN EXISTS (SELECT FROM suppression s
                                 WHERE s.email_key = c.email_key
                                   AND s.list_id IS NULL) THEN 'suppressed'
                   WHEN EXISTS (SELECT FROM suppression s
                                 WHERE s.email_key = c.email_key
                                   AND s.list_id = $1::bigint) THEN 'unsubscribed'
                   ELSE p.status END AS status,
              p.created_at AS joined_at, c.attributes) d
 ORDER BY p.contact_id;

-- The same without what an import would take for attributes.
-- $1 list, $2 after this contact, $3 at most
-- name: contact_export_plain
SELECT m.contact_id, json_build_object('email', c.email, 'name', c.name,
                                       'attributes', c.attributes)
  FROM membership m JOIN contact c ON c.id = m.contact_id
 WHERE m.list_id = $1::bigint AND m.contact_id > $2::bigint
 ORDER BY m.contact_id LIMIT $3::bigint;
