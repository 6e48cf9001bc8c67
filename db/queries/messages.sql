-- Messages that programs send one by one, on their way into the ledger.
-- The comments over the tables (db/migrations/0018_webhooks.sql) say what the
-- rows mean.

-- Which of these addresses were erased, by their place from 1; as long as
-- anything is kept of them by its hash (PUT /v1/contacts lets them in).
-- $1 keys, $2 and $3 of erased_key
-- name: message_erased
SELECT t.n
  FROM unnest($1::text[]) WITH ORDINALITY AS t (email_key, n)
 WHERE EXISTS (SELECT FROM suppression s
                WHERE s.email_key = erased_key($2::bytea, $3::bytea, t.email_key))
 ORDER BY t.n;

-- $1 template  $2 name of the sender  $3 its address  $4 reply to, or ''
-- $5 return path, or ''  $6 accounts
-- name: message_stream_find
WITH known AS (
	SELECT id FROM message_stream
	 WHERE template_id = $1::bigint AND from_name = $2::text AND from_email = $3::text
	   AND reply_to = $4::text AND return_path = $5::text AND account_ids = $6::bigint[]),
made AS (
	INSERT INTO message_stream AS s
	       (template_id, from_name, from_email, reply_to, return_path, account_ids)
	SELECT $1::bigint, $2::text, $3::text, $4::text, $5::text, $6::bigint[]
	 WHERE NOT EXISTS (SELECT FROM known)
	    ON CONFLICT (template_id, from_email, from_name, reply_to, return_path, account_ids)
	    DO UPDATE SET template_id = s.template_id
	RETURNING id)
SELECT id FROM known UNION ALL SELECT id FROM made;

-- A statement of its own before message_put, so that that one sees whom
-- others have added meanwhile.
-- $1 addresses  $2 their keys  $3 names
-- name: message_people
INSERT INTO contact (email, email_key, name)
SELECT DISTINCT ON (t.email_key) t.email, t.email_key, coalesce(t.name, '')
  FROM unnest($1::text[], $2::text[], $3::text[]) AS t (email, email_key, name)
 ORDER BY t.email_key
    ON CONFLICT (email_key) DO NOTHING;

-- Ids in the order given.
-- $1 stream  $2 keys  $3 data
-- name: message_put
INSERT INTO message (stream_id, contact_id, data)
SELECT $1::bigint, c.id, t.data::jsonb
  FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS t (email_key, data, n)
  JOIN contact c ON c.email_key = t.email_key
 ORDER BY t.n
RETURNING id;

-- $1 after this id  $2 up to this id  $3 at most  $4 key of an address or NULL
-- name: message_documents
SELECT id, row_to_json(d)
  FROM (SELECT m.id, m.contact_id, c.email, s.template_id,
               m.delivery_id >> 32 AS campaign_id, m.delivery_id,
               CASE WHEN m.delivery_id IS NULL THEN 'queued'
                    ELSE coalesce(o.state::text, 'pending') END AS state,
               coalesce(o.attempt, 0) AS attempts,
               CASE WHEN o.state IS NOT NULL THEN json_build_object(
                   'at', o.at, 'code', o.code, 'status', o.status, 'scope', o.scope,
                   'type', o.type, 'category', o.category, 'reply', o.reply) END AS outcome,
               o.account_id, r.next_at AS retry_at,
               CASE WHEN b.id IS NOT NULL THEN json_build_object(
                   'at', b.at, 'type', b.type, 'category', b.category,
                   'status', b.status) END AS bounce,
               m.created_at
          FROM (SELECT * FROM message
                 WHERE id > $1::bigint AND id <= $2::bigint
                   AND ($4::text IS NULL OR contact_id = (SELECT o.id FROM contact o
                                                           WHERE o.email_key = $4))
                 ORDER BY id LIMIT $3::bigint) m
          JOIN message_stream s ON s.id = m.stream_id
          JOIN contact c ON c.id = m.contact_id
          LEFT JOIN retry r ON r.delivery_id = m.delivery_id
          LEFT JOIN event b ON b.kind = 'bounce' AND b.key = m.delivery_id::text
          LEFT JOIN LATERAL (SELECT * FROM outcome x
                              WHERE x.delivery_id = m.delivery_id
                              ORDER BY x.attempt DESC, x.state DESC LIMIT 1) o ON true) d
 ORDER BY id;

