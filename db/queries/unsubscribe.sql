-- The link in every mail.  The lists that it is about: the one through which
-- the mail was sent, and those of the campaign that the contact is on.

-- The names of a few lists that everybody may see, else NULL.  $1 delivery
-- name: unsubscribe_find
SELECT count(l.id) FILTER (WHERE NOT l.off) = 0 AS off_lists,
       c.id IS NULL OR EXISTS (SELECT FROM suppression s
            WHERE s.email_key = c.email_key AND s.list_id IS NULL
              AND s.reason = 'unsubscribe') AS off_all,
       CASE WHEN bool_and(l.public) AND count(l.id) <= 5
            THEN string_agg(l.name, ', ' ORDER BY l.name) END AS names
  FROM delivery d
  LEFT JOIN contact c ON c.id = d.contact_id
  LEFT JOIN LATERAL (
       SELECT i.id, i.name, i.public, EXISTS (SELECT FROM suppression s
              WHERE s.email_key = c.email_key AND s.list_id = i.id
                AND s.reason = 'unsubscribe') AS off
         FROM (SELECT d.list_id
                UNION
               SELECT cl.list_id
                 FROM campaign_list cl JOIN membership m USING (list_id)
                WHERE cl.campaign_id = d.campaign_id AND NOT cl.excluded
                  AND m.contact_id = c.id) about
         JOIN list i ON i.id = about.list_id
        WHERE c.id IS NOT NULL) l ON true
 WHERE d.id = $1::bigint
 GROUP BY c.id;

-- Saying it again changes nothing.
-- $1 delivery, $2 from everything, $3 by one click (RFC 8058)
-- name: unsubscribe_write
WITH who AS MATERIALIZED (
    SELECT d.id, d.campaign_id, d.contact_id, d.list_id, c.email_key
      FROM delivery d JOIN contact c ON c.id = d.contact_id
     WHERE d.id = $1::bigint
), told AS (
    INSERT INTO event (kind, key, campaign_id, delivery_id, contact_id, list_id, source, data)
    SELECT 'unsubscribe', w.id::text, w.campaign_id, w.id, w.contact_id, w.list_id, 'link',
           jsonb_build_object('all', $2::boolean, 'one_click', $3::boolean)
      FROM who w
        ON CONFLICT (kind, key) DO NOTHING
), about AS (
    SELECT NULL::bigint AS list_id WHERE $2::boolean
     UNION ALL
    SELECT i.id
      FROM (SELECT w.list_id FROM who w
             UNION
            SELECT cl.list_id
              FROM who w
              JOIN campaign_list cl ON cl.campaign_id = w.campaign_id AND NOT cl.excluded
              JOIN membership m ON m.list_id = cl.list_id AND m.contact_id = w.contact_id) l
      JOIN list i ON i.id = l.list_id
     WHERE NOT $2::boolean
)
INSERT INTO suppression (email_key, list_id, reason, delivery_id, evidence)
SELECT w.email_key, a.list_id, 'unsubscribe', w.id,
       jsonb_build_object('source', 'link', 'one_click', $3::boolean)
  FROM who w CROSS JOIN about a
 ORDER BY a.list_id
    ON CONFLICT (email_key, list_id, reason) DO NOTHING;

-- The page of all lists.  Whoever has the link sees the public lists that the
-- contact is on by name; the others that the mail is about are one, unnamed.
-- $1 delivery
-- name: preferences_find
WITH who AS MATERIALIZED (
    SELECT d.campaign_id, d.list_id, c.id, c.email_key, c.tracking
      FROM delivery d JOIN contact c ON c.id = d.contact_id
     WHERE d.id = $1::bigint
), about AS MATERIALIZED (
    SELECT list_id FROM who
     UNION
    SELECT cl.list_id
      FROM who w
      JOIN campaign_list cl ON cl.campaign_id = w.campaign_id AND NOT cl.excluded
      JOIN membership m ON m.list_id = cl.list_id AND m.contact_id = w.id
), shown AS MATERIALIZED (
    SELECT l.id, l.name, l.public, EXISTS (SELECT FROM suppression s
           WHERE s.email_key = w.email_key AND s.list_id = l.id
             AND s.reason = 'unsubscribe') AS off
      FROM who w
      JOIN list l ON l.id IN (SELECT list_id FROM about)
                  OR (l.public AND EXISTS (SELECT FROM membership m
                                            WHERE m.list_id = l.id AND m.contact_id = w.id))
)
SELECT EXISTS (SELECT FROM suppression s
                WHERE s.email_key = w.email_key AND s.list_id IS NULL
                  AND s.reason = 'unsubscribe'),
       CASE WHEN w.tracking <> 'none' THEN 'on'
            WHEN (tracking_refusal(w.email_key)).id IS NOT NULL THEN 'refused'
            ELSE 'off' END,
       (SELECT coalesce(json_agg(json_build_object('id', id, 'name', name, 'off', off)
                                 ORDER BY name, id), '[]')
          FROM ((SELECT id, name, off FROM shown WHERE public
                  ORDER BY off, name, id LIMIT 300)
                UNION ALL
                SELECT 0, '', bool_and(off) FROM shown WHERE NOT public HAVING count(*) > 0) s)
  FROM who w;

-- One of them, or with 0 those without a name.  Saying it again changes
-- nothing, and a list that was not shown is none.
-- $1 delivery, $2 list
-- name: preferences_leave
WITH who AS MATERIALIZED (
    SELECT d.id, d.campaign_id, d.contact_id, d.list_id, c.email_key
      FROM delivery d JOIN contact c ON c.id = d.contact_id
     WHERE d.id = $1::bigint
), leaves AS MATERIALIZED (
    SELECT l AS id FROM preferences_lists($1::bigint, $2::bigint) l
), told AS (
    INSERT INTO event (kind, key, campaign_id, delivery_id, contact_id, list_id, source, data)
    SELECT 'unsubscribe', w.id::text, w.campaign_id, w.id, w.contact_id, w.list_id, 'link',
           jsonb_build_object('all', false, 'one_click', false,
                              'lists', (SELECT jsonb_agg(id ORDER BY id) FROM leaves))
      FROM who w WHERE EXISTS (SELECT FROM leaves)
        ON CONFLICT (kind, key) DO NOTHING
)
INSERT INTO suppression (email_key, list_id, reason, delivery_id, evidence)
SELECT w.email_key, l.id, 'unsubscribe', w.id,
       jsonb_build_object('source', 'link', 'one_click', false)
  FROM who w CROSS JOIN leaves l
 ORDER BY l.id
    ON CONFLICT (email_key, list_id, reason) DO NOTHING;

-- Takes back that it was left.  $1 delivery, $2 list or 0
-- name: preferences_join
SELECT preferences_join($1::bigint, $2::bigint);

-- $1 delivery, $2 whether opens and clicks may be recorded
-- name: preferences_track
SELECT preferences_track($1::bigint, $2::boolean);
