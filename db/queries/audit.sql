-- Who did what through the API (migration 0015).

-- Holds the end of a chain until the commit: last of all.
-- $1 API key or NULL, $2 user or NULL, $3 method, $4 route, $5 object, $6 status, $7 fields
-- name: audit_write
SELECT audit_write($1::bigint, $2::bigint, $3, $4, $5, $6::integer, $7::jsonb);

-- $1 after this id, $2 at most, $3 API key or NULL, $4 user or NULL,
-- $5 not before or NULL
-- name: audit_page
SELECT id, row_to_json(d)
  FROM (SELECT id, at, api_key_id, user_id, who, method, route, object, status, changed, chain, place,
               encode(previous, 'hex') AS previous, encode(hash, 'hex') AS hash
          FROM audit
         WHERE id > $1::bigint
           AND ($3::bigint IS NULL OR api_key_id = $3::bigint)
           AND ($4::bigint IS NULL OR user_id = $4::bigint)
           AND ($5::timestamptz IS NULL OR at >= $5::timestamptz)
         ORDER BY id LIMIT $2::bigint) d
 ORDER BY id;

-- For all that a transaction reads; its first statement.
-- name: audit_snapshot
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;

-- At most a hundred.
-- name: audit_faults
SELECT chain, place, id, fault FROM audit_fault ORDER BY chain, place LIMIT 100;

-- name: audit_heads
SELECT chain, length, encode(hash, 'hex') FROM audit_chain ORDER BY chain;