-- name: message_lock
-- One at a time, until the transaction ends.
SELECT pg_try_advisory_xact_lock(hashtext('volley messages'));

-- name: message_due
-- A stream whose messages wait, its template, and its campaign, if that is
-- still what the template says.
-- $1 streams that cannot be served now
SELECT s.id, s.template_id,
       CASE WHEN c.status IN ('running', 'finished', 'paused')
             AND s.version = template_version(s.template_id) THEN c.id END
  FROM message_stream s
  LEFT JOIN campaign c ON c.id = s.campaign_id
 WHERE s.id <> ALL ($1::bigint[])
   AND EXISTS (SELECT FROM message m WHERE m.stream_id = s.id AND m.delivery_id IS NULL)
 ORDER BY s.id
 LIMIT 1;

-- name: message_begin
-- The next campaign of a stream.  It is not stopped by bounces, which are of
-- all kinds of people who have asked for something.
-- $1 stream  $2 its template
WITH made AS (
	INSERT INTO campaign (name, purpose, status, template_id, from_name, from_email, reply_to,
	                      return_path, brake_hard_percent, audience, started_at, finished_at,
	                      expires_at)
	SELECT left(format('%s, %s', t.name, (now() AT TIME ZONE 'UTC')::date), 200),
	       'transactional', 'finished', t.id, s.from_name, s.from_email,
	       nullif(s.reply_to, ''), nullif(s.return_path, ''), NULL, 0, now(), now(),
	       now() + interval '4 days'
	  FROM message_stream s JOIN template t ON t.id = s.template_id
	 WHERE s.id = $1::bigint AND t.id = $2::bigint
	RETURNING id),
through AS (
	INSERT INTO campaign_account (campaign_id, account_id)
	SELECT made.id, a.id
	  FROM made, smtp_account a
	 WHERE a.id = ANY ((SELECT account_ids FROM message_stream WHERE id = $1::bigint)::bigint[])),
noted AS (
	UPDATE message_stream s SET campaign_id = made.id, version = template_version(s.template_id)
	  FROM made WHERE s.id = $1::bigint)
SELECT id FROM made;

-- name: message_give
-- Some of those that wait, behind its campaign's deliveries so far, with a
-- lease of their own.  How many.
-- $1 stream  $2 campaign  $3 at most
WITH base AS (
	SELECT (id << 32) + audience AS last FROM campaign WHERE id = $2::bigint),
waiting AS (
	SELECT m.id, m.contact_id, base.last + row_number() OVER (ORDER BY m.id) AS delivery
	  FROM (SELECT id, contact_id FROM message
	         WHERE stream_id = $1::bigint AND delivery_id IS NULL
	         ORDER BY id LIMIT $3::bigint) m, base),
given AS (
	INSERT INTO delivery (id, campaign_id, contact_id, list_id)
	SELECT delivery, $2::bigint, contact_id, 0 FROM waiting),
told AS (
	UPDATE message m SET delivery_id = w.delivery FROM waiting w WHERE m.id = w.id),
leased AS (
	INSERT INTO lease (campaign_id, first_id, last_id, watermark)
	SELECT $2::bigint, min(delivery), max(delivery), min(delivery) - 1
	  FROM waiting HAVING count(*) > 0)
UPDATE campaign
   SET audience = audience + (SELECT count(*) FROM waiting),
       status = CASE status WHEN 'finished' THEN 'running' ELSE status END,
       finished_at = NULL, updated_at = now()
 WHERE id = $2::bigint
RETURNING (SELECT count(*) FROM waiting);
