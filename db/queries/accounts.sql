-- SMTP accounts, as people see and change them.

-- The id comes first: the password is sealed for it.
-- name: account_next_id
SELECT nextval(pg_get_serial_sequence('smtp_account', 'id'));

-- $1 id, $2 name, $3 host, $4 port, $5 tls, $6 auth, $7 username, $8 secret,
-- $9 ca_file, $10 max_connections, $11 to $14 per second, minute, hour,
-- day, $15 provider, $16 eight_bit, $17 verp, $18 one_click (NULL: as found)
-- name: account_insert
INSERT INTO smtp_account (id, name, host, port, tls, auth, username, secret,
            ca_file, max_connections, per_second, per_minute, per_hour, per_day,
            provider, eight_bit, verp, one_click)
VALUES ($1::bigint, $2, $3, $4::integer, $5, $6, $7, $8, $9, $10::integer,
        $11::integer, $12::integer, $13::integer, $14::integer, $15, $16::boolean,
        $17::boolean, $18::boolean);

-- What a change starts from, held until it is written.  $1 id
-- name: account_held
SELECT name, host, port, tls, auth, username, secret IS NOT NULL, ca_file,
       max_connections, per_second, per_minute, per_hour, per_day, provider, eight_bit,
       verp, one_click
  FROM smtp_account WHERE id = $1::bigint
   FOR UPDATE;

-- A new version tells the senders; another login is worth another try,
-- unless a person paused the account.  What a self-test found holds for its
-- server and user.
-- $1 to $18 as account_insert, $19 whether its warm-ups change, $20 whether
-- the secret is to be replaced
-- name: account_update
UPDATE smtp_account a
   SET name = $2, host = $3, port = $4::integer, tls = $5, auth = $6, username = $7,
       secret = CASE WHEN $20::boolean THEN $8 ELSE a.secret END,
       ca_file = $9, max_connections = $10::integer, per_second = $11::integer,
       per_minute = $12::integer, per_hour = $13::integer, per_day = $14::integer,
       provider = $15, eight_bit = $16::boolean, verp = $17::boolean, one_click = $18::boolean,
       self_test = CASE WHEN (a.host, a.username) = ($3, $7) THEN a.self_test END,
       version = a.version + (c.login OR c.limits)::integer,
       state = CASE WHEN c.revived THEN 'active' ELSE a.state END,
       state_reason = CASE WHEN c.revived THEN '' ELSE a.state_reason END,
       state_at = CASE WHEN c.revived THEN now() ELSE a.state_at END,
       resume_at = CASE WHEN c.revived THEN NULL ELSE a.resume_at END,
       updated_at = now()
  FROM (SELECT o.id, l.login,
               (o.max_connections, o.per_second, o.per_minute, o.per_hour, o.per_day, o.eight_bit,
                o.verp, o.one_click)
               IS DISTINCT FROM
               ($10::integer, $11::integer, $12::integer, $13::integer, $14::integer,
                $16::boolean, $17::boolean, $18::boolean) OR $19::boolean AS limits,
               l.login AND o.state = 'paused'
               AND o.state_reason <> 'paused by a person' AS revived
          FROM smtp_account o,
               LATERAL (SELECT $20::boolean
                            OR (o.host, o.port, o.tls, o.auth, o.username, o.ca_file)
                               IS DISTINCT FROM
                               ($3, $4::integer, $5, $6, $7, $9) AS login) l
         WHERE o.id = $1::bigint) c
 WHERE a.id = c.id;

-- $1 id, $2 'active' or 'paused'
-- name: account_set_state
UPDATE smtp_account
   SET state = $2, state_at = now(), updated_at = now(), resume_at = NULL,
       state_reason = CASE $2 WHEN 'paused' THEN 'paused by a person' ELSE '' END
 WHERE id = $1::bigint
RETURNING id;

-- $1 after this id, $2 up to this id, $3 at most
-- name: account_documents
SELECT id, row_to_json(d)
  FROM (SELECT id, name, host, port, tls, auth, username,
               secret IS NOT NULL AS has_password,
               (SELECT oauth_document(o) FROM oauth o
                 WHERE o.owner = 'smtp_account' AND o.owner_id = a.id) AS oauth,
               ca_file, max_connections,
               per_second, per_minute, per_hour, per_day,
               (SELECT warmup_document(w) FROM warmup w
                 WHERE w.account_id = a.id AND w.group_name = '') AS warmup,
               (SELECT coalesce(json_object_agg(w.group_name, warmup_document(w)
                                                ORDER BY w.group_name), '{}')
                  FROM warmup w
                 WHERE w.account_id = a.id AND w.group_name <> '') AS group_warmups,
               provider, eight_bit, verp, one_click,
               jsonb_build_object('verp', is_on(verp, self_test, 'verp'),
                   'one_click', is_on(one_click, self_test, 'one_click')) AS features,
               self_test - 'features' AS self_test, state, state_reason, state_at, resume_at, version, created_at, updated_at
          FROM smtp_account a
         WHERE id > $1::bigint AND id <= $2::bigint
         ORDER BY id LIMIT $3::bigint) d
 ORDER BY id;

-- $1 id
-- name: account_delete
DELETE FROM smtp_account WHERE id = $1::bigint RETURNING id;
