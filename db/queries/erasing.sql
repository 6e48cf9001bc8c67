-- Erasing somebody: what is left is a number, the counts, and the wish not to
-- be mailed, under a keyed hash.  The steps run in one transaction, in this
-- order (db/erase.c).

-- $1 key
-- name: erase_find
SELECT id FROM contact WHERE email_key = $1 FOR UPDATE;

-- Whoever was erased before has some of them already.
-- $1 key, $2 and $3 of erased_key
-- name: erase_twice
DELETE FROM suppression s USING suppression b
 WHERE s.email_key = $1 AND b.email_key = erased_key($2::bytea, $3::bytea, $1)
   AND b.list_id IS NOT DISTINCT FROM s.list_id AND b.reason = s.reason;

-- What they quote goes.  $1 key, $2 and $3 of erased_key
-- name: erase_suppressions
WITH hashed AS (SELECT erased_key($2::bytea, $3::bytea, $1) AS who),
known AS (
    UPDATE suppression s SET email_key = h.who, evidence = '{}'
      FROM hashed h WHERE s.email_key = $1
)
INSERT INTO suppression (email_key, reason) SELECT who, 'erased' FROM hashed
    ON CONFLICT DO NOTHING;

-- $1 contact; each campaign's deliveries have an index by contact
-- name: erase_deliveries
SELECT array_agg(d.id)
  FROM campaign c JOIN delivery d ON d.campaign_id = c.id
 WHERE d.contact_id = $1::bigint;

-- $1 deliveries as an array's text
-- name: erase_outcomes
UPDATE outcome SET reply = NULL
 WHERE delivery_id = ANY ($1::bigint[]) AND reply IS NOT NULL;

-- Mail that could not be tied to a delivery names them, too.
-- $1 deliveries as an array's text, $2 contact, $3 key
-- name: erase_inbound
UPDATE inbound
   SET sender = '', subject = '', message_id = '', details = '{}', raw = NULL
 WHERE delivery_id = ANY ($1::bigint[])
    OR id IN (SELECT inbound_id FROM event WHERE contact_id = $2::bigint)
    OR strpos(lower(sender || ' ' || subject || ' ' || details::text), $3) > 0;

-- What is left tells when a link was asked for, and of what verdict that was.
-- $1 deliveries as an array's text
-- name: erase_hits
UPDATE hit
   SET agent = '', network = NULL, source = NULL, headers = 0, purpose = ''
 WHERE delivery_id = ANY ($1::bigint[]);

-- $1 contact, $2 key
-- name: erase_events
UPDATE event SET data = '{}'
 WHERE (contact_id = $1::bigint AND data <> '{}')
    OR (kind = 'suppression_removed' AND data ->> 'email_key' = $2);

-- Amounts stay, and what they are credited to.  $1 contact
-- name: erase_conversions
UPDATE conversion SET order_id = NULL, refund_of = NULL WHERE contact_id = $1::bigint;

-- What was agreed to stays, of nobody.  $1 key
-- name: erase_consents
UPDATE consent SET email_key = NULL, network = NULL WHERE email_key = $1;

-- What quotes the address: rejected rows, tests, stored answers.  $1 key
-- name: erase_quotes
WITH rows AS (
    UPDATE import_error SET value = ''
     WHERE strpos(lower(value), $1) > 0
), tests AS (
    UPDATE task SET recipient = NULL, result = '{}', wish = NULL
     WHERE state IN ('done', 'failed')
       AND (lower(recipient) = $1 OR strpos(lower(result::text), $1) > 0)
), uncounted AS (
    DELETE FROM rollup_person WHERE email_key = $1
)
DELETE FROM idempotency WHERE strpos(lower(body), $1) > 0;

-- $1 contact
-- name: erase_end
DELETE FROM contact WHERE id = $1::bigint;

