-- People who log in, their sessions, and attempts to log in (migration 0021).

-- $1 address, $2 its key, $3 name, $4 role, $5 password's hash
-- name: user_insert
INSERT INTO app_user (email, email_key, name, role, password)
VALUES ($1, $2, $3, $4, $5)
RETURNING id;

-- $1 id
-- name: user_document
SELECT row_to_json(d)
  FROM (SELECT u.id, email, u.name, role, scope, disabled_at IS NOT NULL AS disabled,
               (SELECT count(*) FROM session s WHERE s.user_id = u.id
                   AND expires_at > now()) AS sessions,
               created_at, updated_at, last_login_at
          FROM app_user u JOIN role r ON r.name = u.role WHERE u.id = $1::bigint) d;

-- $1 after this id, $2 at most
-- name: user_page
SELECT id, row_to_json(d)
  FROM (SELECT u.id, email, u.name, role, scope, disabled_at IS NOT NULL AS disabled,
               (SELECT count(*) FROM session s WHERE s.user_id = u.id
                   AND expires_at > now()) AS sessions,
               created_at, updated_at, last_login_at
          FROM app_user u JOIN role r ON r.name = u.role WHERE u.id > $1::bigint
         ORDER BY u.id LIMIT $2::bigint) d
 ORDER BY id;

-- name: user_table
SELECT id, email, name, role, created_at, last_login_at,
       CASE WHEN disabled_at IS NULL THEN 'active' ELSE 'disabled' END
  FROM app_user ORDER BY id;

-- NULL leaves a column as it is; a trigger ends the sessions where it has to.
-- $1 id, $2 name, $3 role, $4 password's hash, $5 disabled
-- name: user_update
UPDATE app_user
   SET name = coalesce($2, name), role = coalesce($3, role),
       password = coalesce($4, password),
       disabled_at = CASE WHEN $5::boolean THEN coalesce(disabled_at, now())
                          WHEN NOT $5::boolean THEN NULL ELSE disabled_at END,
       updated_at = clock_timestamp()
 WHERE id = $1::bigint
RETURNING id;

-- $1 id
-- name: user_delete
DELETE FROM app_user WHERE id = $1::bigint RETURNING id;

-- $1 key of the address
-- name: user_by_address
SELECT id, password, disabled_at IS NULL FROM app_user WHERE email_key = $1;

-- $1 id
-- name: user_password
SELECT password FROM app_user WHERE id = $1::bigint;

-- The same password by newer parameters.  $1 id, $2 the hash now, $3 the new one
-- name: user_rehash
UPDATE app_user SET password = $3 WHERE id = $1::bigint AND password = $2;

-- Nothing when the password was changed, or the user disabled, since it was
-- looked at.  $1 user, $2 the password's hash that was right, $3 hash of the
-- cookie, $4 seconds it lasts, $5 network, $6 agent
-- name: session_insert
WITH u AS (
    SELECT id FROM app_user
     WHERE id = $1::bigint AND password = $2 AND disabled_at IS NULL
       FOR NO KEY UPDATE
), seen AS (
    UPDATE app_user SET last_login_at = now() WHERE id = (SELECT id FROM u)
)
INSERT INTO session (user_id, hash, expires_at, network, agent)
SELECT id, $3::bytea, now() + $4::bigint * interval '1 second', $5, $6 FROM u
RETURNING id;

-- Those that are over, and of a user the oldest.  $1 user, $2 may stay,
-- $3 seconds without use
-- name: session_tidy
DELETE FROM session
 WHERE expires_at <= now() OR last_used_at <= now() - $3::bigint * interval '1 second'
    OR id IN (SELECT id FROM session WHERE user_id = $1::bigint
               ORDER BY id DESC OFFSET $2::bigint);

-- Who a cookie stands for; notes its use once a minute.
-- $1 hash of the cookie, $2 seconds without use after which it is over
-- name: session_find
WITH found AS (
    SELECT s.id, s.user_id, r.scope, s.last_used_at < now() - interval '1 minute' AS used_long_ago
      FROM session s
      JOIN app_user u ON u.id = s.user_id
      JOIN role r ON r.name = u.role
     WHERE s.hash = $1::bytea AND s.expires_at > now()
       AND s.last_used_at > now() - $2::bigint * interval '1 second'
       AND u.disabled_at IS NULL
), noted AS (
    UPDATE session SET last_used_at = now()
     WHERE id = (SELECT id FROM found WHERE used_long_ago)
)
SELECT id, user_id, scope FROM found;

-- $1 session
-- name: session_document
SELECT row_to_json(d)
  FROM (SELECT s.id, row_to_json(p) AS user, s.created_at, s.last_used_at, s.expires_at,
               s.network, s.agent
          FROM session s
          JOIN LATERAL (SELECT u.id, u.email, u.name, u.role, r.scope
                          FROM app_user u JOIN role r ON r.name = u.role
                         WHERE u.id = s.user_id) p ON true
         WHERE s.id = $1::bigint) d;

-- $1 after this id, $2 at most, $3 of this user or NULL, $4 seconds without
-- use after which a session is over
-- name: session_page
SELECT id, row_to_json(d)
  FROM (SELECT s.id, row_to_json(p) AS user, s.created_at, s.last_used_at, s.expires_at,
               s.network, s.agent
          FROM session s
          JOIN LATERAL (SELECT u.id, u.email, u.name, u.role, r.scope
                          FROM app_user u JOIN role r ON r.name = u.role
                         WHERE u.id = s.user_id) p ON true
         WHERE s.id > $1::bigint AND s.expires_at > now()
           AND s.last_used_at > now() - $4::bigint * interval '1 second'
           AND ($3::bigint IS NULL OR s.user_id = $3::bigint)
         ORDER BY s.id LIMIT $2::bigint) d
 ORDER BY id;

-- $1 session, $2 of this user or NULL
-- name: session_delete
DELETE FROM session
 WHERE id = $1::bigint AND ($2::bigint IS NULL OR user_id = $2::bigint)
RETURNING id;

-- One more attempt; nothing when there were too many.  What is long over goes
-- a little at a time.  $1 subject, $2 seconds that an attempt counts, $3 how
-- many at once
-- name: login_attempt
WITH over AS (
    DELETE FROM login_attempt
     WHERE subject IN (SELECT subject FROM login_attempt
                        WHERE empty_at < now() AND subject <> $1::bytea
                        LIMIT 10 FOR UPDATE SKIP LOCKED)
)
INSERT INTO login_attempt AS a VALUES ($1::bytea, now() + $2::bigint * interval '1 second')
    ON CONFLICT (subject) DO UPDATE
   SET empty_at = greatest(a.empty_at, now()) + $2::bigint * interval '1 second'
 WHERE a.empty_at <= now() + ($3::bigint - 1) * $2::bigint * interval '1 second'
RETURNING true;

-- Seconds until there may be another.  $1 subject, $2 seconds that an attempt
-- counts, $3 how many at once
-- name: login_wait
SELECT greatest(1, ceil(extract(epoch FROM max(empty_at) - now()
                                - ($3::bigint - 1) * $2::bigint * interval '1 second')))::bigint
  FROM login_attempt WHERE subject = $1::bytea;

-- It was right: the account's are forgotten, the network address's counts no
-- more.  $1 account, $2 network address, $3 seconds that an attempt counts
-- name: login_forget
WITH gone AS (
    DELETE FROM login_attempt WHERE subject = $1::bytea
)
UPDATE login_attempt SET empty_at = empty_at - $3::bigint * interval '1 second'
 WHERE subject = $2::bytea;
