-- Templates: what a campaign's mails are made of.

-- $1 name, $2 subject, $3 preheader, $4 html, $5 text
-- name: template_insert
INSERT INTO template (name, subject, preheader, html, text)
VALUES ($1, $2, $3, $4, $5)
RETURNING id;

-- $1 id, $2 name, $3 subject, $4 preheader, $5 html, $6 text
-- name: template_update
UPDATE template
   SET name = $2, subject = $3, preheader = $4, html = $5, text = $6,
       updated_at = now()
 WHERE id = $1::bigint
RETURNING id;

-- $1 id
-- name: template_document
SELECT row_to_json(d)
  FROM (SELECT id, name, subject, preheader, html, text, created_at, updated_at
          FROM template WHERE id = $1::bigint) d;

-- $1 after this id, $2 at most; without the long parts
-- name: template_page
SELECT id, row_to_json(d)
  FROM (SELECT id, name, subject, preheader, created_at, updated_at
          FROM template WHERE id > $1::bigint
         ORDER BY id LIMIT $2::bigint) d
 ORDER BY id;

-- $1 id
-- name: template_parts
SELECT name, subject, preheader, html, text
  FROM template WHERE id = $1::bigint;

-- The same, held until the change is written.  $1 id
-- name: template_parts_held
SELECT name, subject, preheader, html, text
  FROM template WHERE id = $1::bigint
   FOR UPDATE;

-- $1 id
-- name: template_delete
DELETE FROM template WHERE id = $1::bigint RETURNING id;

-- Whom to render for.  $1 key
-- name: template_contact
SELECT email, name, attributes FROM contact WHERE email_key = $1;
