-- What a worker asks a few times a second.
-- The comments over the ledger's tables (db/migrations) say what the rows mean.

-- name: work_find
-- The running campaigns, whether this worker has an account to send through,
-- what there is to take, whether there is a limit, how many milliseconds are
-- left, and the version of its pauses.
-- $1 this worker's number  $2 workers  $3 accounts that cannot be used here now
SELECT c.id,
       EXISTS (SELECT FROM campaign_account ca JOIN smtp_account a ON a.id = ca.account_id
                WHERE ca.campaign_id = c.id AND a.state = 'active'
                  AND a.id <> ALL ($3::bigint[])
                  AND ($1::bigint + a.id) % $2::bigint < a.max_connections),
       EXISTS (SELECT FROM lease l
                WHERE l.campaign_id = c.id AND NOT l.done
                  AND (l.holder IS NULL OR l.held_until < clock_timestamp())),
       EXISTS (SELECT FROM retry r
                WHERE r.campaign_id = c.id AND r.next_at <= now() AND r.holder IS NULL),
       coalesce(c.per_second, c.per_minute, c.per_hour, c.per_day) IS NOT NULL,
       floor(1000 * extract(epoch FROM c.expires_at - clock_timestamp()))::bigint,
       c.pauses
  FROM campaign c
 WHERE c.status = 'running' AND c.expires_at > now() AND (SELECT is_original())
 ORDER BY c.id;

-- name: suppression_feed
-- What was written by transactions that were not done at the snapshot
-- before; last a row with the number to ask with next time.
-- $1 that number
SELECT s.email_key, s.list_id, NULL::text, s.reason = 'unsubscribe'
  FROM suppression s
 WHERE s.written_by >= $1::xid8
   -- Numbers of another cluster, from before a restore, are not news.
   AND s.written_by < pg_snapshot_xmax(pg_current_snapshot())
UNION ALL
SELECT NULL, NULL, pg_snapshot_xmin(pg_current_snapshot())::text, NULL;

-- name: account_states
-- $1 accounts
SELECT id, version, state = 'active'
  FROM smtp_account WHERE id = ANY ($1::bigint[]);