-- Everything that is known of somebody.  $1 contact
-- name: person_document
WITH who AS MATERIALIZED (SELECT * FROM contact WHERE id = $1::bigint),
sent AS MATERIALIZED (
    SELECT d.*, g.name AS campaign
      FROM campaign g JOIN delivery d ON d.campaign_id = g.id
     WHERE d.contact_id = $1::bigint
)
SELECT json_build_object(
    'contact', (SELECT to_jsonb(w) FROM who w),
    'memberships', (SELECT coalesce(json_agg(to_jsonb(m) || jsonb_build_object('list', l.name)
                                             ORDER BY m.list_id), '[]')
                      FROM membership m JOIN list l ON l.id = m.list_id
                     WHERE m.contact_id = $1::bigint),
    'suppressions', (SELECT coalesce(json_agg(to_jsonb(s) - 'written_by' ORDER BY s.id), '[]')
                       FROM suppression s JOIN who w ON w.email_key = s.email_key),
    'held_suppressions', (SELECT coalesce(json_agg(h ORDER BY h.id), '[]')
                            FROM held_suppression h WHERE h.contact_id = $1::bigint),
    'consents', (SELECT coalesce(json_agg(to_jsonb(c) || jsonb_build_object('text', t.text)
                                          ORDER BY c.id), '[]')
                   FROM who w, consents_of(w.email_key) c
                   LEFT JOIN consent_text t ON t.hash = c.text_hash),
    'confirmations', (SELECT coalesce(json_agg(f ORDER BY f.id), '[]')
                        FROM confirmation f WHERE f.contact_id = $1::bigint),
    'deliveries', (SELECT coalesce(json_agg(to_jsonb(d) || jsonb_build_object('outcomes',
                              (SELECT coalesce(jsonb_agg(to_jsonb(o) ORDER BY o.attempt, o.state), '[]')
                                 FROM outcome o WHERE o.delivery_id = d.id))
                              ORDER BY d.id), '[]') FROM sent d),
    'events', (SELECT coalesce(json_agg(to_jsonb(e) ORDER BY e.id), '[]')
                 FROM event e WHERE e.contact_id = $1::bigint),
    'tags', (SELECT coalesce(json_agg(t.name ORDER BY t.name), '[]')
               FROM contact_tag k JOIN tag t ON t.id = k.tag_id
              WHERE k.contact_id = $1::bigint),
    'messages', (SELECT coalesce(json_agg(m ORDER BY m.id), '[]')
                   FROM message m WHERE m.contact_id = $1::bigint),
    'holdouts', (SELECT coalesce(json_agg(k ORDER BY k.campaign_id), '[]')
                   FROM campaign_holdout k WHERE k.contact_id = $1::bigint),
    'hits', (SELECT coalesce(json_agg(to_jsonb(h) ORDER BY h.at), '[]')
               FROM hit h WHERE h.delivery_id IN (SELECT id FROM sent)),
    'conversions', (SELECT coalesce(json_agg(to_jsonb(v) ORDER BY v.id), '[]')
                      FROM conversion v WHERE v.contact_id = $1::bigint),
    'tests', (SELECT coalesce(json_agg(jsonb_build_object('id', t.id, 'campaign_id', t.campaign_id,
                                  'recipient', t.recipient, 'created_at', t.created_at) ORDER BY t.id), '[]')
                FROM task t JOIN who w ON lower(t.recipient) = w.email_key),
    'rejected_rows', (SELECT coalesce(json_agg(to_jsonb(r)), '[]')
                        FROM import_error r JOIN who w ON strpos(lower(r.value), w.email_key) > 0));

-- What came by mail from or about them, the sealed text beside it.
-- $1 contact
-- name: person_inbound
SELECT to_jsonb(i) - '{raw,fingerprint,judged_by}'::text[], i.mailbox_id, i.fingerprint, i.raw
  FROM inbound i
 WHERE i.delivery_id IN (SELECT d.id FROM campaign g JOIN delivery d ON d.campaign_id = g.id
                          WHERE d.contact_id = $1::bigint)
    OR i.id IN (SELECT inbound_id FROM event WHERE contact_id = $1::bigint)
    OR strpos(lower(i.sender || ' ' || i.subject || ' ' || i.details::text),
              (SELECT email_key FROM contact WHERE id = $1::bigint)) > 0
 ORDER BY i.id;

