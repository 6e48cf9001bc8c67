-- Groups of recipients' domains: their limits, what was learnt about them,
-- and recipients that wait for them.

-- name: group_limits
-- The groups with limits of their own, and whether there is a rate.
-- $1 account
SELECT group_name, g.connections, q.rated IS NOT NULL
  FROM (SELECT group_name, connections FROM group_limit WHERE account_id = $1::bigint) g
  FULL JOIN (SELECT DISTINCT group_name, true AS rated FROM quota_limit
              WHERE kind = 'group' AND id = $1::bigint) q USING (group_name)
 ORDER BY group_name COLLATE "C";

-- name: group_states
-- What was learnt not long ago.
-- $1 account
SELECT group_name, state = 'slow', allowed, patience_ms,
       ceil(extract(epoch FROM shut_until - clock_timestamp()) * 1000)::bigint, why
  FROM group_state
 WHERE account_id = $1::bigint AND at > now() - interval '1 hour';

-- name: group_state_put
-- $1 account  $2 groups  $3 states  $4 allowed  $5 patience in milliseconds
-- $6 milliseconds that it is shut  $7 why
INSERT INTO group_state (account_id, group_name, state, allowed, patience_ms, shut_until, why, at)
SELECT a.id, u.name, u.state, u.allowed, u.patience_ms,
       now() + u.shut_ms * interval '1 millisecond', u.why, now()
  FROM smtp_account a,
       unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[])
           AS u (name, state, allowed, patience_ms, shut_ms, why)
 WHERE a.id = $1::bigint
 ORDER BY u.name
ON CONFLICT (account_id, group_name) DO UPDATE
   SET state = EXCLUDED.state, allowed = EXCLUDED.allowed,
       patience_ms = EXCLUDED.patience_ms, shut_until = EXCLUDED.shut_until,
       why = EXCLUDED.why, at = EXCLUDED.at;

-- name: group_state_remove
-- $1 account  $2 groups that are served as fast as they can be again
DELETE FROM group_state WHERE account_id = $1::bigint AND group_name = ANY ($2::text[]);

-- name: retry_aside
-- Recipients that wait for their group, unattempted: the attempt to come
-- stays what it is.  For a group that their campaign is paused for without a
-- time; that row is locked, so that none comes after the pause's end.  Not where somebody else has made it meanwhile, or has
-- the lease: to that one they are pending.
-- $1 holder  $2 deliveries  $3 the attempts to come  $4 milliseconds until then
-- $5 when the first attempt was (NULL: never sent)  $6 accounts (0: any)
-- $7 firsts of their leases (0: they were retries)  $8 epochs
-- $9 groups that are thought to be paused (NULL: not)
INSERT INTO retry AS r (delivery_id, campaign_id, attempt, next_at, first_at, account_id)
SELECT u.delivery_id, c.id, u.attempt,
       CASE WHEN p.paused IS NULL THEN now() + u.delay_ms * interval '1 millisecond' END,
       coalesce(u.first_at, now()), nullif(u.account_id, 0)
  FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::bigint[],
              $7::bigint[], $8::bigint[], $9::text[])
       AS u (delivery_id, attempt, delay_ms, first_at, account_id, first_id, epoch, group_name)
  JOIN campaign c ON c.id = u.delivery_id >> 32
  -- as in retry_put
  LEFT JOIN LATERAL (SELECT true AS made FROM outcome o
                      WHERE o.delivery_id = u.delivery_id
                        AND (o.attempt >= u.attempt
                             OR (o.attempt = u.attempt - 1 AND o.state > 'deferred'))
                      LIMIT 1) later ON true
  LEFT JOIN LATERAL (SELECT true AS paused FROM campaign_pause
                      WHERE campaign_id = c.id AND group_name = u.group_name
                        FOR SHARE) p ON u.group_name IS NOT NULL
 WHERE later.made IS NULL
   AND (u.first_id = 0
        OR EXISTS (SELECT FROM lease l
                    WHERE l.campaign_id = c.id AND l.first_id = u.first_id
                      AND l.epoch = u.epoch))
ON CONFLICT (delivery_id) DO UPDATE
   SET next_at = EXCLUDED.next_at, holder = NULL, held_until = NULL
 WHERE r.attempt = EXCLUDED.attempt AND r.holder = $1::text;

-- name: group_limit_documents
-- $1 account  $2 group (NULL: all)
SELECT row_to_json(d)
  FROM (SELECT group_name AS "group", connections, per_second, per_minute, per_hour, per_day
          FROM group_limit
         WHERE account_id = $1::bigint AND group_name = coalesce($2, group_name)
         ORDER BY group_name) d;

-- name: group_limit_put
-- $1 account  $2 group  $3 connections  $4 to $7 per second, minute, hour, day
INSERT INTO group_limit (account_id, group_name, connections,
                         per_second, per_minute, per_hour, per_day)
VALUES ($1::bigint, $2, $3::integer, $4::integer, $5::integer, $6::integer, $7::integer)
ON CONFLICT (account_id, group_name) DO UPDATE
   SET connections = EXCLUDED.connections, per_second = EXCLUDED.per_second,
       per_minute = EXCLUDED.per_minute, per_hour = EXCLUDED.per_hour,
       per_day = EXCLUDED.per_day;

-- name: group_limit_delete
-- $1 account  $2 group
DELETE FROM group_limit WHERE account_id = $1::bigint AND group_name = $2 RETURNING group_name;

-- name: group_limits_changed
-- Senders read them again.
-- $1 account
UPDATE smtp_account SET version = version + 1, updated_at = now()
 WHERE id = $1::bigint RETURNING id;

-- name: campaign_pauses
-- $1 campaign; the version, and the paused groups: one row with NULL if none
SELECT c.pauses, p.group_name
  FROM campaign c LEFT JOIN campaign_pause p ON p.campaign_id = c.id
 WHERE c.id = $1::bigint;

-- name: campaign_pause_group
-- Whoever is refused first says so to all.
-- $1 campaign  $2 group  $3 account  $4 the reply  $5 its code
-- $6 its enhanced status or NULL
WITH begun AS (
	INSERT INTO campaign_pause (campaign_id, group_name, account_id, why)
	SELECT id, $2::text, $3::bigint, $4::text FROM campaign WHERE id = $1::bigint
	ON CONFLICT DO NOTHING
	RETURNING campaign_id),
told AS (
	UPDATE campaign SET pauses = pauses + 1, updated_at = now()
	 WHERE id IN (SELECT campaign_id FROM begun))
INSERT INTO event (kind, key, campaign_id, source, data)
SELECT 'alert', 'group ' || campaign_id || ' ' || $2::text || ' ' || clock_timestamp(),
       campaign_id, 'sender',
       jsonb_build_object('alert', 'group_paused', 'group', $2::text, 'account_id', $3::bigint,
                          'code', $5::bigint, 'status', $6::text, 'reply', $4::text,
                          'reason', format('%s refuses who sends this campaign: nothing more is'
                                           ' sent there until it is resumed (%s)', $2::text, $4::text))
  FROM begun;

-- name: campaign_pauses_end
-- $1 campaign; how many groups had been paused
WITH ended AS (DELETE FROM campaign_pause WHERE campaign_id = $1::bigint RETURNING 1),
told AS (UPDATE campaign SET pauses = pauses + 1
          WHERE id = $1::bigint AND EXISTS (SELECT FROM ended))
SELECT count(*) FROM ended;

-- name: retry_unpause
-- After campaign_pauses_end, in its transaction, so that none is overlooked.
-- $1 campaign
UPDATE retry SET next_at = now() WHERE campaign_id = $1::bigint AND next_at IS NULL;
