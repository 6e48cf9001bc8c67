-- Statements of the mailbox poller.

-- name: mailbox_claim
-- Takes mailboxes that nobody holds, with how far each was read and whether
-- its settings have worked.
-- $1 holder  $2 seconds to hold  $3 how many at most
WITH free AS MATERIALIZED (
	SELECT id, folder FROM mailbox
	 WHERE state = 'active' AND protocol = 'imap'
	   AND (holder IS NULL OR held_until < now())
	 ORDER BY id
	 LIMIT $3::int
	   FOR UPDATE SKIP LOCKED
)
UPDATE mailbox m
   SET holder = $1, held_until = now() + make_interval(secs => $2::int)
  FROM free
  LEFT JOIN mailbox_cursor c ON c.mailbox_id = free.id AND c.folder = free.folder
 WHERE m.id = free.id
RETURNING m.id, m.host, m.port, m.tls, m.auth, m.username, m.secret, m.ca_file,
          m.folder, m.version, m.since,
          EXISTS (SELECT FROM oauth o WHERE o.owner = 'mailbox' AND o.owner_id = m.id),
          c.uidvalidity, c.last_uid, c.updated_at,
          coalesce(m.polled_at > m.updated_at, false), m.junk;

-- name: mailbox_renew
-- Those of ours that are still ours, active and unchanged come back.
-- $1 holder  $2 seconds to hold
UPDATE mailbox SET held_until = now() + make_interval(secs => $2::int)
 WHERE holder = $1 AND state = 'active'
RETURNING id, version;

-- name: mailbox_release
-- $1 holder  $2 mailbox id, or 0 for all of the holder's
UPDATE mailbox SET holder = NULL, held_until = NULL
 WHERE holder = $1 AND ($2::bigint = 0 OR id = $2);

-- name: mailbox_problem
-- A person has to look: wrong password, bad certificate, no such folder.  Not
-- when one has just changed or paused it; the holder lets go of it anyway.
-- $1 mailbox id  $2 version that has the problem  $3 reason in words
-- $4 holder
UPDATE mailbox m
   SET state = CASE WHEN p.holds THEN 'needs_attention' ELSE m.state END,
       state_reason = CASE WHEN p.holds THEN $3 ELSE m.state_reason END,
       state_at = CASE WHEN p.holds THEN now() ELSE m.state_at END,
       holder = NULL, held_until = NULL
  FROM (SELECT o.id, o.version = $2::int AND o.state = 'active' AS holds
          FROM mailbox o WHERE o.id = $1::bigint) p
 WHERE m.id = p.id AND m.holder = $4;

-- name: mailbox_trouble
-- It does not work just now; the poller goes on trying.
-- $1 mailbox id  $2 version  $3 reason in words
UPDATE mailbox SET state_reason = $3
 WHERE id = $1::bigint AND version = $2::int AND state = 'active'
   AND state_reason <> $3;

-- name: mailbox_polled
-- Everything that was there has been read.
-- $1 mailbox id
UPDATE mailbox
   SET polled_at = now(),
       state_reason = CASE WHEN state = 'active' THEN '' ELSE state_reason END
 WHERE id = $1::bigint;

-- name: mailbox_by_id
-- $1 mailbox id
SELECT id, host, port, tls, auth, username, secret, ca_file, folder, version, since,
       EXISTS (SELECT FROM oauth o WHERE o.owner = 'mailbox' AND o.owner_id = id)
  FROM mailbox WHERE id = $1::bigint;

-- name: cursor_read
-- Of a folder beside the configured one.
-- $1 mailbox id  $2 folder
SELECT uidvalidity, last_uid, updated_at
  FROM mailbox_cursor WHERE mailbox_id = $1::bigint AND folder = $2;

-- name: cursor_move
-- In the transaction that records what was read, and only for whom the
-- mailbox is, as it is now: nothing moves when it was taken away or changed.
-- $1 mailbox id  $2 folder  $3 uidvalidity  $4 last uid  $5 holder  $6 version
WITH ours AS (
	SELECT id FROM mailbox
	 WHERE id = $1::bigint AND holder = $5 AND version = $6::int
	   FOR SHARE
)
INSERT INTO mailbox_cursor (mailbox_id, folder, uidvalidity, last_uid)
SELECT id, $2, $3::bigint, $4::bigint FROM ours
ON CONFLICT (mailbox_id, folder) DO UPDATE
   SET uidvalidity = excluded.uidvalidity, last_uid = excluded.last_uid,
       updated_at = now();