-- The file that a restored backup is brought up to date with
-- (db/erasure_log.h).

-- What is new: when, whether somebody is to be left alone or not any more,
-- who, by the hash, in which list, why.  What was written in the last minutes
-- may come again: its transactions may not have ended in their order.
-- $1 and $2 of erased_key
-- name: erasures_new
SELECT to_char(n.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), n.sign, n.who,
       coalesce(n.list_id::text, '*'), n.reason
  FROM (SELECT c.id, c.at, CASE c.action WHEN 'restored' THEN '-' ELSE '+' END AS sign,
               erased_key($1::bytea, $2::bytea, c.email_key) AS who, c.list_id, c.reason
          FROM consent c, erasure_mark m
         WHERE c.id > m.consent_id AND c.email_key IS NOT NULL
           AND c.action IN ('withdrawn', 'blocked', 'restored')
        UNION ALL
        SELECT s.id, s.created_at, '+', s.email_key, NULL, s.reason
          FROM suppression s, erasure_mark m
         WHERE s.id > m.suppression_id AND s.reason = 'erased' AND s.email_key LIKE 'hmac:%') n
 ORDER BY n.at, n.id;

-- They are in the file.
-- name: erasures_told
UPDATE erasure_mark
   SET consent_id = greatest(consent_id, (SELECT max(id) FROM consent
                                           WHERE at < now() - interval '5 minutes')),
       suppression_id = greatest(suppression_id, (SELECT max(id) FROM suppression
                                                   WHERE created_at < now() - interval '5 minutes'));

-- name: erasure_lines_create
CREATE TEMP TABLE erasure_line (
    n      bigint NOT NULL,
    sign   text NOT NULL,
    who    text NOT NULL,
    list   text NOT NULL, -- a number, or *
    reason text NOT NULL
) ON COMMIT DROP;

-- $1 numbers, $2 signs, $3 hashes, $4 lists, $5 reasons
-- name: erasure_lines_add
INSERT INTO erasure_line
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[]);

-- The last word of each counts.  Nobody is let in by it who is suppressed.
-- Addresses that are not here stay out by their hashes.  How many.
-- $1 and $2 of erased_key
-- name: erasure_lines_suppress
WITH last AS MATERIALIZED (
    SELECT DISTINCT ON (who, list, reason) who, sign, reason,
           CASE list WHEN '*' THEN NULL ELSE list::bigint END AS list_id
      FROM erasure_line ORDER BY who, list, reason, n DESC
), here AS MATERIALIZED (
    SELECT l.*, c.email_key
      FROM last l
      LEFT JOIN (SELECT email_key, erased_key($1::bytea, $2::bytea, email_key) AS who
                   FROM contact) c ON c.who = l.who
     WHERE l.sign = '+'
       AND (l.list_id IS NULL OR EXISTS (SELECT FROM list WHERE id = l.list_id))
)
INSERT INTO suppression (email_key, list_id, reason, evidence)
SELECT coalesce(email_key, who), list_id, reason, '{"source": "replay"}'
  FROM here
 WHERE reason <> 'erased' OR email_key IS NULL
 ORDER BY 1, 2, 3
    ON CONFLICT DO NOTHING;

-- Who was erased and is here again.  $1 and $2 of erased_key
-- name: erasure_lines_erase
SELECT c.email_key
  FROM contact c
 WHERE erased_key($1::bytea, $2::bytea, c.email_key)
       IN (SELECT who FROM erasure_line WHERE reason = 'erased' AND sign = '+')
 ORDER BY c.id;
