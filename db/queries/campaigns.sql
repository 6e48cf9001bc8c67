-- Campaigns, as people see and change them; what moves them is in scheduler.sql.

-- $1 name, $2 template or NULL, $3 from name, $4 from address, $5 reply_to or
-- NULL, $6 reply_token, $7 return_path or NULL, $8 on_uncertain,
-- $9 expires_after_s, $10 track_opens, $11 track_clicks, $12 missing,
-- $13 defaults, $14 utm, $15 postal_address or NULL, $16 stop_on_reply,
-- $17 exclude_replied_to
-- name: campaign_insert
INSERT INTO campaign (name, template_id, from_name, from_email, reply_to, reply_token,
            return_path, on_uncertain, expires_after_s, track_opens, track_clicks, missing,
            defaults, utm, postal_address, stop_on_reply, exclude_replied_to)
VALUES ($1, $2::bigint, $3, $4, $5, $6::boolean, $7, $8, $9::integer, $10::boolean,
        $11::boolean, $12, $13::jsonb, $14::jsonb, $15, $16::boolean, $17::bigint[])
RETURNING id;

-- $1 to $17 as campaign_insert, $18 id
-- name: campaign_update
UPDATE campaign
   SET name = $1, template_id = $2::bigint, from_name = $3, from_email = $4,
       reply_to = $5, reply_token = $6::boolean, return_path = $7, on_uncertain = $8,
       expires_after_s = $9::integer, track_opens = $10::boolean,
       track_clicks = $11::boolean, missing = $12, defaults = $13::jsonb,
       utm = $14::jsonb, postal_address = $15, stop_on_reply = $16::boolean,
       exclude_replied_to = $17::bigint[], updated_at = now()
 WHERE id = $18::bigint;

-- What a change starts from, held until it is written.  $1 id
-- name: campaign_held
SELECT status, name, template_id, from_name, from_email, reply_to, reply_token,
       return_path, on_uncertain, expires_after_s, track_opens, track_clicks,
       missing, defaults, utm, postal_address, stop_on_reply
  FROM campaign WHERE id = $1::bigint
   FOR UPDATE;

-- $1 id
-- name: campaign_links
SELECT CASE WHEN excluded THEN 'exclude_list_ids' ELSE 'list_ids' END AS field, list_id AS id
  FROM campaign_list WHERE campaign_id = $1::bigint
UNION ALL
SELECT 'account_ids', account_id FROM campaign_account WHERE campaign_id = $1::bigint
UNION ALL
SELECT 'exclude_replied_to', unnest(exclude_replied_to) FROM campaign WHERE id = $1::bigint
 ORDER BY field, id;

-- $1 id
-- name: campaign_unlink
WITH lists AS (
    DELETE FROM campaign_list WHERE campaign_id = $1::bigint
)
DELETE FROM campaign_account WHERE campaign_id = $1::bigint;

-- $1 id, $2 lists, $3 excluded lists, $4 accounts
-- name: campaign_link
WITH lists AS (
    INSERT INTO campaign_list (campaign_id, list_id, excluded)
    SELECT $1::bigint, unnest($2::bigint[]), false
    UNION ALL
    SELECT $1::bigint, unnest($3::bigint[]), true
)
INSERT INTO campaign_account (campaign_id, account_id)
SELECT $1::bigint, unnest($4::bigint[]);

-- What a campaign refers to that is not there.
-- $1 lists, $2 excluded lists, $3 accounts, $4 template or NULL, $5 campaigns
-- name: campaign_dangling
SELECT 'list_ids', 'list', u.id
  FROM unnest($1::bigint[]) AS u (id)
 WHERE NOT EXISTS (SELECT FROM list l WHERE l.id = u.id)
UNION ALL
SELECT 'exclude_list_ids', 'list', u.id
  FROM unnest($2::bigint[]) AS u (id)
 WHERE NOT EXISTS (SELECT FROM list l WHERE l.id = u.id)
UNION ALL
SELECT 'account_ids', 'account', u.id
  FROM unnest($3::bigint[]) AS u (id)
 WHERE NOT EXISTS (SELECT FROM smtp_account a WHERE a.id = u.id)
UNION ALL
SELECT 'exclude_replied_to', 'campaign', u.id
  FROM unnest($5::bigint[]) AS u (id)
 WHERE NOT EXISTS (SELECT FROM campaign c WHERE c.id = u.id)
UNION ALL
SELECT 'template_id', 'template', $4::bigint
 WHERE $4::bigint IS NOT NULL
   AND NOT EXISTS (SELECT FROM template t WHERE t.id = $4::bigint);

