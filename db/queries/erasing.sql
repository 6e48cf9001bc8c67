-- Erasing somebody: what is left is a number, the counts, and the wish not to
-- be mailed, under a keyed hash.  The steps run in one transaction, in this
-- order (api/erase.c).

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
