-- DKIM keys: `volley dkim`, and what senders sign with.

-- $1 domain  $2 selector  $3 algorithm  $4 sealed key  $5 public key  $6 active
-- name: dkim_insert
INSERT INTO dkim_key (domain, selector, algorithm, secret, public_key, active, active_at)
VALUES ($1, $2, $3, $4::bytea, $5, $6::boolean, CASE WHEN $6::boolean THEN now() END)
    ON CONFLICT (domain, selector) DO NOTHING
RETURNING id;

-- $1 domain, NULL: all  $2 selector, NULL: all
-- name: dkim_page
SELECT domain, selector, algorithm, CASE WHEN active THEN 'active' ELSE 'off' END,
       to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'),
       public_key
  FROM dkim_key
 WHERE domain = coalesce($1::text, domain) AND selector = coalesce($2::text, selector)
 ORDER BY domain, created_at, id;

-- $1 domain  $2 selector  $3 whether it signs
-- name: dkim_switch
UPDATE dkim_key
   SET active = $3::boolean, active_at = CASE WHEN $3::boolean THEN now() END
 WHERE domain = $1 AND selector = $2
RETURNING id;

-- $1 domain  $2 selector
-- name: dkim_delete
DELETE FROM dkim_key WHERE domain = $1 AND selector = $2 RETURNING id;

-- What a campaign's messages are signed with.  $1 campaign
-- name: dkim_of_campaign
SELECT k.domain, k.selector, k.algorithm, k.secret
  FROM campaign c, dkim_keys_of(c.from_email) k WHERE c.id = $1::bigint;

-- The same for the message of a self-test.  $1 task
-- name: dkim_of_self_test
SELECT k.domain, k.selector, k.algorithm, k.secret
  FROM task t, dkim_keys_of(t.wish ->> 'from') k WHERE t.id = $1::bigint;
