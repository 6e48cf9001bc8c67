-- What senders are doing now: told by workers, read by people.

-- name: status_put
-- $1 holder  $2 campaigns  $3 accounts  $4 groups
INSERT INTO worker_status (holder, told_at, campaigns, accounts, groups)
VALUES ($1::text, clock_timestamp(), $2::jsonb, $3::jsonb, $4::jsonb)
ON CONFLICT (holder) DO UPDATE
   SET told_at = EXCLUDED.told_at, campaigns = EXCLUDED.campaigns,
       accounts = EXCLUDED.accounts, groups = EXCLUDED.groups;

-- name: status_remove
-- $1 holder
DELETE FROM worker_status WHERE holder = $1::text;

-- name: status_forget
-- Those of workers that are long gone.
DELETE FROM worker_status WHERE told_at < now() - interval '10 minutes';

-- name: status_campaigns
-- One campaign, or all that are under way.
-- $1 campaign (NULL: all)
SELECT c.id, c.name, c.status, c.status_reason, coalesce(c.audience, 0), p.pending,
       coalesce(l.rate, 0)::float8, coalesce(l.under_way, 0), coalesce(l.workers, 0),
       r.deferred, extract(epoch FROM r.next_at - now())::bigint,
       extract(epoch FROM coalesce(c.scheduled_at, now()) - now())::bigint, r.kept
  FROM campaign c
  LEFT JOIN live_campaign l ON l.campaign_id = c.id,
       LATERAL (SELECT campaign_pending(c.id) AS pending) p,
       LATERAL (SELECT count(next_at) AS deferred, min(next_at) AS next_at,
                       count(*) FILTER (WHERE next_at IS NULL) AS kept
                  FROM retry WHERE campaign_id = c.id) r
 WHERE CASE WHEN $1::bigint IS NULL THEN c.status IN ('scheduled', 'running', 'paused')
            ELSE c.id = $1::bigint END
 ORDER BY c.id;

-- name: status_accounts
-- The accounts of one campaign, or of all that are under way.
-- $1 campaign (NULL: all)
SELECT a.id, a.name, CASE WHEN a.state = 'active' THEN coalesce(l.state, 'idle') ELSE a.state END,
       CASE WHEN a.state = 'active' THEN coalesce(l.why, '') ELSE a.state_reason END,
       coalesce(l.for_s, 0), coalesce(l.connections, 0), coalesce(l.under_way, 0)
  FROM smtp_account a LEFT JOIN live_account l ON l.account_id = a.id
 WHERE EXISTS (SELECT FROM campaign_account ca JOIN campaign c ON c.id = ca.campaign_id
                WHERE ca.account_id = a.id
                  AND CASE WHEN $1::bigint IS NULL THEN c.status IN ('running', 'paused')
                           ELSE c.id = $1::bigint END)
 ORDER BY a.id;

-- name: status_groups
-- Recipient-domain groups that are served more slowly than they could be, and
-- the first ones that a campaign is paused for.
-- $1 campaign (NULL: all)
SELECT account_id, name, state, why, for_s, under_way, allowed
  FROM live_group
 WHERE $1::bigint IS NULL
    OR account_id IN (SELECT account_id FROM campaign_account WHERE campaign_id = $1::bigint)
UNION ALL
(SELECT p.account_id, p.group_name, 'paused',
        format('until campaign %s is resumed: %s', c.id, p.why), 0, 0, 0
   FROM campaign_pause p JOIN campaign c ON c.id = p.campaign_id
  WHERE CASE WHEN $1::bigint IS NULL THEN c.status IN ('running', 'paused')
             ELSE c.id = $1::bigint END
  ORDER BY p.at, p.group_name LIMIT 100)
 ORDER BY account_id, name;