-- name: inbound_record
-- Records a batch of messages, the events that follow from them and the
-- suppressions that follow from those.  Safe to repeat: a message is known
-- by its fingerprint; a bounce, complaint, delay or receipt by its delivery,
-- a reply by its Message-ID as well.  A token that did not stand in the
-- address makes a bounce only when the report names the delivery's own
-- recipient, and one in In-Reply-To or References makes no complaint.
-- $1 mailbox id  $2 folder  $3 uidvalidity
-- $4 uids  $5 fingerprints  $6 classes  $7 rules  $8 attributions
-- $9 deliveries (0: none)  $10 too old to count (1 or 0)
-- $11 senders  $12 subjects  $13 message ids
-- $14 final recipients' keys  $15 original recipients' keys
-- $16 types  $17 categories  $18 statuses  $19 diagnostics  $20 texts
-- $21 received at  $22 sealed raw  $23 days to keep it
WITH input AS (
	SELECT * FROM unnest($4::bigint[], $5::bytea[], $6::text[], $7::text[],
	           $8::text[], $9::bigint[], $10::bigint[], $11::text[], $12::text[],
	           $13::text[], $14::text[], $15::text[], $16::text[], $17::text[],
	           $18::text[], $19::text[], $20::text[], $21::timestamptz[], $22::bytea[])
	       AS t(uid, fingerprint, class, rule, attribution, delivery_id, late, sender,
	            subject, message_id, final_key, original_key, type, category, status,
	            diagnostic, body, received_at, raw)
), judged AS (
	SELECT i.*, d.id AS counted, d.campaign_id, d.contact_id, d.list_id, c.email_key,
	       jsonb_strip_nulls(jsonb_build_object(
	           'recipient', i.final_key, 'status', i.status,
	           'diagnostic', i.diagnostic, 'text', i.body,
	           'late', CASE WHEN i.late = 1 THEN true END)) AS details
	  FROM input i
	  LEFT JOIN (delivery d LEFT JOIN contact c ON c.id = d.contact_id)
	    ON d.id = i.delivery_id
	   AND CASE WHEN i.attribution = 'token' THEN true
	            WHEN i.class IN ('bounce', 'delay')
	            THEN c.email_key IN (i.final_key, i.original_key)
	            ELSE i.class <> 'complaint' OR i.attribution <> 'thread' END
), fresh AS (
	INSERT INTO inbound (mailbox_id, folder, uidvalidity, uid, fingerprint, class, rule,
	            attribution, delivery_id, sender, subject, message_id, details, raw,
	            raw_until, received_at)
	SELECT $1::bigint, $2, $3::bigint, uid, fingerprint, class, rule,
	       CASE WHEN counted IS NOT NULL THEN attribution END, counted,
	       sender, subject, message_id, details, raw,
	       CASE WHEN raw IS NOT NULL THEN now() + make_interval(days => $23::int) END,
	       received_at
	  FROM judged ORDER BY uid
	ON CONFLICT (mailbox_id, fingerprint) DO NOTHING
	RETURNING id, uid
), happened AS (
	INSERT INTO event (kind, key, campaign_id, delivery_id, contact_id, list_id,
	            inbound_id, type, category, status, source, data)
	SELECT CASE j.class WHEN 'mdn' THEN 'read_receipt' ELSE j.class END,
	       CASE WHEN j.class IN ('reply', 'auto_reply')
	            THEN j.counted || ':' || coalesce(nullif(j.message_id, ''),
	                                              encode(j.fingerprint, 'hex'))
	            ELSE j.counted::text END,
	       j.campaign_id, j.counted, j.contact_id, j.list_id,
	       f.id, j.type::bounce_type, j.category::bounce_category, j.status, 'mail',
	       j.details - 'text'
	  FROM judged j JOIN fresh f USING (uid)
	 WHERE j.counted IS NOT NULL
	   AND (j.class IN ('reply', 'auto_reply', 'mdn')
	        OR j.class IN ('bounce', 'complaint', 'delay') AND j.late = 0)
	 ORDER BY j.uid
	ON CONFLICT (kind, key) DO NOTHING
	RETURNING kind, delivery_id, type, inbound_id
)
INSERT INTO suppression (email_key, reason, delivery_id, evidence)
SELECT j.email_key,
       CASE h.kind WHEN 'complaint' THEN 'complaint' ELSE 'hard_bounce' END,
       h.delivery_id, j.details - 'text' || jsonb_build_object('inbound_id', h.inbound_id)
  FROM happened h
  JOIN fresh f ON f.id = h.inbound_id
  JOIN judged j USING (uid)
 WHERE (h.kind = 'complaint' OR h.kind = 'bounce' AND h.type = 'hard')
   AND j.email_key IS NOT NULL
ON CONFLICT (email_key, list_id, reason) DO NOTHING;

-- name: inbound_purge
-- Raw messages whose time is over, some at a time: others wait meanwhile.
-- $1 at most
UPDATE inbound SET raw = NULL, raw_until = NULL
 WHERE id = ANY (ARRAY(SELECT id FROM inbound WHERE raw_until < now() LIMIT $1::int));

-- name: mailbox_task_take
-- $1 holder  $2 seconds to hold
UPDATE task SET state = 'running', holder = $1,
       held_until = now() + make_interval(secs => $2::int)
 WHERE id = (SELECT id FROM task
              WHERE kind = 'mailbox_test'
                AND (state = 'queued' OR state = 'running' AND held_until < now())
              ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, mailbox_id;

-- name: mailbox_task_finish
-- $1 task id  $2 all went well  $3 names  $4 1 or 0 each  $5 details
UPDATE task SET state = 'done', finished_at = now(),
       result = jsonb_build_object('ok', $2::boolean, 'steps',
           (SELECT jsonb_agg(jsonb_build_object('name', name, 'ok', ok = 1, 'detail', detail))
              FROM unnest($3::text[], $4::bigint[], $5::text[]) AS s(name, ok, detail)))
 WHERE id = $1::bigint;
