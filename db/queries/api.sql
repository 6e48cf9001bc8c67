-- Statements of the HTTP API's core: keys, idempotency.

-- $1 name, $2 prefix, $3 hash, $4 scope, $5 days it lasts (NULL: for ever)
-- name: api_key_insert
INSERT INTO api_key (name, prefix, hash, scope, expires_at)
VALUES ($1, $2, $3, $4, now() + $5::integer * interval '1 day')
RETURNING id;

-- $1 prefix; nothing once revoked or expired
-- name: api_key_find
SELECT id, hash, scope,
       coalesce(last_used_at < now() - interval '1 minute', true) AS used_long_ago
  FROM api_key
 WHERE prefix = $1
   AND revoked_at IS NULL
   AND coalesce(expires_at > now(), true);

-- $1 id
-- name: api_key_used
UPDATE api_key SET last_used_at = now() WHERE id = $1::bigint;

-- name: api_key_page
SELECT id, name, 'vk_' || prefix, scope, created_at, expires_at, last_used_at,
       CASE WHEN revoked_at IS NOT NULL THEN 'revoked'
            WHEN expires_at <= now() THEN 'expired'
            ELSE 'active' END
  FROM api_key
 ORDER BY id;

-- $1 id, name or "vk_" and prefix; a name that several share revokes none
-- name: api_key_revoke
UPDATE api_key
   SET revoked_at = coalesce(revoked_at, now())
 WHERE id = (SELECT min(id) FROM api_key
              WHERE $1 IN (id::text, name, 'vk_' || prefix)
             HAVING count(*) = 1)
RETURNING id, name;

-- The lock goes with the transaction.  $1 API key, $2 Idempotency-Key
-- name: idempotency_lock
SELECT pg_try_advisory_xact_lock(
           hashtextextended('idempotency ' || $1::bigint || ' ' || $2::text, 0));

-- $1 API key, $2 Idempotency-Key
-- name: idempotency_find
SELECT request, status, body
  FROM idempotency
 WHERE api_key_id = $1::bigint AND key = $2
   AND created_at > now() - interval '1 day';

-- $1 API key, $2 Idempotency-Key, $3 fingerprint, $4 status, $5 body
-- name: idempotency_store
INSERT INTO idempotency (api_key_id, key, request, status, body)
VALUES ($1::bigint, $2, $3, $4::integer, $5)
    ON CONFLICT (api_key_id, key) DO UPDATE
   SET request = excluded.request, status = excluded.status,
       body = excluded.body, created_at = excluded.created_at;

-- name: idempotency_purge
DELETE FROM idempotency WHERE created_at < now() - interval '1 day';
