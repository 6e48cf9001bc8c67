-- Imports: the rows that a file becomes.

-- name: import_totals
SELECT state, count(*) FROM import GROUP BY state ORDER BY state;

-- $1 list, $2 mode, $3 format, $4 host, $5 bytes, $6 dry run, $7 basis,
-- $8 reading, $9 when consent ends or NULL
-- name: import_insert
INSERT INTO import (list_id, mode, format, spool_host, bytes_total, dry_run,
                    basis, reading, consent_expires_at)
VALUES ($1::bigint, $2, $3, $4, $5::bigint, $6::boolean, $7, $8::jsonb, $9::timestamptz)
RETURNING id;

-- $1 import, $2 path
-- name: import_spooled
UPDATE import SET spool_path = $2 WHERE id = $1::bigint;

-- And whether it is over.  $1 id
-- name: import_document
SELECT row_to_json(d), d.state IN ('done', 'failed')
  FROM (SELECT id, list_id, mode, format, dry_run, basis, consent_expires_at, reading, state,
               bytes_total, bytes_read,
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
RETURNING list_id, mode, format, rows_read, rejected, dry_run, reading;

-- What there is to read, once it is unpacked.  $1 import, $2 bytes
-- name: import_total
UPDATE import SET bytes_total = $2::bigint WHERE id = $1::bigint;

-- First in each batch's transaction: nothing if somebody else has it, or it
-- is gone.  Batches need not be on the disk one by one: should the last ones
-- be lost, so is the note that they were done, and the file is kept until
-- import_finish is on the disk.  $1 import, $2 holder
-- name: import_hold
UPDATE import SET held_until = now() + interval '1 minute'
 WHERE id = $1::bigint AND holder = $2 AND state = 'running'
RETURNING id, set_config('synchronous_commit', 'off', true);

-- A batch is put into tables of its own session, which go with the
-- transaction.  The rows as they stand in the file:
-- name: import_rows_create
CREATE TEMP TABLE import_row (
    line       bigint NOT NULL,
    round      smallint NOT NULL, -- rows of that address before it
    email      text NOT NULL,
    key        text NOT NULL,
    name       text NOT NULL,     -- '' says nothing
    attributes jsonb NOT NULL,
    fault      text,              -- or else, why it is not to be used
    value      text,
    leave      text,              -- reason not to mail, by what the file says
    everywhere smallint           -- 1, or 0: that list
) ON COMMIT DROP;

-- Those of a round that something has to be done for; contact_id NULL: to be
-- made.
-- name: import_work_create
CREATE TEMP TABLE import_work (
    email      text NOT NULL,
    key        text NOT NULL,
    name       text NOT NULL,
    attributes jsonb NOT NULL,
    contact_id bigint,
    differs    boolean,
    member     boolean
) ON COMMIT DROP;

-- name: import_rows_copy
COPY import_row (line, round, email, key, name, attributes, fault, value, leave,
                 everywhere)
FROM STDIN (FORMAT binary);

-- How many rows there are decides how they are best joined; a few hundred of
-- them tell enough.  Memory for the joins, so that each batch reads the
-- contacts once, and pages that most often are in it already.
-- name: import_rows_prepare
SELECT set_config('default_statistics_target', '1', true),
       set_config('work_mem', '64MB', true),
       set_config('random_page_cost', '1.5', true);

-- name: import_rows_analyze
ANALYZE import_row;

-- Rows of people who must not be mailed, and of those who were erased and are
-- not even stored; these are known by a keyed hash, which takes its time.
-- $1 list, $2 and $3 of erased_key
-- name: import_suppressed
WITH found AS (
    SELECT i.line, false AS erased
      FROM import_row i JOIN suppression s ON s.email_key = i.key
     WHERE i.fault IS NULL AND (s.list_id IS NULL OR s.list_id = $1::bigint)
     UNION
    SELECT i.line, true
      FROM import_row i
      JOIN suppression s ON s.email_key = erased_key($2::bytea, $3::bytea, i.key)
     WHERE i.fault IS NULL
       AND (SELECT EXISTS (SELECT FROM suppression WHERE email_key LIKE 'hmac:%'))
     UNION
    SELECT i.line, false
      FROM import_row i JOIN suppression s ON s.email_key = domain_key(i.key)
     WHERE i.fault IS NULL AND (s.list_id IS NULL OR s.list_id = $1::bigint)
       AND (SELECT has_domain_suppressions())
), gone AS (
    UPDATE import_row i
       SET fault = 'this person was erased and stays so', value = ''
      FROM found f
     WHERE f.erased AND i.line = f.line
    RETURNING i.line
)
SELECT (SELECT count(DISTINCT line) FROM found)
           + (SELECT count(*) FROM import_row i
               WHERE i.leave IS NOT NULL AND i.fault IS NULL
                 AND NOT EXISTS (SELECT FROM found f WHERE f.line = i.line)),
       (SELECT count(*) FROM gone);

-- $1 import, $2 list
-- name: import_leave
INSERT INTO suppression (email_key, list_id, reason, evidence)
SELECT DISTINCT key, CASE everywhere WHEN 0 THEN $2::bigint END, leave,
       jsonb_build_object('source', 'import', 'import_id', $1::bigint)
  FROM import_row
 WHERE leave IS NOT NULL AND fault IS NULL
 ORDER BY key
    ON CONFLICT (email_key, list_id, reason) DO NOTHING;

-- What has to be done.  $1 list, $2 round, $3 mode
-- name: import_plan
INSERT INTO import_work (email, key, name, attributes, contact_id, differs, member)
SELECT i.email, i.key, i.name, i.attributes, c.id, d.differs,
       m.contact_id IS NOT NULL
  FROM import_row i
  LEFT JOIN contact c ON c.email_key = i.key
  LEFT JOIN membership m ON m.contact_id = c.id AND m.list_id = $1::bigint
 CROSS JOIN LATERAL (SELECT CASE $3
           WHEN 'skip' THEN false
           WHEN 'replace' THEN i.attributes <> c.attributes
               OR (i.name <> '' AND i.name <> c.name)
           ELSE (i.attributes <> c.attributes
                 AND c.attributes || i.attributes <> c.attributes)
               OR (i.name <> '' AND i.name <> c.name)
       END AS differs) d
 WHERE i.round = $2::smallint AND i.fault IS NULL
   AND (c.id IS NULL OR m.contact_id IS NULL OR d.differs);

-- Of a dry run: how many would be made.
-- name: import_foresee
SELECT count(*) FROM import_work WHERE contact_id IS NULL;

-- Contacts that are known are changed where they differ.  $1 mode
-- name: import_change
UPDATE contact c
   SET name = CASE w.name WHEN '' THEN c.name ELSE w.name END,
       attributes = CASE $1 WHEN 'replace' THEN w.attributes
                            ELSE c.attributes || w.attributes END,
       updated_at = now()
  FROM import_work w
 WHERE w.differs AND c.id = w.contact_id;

-- The others are made, and all come onto the list.  Another who makes one of
-- them at the same moment is waited for and then a conflict: once more finds
-- it made.  Gives how many were made.  $1 list, $2 source
-- name: import_enter
WITH fresh AS (
    INSERT INTO contact (email, email_key, name, attributes)
    SELECT email, key, name, attributes
      FROM import_work
     WHERE contact_id IS NULL
     ORDER BY key COLLATE "C"
    RETURNING id
), joined AS (
    INSERT INTO membership (list_id, contact_id, status, source, consent_expires_at)
    SELECT l.id, p.id,
           CASE l.opt_in WHEN 'double' THEN 'unconfirmed' ELSE 'subscribed' END, $2,
           (SELECT consent_expires_at FROM import WHERE id = substring($2 FROM 8)::bigint)
      FROM list l,
           (SELECT id FROM fresh
             UNION ALL
            SELECT contact_id FROM import_work
             WHERE contact_id IS NOT NULL AND NOT member) p
     WHERE l.id = $1::bigint
)
SELECT count(*) FROM fresh;

-- Before the next round.
-- name: import_work_clear
TRUNCATE import_work;

-- $1 import, $2 at most so many
-- name: import_reject
INSERT INTO import_error (import_id, line, reason, value)
SELECT $1::bigint, line, fault, value
  FROM import_row
 WHERE fault IS NOT NULL
 ORDER BY line
 LIMIT $2::bigint;

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

-- $1 list, $2 mode, $3 format, $4 bytes, $5 holder, $6 dry run, $7 basis,
-- $8 reading
-- name: import_insert_running
INSERT INTO import (list_id, mode, format, bytes_total, state, holder,
                    held_until, started_at, dry_run, basis, reading)
VALUES ($1::bigint, $2, $3, $4::bigint, 'running', $5,
        now() + interval '1 minute', now(), $6::boolean, $7, $8::jsonb)
RETURNING id;
