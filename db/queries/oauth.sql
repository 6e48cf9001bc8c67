-- Access tokens, refreshed by one process for all; see the table oauth.

-- name: oauth_take
-- Makes the caller the one that asks the endpoint, if a token is due and
-- nobody else asks.  A token is due before it expires, and at once when a
-- server did not take it.
-- $1 owner  $2 its id  $3 who  $4 for so many seconds  $5 the serial that was
-- refused; 0: none
UPDATE oauth
   SET holder = $3, held_until = clock_timestamp() + make_interval(secs => $4::int)
 WHERE owner = $1 AND owner_id = $2::bigint AND state = 'ok'
   AND (holder IS NULL OR held_until < clock_timestamp())
   AND (next_at IS NULL OR next_at <= clock_timestamp())
   AND (access_token IS NULL OR renew_at <= clock_timestamp() OR serial = $5::bigint);

-- name: oauth_read
-- After oauth_take, in its transaction.
-- $1 owner  $2 its id  $3 who
SELECT holder = $3 AND held_until > clock_timestamp(),
       state, error, token_url, ca_file, client_id, client_secret, scope,
       refresh_token, access_token, serial,
       extract(epoch FROM renew_at - clock_timestamp()) * 1000,
       extract(epoch FROM expires_at - clock_timestamp()) * 1000,
       extract(epoch FROM next_at - clock_timestamp()) * 1000
  FROM oauth WHERE owner = $1 AND owner_id = $2::bigint;

-- name: oauth_store
-- What was granted.  Only for the refresh token that it was granted for: who
-- has put another there meanwhile knows better.  A new token is due five
-- minutes before it expires, or after half of a shorter life.
-- $1 owner  $2 its id  $3 the sealed refresh token that was used  $4 a new
-- one, sealed (NULL: the old one stays)  $5 the access token, sealed
-- $6 its life in seconds
UPDATE oauth
   SET refresh_token = coalesce($4, refresh_token), access_token = $5,
       serial = serial + 1, refreshed_at = now(),
       expires_at = clock_timestamp() + make_interval(secs => $6::int),
       renew_at = clock_timestamp()
                  + make_interval(secs => greatest($6::int - 300, $6::int / 2)),
       state = 'ok', error = '', failures = 0, next_at = NULL,
       holder = NULL, held_until = NULL
 WHERE owner = $1 AND owner_id = $2::bigint AND refresh_token = $3
RETURNING serial;

-- name: oauth_fail
-- What was refused, or not answered: the pause doubles from 5 s to 5 min.
-- $1 owner  $2 its id  $3 who  $4 why  $5 only a person can mend it
-- $6 seconds to wait at least
UPDATE oauth
   SET state = CASE WHEN $5::boolean THEN 'needs_reauth' ELSE 'ok' END,
       error = $4, failures = failures + 1, holder = NULL, held_until = NULL,
       next_at = clock_timestamp() + make_interval(secs =>
           greatest($6::int, least(300, 5 * 2 ^ least(failures, 6))::int))
 WHERE owner = $1 AND owner_id = $2::bigint AND holder = $3;

-- name: oauth_put
-- What a person says of it.  A new refresh token is another grant: what was
-- got by the old one goes.
-- $1 owner  $2 its id  $3 token_url  $4 ca_file  $5 client_id  $6 scope
-- $7 client_secret, sealed  $8 whether that replaces the old one
-- $9 refresh_token, sealed (NULL: the old one stays)
INSERT INTO oauth AS o (owner, owner_id, token_url, ca_file, client_id, scope,
            client_secret, refresh_token)
VALUES ($1, $2::bigint, $3, $4, $5, $6, $7,
        coalesce($9, (SELECT refresh_token FROM oauth
                       WHERE owner = $1 AND owner_id = $2::bigint)))
ON CONFLICT (owner, owner_id) DO UPDATE
   SET token_url = $3, ca_file = $4, client_id = $5, scope = $6,
       client_secret = CASE WHEN $8::boolean THEN $7 ELSE o.client_secret END,
       refresh_token = excluded.refresh_token,
       access_token = NULL, renew_at = NULL, expires_at = NULL,
       state = 'ok', error = '', failures = 0, next_at = NULL,
       holder = NULL, held_until = NULL;

-- name: oauth_held
-- What a change starts from.  $1 owner  $2 its id
SELECT token_url, ca_file, client_id, scope, client_secret IS NOT NULL
  FROM oauth WHERE owner = $1 AND owner_id = $2::bigint
   FOR UPDATE;

-- name: oauth_remove
-- $1 owner  $2 its id
DELETE FROM oauth WHERE owner = $1 AND owner_id = $2::bigint;

-- name: oauth_again
-- A person says that it may work again.  $1 owner  $2 its id
UPDATE oauth SET state = 'ok', failures = 0, next_at = NULL
 WHERE owner = $1 AND owner_id = $2::bigint;
