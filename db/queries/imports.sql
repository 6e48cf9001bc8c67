-- Imports: the rows that a file becomes.

-- name: import_totals
SELECT state, count(*) FROM import GROUP BY state ORDER BY state;

-- $1 list, $2 mode, $3 format, $4 host, $5 bytes
-- name: import_insert
INSERT INTO import (list_id, mode, format, spool_host, bytes_total)
VALUES ($1::bigint, $2, $3, $4, $5::bigint)
RETURNING id;

-- $1 import, $2 path
-- name: import_spooled
UPDATE import SET spool_path = $2 WHERE id = $1::bigint;

-- $1 id
-- name: import_document
SELECT row_to_json(d)
  FROM (SELECT id, list_id, mode, format, state, bytes_total, bytes_read,
               rows_read, inserted, updated, unchanged, rejected, suppressed,
               error, created_at, started_at, finished_at
          FROM import WHERE id = $1::bigint) d;

-- $1 import, $2 after this line, $3 at most
-- name: import_errors
SELECT line, row_to_json(d)
  FROM (SELECT line, reason, value FROM import_error
         WHERE import_id = $1::bigint AND line > $2::bigint
         ORDER BY line LIMIT $3::bigint) d
 ORDER BY line;

-- $1 import, $2 after this line, $3 at most
-- name: import_error_lines
SELECT line, reason, value
  FROM import_error
 WHERE import_id = $1::bigint AND line > $2::bigint
 ORDER BY line LIMIT $3::bigint;

-- $1 import
-- name: import_state
SELECT state FROM import WHERE id = $1::bigint;

-- Whoever holds the lock on the uploaded file may do this.  $1 import, $2 holder
-- name: import_claim
UPDATE import
   SET state = 'running', holder = $2, held_until = now() + interval '1 minute',
       started_at = coalesce(started_at, now())
 WHERE id = $1::bigint AND state IN ('queued', 'running')
RETURNING list_id, mode, format, rows_read, rejected;

-- First in each batch's transaction: nothing if somebody else has it, or it
-- is gone.  Batches need not be on the disk one by one: should the last ones
-- be lost, so is the note that they were done, and the file is kept until
-- import_finish is on the disk.  $1 import, $2 holder
-- name: import_hold
UPDATE import SET held_until = now() + interval '1 minute'
 WHERE id = $1::bigint AND holder = $2 AND state = 'running'
RETURNING id, set_config('synchronous_commit', 'off', true);

-- Who must not be mailed.  $1 list, $2 keys; n counts them from 1
-- name: import_suppressed
SELECT i.n, bool_or(s.reason = 'erased' AND s.list_id IS NULL) AS erased
  FROM unnest($2::text[]) WITH ORDINALITY AS i (key, n)
  JOIN suppression s ON s.email_key = i.key
                    AND (s.list_id IS NULL OR s.list_id = $1::bigint)
 GROUP BY i.n;

-- Contacts that are known are changed where they differ, the others are
-- made, and all come onto the list.  No key twice.  Fewer known and fresh
-- than given: others made the rest at the same moment; once more finds them.
-- $1 list, $2 source, $3 may change those that are known,
-- $4 emails, $5 keys, $6 names ('' says nothing), $7 attributes
-- name: import_rows
WITH input AS (
    SELECT * FROM unnest($4::text[], $5::text[], $6::text[], $7::text[])
               AS i (email, key, name, attributes)
), known AS (
    SELECT c.id, i.key, i.name, i.attributes::jsonb AS attributes,
           (i.name <> '' AND i.name <> c.name)
               OR c.attributes || i.attributes::jsonb <> c.attributes AS differs
      FROM input i JOIN contact c ON c.email_key = i.key
), changed AS (
    UPDATE contact c
       SET name = CASE k.name WHEN '' THEN c.name ELSE k.name END,
           attributes = c.attributes || k.attributes,
           updated_at = now()
      FROM known k
     WHERE $3::boolean AND k.differs AND c.id = k.id
    RETURNING c.id
), fresh AS (
    INSERT INTO contact (email, email_key, name, attributes)
    SELECT email, key, name, attributes::jsonb
      FROM input i
     WHERE NOT EXISTS (SELECT FROM known k WHERE k.key = i.key)
     ORDER BY key COLLATE "C"
        ON CONFLICT (email_key) DO NOTHING
    RETURNING id
), joined AS (
    INSERT INTO membership (list_id, contact_id, status, source)
    SELECT l.id, p.id,
           CASE l.opt_in WHEN 'double' THEN 'unconfirmed' ELSE 'subscribed' END, $2
      FROM list l,
           (SELECT id FROM known UNION ALL SELECT id FROM fresh) p
     WHERE l.id = $1::bigint
        ON CONFLICT DO NOTHING
    RETURNING contact_id
)
SELECT (SELECT count(*) FROM known) + (SELECT count(*) FROM fresh),
       (SELECT count(*) FROM fresh),
       (SELECT count(*) FROM (
            (SELECT id FROM changed UNION SELECT contact_id FROM joined)
            EXCEPT SELECT id FROM fresh) t);

-- $1 import, $2 lines, $3 reasons, $4 values
-- name: import_reject
INSERT INTO import_error (import_id, line, reason, value)
SELECT $1::bigint, line, reason, value
  FROM unnest($2::bigint[], $3::text[], $4::text[]) AS e (line, reason, value)
    ON CONFLICT DO NOTHING;

-- $1 import, $2 bytes read so far, what this batch adds: $3 rows read,
-- $4 inserted, $5 updated, $6 unchanged, $7 rejected, $8 suppressed
-- name: import_progress
UPDATE import
   SET bytes_read = $2::bigint, rows_read = rows_read + $3::bigint,
       inserted = inserted + $4::bigint, updated = updated + $5::bigint,
       unchanged = unchanged + $6::bigint, rejected = rejected + $7::bigint,
       suppressed = suppressed + $8::bigint
 WHERE id = $1::bigint;

-- $1 import, $2 holder, $3 error (NULL: it went well)
-- name: import_finish
UPDATE import
   SET state = CASE WHEN $3::text IS NULL THEN 'done' ELSE 'failed' END,
       error = $3, finished_at = now(), holder = NULL, held_until = NULL
 WHERE id = $1::bigint AND holder = $2 AND state = 'running'
RETURNING id;

-- Imports of `volley import` whose process went away.
-- name: import_abandon
UPDATE import
   SET state = 'failed', finished_at = now(), holder = NULL, held_until = NULL,
       error = 'the program that read the file went away'
 WHERE state = 'running' AND spool_path = '' AND held_until < now()
   AND holder IS NOT NULL AND spool_host = '';

-- For `volley import`.  $1 name or id of a list
-- name: import_find_list
SELECT id, name FROM list
 WHERE lower(name) = lower($1) OR id::text = $1
 ORDER BY lower(name) = lower($1) DESC LIMIT 1;

-- $1 list, $2 mode, $3 format, $4 bytes, $5 holder
-- name: import_insert_running
INSERT INTO import (list_id, mode, format, bytes_total, state, holder,
                    held_until, started_at)
VALUES ($1::bigint, $2, $3, $4::bigint, 'running', $5,
        now() + interval '1 minute', now())
RETURNING id;
