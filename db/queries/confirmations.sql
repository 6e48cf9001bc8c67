-- Mails that ask for a confirmation, on their way into the ledger.
-- The comments over the tables (db/migrations/0017_consent.sql) say what the
-- rows mean.

-- name: confirmation_lock
-- One at a time, until the transaction ends: nobody gets two a day.
SELECT pg_try_advisory_xact_lock(hashtext('volley confirmations'));

-- name: confirmation_due
-- A list whose confirmations wait, the draft that they are made by, and the
-- campaign of today, if there is one.
-- $1 lists that cannot be served now
SELECT l.id, l.confirmation_campaign_id, d.campaign_id
  FROM list l
  LEFT JOIN confirmation_day d ON d.list_id = l.id AND d.day = (now() AT TIME ZONE 'UTC')::date
  LEFT JOIN campaign c ON c.id = d.campaign_id
 WHERE l.confirmation_campaign_id IS NOT NULL AND l.id <> ALL ($1::bigint[])
   AND (c.id IS NULL OR c.status IN ('running', 'finished', 'paused'))
   AND EXISTS (SELECT FROM confirmation f
                WHERE f.list_id = l.id AND f.delivery_id IS NULL
                  AND NOT EXISTS (SELECT FROM confirmation b
                                   WHERE b.contact_id = f.contact_id
                                     AND b.sent_at > now() - interval '24 hours'))
 ORDER BY l.id
 LIMIT 1;

-- name: confirmation_begin
-- The campaign of today, as the draft says.  What is asked about must not
-- wait for long, and who is asked has not been on the list: it is not stopped
-- by bounces.
-- $1 list  $2 draft
WITH made AS (
	INSERT INTO campaign (name, purpose, status, template_id, from_name, from_email, reply_to,
	                      reply_token, return_path, missing, defaults, postal_address,
	                      expires_after_s, per_second, per_minute, per_hour, per_day,
	                      brake_hard_percent, audience, started_at, finished_at, expires_at)
	SELECT left(format('%s, %s', name, (now() AT TIME ZONE 'UTC')::date), 200), 'confirmation',
	       'finished', template_id, from_name, from_email, reply_to, reply_token, return_path,
	       missing, defaults, postal_address, expires_after_s, per_second, per_minute, per_hour,
	       per_day, NULL, 0, now(), now(),
	       now() + interval '1 day' + make_interval(secs => expires_after_s)
	  FROM campaign WHERE id = $2::bigint
	RETURNING id),
listed AS (
	INSERT INTO campaign_list (campaign_id, list_id) SELECT id, $1::bigint FROM made),
through AS (
	INSERT INTO campaign_account (campaign_id, account_id, weight)
	SELECT made.id, a.account_id, a.weight
	  FROM made, campaign_account a WHERE a.campaign_id = $2::bigint),
noted AS (
	INSERT INTO confirmation_day (list_id, day, campaign_id)
	SELECT $1::bigint, (now() AT TIME ZONE 'UTC')::date, id FROM made)
SELECT id FROM made;

-- name: confirmation_give
-- Some of those that wait, behind its deliveries so far, with a lease of
-- their own.  How many.
-- $1 list  $2 campaign  $3 at most
WITH base AS (
	SELECT (id << 32) + audience AS last FROM campaign WHERE id = $2::bigint),
waiting AS (
	SELECT f.id, f.contact_id, base.last + row_number() OVER (ORDER BY f.id) AS delivery
	  FROM confirmation f, base
	 WHERE f.list_id = $1::bigint AND f.delivery_id IS NULL
	   AND NOT EXISTS (SELECT FROM confirmation b
	                    WHERE b.contact_id = f.contact_id
	                      AND b.sent_at > now() - interval '24 hours')
	 ORDER BY f.id
	 LIMIT $3::bigint),
given AS (
	INSERT INTO delivery (id, campaign_id, contact_id, list_id)
	SELECT delivery, $2::bigint, contact_id, $1::bigint FROM waiting),
told AS (
	UPDATE confirmation f SET delivery_id = w.delivery, sent_at = now()
	  FROM waiting w WHERE f.id = w.id),
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
