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

-- The lock goes with the transaction.  $1 API key or 0, $2 user or 0, $3 Idempotency-Key
-- name: idempotency_lock
SELECT pg_try_advisory_xact_lock(
           hashtextextended('idempotency ' || $1::bigint || ' ' || $2::bigint || ' ' || $3::text, 0));

-- $1 API key or 0, $2 user or 0, $3 Idempotency-Key
-- name: idempotency_find
SELECT request, status, body
  FROM idempotency
 WHERE coalesce(api_key_id, 0) = $1::bigint AND coalesce(user_id, 0) = $2::bigint AND key = $3
   AND created_at > now() - interval '1 day';

-- $1 API key or 0, $2 user or 0, $3 Idempotency-Key, $4 fingerprint, $5 status, $6 body
-- name: idempotency_store
INSERT INTO idempotency (api_key_id, user_id, key, request, status, body)
VALUES (nullif($1::bigint, 0), nullif($2::bigint, 0), $3, $4, $5::integer, $6)
    ON CONFLICT (coalesce(api_key_id, 0), coalesce(user_id, 0), key) DO UPDATE
   SET request = excluded.request, status = excluded.status,
       body = excluded.body, created_at = excluded.created_at;

-- name: idempotency_purge
DELETE FROM idempotency WHERE created_at < now() - interval '1 day';
