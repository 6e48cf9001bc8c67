-- Templates: what a campaign's mails are made of.

-- $1 name, $2 subject, $3 preheader, $4 html, $5 text, $6 markdown, $7 layout,
-- $8 translations
-- name: template_insert
INSERT INTO template (name, subject, preheader, html, text, markdown, layout, translations)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::json)
RETURNING id;

-- $1 id, $2 to $9 as $1 to $8 of template_insert
-- name: template_update
UPDATE template
   SET name = $2, subject = $3, preheader = $4, html = $5, text = $6,
       markdown = $7, layout = $8, translations = $9::json, updated_at = now()
 WHERE id = $1::bigint
RETURNING id;

-- $1 id
-- name: template_document
SELECT row_to_json(d)
  FROM (SELECT t.id, name, subject, preheader, html, text, markdown, layout, translations,
               (SELECT coalesce(json_agg(json_build_object(
                           'id', a.id, 'name', a.name, 'type', a.type,
                           'content_id', a.content_id, 'bytes', octet_length(a.content),
                           'created_at', a.created_at) ORDER BY a.id), '[]')
                  FROM template_attachment a WHERE a.template_id = t.id) AS attachments,
               created_at, updated_at
          FROM template t WHERE t.id = $1::bigint) d;

-- $1 after this id, $2 at most; without the long parts
-- name: template_page
SELECT id, row_to_json(d)
  FROM (SELECT id, name, subject, preheader, layout, created_at, updated_at
          FROM template WHERE id > $1::bigint
         ORDER BY id LIMIT $2::bigint) d
 ORDER BY id;

-- $1 id
-- name: template_parts
SELECT name, subject, preheader, html, text, markdown, layout, translations
  FROM template WHERE id = $1::bigint;

-- The same, held until the change is written.  $1 id
-- name: template_parts_held
SELECT name, subject, preheader, html, text, markdown, layout, translations
  FROM template WHERE id = $1::bigint
   FOR UPDATE;

-- $1 id
-- name: template_delete
DELETE FROM template WHERE id = $1::bigint RETURNING id;

-- Whom to render for.  $1 key
-- name: template_contact
SELECT email, name, attributes FROM contact WHERE email_key = $1;

-- Snippets --------------------------------------------------------------------

-- What each template may include.
-- name: snippet_all
SELECT name, html FROM snippet ORDER BY name;

-- One change at a time, so that the limits on all of them hold.
-- name: snippet_lock
SELECT pg_advisory_xact_lock(hashtext('volley snippet'));

-- $1 name, $2 html
-- name: snippet_insert
INSERT INTO snippet (name, html) VALUES ($1, $2) RETURNING id;

-- Nothing when there is none yet.  $1 name, $2 html
-- name: snippet_update
UPDATE snippet SET html = $2, updated_at = now() WHERE name = $1 RETURNING id;

-- name: snippet_totals
SELECT count(*), coalesce(sum(octet_length(html)), 0) FROM snippet;

-- $1 name
-- name: snippet_document
SELECT row_to_json(d)
  FROM (SELECT id, name, html, created_at, updated_at
          FROM snippet WHERE name = $1) d;

-- $1 after this id, $2 at most; without the HTML
-- name: snippet_page
SELECT id, row_to_json(d)
  FROM (SELECT id, name, octet_length(html) AS bytes, created_at, updated_at
          FROM snippet WHERE id > $1::bigint
         ORDER BY id LIMIT $2::bigint) d
 ORDER BY id;

-- $1 name
-- name: snippet_delete
DELETE FROM snippet WHERE name = $1 RETURNING id;

-- Attachments -----------------------------------------------------------------

-- $1 template, $2 name, $3 type, $4 content id or '', $5 content
-- name: attachment_insert
INSERT INTO template_attachment (template_id, name, type, content_id, content)
VALUES ($1::bigint, $2, $3, $4, $5)
RETURNING id;

-- $1 template
-- name: attachment_totals
SELECT count(*), coalesce(sum(octet_length(content)), 0)
  FROM template_attachment WHERE template_id = $1::bigint;

-- $1 template, $2 after this id, $3 up to this id, $4 at most
-- name: attachment_documents
SELECT id, row_to_json(d)
  FROM (SELECT id, name, type, content_id, octet_length(content) AS bytes, created_at
          FROM template_attachment
         WHERE template_id = $1::bigint AND id > $2::bigint AND id <= $3::bigint
         ORDER BY id LIMIT $4::bigint) d
 ORDER BY id;

-- $1 template, $2 whether with their content
-- name: attachment_all
SELECT name, type, content_id, CASE WHEN $2::boolean THEN content ELSE '' END
  FROM template_attachment
 WHERE template_id = $1::bigint
 ORDER BY id;

-- $1 template, $2 id
-- name: attachment_delete
DELETE FROM template_attachment
 WHERE template_id = $1::bigint AND id = $2::bigint
RETURNING id;
