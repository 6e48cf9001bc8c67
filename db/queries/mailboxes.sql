-- Mailboxes that are read, as people see and change them.

-- The id comes first: the password is sealed for it.
-- name: mailbox_next_id
SELECT nextval(pg_get_serial_sequence('mailbox', 'id'));

-- $1 id, $2 name, $3 host, $4 port, $5 tls, $6 auth, $7 username, $8 secret,
-- $9 ca_file, $10 folder, $11 provider, $12 junk,
-- $13 since (NULL: a day ago), $14 protocol, $15 after_reading,
-- $16 bytes_per_day, $17 after_folder, $18 authserv_id, $19 feedback_domains
-- name: mailbox_insert
INSERT INTO mailbox (id, name, host, port, tls, auth, username, secret, ca_file,
            folder, provider, junk, since, protocol, after_reading,
            bytes_per_day, after_folder, authserv_id, feedback_domains)
VALUES ($1::bigint, $2, $3, $4::integer, $5, $6, $7, $8, $9, $10, $11, $12::boolean,
        coalesce($13::timestamptz, now() - interval '1 day'), $14, $15,
        $16::bigint, $17, $18, $19::text[]);

-- What a change starts from, held until it is written.  $1 id
-- name: mailbox_held
SELECT name, host, port, tls, auth, username, secret IS NOT NULL, ca_file,
       folder, provider, junk, protocol, after_reading, bytes_per_day,
       after_folder, authserv_id, array_to_string(feedback_domains, ' ')
  FROM mailbox WHERE id = $1::bigint
   FOR UPDATE;

-- A new version tells the poller; a mailbox that needed attention has got it.
-- How far it was read means nothing at another server or for another user.
-- $1 to $12 as mailbox_insert, $13 whether the secret is to be replaced,
-- $14 protocol, $15 after_reading, $16 bytes_per_day,
-- $17 after_folder, $18 authserv_id, $19 feedback_domains
-- name: mailbox_update
WITH elsewhere AS MATERIALIZED (
    SELECT id FROM mailbox
     WHERE id = $1::bigint
       AND (host, username, protocol) IS DISTINCT FROM ($3, $7, $14)
), gone AS (
    DELETE FROM mailbox_cursor USING elsewhere WHERE mailbox_id = elsewhere.id
), forgotten AS (
    DELETE FROM mailbox_uidl USING elsewhere WHERE mailbox_id = elsewhere.id
)
UPDATE mailbox m
   SET name = $2, host = $3, port = $4::integer, tls = $5, auth = $6, username = $7,
       secret = CASE WHEN $13::boolean THEN $8 ELSE m.secret END,
       ca_file = $9, folder = $10, provider = $11, junk = $12::boolean,
       protocol = $14, after_reading = $15, bytes_per_day = $16::bigint, after_folder = $17,
       authserv_id = $18, feedback_domains = $19::text[],
       version = m.version + c.changed::integer,
       state = CASE WHEN c.revived THEN 'active' ELSE m.state END,
       state_reason = CASE WHEN c.revived THEN '' ELSE m.state_reason END,
       state_at = CASE WHEN c.revived THEN now() ELSE m.state_at END,
       updated_at = now()
  FROM (SELECT o.id, l.changed, l.changed AND o.state = 'needs_attention' AS revived
          FROM mailbox o,
               LATERAL (SELECT $13::boolean
                            OR (o.host, o.port, o.tls, o.auth, o.username, o.ca_file,
                                o.folder, o.junk, o.protocol, o.after_reading,
                                o.bytes_per_day, o.after_folder, o.authserv_id,
                                o.feedback_domains)
                               IS DISTINCT FROM
                               ($3, $4::integer, $5, $6, $7, $9,
                                $10, $12::boolean, $14, $15,
                                $16::bigint, $17, $18, $19::text[]) AS changed) l
         WHERE o.id = $1::bigint) c
 WHERE m.id = c.id;

-- $1 id, $2 'active' or 'paused'
-- name: mailbox_set_state
UPDATE mailbox
   SET state = $2, state_at = now(), updated_at = now(),
       state_reason = CASE $2 WHEN 'paused' THEN 'paused by a person' ELSE '' END
 WHERE id = $1::bigint
RETURNING id;

-- $1 after this id, $2 up to this id, $3 at most
-- name: mailbox_documents
SELECT id, row_to_json(d)
  FROM (SELECT id, name, protocol, host, port, tls, auth, username,
               secret IS NOT NULL AS has_password,
               (SELECT oauth_document(o) FROM oauth o
                 WHERE o.owner = 'mailbox' AND o.owner_id = m.id) AS oauth,
               ca_file, folder, junk, after_reading, after_folder, bytes_per_day,
               authserv_id, feedback_domains, provider, since, state, state_reason, state_at, polled_at, version,
               created_at, updated_at
          FROM mailbox m
         WHERE id > $1::bigint AND id <= $2::bigint
         ORDER BY id LIMIT $3::bigint) d
 ORDER BY id;

-- $1 id
-- name: mailbox_delete
DELETE FROM mailbox WHERE id = $1::bigint RETURNING id;