-- counts: how far senders have come, cheap enough to be asked often; the
-- report counts outcomes.  $1 id
-- name: campaign_document
SELECT row_to_json(d)
  FROM (SELECT c.id, c.name, c.status, c.status_reason,
               ARRAY(SELECT list_id FROM campaign_list
                      WHERE campaign_id = c.id AND NOT excluded ORDER BY 1) AS list_ids,
               ARRAY(SELECT segment_id FROM campaign_segment
                      WHERE campaign_id = c.id AND NOT excluded ORDER BY 1) AS segment_ids,
               ARRAY(SELECT list_id FROM campaign_list
                      WHERE campaign_id = c.id AND excluded ORDER BY 1) AS exclude_list_ids,
               ARRAY(SELECT segment_id FROM campaign_segment
                      WHERE campaign_id = c.id AND excluded ORDER BY 1) AS exclude_segment_ids,
               CASE WHEN c.resend_of IS NOT NULL
                    THEN json_build_object('campaign_id', c.resend_of, 'to', c.resend_to)
                    END AS resend,
               CASE WHEN c.frequency_messages IS NOT NULL
                    THEN json_build_object('messages', c.frequency_messages,
                                           'days', c.frequency_days) END AS frequency_cap,
               c.template_id, c.subject, c.experiment_id,
               ARRAY(SELECT account_id FROM campaign_account
                      WHERE campaign_id = c.id ORDER BY 1) AS account_ids,
               (SELECT coalesce(json_agg(json_build_object(
                           'id', a.id, 'name', a.name, 'state', a.state,
                           'state_reason', a.state_reason) ORDER BY a.id), '[]')
                  FROM campaign_account ca JOIN smtp_account a ON a.id = ca.account_id
                 WHERE ca.campaign_id = c.id) AS accounts,
               (SELECT coalesce(json_agg(json_build_object(
                           'account_id', a.id, 'detail', w) ORDER BY a.id, n), '[]')
                  FROM campaign_account ca JOIN smtp_account a ON a.id = ca.account_id,
                       jsonb_array_elements_text(a.self_test -> 'warnings')
                           WITH ORDINALITY u (w, n)
                 WHERE ca.campaign_id = c.id) AS warnings,
               json_build_object('name', c.from_name, 'email', c.from_email) AS "from",
               c.reply_to, c.reply_token, c.return_path, c.track_opens, c.track_clicks,
               c.stop_on_reply, c.exclude_replied_to,
               ARRAY(SELECT goal_id FROM campaign_goal
                      WHERE campaign_id = c.id ORDER BY 1) AS goal_ids,
               c.holdout_percent, c.click_ids, c.time_zone,
               c.missing, c.defaults, c.utm, c.postal_address, c.on_uncertain, c.expires_after_s,
               CASE WHEN coalesce(c.per_second, c.per_minute, c.per_hour, c.per_day) IS NOT NULL
                    THEN json_build_object('per_second', c.per_second, 'per_minute', c.per_minute,
                                           'per_hour', c.per_hour, 'per_day', c.per_day)
                    END AS rate,
               CASE WHEN coalesce(c.brake_hard_percent, c.brake_complaint_percent) IS NOT NULL
                    THEN json_build_object('hard_bounce_percent', c.brake_hard_percent,
                                           'complaint_percent', c.brake_complaint_percent,
                                           'minimum', c.brake_minimum) END AS brake,
               json_build_object(
                   'audience', coalesce(c.audience, 0),
                   'reached', (SELECT coalesce(sum(CASE WHEN l.done
                                          THEN l.last_id ELSE l.watermark END
                                          - l.first_id + 1), 0)
                                 FROM lease l WHERE l.campaign_id = c.id),
                   'retrying', r.n) AS counts,
               CASE WHEN c.audience IS NOT NULL AND c.status IN ('running', 'paused') THEN
                    json_build_object(
                        'rate', coalesce(w.rate, 0),
                        'under_way', coalesce(w.under_way, 0),
                        'workers', coalesce(w.workers, 0),
                        'pending', campaign_pending(c.id),
                        'next_attempt_at', r.next_at,
                        'kept', r.kept,
                        'accounts', (SELECT coalesce(json_agg(json_build_object(
                                'id', a.id, 'name', a.name,
                                'state', CASE WHEN a.state = 'active' THEN coalesce(l.state, 'idle')
                                              ELSE a.state END,
                                'why', CASE WHEN a.state = 'active' THEN coalesce(l.why, '')
                                            ELSE a.state_reason END,
                                'for_s', coalesce(l.for_s, 0),
                                'connections', coalesce(l.connections, 0),
                                'under_way', coalesce(l.under_way, 0)) ORDER BY a.id), '[]')
                           FROM campaign_account ca JOIN smtp_account a ON a.id = ca.account_id
                           LEFT JOIN live_account l ON l.account_id = a.id
                          WHERE ca.campaign_id = c.id),
                        'groups', (SELECT coalesce(json_agg(json_build_object(
                                'account_id', g.account_id, 'name', g.name, 'state', g.state,
                                'why', g.why, 'for_s', g.for_s, 'under_way', g.under_way,
                                'allowed', g.allowed) ORDER BY g.account_id, g.name), '[]')
                           FROM (SELECT l.account_id, l.name, l.state, l.why, l.for_s,
                                        l.under_way, l.allowed
                                   FROM live_group l JOIN campaign_account ca USING (account_id)
                                  WHERE ca.campaign_id = c.id
                                 UNION ALL
                                 (SELECT account_id, group_name, 'paused', why, 0, 0, 0
                                    FROM campaign_pause WHERE campaign_id = c.id
                                   ORDER BY at, group_name LIMIT 100)) g)) END AS live,
               c.scheduled_at, c.started_at, c.expires_at, c.finished_at,
               c.created_at, c.updated_at
          FROM campaign c LEFT JOIN live_campaign w ON w.campaign_id = c.id,
               LATERAL (SELECT count(*) AS n, min(next_at) AS next_at,
                               count(*) - count(next_at) AS kept
                          FROM retry WHERE campaign_id = c.id) r
         WHERE c.id = $1::bigint) d;

