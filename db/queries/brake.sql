-- Campaigns that do harm: sender/brake.h.

-- name: brake_look
-- Running campaigns with hard bounces or complaints, and how many results
-- they have since brake_from: over all, then of the newest leases that hold
-- at least $1 times the minimum.  Deferred ones are no results yet.
-- $1 how many minimums are recent
WITH reached AS (
	SELECT l.campaign_id, l.first_id, n.reached,
	       sum(n.reached) OVER (PARTITION BY l.campaign_id ORDER BY l.first_id DESC)
	           - n.reached < $1::bigint * c.brake_minimum AS recent
	  FROM campaign c
	  JOIN lease l ON l.campaign_id = c.id AND l.first_id > c.brake_from,
	       LATERAL (SELECT CASE WHEN l.done THEN l.last_id ELSE l.watermark END
	                       - l.first_id + 1 AS reached) n
	 WHERE c.status = 'running' AND n.reached > 0
	   AND coalesce(c.brake_hard_percent, c.brake_complaint_percent) IS NOT NULL
	   AND EXISTS (SELECT FROM event e
	                WHERE e.campaign_id = c.id AND e.delivery_id > c.brake_from
	                  AND (e.kind = 'complaint' OR (e.kind = 'bounce' AND e.type = 'hard')))),
span AS (
	SELECT r.campaign_id, false AS recent, min(r.first_id) AS first_id, sum(r.reached) AS reached
	  FROM reached r GROUP BY r.campaign_id
	UNION ALL
	SELECT r.campaign_id, true, min(r.first_id), sum(r.reached)
	  FROM reached r WHERE r.recent GROUP BY r.campaign_id)
SELECT c.id, s.recent,
       (s.reached - (SELECT count(*) FROM retry r
                      WHERE r.delivery_id >= s.first_id
                        AND r.delivery_id < (c.id + 1) << 32))::bigint,
       (SELECT count(*) FROM event e
         WHERE e.campaign_id = c.id AND e.kind = 'bounce' AND e.type = 'hard'
           AND e.delivery_id >= s.first_id),
       (SELECT count(*) FROM event e
         WHERE e.campaign_id = c.id AND e.kind = 'complaint' AND e.delivery_id >= s.first_id),
       coalesce(c.brake_hard_percent, 0), coalesce(c.brake_complaint_percent, 0),
       c.brake_minimum
  FROM span s JOIN campaign c ON c.id = s.campaign_id
 ORDER BY c.id, s.recent;

-- name: brake_pull
-- From here on only what is sent after this counts.
-- $1 campaign  $2 why, for people  $3 what, as JSON
WITH stopped AS (
	UPDATE campaign c
	   SET status = 'paused', status_reason = $2::text, updated_at = now(),
	       brake_from = greatest(c.brake_from, (
	           SELECT max(CASE WHEN l.done OR l.watermark >= l.first_id THEN l.last_id END)
	             FROM lease l WHERE l.campaign_id = c.id))
	 WHERE c.id = $1::bigint AND c.status = 'running'
	RETURNING c.id)
INSERT INTO event (kind, key, campaign_id, source, data)
SELECT 'alert', 'brake ' || id || ' ' || clock_timestamp(), id, 'sender',
       $3::jsonb || jsonb_build_object('reason', $2::text)
  FROM stopped;
