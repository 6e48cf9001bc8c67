-- The links of mails that were sent.

-- Where the links of the campaign lead that lead everybody to the same place.
-- $1 campaign
-- name: link_targets
SELECT number, url FROM campaign_link
 WHERE campaign_id = $1::bigint AND NOT personal
 ORDER BY number;

-- Whether links lead there with a click id, and whether that is settled.
-- $1 campaign
-- name: campaign_click_ids
SELECT click_ids, started_at IS NOT NULL FROM campaign WHERE id = $1::bigint;

-- What stands in a message beside its content, and whom it went to.  Number 0
-- is the test message: its last recipient is as good as any.
-- $1 campaign, $2 delivery
-- name: web_view_recipient
SELECT c.name AS campaign, c.from_name, c.from_email,
       coalesce(p.email, t.recipient, ''), coalesce(p.name, ''),
       coalesce(p.attributes, '{}') || message_data(d.id), coalesce(l.id, 0), coalesce(l.name, ''),
       coalesce((SELECT min(o.at) FROM outcome o WHERE o.delivery_id = $2::bigint),
                c.started_at, now()),
       c.started_at IS NOT NULL
  FROM campaign c
  LEFT JOIN delivery d ON d.id = $2::bigint
  LEFT JOIN LATERAL (SELECT recipient FROM task
                      WHERE kind = 'test_message' AND campaign_id = c.id AND d.id IS NULL
                      ORDER BY id DESC LIMIT 1) t ON true
  LEFT JOIN LATERAL (SELECT id, email, name, attributes FROM contact
                      WHERE id = d.contact_id
                     UNION ALL
                     SELECT id, email, name, attributes FROM contact
                      WHERE d.id IS NULL AND email_key = lower(t.recipient)) p ON true
  LEFT JOIN list l ON l.id = d.list_id
 WHERE c.id = $1::bigint AND (d.id IS NULL OR p.id IS NOT NULL);