-- $1 after this id, $2 at most, $3 status or NULL
-- name: campaign_page
SELECT id, row_to_json(d)
  FROM (SELECT id, name, status, status_reason, template_id, coalesce(audience, 0) AS audience,
               scheduled_at, started_at, expires_at, finished_at, created_at, updated_at
          FROM campaign
         WHERE id > $1::bigint AND ($3::text IS NULL OR status = $3)
         ORDER BY id LIMIT $2::bigint) d
 ORDER BY id;

-- $1 id
-- name: campaign_delete
DELETE FROM campaign WHERE id = $1::bigint;

-- What has to be right before a campaign may start, or be tried.  $1 id
-- name: campaign_readiness
SELECT EXISTS (SELECT FROM campaign_list l WHERE l.campaign_id = c.id AND NOT l.excluded),
       EXISTS (SELECT FROM campaign_account a WHERE a.campaign_id = c.id),
       t.id IS NOT NULL, coalesce(c.subject, t.subject, ''), t.html || t.markdown || t.text <> '', s.id IS NULL AND t.layout <> '',
       c.from_name, c.from_email
  FROM campaign c
  LEFT JOIN template t ON t.id = c.template_id
  LEFT JOIN snippet s ON s.name = t.layout
 WHERE c.id = $1::bigint;

-- $1 id, $2 when (NULL: now)
-- name: campaign_schedule
UPDATE campaign
   SET status = 'scheduled', status_reason = '', updated_at = now(),
       scheduled_at = coalesce($2::timestamptz, now())
 WHERE id = $1::bigint;

-- $1 id
-- name: campaign_pause
UPDATE campaign
   SET status = 'paused', status_reason = 'paused by a person', updated_at = now()
 WHERE id = $1::bigint;

-- One whose audience was frozen goes on where it was; another waits for its
-- time again, or starts now when that has passed.  After campaign_pauses_end.
-- $1 id
-- name: campaign_resume
UPDATE campaign
   SET status = CASE WHEN audience IS NULL THEN 'scheduled' ELSE 'running' END,
       scheduled_at = CASE WHEN audience IS NULL THEN greatest(scheduled_at, now())
                           ELSE scheduled_at END,
       status_reason = '', updated_at = now()
 WHERE id = $1::bigint;

-- $1 id
-- name: campaign_cancel
UPDATE campaign
   SET status = 'cancelled', status_reason = 'cancelled by a person',
       finished_at = now(), updated_at = now()
 WHERE id = $1::bigint;

-- Those of the addresses that nobody may mail.  $1 keys
-- name: campaign_test_suppressed
SELECT u.n, string_agg(s.reason, ', ' ORDER BY s.reason)
  FROM unnest($1::text[]) WITH ORDINALITY AS u (key, n)
  JOIN suppression s ON s.email_key = u.key AND s.list_id IS NULL
 GROUP BY u.n ORDER BY u.n;
