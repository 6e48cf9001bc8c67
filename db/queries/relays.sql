-- SMTP accounts as a worker uses them, and what campaigns send through them.
-- The comments over the ledger's tables (db/migrations) say what the rows mean.

-- name: work_account
-- $1 account
SELECT id, name, host, port, tls, auth, username, secret, ca_file, max_connections,
       version, state = 'active',
       EXISTS (SELECT FROM quota_limit q WHERE q.kind = 'account' AND q.id = smtp_account.id),
       eight_bit,
       EXISTS (SELECT FROM oauth o WHERE o.owner = 'smtp_account' AND o.owner_id = smtp_account.id),
       is_on(verp, self_test, 'verp'), is_on(one_click, self_test, 'one_click')
  FROM smtp_account WHERE id = $1::bigint;

-- name: account_halt
-- Only the row that was used: what a person has changed since is another.
-- $1 account  $2 version  $3 why, for people  $4 seconds until it is tried
-- again by itself (NULL: it waits for a person)
UPDATE smtp_account
   SET state = 'paused', state_reason = $3::text, state_at = now(), updated_at = now(),
       resume_at = now() + make_interval(secs => $4::int)
 WHERE id = $1::bigint AND version = $2::int AND state = 'active';

-- name: account_resume
-- Those that waited for the end of a quota.
UPDATE smtp_account
   SET state = 'active', state_reason = '', state_at = now(), updated_at = now(),
       resume_at = NULL
 WHERE state = 'paused' AND resume_at <= now();

-- name: work_campaign
-- Its content is asked with message_source and the like.
-- $1 campaign
SELECT name, from_name, from_email, reply_to, reply_token, return_path,
       on_uncertain = 'resend', started_at, purpose
  FROM campaign WHERE id = $1::bigint;

-- name: work_lists
-- $1 campaign
SELECT l.id, l.name
  FROM campaign_list cl JOIN list l ON l.id = cl.list_id
 WHERE cl.campaign_id = $1::bigint AND NOT cl.excluded;

-- name: work_accounts
-- $1 campaign
SELECT a.id, a.name, a.host, a.port, a.tls, a.auth, a.username, a.secret, a.ca_file,
       a.max_connections, a.version, a.state = 'active',
       EXISTS (SELECT FROM quota_limit q WHERE q.kind = 'account' AND q.id = a.id),
       a.eight_bit,
       EXISTS (SELECT FROM oauth o WHERE o.owner = 'smtp_account' AND o.owner_id = a.id),
       is_on(a.verp, a.self_test, 'verp'), is_on(a.one_click, a.self_test, 'one_click'),
       ca.weight
  FROM campaign_account ca JOIN smtp_account a ON a.id = ca.account_id
 WHERE ca.campaign_id = $1::bigint
 ORDER BY a.id;
