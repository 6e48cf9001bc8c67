-- What a campaign's messages are made of: frozen when it starts, as it is
-- now before that.  message_source, message_snippets and message_attachments
-- are asked together; templates/message_row.h has the order of the columns.

-- Last the postal address, and a layout that does not exist.
-- $1 campaign  $2 postal address where the campaign has none
-- name: message_source
SELECT subject, preheader, html, text, markdown, layout, translations, missing, defaults,
       utm ->> 'source', utm ->> 'medium', utm ->> 'campaign', utm ->> 'term',
       utm ->> 'content', track_clicks, track_opens, postal_address, NULL::text
  FROM campaign_content
 WHERE campaign_id = $1::bigint
UNION ALL
SELECT coalesce(c.subject, t.subject), t.preheader, t.html, t.text, t.markdown, coalesce(s.html, ''),
       t.translations, c.missing, c.defaults,
       c.utm ->> 'source', c.utm ->> 'medium', c.utm ->> 'campaign', c.utm ->> 'term',
       c.utm ->> 'content', c.track_clicks, c.track_opens,
       coalesce(c.postal_address, $2::text),
       CASE WHEN t.layout <> '' AND s.id IS NULL THEN t.layout END
  FROM campaign c JOIN template t ON t.id = c.template_id
  LEFT JOIN snippet s ON s.name = t.layout
 WHERE c.id = $1::bigint
   AND NOT EXISTS (SELECT FROM campaign_content f WHERE f.campaign_id = c.id);

-- $1 campaign
-- name: message_snippets
SELECT name, html
  FROM campaign_snippet
 WHERE campaign_id = $1::bigint
UNION ALL
SELECT name, html
  FROM snippet
 WHERE NOT EXISTS (SELECT FROM campaign_content f WHERE f.campaign_id = $1::bigint);

-- $1 campaign
-- name: message_attachments
SELECT name, type, content_id, content
  FROM (SELECT n::bigint, name, type, content_id, content
          FROM campaign_attachment
         WHERE campaign_id = $1::bigint
        UNION ALL
        SELECT a.id, a.name, a.type, a.content_id, a.content
          FROM campaign c JOIN template_attachment a USING (template_id)
         WHERE c.id = $1::bigint
           AND NOT EXISTS (SELECT FROM campaign_content f WHERE f.campaign_id = c.id)) a
 ORDER BY n;

-- Nothing when the template or its layout went meanwhile.
-- $1 campaign  $2 postal address where the campaign has none
-- name: content_freeze
INSERT INTO campaign_content (campaign_id, subject, preheader, html, text, markdown, layout,
            translations, missing, defaults, utm, track_clicks, track_opens, postal_address)
SELECT c.id, coalesce(c.subject, t.subject), t.preheader, t.html, t.text, t.markdown, coalesce(s.html, ''),
       t.translations, c.missing, c.defaults, c.utm, c.track_clicks, c.track_opens,
       coalesce(c.postal_address, $2::text)
  FROM campaign c JOIN template t ON t.id = c.template_id
  LEFT JOIN snippet s ON s.name = t.layout
 WHERE c.id = $1::bigint AND (t.layout = '' OR s.id IS NOT NULL);

-- All of them; those that the message does not use go again.  $1 campaign
-- name: snippets_freeze
INSERT INTO campaign_snippet (campaign_id, name, html)
SELECT $1::bigint, name, html FROM snippet;

-- $1 campaign  $2 those that are used
-- name: snippets_trim
DELETE FROM campaign_snippet
 WHERE campaign_id = $1::bigint AND name <> ALL ($2::text[]);

-- $1 campaign
-- name: attachments_freeze
INSERT INTO campaign_attachment (campaign_id, n, name, type, content_id, content)
SELECT c.id, row_number() OVER (ORDER BY a.id), a.name, a.type, a.content_id, a.content
  FROM campaign c JOIN template_attachment a USING (template_id)
 WHERE c.id = $1::bigint;

-- $1 campaign  $2 numbers  $3 URLs  $4 0: one for all, 1: personal
-- name: links_freeze
INSERT INTO campaign_link (campaign_id, number, url, personal)
SELECT $1::bigint, u.number, u.url, u.personal = 1
  FROM unnest($2::bigint[], $3::text[], $4::bigint[]) AS u (number, url, personal);

-- What does not compile was not frozen.  $1 campaign
-- name: content_thaw
WITH snippets AS (
	DELETE FROM campaign_snippet WHERE campaign_id = $1::bigint),
attachments AS (
	DELETE FROM campaign_attachment WHERE campaign_id = $1::bigint)
DELETE FROM campaign_content WHERE campaign_id = $1::bigint;
