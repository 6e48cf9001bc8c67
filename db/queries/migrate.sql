-- name: migration_lock
-- One migrating process at a time; released with the transaction.
SELECT pg_advisory_xact_lock(hashtext('volley migrate'));

-- name: migration_table
CREATE TABLE IF NOT EXISTS migration (
	version    integer PRIMARY KEY,
	name       text NOT NULL,
	checksum   text NOT NULL,
	applied_at timestamptz NOT NULL DEFAULT now()
);

-- name: migration_list
SELECT version, name, checksum FROM migration ORDER BY version;

-- name: migration_newest
-- 0 in a database that was never migrated.
SELECT coalesce((xpath('/row/v/text()',
         query_to_xml('SELECT max(version) AS v FROM migration', false, true, '')))[1]::text::int, 0)
  FROM pg_class WHERE oid = to_regclass('migration')
UNION ALL SELECT 0
 LIMIT 1;

-- Settings that may lose what was committed, unless that is said to be meant.
-- name: durability_off
SELECT name FROM pg_settings
 WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off'
   AND coalesce(current_setting('volley.may_lose_data', true), '') <> 'on'
 ORDER BY name;

-- name: migration_add
-- $1 version  $2 name  $3 checksum
INSERT INTO migration (version, name, checksum) VALUES ($1, $2, $3);
