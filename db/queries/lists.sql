-- Lists of contacts.

-- $1 name, $2 opt_in, $3 public, $4 tracking
-- name: list_insert
INSERT INTO list (name, opt_in, public, tracking)
VALUES ($1, $2, $3::boolean, $4::text::tracking_mode)
RETURNING id;

-- $1 id
-- name: list_document
SELECT row_to_json(d)
  FROM (SELECT id, name, opt_in, public, tracking,
               (SELECT count(*) FROM membership WHERE list_id = list.id) AS contacts,
               (SELECT count(*) FROM held_suppression WHERE list_id = list.id) AS held,
               created_at, updated_at
          FROM list WHERE id = $1::bigint) d;

-- $1 after this id, $2 at most
-- name: list_page
SELECT id, row_to_json(d)
  FROM (SELECT id, name, opt_in, public, tracking, created_at, updated_at
          FROM list WHERE id > $1::bigint
         ORDER BY id LIMIT $2::bigint) d
 ORDER BY id;

-- NULL leaves a column as it is.  $1 id, $2 name, $3 opt_in, $4 public, $5 tracking
-- name: list_update
UPDATE list
   SET name = coalesce($2, name), opt_in = coalesce($3, opt_in),
       public = coalesce($4::boolean, public),
       tracking = coalesce($5::text::tracking_mode, tracking), updated_at = now()
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
