-- Campaigns that do harm: sender/brake.h.

-- name: brake_plan
-- For this transaction: by keys, though tables were small when statistics
-- were taken.
SELECT set_config('enable_seqscan', 'off', true);

-- name: brake_look
-- Running campaigns with hard bounces or complaints: how many results, hard
-- bounces and complaints there are behind the marks, of all leases and of the
-- newest ones that hold at least $1 times the minimum.  A lease that is done
-- has its size of results, less those that are deferred; in one under way
-- they are counted.
-- $1 how many minimums are recent
WITH piece AS MATERIALIZED (
	SELECT c.id, c.brake_minimum, l.first_id, b.hard, b.complaints,
	       CASE WHEN l.done
	            THEN p.last - p.first + 1 - (SELECT count(*) FROM retry r
	                                          WHERE r.delivery_id BETWEEN p.first AND p.last)
	            ELSE (SELECT count(*) FROM outcome o
	                   WHERE o.delivery_id BETWEEN p.first AND p.last
	                     AND o.state IN ('accepted', 'failed')) END AS results
	  FROM campaign c
	  JOIN lease l ON l.campaign_id = c.id,
	       LATERAL (SELECT coalesce(l.brake_mark + 1, l.first_id) AS first,
	                       CASE WHEN l.done THEN l.last_id ELSE l.watermark END AS last) p,
	       LATERAL (SELECT count(*) FILTER (WHERE e.kind = 'bounce') AS hard,
	                       count(*) FILTER (WHERE e.kind = 'complaint') AS complaints
	                  FROM event e
	                 WHERE e.campaign_id = c.id AND e.delivery_id BETWEEN p.first AND p.last
	                   AND (e.kind = 'complaint' OR (e.kind = 'bounce' AND e.type = 'hard'))) b
	 WHERE c.status = 'running' AND p.last >= p.first
	   AND coalesce(c.brake_hard_percent, c.brake_complaint_percent) IS NOT NULL
	   AND EXISTS (SELECT FROM event e
	                WHERE e.campaign_id = c.id
	                  AND (e.kind = 'complaint' OR (e.kind = 'bounce' AND e.type = 'hard')))),
placed AS (
	SELECT *, sum(results) OVER (PARTITION BY id ORDER BY first_id DESC)
	          - results < $1::bigint * brake_minimum AS recent
	  FROM piece),
total AS (
	SELECT id, false AS recent, sum(results) AS results, sum(hard) AS hard,
	       sum(complaints) AS complaints
	  FROM placed GROUP BY id
	UNION ALL
	SELECT id, true, sum(results), sum(hard), sum(complaints)
	  FROM placed WHERE recent GROUP BY id)
SELECT t.id, t.recent, t.results::bigint, t.hard::bigint, t.complaints::bigint,
       coalesce(c.brake_hard_percent, 0), coalesce(c.brake_complaint_percent, 0),
       c.brake_minimum
  FROM total t JOIN campaign c ON c.id = t.id
 WHERE t.hard + t.complaints > 0
 ORDER BY t.id, t.recent;

-- name: brake_pull
-- From here on only what is sent after this counts.
-- $1 campaign  $2 why, for people  $3 what, as JSON
WITH stopped AS (
	UPDATE campaign
	   SET status = 'paused', status_reason = $2::text, updated_at = now()
	 WHERE id = $1::bigint AND status = 'running'
	RETURNING id),
marked AS (
	UPDATE lease l
	   SET brake_mark = greatest(l.brake_mark, CASE WHEN l.done THEN l.last_id
	                                                ELSE l.watermark END)
	  FROM stopped s
	 WHERE l.campaign_id = s.id AND l.watermark >= l.first_id
	   AND l.brake_mark IS DISTINCT FROM l.last_id)
INSERT INTO event (kind, key, campaign_id, source, data)
SELECT 'alert', 'brake ' || id || ' ' || clock_timestamp(), id, 'sender',
       $3::jsonb || jsonb_build_object('reason', $2::text)
  FROM stopped;
