-- Who must not be mailed, as people see and change it.

-- Nothing when it is there already.
-- $1 key, $2 list or NULL, $3 reason, $4 evidence
-- name: suppression_insert
INSERT INTO suppression (email_key, list_id, reason, evidence)
VALUES ($1, $2::bigint, $3, $4::jsonb)
    ON CONFLICT (email_key, list_id, reason) DO NOTHING
RETURNING id;

-- $1 key, $2 list or NULL, $3 reason
-- name: suppression_find
SELECT id FROM suppression
 WHERE email_key = $1 AND list_id IS NOT DISTINCT FROM $2::bigint AND reason = $3;

-- $1 list
-- name: suppression_list_exists
SELECT id FROM list WHERE id = $1::bigint;

-- Of an address also what is kept of it after erasing.
-- $1 after this id, $2 up to this id, $3 at most, $4 key, $5 list, $6 reason;
-- NULL: any; $7 and $8 of erased_key
-- name: suppression_documents
SELECT id, row_to_json(d)
  FROM (SELECT id, email_key AS email, list_id, reason, delivery_id, evidence, created_at
          FROM suppression
         WHERE id > $1::bigint AND id <= $2::bigint
           AND ($4::text IS NULL
                OR email_key IN ($4, erased_key($7::bytea, $8::bytea, $4)))
           AND ($5::bigint IS NULL OR list_id = $5)
           AND ($6::text IS NULL OR reason = $6)
         ORDER BY id LIMIT $3::bigint) d
 ORDER BY id;

-- $1 list, 0: all, $2 after this id, $3 at most
-- name: suppression_export
SELECT id, row_to_json(d)
  FROM (SELECT id, email_key AS email, list_id, reason, created_at
          FROM suppression
         WHERE id > $2::bigint AND $1::bigint IN (0, list_id)
         ORDER BY id LIMIT $3::bigint) d
 ORDER BY id;

-- The row goes, what it said and who undid it stay as an event; of an erased
-- address not even its name.  $1 id, $2 API key or NULL, $3 user or NULL
-- name: suppression_delete
WITH gone AS (
    DELETE FROM suppression WHERE id = $1::bigint RETURNING *
)
INSERT INTO event (kind, key, contact_id, list_id, source, data)
SELECT 'suppression_removed', g.id::text,
       (SELECT c.id FROM contact c WHERE c.email_key = g.email_key), g.list_id, 'api',
       to_jsonb(g) - 'written_by' - CASE g.reason WHEN 'erased' THEN 'email_key' ELSE '' END
           || jsonb_strip_nulls(jsonb_build_object('api_key_id', $2::bigint,
                                                   'user_id', $3::bigint))
  FROM gone g
RETURNING id;

-- What waits for a person's word because reports asked for too much of a list.
-- $1 after this id, $2 at most, $3 list
-- name: held_page
SELECT id, row_to_json(d)
  FROM (SELECT h.id, h.list_id, h.contact_id, c.email, h.reason, h.delivery_id, h.evidence,
               h.created_at
          FROM held_suppression h JOIN contact c ON c.id = h.contact_id
         WHERE h.list_id = $3::bigint AND h.id > $1::bigint
         ORDER BY h.id LIMIT $2::bigint) d
 ORDER BY id;

-- They are applied, and the list counts anew.  $1 list
-- name: held_release
WITH gone AS (
    DELETE FROM held_suppression WHERE list_id = $1::bigint RETURNING *
), anew AS (
    DELETE FROM list_loss WHERE list_id = $1::bigint
), applied AS (
    INSERT INTO suppression (email_key, reason, delivery_id, evidence)
    SELECT c.email_key, g.reason, g.delivery_id, g.evidence
      FROM gone g JOIN contact c ON c.id = g.contact_id
     ORDER BY c.email_key, g.reason
        ON CONFLICT (email_key, list_id, reason) DO NOTHING
)
SELECT count(*) FROM gone;

-- They are not.  $1 list
-- name: held_discard
WITH gone AS (
    DELETE FROM held_suppression WHERE list_id = $1::bigint RETURNING id
), anew AS (
    DELETE FROM list_loss WHERE list_id = $1::bigint
)
SELECT count(*) FROM gone;
