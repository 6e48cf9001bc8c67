-- Statements of the mailbox poller.

-- name: mailbox_claim
-- Takes mailboxes that nobody holds, with how far each was read, whether its
-- settings have worked, and how many ms ago anything of it was recorded.
-- $1 holder  $2 seconds to hold  $3 how many at most
WITH free AS MATERIALIZED (
	SELECT id, folder FROM mailbox
	 WHERE state = 'active'
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
          m.protocol, m.after_reading, m.after_folder,
          c.uidvalidity, c.last_uid, c.updated_at,
          coalesce(m.polled_at > m.updated_at, false), m.junk,
          m.bytes_per_day, m.bytes_day, m.bytes_read, c.modseq,
          m.authserv_id, array_to_string(m.feedback_domains, ' '),
          (SELECT extract(epoch FROM now() - max(r.updated_at)) * 1000
             FROM mailbox_cursor r WHERE r.mailbox_id = m.id)::bigint;

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

-- name: mailbox_spent
-- How much was read on a day, now and then.
-- $1 mailbox id  $2 days since 1970 (UTC)  $3 bytes
UPDATE mailbox SET bytes_day = $2::int, bytes_read = $3::bigint
 WHERE id = $1::bigint;

-- name: mailbox_by_id
-- $1 mailbox id
SELECT id, host, port, tls, auth, username, secret, ca_file, folder, version, since,
       EXISTS (SELECT FROM oauth o WHERE o.owner = 'mailbox' AND o.owner_id = id),
       protocol, after_reading, after_folder
  FROM mailbox WHERE id = $1::bigint;

-- name: inbound_reports
-- Which messages of a batch that is recorded are reports of ours, surely:
-- nobody else needs them.  Mail that people wrote is not.  And whether they
-- were recorded before this transaction.
-- $1 mailbox id  $2 uids  $3 their fingerprints
SELECT t.uid, i.judged_by IS DISTINCT FROM pg_current_xact_id()
  FROM unnest($2::bigint[], $3::bytea[]) AS t(uid, fingerprint)
  JOIN inbound i ON i.mailbox_id = $1::bigint AND i.fingerprint = t.fingerprint
 WHERE i.delivery_id IS NOT NULL AND i.confidence <> 'probable'
   AND i.class IN ('bounce', 'delay', 'dsn_success', 'complaint', 'mdn');

-- name: cursor_read
-- Of a folder beside the configured one.
-- $1 mailbox id  $2 folder
SELECT uidvalidity, last_uid, updated_at, modseq
  FROM mailbox_cursor WHERE mailbox_id = $1::bigint AND folder = $2;

-- name: cursor_move
-- In the transaction that records what was read, and only for whom the
-- mailbox is, as it is now: nothing moves when it was taken away or changed.
-- $1 mailbox id  $2 folder  $3 uidvalidity  $4 last uid  $5 holder  $6 version
-- $7 highest modseq, 0: not known
WITH ours AS (
	SELECT id FROM mailbox
	 WHERE id = $1::bigint AND holder = $5 AND version = $6::int
	   FOR SHARE
)
INSERT INTO mailbox_cursor (mailbox_id, folder, uidvalidity, last_uid, modseq)
SELECT id, $2, $3::bigint, $4::bigint, $7::bigint FROM ours
ON CONFLICT (mailbox_id, folder) DO UPDATE
   SET uidvalidity = excluded.uidvalidity, last_uid = excluded.last_uid,
       modseq = excluded.modseq, updated_at = now();

-- name: uidl_known
-- What a POP3 mailbox's server calls the messages that were read.
-- $1 mailbox id  $2 after this key  $3 how many at most
SELECT key, is_report FROM mailbox_uidl
 WHERE mailbox_id = $1::bigint AND key > $2::bytea
 ORDER BY key LIMIT $3::int;

-- name: uidl_forget
-- Those that have gone from the server.
-- $1 mailbox id  $2 keys  $3 holder  $4 version
DELETE FROM mailbox_uidl u
 USING mailbox m
 WHERE m.id = $1::bigint AND m.holder = $3 AND m.version = $4::int
   AND u.mailbox_id = m.id AND u.key = ANY ($2::bytea[]);

-- name: uidl_record
-- In the transaction that records what was read, between the messages and
-- the cursor, for whom the mailbox is.  A report of ours is what may go from
-- the server; mail that people wrote is not.
-- $1 mailbox id  $2 keys  $3 fingerprints (NULL: it was passed over)
-- $4 holder  $5 version
WITH ours AS (
	SELECT id FROM mailbox
	 WHERE id = $1::bigint AND holder = $4 AND version = $5::int
	   FOR SHARE
)
INSERT INTO mailbox_uidl (mailbox_id, key, is_report)
SELECT ours.id, t.key,
       EXISTS (SELECT FROM inbound i
                WHERE i.mailbox_id = ours.id AND i.fingerprint = t.fingerprint
                  AND i.delivery_id IS NOT NULL AND i.confidence <> 'probable'
                  AND i.class IN ('bounce', 'delay', 'dsn_success', 'complaint', 'mdn'))
  FROM ours, unnest($2::bytea[], $3::bytea[]) AS t(key, fingerprint)
ON CONFLICT (mailbox_id, key) DO UPDATE SET is_report = excluded.is_report
RETURNING key, is_report;

-- name: inbound_record
-- Records a batch of messages.  Safe to repeat: a message is known by its
-- fingerprint.  What follows from them is done by the statements after it, in
-- the same transaction.
-- $1 mailbox id  $2 folder  $3 uidvalidity
-- $4 uids  $5 fingerprints  $6 classes  $7 rules  $8 attributions
-- $9 deliveries (0: none)  $10 too old to count (1 or 0)
-- $11 senders  $12 subjects  $13 message ids
-- $14 final recipients' keys  $15 original recipients' keys
-- $16 types  $17 categories  $18 statuses  $19 diagnostics  $20 texts
-- $21 received at  $22 sealed raw  $23 days to keep it
-- $24 scopes  $25 types of feedback  $26 signed by who runs the feedback loop
-- $27 ids that servers gave  $28 subjects  $29 who answers: of what has no token
INSERT INTO inbound (mailbox_id, folder, uidvalidity, uid, fingerprint, class, rule,
            attribution, delivery_id, sender, subject, message_id, details, raw,
            raw_until, received_at, judged_by)
SELECT $1::bigint, $2, $3::bigint, i.uid, i.fingerprint,
       CASE WHEN p.answers THEN 'reply' ELSE i.class END,
       CASE WHEN p.answers THEN 'answers-a-delivery' ELSE i.rule END,
       CASE WHEN d.id IS NOT NULL THEN i.attribution ELSE p.attribution END,
       coalesce(d.id, p.delivery_id), i.sender, i.subject, i.message_id,
       jsonb_strip_nulls(jsonb_build_object(
           'trusted', CASE WHEN i.trusted = 1 THEN true END, 'recipient', i.final_key, 'type', i.type, 'category', i.category,
           'scope', i.scope, 'status', i.status, 'diagnostic', i.diagnostic,
           'feedback_type', i.feedback_type, 'text', i.body,
           'late', CASE WHEN i.late = 1 THEN true END)),
       i.raw, CASE WHEN i.raw IS NOT NULL THEN now() + make_interval(days => $23::int) END,
       i.received_at, pg_current_xact_id()
  FROM unnest($4::bigint[], $5::bytea[], $6::text[], $7::text[], $8::text[], $9::bigint[],
              $10::bigint[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[],
              $16::text[], $17::text[], $18::text[], $19::text[], $20::text[],
              $21::timestamptz[], $22::bytea[], $24::text[], $25::text[], $26::bigint[],
              $27::text[], $28::text[], $29::text[])
       AS i (uid, fingerprint, class, rule, attribution, delivery_id, late, sender, subject,
             message_id, final_key, original_key, type, category, status, diagnostic, body,
             received_at, raw, scope, feedback_type, trusted, ids, title, person)
  LEFT JOIN (delivery d LEFT JOIN contact c ON c.id = d.contact_id)
    ON d.id = i.delivery_id
   AND (i.trusted = 1
        OR is_evidence(i.class, i.attribution, c.email_key, i.final_key, i.original_key))
  LEFT JOIN LATERAL find_delivery(ARRAY[i.final_key, i.original_key, i.person], i.ids, i.title,
                                  i.received_at, i.class = 'other' AND i.person IS NOT NULL) p
    ON true
 ORDER BY i.uid
ON CONFLICT (mailbox_id, fingerprint) DO NOTHING;

-- name: inbound_happen
-- The events that follow from what this transaction judged, each once: a
-- bounce, complaint, delay, receipt or unsubscribe is known by its delivery, a
-- reply by its Message-ID as well.  What came too late changes nothing
-- (S-101), but people may answer and leave when they like.
-- $1 mailbox id  $2 fingerprints
WITH judged AS MATERIALIZED (
	SELECT * FROM inbound_judged($1::bigint, $2::bytea[])
)
INSERT INTO event (kind, key, campaign_id, delivery_id, contact_id, list_id, inbound_id,
            type, category, status, source, data)
SELECT CASE class WHEN 'mdn' THEN 'read_receipt' ELSE class END,
       CASE WHEN class IN ('reply', 'auto_reply')
            THEN delivery_id || ':' || coalesce(nullif(message_id, ''),
                                                encode(fingerprint, 'hex'))
            ELSE delivery_id::text END,
       campaign_id, delivery_id, contact_id, list_id, id,
       (details ->> 'type')::bounce_type, (details ->> 'category')::bounce_category,
       details ->> 'status', 'mail', details - '{text,type,category,reclassified}'::text[]
  FROM judged
 WHERE class IN ('reply', 'auto_reply', 'mdn', 'unsubscribe')
    OR (class IN ('bounce', 'complaint', 'delay') AND NOT details ? 'late')
 ORDER BY id
ON CONFLICT (kind, key) DO NOTHING;

-- name: inbound_wish
-- What people want, after inbound_happen: a complaint is about all mail, an
-- unsubscribe about the lists that the link in the mail is about, and "not
-- spam" takes a complaint about the same mail back.
-- $1 mailbox id  $2 fingerprints
WITH judged AS MATERIALIZED (
	SELECT * FROM inbound_judged($1::bigint, $2::bytea[]) WHERE email_key IS NOT NULL
), wish AS (
	SELECT j.*, NULL::bigint AS off, 'complaint' AS reason
	  FROM judged j, made_now('complaint', j.delivery_id, j.id) e
	 WHERE j.class = 'complaint'
	UNION ALL
	SELECT j.*, l.id, 'unsubscribe'
	  FROM judged j,
	       LATERAL (SELECT j.list_id
	                 UNION
	                SELECT cl.list_id
	                  FROM campaign_list cl JOIN membership m USING (list_id)
	                 WHERE cl.campaign_id = j.campaign_id AND NOT cl.excluded
	                   AND m.contact_id = j.contact_id) about
	  JOIN list l ON l.id = about.list_id
	 WHERE j.class = 'unsubscribe'
), gone AS (
	DELETE FROM suppression s
	 USING judged j
	 WHERE lower(j.details ->> 'feedback_type') = 'not-spam' AND NOT j.details ? 'late'
	   AND s.email_key = j.email_key AND s.reason = 'complaint'
	   AND s.delivery_id = j.delivery_id AND s.evidence ? 'inbound_id'
	RETURNING s.*, j.id AS taken_back_by, j.contact_id
), told AS (
	INSERT INTO event (kind, key, contact_id, list_id, inbound_id, source, data)
	SELECT 'suppression_removed', g.id::text, g.contact_id, g.list_id, g.taken_back_by, 'mail',
	       to_jsonb(g) - '{written_by,taken_back_by,contact_id}'::text[]
	  FROM gone g
)
INSERT INTO suppression (email_key, list_id, reason, delivery_id, evidence)
SELECT w.email_key, w.off, w.reason, w.delivery_id, mail_evidence(w.id, w.rule, w.details)
  FROM wish w
 ORDER BY w.email_key, w.off
ON CONFLICT (email_key, list_id, reason) DO NOTHING;

-- name: inbound_suppress
-- Who is not mailed any more because of bounces, after inbound_happen: one
-- hard bounce, or strikes enough (R-071).  What is more than the breaker of a
-- list lets pass (R-083) is held, and a person is told when that begins.
-- $1 mailbox id  $2 fingerprints
WITH judged AS MATERIALIZED (
	SELECT * FROM inbound_judged($1::bigint, $2::bytea[])
), bounced AS MATERIALIZED (
	SELECT j.*, e.type
	  FROM judged j, made_now('bounce', j.delivery_id, j.id) e
	 WHERE j.class = 'bounce' AND j.details ->> 'scope' = 'recipient'
	   AND j.email_key IS NOT NULL
), lost AS MATERIALIZED (
	SELECT DISTINCT ON (b.contact_id, reason)
	       b.contact_id, b.email_key, b.list_id, b.delivery_id, v.reason,
	       mail_evidence(b.id, b.rule, b.details) || v.more AS evidence
	  FROM bounced b,
	       LATERAL (SELECT 'hard_bounce', '{}'::jsonb
	                 WHERE b.type = 'hard'
	                 UNION ALL
	                SELECT 'soft_bounces', jsonb_build_object('strikes', s.strikes)
	                  FROM soft_strikes(b.contact_id) s (strikes)
	                 WHERE b.type = 'soft' AND has_struck_before(b.contact_id)
	                   AND s.strikes IS NOT NULL) v (reason, more)
	 WHERE (SELECT count(*) FROM suppression s
	         WHERE s.email_key = b.email_key AND s.list_id IS NULL AND s.reason = v.reason) = 0
	 ORDER BY b.contact_id, reason, b.id
), counted AS (
	INSERT INTO list_loss AS c (list_id, minute, people, members)
	SELECT l.id, date_trunc('minute', now()), count(DISTINCT contact_id),
	       CASE WHEN EXISTS (SELECT FROM list_loss b
	                          WHERE b.list_id = l.id AND b.minute = date_trunc('minute', now()))
	            THEN 0
	            ELSE (SELECT count(*) FROM membership m WHERE m.list_id = l.id) END
	  FROM lost JOIN list l ON l.id = lost.list_id
	 GROUP BY l.id ORDER BY l.id
	ON CONFLICT (list_id, minute) DO UPDATE SET people = c.people + EXCLUDED.people
	RETURNING list_id, people, members
), allowed AS (
	SELECT c.list_id, loss_allowed(c.list_id, c.members, c.people - l.people) AS most,
	       c.people, c.members
	  FROM counted c
	  JOIN (SELECT list_id, count(DISTINCT contact_id)::int AS people
	          FROM lost GROUP BY list_id) l USING (list_id)
), placed AS MATERIALIZED (
	SELECT l.*, dense_rank() OVER (PARTITION BY l.list_id ORDER BY l.contact_id) > a.most AS waits
	  FROM lost l LEFT JOIN allowed a USING (list_id)
), held AS (
	INSERT INTO held_suppression (list_id, contact_id, reason, delivery_id, evidence)
	SELECT list_id, contact_id, reason, delivery_id, evidence
	  FROM placed WHERE waits
	 ORDER BY list_id, contact_id
	ON CONFLICT (list_id, contact_id, reason) DO NOTHING
	RETURNING list_id
), alert AS (
	INSERT INTO event (kind, key, list_id, source, data)
	SELECT 'alert', 'breaker ' || a.list_id || ' ' || clock_timestamp(), a.list_id, 'mail',
	       jsonb_build_object('people', a.people, 'members', a.members, 'reason',
	           format('bounces of %s people of list "%s" within minutes: further suppressions '
	                  'wait for a person to release or discard them', a.people, l.name))
	  FROM allowed a JOIN list l ON l.id = a.list_id
	 WHERE a.list_id IN (SELECT list_id FROM held)
	   AND NOT EXISTS (SELECT FROM held_suppression h WHERE h.list_id = a.list_id)
), forgotten AS (
	DELETE FROM list_loss
	 WHERE list_id IN (SELECT list_id FROM lost) AND minute < now() - interval '1 hour'
)
INSERT INTO suppression (email_key, reason, delivery_id, evidence)
SELECT email_key, reason, delivery_id, evidence
  FROM placed WHERE waits IS NOT TRUE
 ORDER BY email_key, reason
ON CONFLICT (email_key, list_id, reason) DO NOTHING;

-- name: inbound_purge
-- Raw messages whose time is over, some at a time: others wait meanwhile.
-- $1 at most
UPDATE inbound SET raw = NULL, raw_until = NULL
 WHERE id = ANY (ARRAY(SELECT id FROM inbound
                        WHERE raw_until < now() AND raw IS NOT NULL LIMIT $1::int));

-- name: reclassify_take
-- A message that is to be judged again.
-- $1 holder  $2 seconds to hold
UPDATE task t SET state = 'running', holder = $1,
       held_until = now() + make_interval(secs => $2::int)
  FROM inbound i JOIN mailbox m ON m.id = i.mailbox_id
 WHERE i.id = t.inbound_id
   AND t.id = (SELECT id FROM task
                WHERE kind = 'reclassify'
                  AND (state = 'queued' OR state = 'running' AND held_until < now())
                ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING t.id, i.mailbox_id, i.fingerprint, i.uidvalidity, i.uid, i.received_at, i.raw,
          t.wish ? 'class', m.authserv_id, array_to_string(m.feedback_domains, ' ');

-- name: reclassify_say
-- What a person says that the message is; nothing when it is known as that.
-- $1 task
WITH said AS (
	SELECT i.id, t.wish ->> 'class' AS class, audit(i, t),
	       coalesce((t.wish ->> 'delivery_id')::bigint, i.delivery_id) AS delivery_id,
	       CASE WHEN t.wish ? 'delivery_id' THEN 'person' ELSE i.attribution END AS attribution,
	       i.details - '{type,category,scope,late,reclassified}'::text[]
	           || CASE WHEN t.wish ->> 'class' <> 'bounce' THEN '{}'
	                   WHEN t.wish ? 'type' OR NOT i.details ? 'type'
	                   THEN jsonb_build_object('type', coalesce(t.wish ->> 'type', 'soft'),
	                            'category', CASE t.wish ->> 'type' WHEN 'hard' THEN 'invalid'
	                                                               WHEN 'block' THEN 'blocked'
	                                                               ELSE 'unknown' END,
	                            'scope', 'recipient')
	                   ELSE jsonb_build_object('type', i.details -> 'type',
	                            'category', i.details -> 'category',
	                            'scope', 'recipient') END AS details
	  FROM task t JOIN inbound i ON i.id = t.inbound_id
	 WHERE t.id = $1::bigint
)
UPDATE inbound i
   SET class = s.class, rule = 'person', attribution = s.attribution,
       delivery_id = s.delivery_id, details = s.details || s.audit,
       judged_by = pg_current_xact_id()
  FROM said s
 WHERE i.id = s.id
   AND (i.class, i.delivery_id, i.confidence <> 'certain' AND s.attribution = 'person',
        i.details ->> 'type', i.details ? 'late') IS DISTINCT FROM
       (s.class, s.delivery_id, false, s.details ->> 'type', false);

-- name: reclassify_judge
-- What the classifier says now; nothing when it is what it said before.
-- $1 task  $2 class  $3 rule  $4 attribution  $5 delivery (0: none)
-- $6 too old to count  $7 final recipient's key  $8 original recipient's key
-- $9 type  $10 category  $11 scope  $12 status  $13 diagnostic
-- $14 type of feedback  $15 text  $16 signed by who runs the feedback loop
-- $17 ids that servers gave  $18 subject  $19 who answers: of what has no token
WITH judged AS (
	SELECT i.id, audit(i, t), coalesce(d.id, p.delivery_id) AS delivery_id,
	       CASE WHEN d.id IS NOT NULL THEN $4 ELSE p.attribution END AS attribution,
	       CASE WHEN p.answers THEN 'reply' ELSE $2 END AS class,
	       CASE WHEN p.answers THEN 'answers-a-delivery' ELSE $3 END AS rule,
	       jsonb_strip_nulls(jsonb_build_object(
	           'trusted', CASE WHEN $16::boolean THEN true END, 'recipient', $7::text, 'type', $9::text, 'category', $10::text,
	           'scope', $11::text, 'status', $12::text, 'diagnostic', $13::text,
	           'feedback_type', $14::text, 'text', $15::text,
	           'late', CASE WHEN $6::boolean THEN true END)) AS details
	  FROM task t
	  JOIN inbound i ON i.id = t.inbound_id
	  LEFT JOIN (delivery d LEFT JOIN contact c ON c.id = d.contact_id)
	    ON d.id = $5::bigint
	   AND ($16::boolean OR is_evidence($2, $4, c.email_key, $7, $8))
	  LEFT JOIN LATERAL find_delivery(ARRAY[$7, $8, $19], $17, $18, i.received_at,
	                                  $2 = 'other' AND $19 IS NOT NULL) p ON true
	 WHERE t.id = $1::bigint
)
UPDATE inbound i
   SET class = j.class, rule = j.rule, attribution = j.attribution,
       delivery_id = j.delivery_id, details = j.details || j.audit,
       judged_by = pg_current_xact_id()
  FROM judged j
 WHERE i.id = j.id
   AND (i.class, i.rule, i.delivery_id, i.details - 'reclassified') IS DISTINCT FROM
       (j.class, j.rule, j.delivery_id, j.details);

-- name: reclassify_retract
-- What followed from the old judgement is taken back, where there is a new one.
-- $1 task
WITH old AS MATERIALIZED (
	SELECT i.id, (i.details #>> '{reclassified,-1,was,delivery_id}')::bigint AS delivery_id
	  FROM task t JOIN inbound i ON i.id = t.inbound_id
	 WHERE t.id = $1::bigint AND i.judged_by = pg_current_xact_id()
), unsaid AS (
	DELETE FROM event e USING old o
	 WHERE e.inbound_id = o.id AND e.kind <> 'suppression_removed'
), unheld AS (
	DELETE FROM held_suppression h USING old o, delivery d
	 WHERE d.id = o.delivery_id AND h.contact_id = d.contact_id
	   AND h.evidence @> jsonb_build_object('inbound_id', o.id)
	RETURNING h.list_id, h.contact_id, h.created_at
), gone AS (
	DELETE FROM suppression s USING old o, delivery d, contact c
	 WHERE d.id = o.delivery_id AND c.id = d.contact_id AND s.email_key = c.email_key
	   AND (s.evidence @> jsonb_build_object('inbound_id', o.id)
	        OR s.evidence -> 'strikes' @> jsonb_build_array(jsonb_build_object('inbound_id', o.id)))
	RETURNING s.*, c.id AS contact_id, o.id AS inbound_id, d.list_id AS of_list
), lost AS (
	SELECT list_id, date_trunc('minute', created_at) AS minute, count(DISTINCT contact_id) AS people
	  FROM (SELECT * FROM unheld
	         UNION ALL
	        SELECT of_list, contact_id, created_at
	          FROM gone WHERE reason IN ('hard_bounce', 'soft_bounces')) x
	 GROUP BY 1, 2
), uncounted AS (
	UPDATE list_loss c SET people = c.people - l.people
	  FROM lost l
	 WHERE c.list_id = l.list_id AND c.minute = l.minute
)
INSERT INTO event (kind, key, contact_id, list_id, inbound_id, source, data)
SELECT 'suppression_removed', g.id::text, g.contact_id, g.list_id, g.inbound_id, 'mail',
       to_jsonb(g) - '{written_by,contact_id,inbound_id,of_list}'::text[]
  FROM gone g;

-- name: reclassify_finish
-- $1 task
UPDATE task t SET state = 'done', finished_at = now(),
       result = jsonb_build_object('ok', true, 'steps', jsonb_build_array(jsonb_build_object(
           'name', 'classify', 'ok', true, 'detail', format('%s%s by %s',
               CASE WHEN i.judged_by = pg_current_xact_id() THEN '' ELSE 'still ' END,
               i.class, CASE i.rule WHEN 'person' THEN 'a person''s word'
                                    ELSE 'rule ' || i.rule END))))
  FROM inbound i
 WHERE t.id = $1::bigint AND i.id = t.inbound_id;

-- name: mailbox_task_take
-- $1 holder  $2 seconds to hold
UPDATE task SET state = 'running', holder = $1,
       held_until = now() + make_interval(secs => $2::int)
 WHERE id = (SELECT id FROM task
              WHERE kind IN ('mailbox_test', 'read_back')
                AND (state = 'queued' OR state = 'running' AND held_until < now())
              ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, mailbox_id, kind = 'read_back',
          (extract(epoch FROM clock_timestamp() - (wish ->> 'sent_at')::timestamptz) * 1000)::bigint,
          wish ->> 'token', wish ->> 'return_path', wish ->> 'message_id', wish ->> 'from',
          wish ->> 'list_unsubscribe', wish ->> 'list_unsubscribe_post';

-- name: mailbox_task_finish
-- Behind the steps of the sender, where there are some.
-- $1 task id  $2 all went well  $3 names  $4 1 or 0 each  $5 details
UPDATE task SET state = 'done', finished_at = now(),
       result = jsonb_build_object('ok', $2::boolean, 'steps',
           coalesce(result -> 'steps', '[]') ||
           (SELECT jsonb_agg(jsonb_build_object('name', name, 'ok', ok = 1, 'detail', detail))
              FROM unnest($3::text[], $4::bigint[], $5::text[]) AS s(name, ok, detail)))
 WHERE id = $1::bigint;

-- name: self_test_record
-- What a self-test found, and with it the features of the account; senders
-- are told when these change.
-- $1 task  $2 findings
UPDATE smtp_account a
   SET self_test = n.self_test, updated_at = now(),
       version = a.version + ((is_on(a.verp, a.self_test, 'verp'),
                               is_on(a.one_click, a.self_test, 'one_click'))
                              IS DISTINCT FROM
                              (is_on(a.verp, n.self_test, 'verp'),
                               is_on(a.one_click, n.self_test, 'one_click')))::int
  FROM (SELECT account_id, jsonb_build_object('at', now(), 'task_id', id,
                                              'mailbox_id', mailbox_id)
                           || $2::jsonb AS self_test
          FROM task WHERE id = $1::bigint) n
 WHERE a.id = n.account_id;
