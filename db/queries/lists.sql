-- Lists of contacts.

-- NULL is the column's default.  $1 name, $2 opt_in, $3 public, $4 tracking,
-- $5 forms, $6 form_text, $7 confirmation campaign
-- name: list_insert
INSERT INTO list (name, opt_in, public, tracking, forms, form_text, confirmation_campaign_id)
VALUES ($1, coalesce($2, 'single'), coalesce($3::boolean, false),
        coalesce($4::text, 'individual')::tracking_mode, coalesce($5::boolean, false),
        coalesce($6, ''), $7::bigint)
RETURNING id;

-- $1 id
-- name: list_document
SELECT row_to_json(d)
  FROM (SELECT id, name, opt_in, public, tracking, public_id, forms, form_text,
               confirmation_campaign_id,
               (SELECT count(*) FROM membership WHERE list_id = list.id) AS contacts,
               (SELECT count(*) FROM held_suppression WHERE list_id = list.id) AS held,
               created_at, updated_at
          FROM list WHERE id = $1::bigint) d;

-- $1 after this id, $2 at most
-- name: list_page
SELECT id, row_to_json(d)
  FROM (SELECT id, name, opt_in, public, tracking, public_id, forms, form_text,
               confirmation_campaign_id, created_at, updated_at
          FROM list WHERE id > $1::bigint
         ORDER BY id LIMIT $2::bigint) d
 ORDER BY id;

-- NULL leaves a column as it is.  $1 id, $2 name, $3 opt_in, $4 public,
-- $5 tracking, $6 forms, $7 form_text, $8 confirmation campaign, $9 whether
-- that is to be as it says, also none
-- name: list_update
UPDATE list
   SET name = coalesce($2, name), opt_in = coalesce($3, opt_in),
       public = coalesce($4::boolean, public),
       tracking = coalesce($5::text::tracking_mode, tracking),
       forms = coalesce($6::boolean, forms), form_text = coalesce($7, form_text),
       confirmation_campaign_id = CASE WHEN $9::boolean THEN $8::bigint
                                       ELSE confirmation_campaign_id END,
       updated_at = now()
 WHERE id = $1::bigint
RETURNING id;

-- Who uses the list; holds it against new uses.  $1 id
-- name: list_uses
SELECT EXISTS (SELECT FROM campaign_list WHERE list_id = list.id) AS campaigns,
       EXISTS (SELECT FROM import
                WHERE list_id = list.id AND state IN ('queued', 'running')) AS imports
  FROM list WHERE id = $1::bigint
   FOR UPDATE;

-- $1 id
-- name: list_delete
DELETE FROM list WHERE id = $1::bigint;

-- $1 id
-- name: list_exists
SELECT id FROM list WHERE id = $1::bigint;
