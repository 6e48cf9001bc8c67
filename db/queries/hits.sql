-- Opens and clicks on their way from the journal into the database: in one
-- transaction stage, lock, copy, partitions, take, bursts, crowds, orders.

-- What a journal holds, as it is copied.
-- name: hit_stage
CREATE TEMP TABLE IF NOT EXISTS hit_arrival (
	key text, at timestamptz, kind text, delivery_id bigint, link bigint,
	method text, purpose text, agent text, network text, source bigint,
	headers bigint, target text
) ON COMMIT DELETE ROWS;

-- One after the other, so that each sees all hits before its own.
-- name: hit_lock
SELECT pg_advisory_xact_lock(hashtext('volley hit'));

-- name: hit_copy
COPY hit_arrival FROM STDIN (FORMAT binary);

-- name: hit_partitions
SELECT hit_partition(week)
  FROM (SELECT DISTINCT date_trunc('week', at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
          FROM hit_arrival) w (week);

-- Each once, however often it is taken.  What is known of a person is as
-- much as that person and the list allow; whoever was erased is nobody.
-- name: hit_take
WITH judged AS MATERIALIZED (
	SELECT l.*, v.verdict, v.reasons
	  FROM (SELECT DISTINCT method, purpose, agent FROM hit_arrival) l
	 CROSS JOIN LATERAL hit_judge(l.method, l.purpose, l.agent) v
), arrived AS (
	SELECT a.*, d.campaign_id, d.contact_id, d.list_id, d.tracking, j.verdict, j.reasons
	  FROM hit_arrival a
	  JOIN judged j USING (method, purpose, agent)
	  -- LATERAL with OFFSET: one look into each index.
	 CROSS JOIN LATERAL (SELECT d.campaign_id, d.contact_id, d.list_id,
	                            greatest(l.tracking, coalesce(c.tracking, 'aggregate'))
	                            AS tracking
	                       FROM delivery d
	                       LEFT JOIN contact c ON c.id = d.contact_id
	                       LEFT JOIN list l ON l.id = d.list_id
	                      WHERE d.id = a.delivery_id
	                     OFFSET 0) d
	  LEFT JOIN LATERAL (SELECT true AS known FROM event e
	                      WHERE e.kind = a.kind AND e.key = a.key
	                     OFFSET 0) e ON true
	 WHERE e.known IS NULL AND d.tracking <> 'none' AND a.kind <> 'order'
	 ORDER BY a.at
), seen AS MATERIALIZED (
	SELECT nextval('event_id_seq') AS id, arrived.* FROM arrived
), told AS (
	INSERT INTO event (id, kind, key, at, campaign_id, delivery_id, contact_id, list_id,
	                   source, verdict, data)
	SELECT s.id, s.kind, s.key, s.at, s.campaign_id, p.delivery_id, p.contact_id, s.list_id,
	       CASE WHEN s.purpose = '' THEN 'link' ELSE 'prefetch' END, s.verdict,
	       CASE s.kind WHEN 'open' THEN '{}'
	            ELSE jsonb_build_object('n', s.link, 'url',
	                 coalesce(nullif(p.target, ''), l.url)) END
	  FROM seen s
	  LEFT JOIN campaign_link l ON l.campaign_id = s.campaign_id AND l.number = s.link
	                           AND s.kind = 'click'
	  LEFT JOIN LATERAL (SELECT s.delivery_id, s.contact_id, s.target) p
	         ON s.tracking = 'individual'
), days AS (
	UPDATE contact c
	   SET last_open_on = greatest(c.last_open_on, o.day)
	  FROM (SELECT contact_id, max(at AT TIME ZONE 'UTC')::date AS day FROM seen
	         WHERE tracking = 'deliverability' AND kind = 'open' AND verdict <> 'machine'
	         GROUP BY contact_id) o
	 WHERE c.id = o.contact_id
	   AND c.last_open_on IS DISTINCT FROM greatest(c.last_open_on, o.day)
)
INSERT INTO hit (at, event_id, delivery_id, link, method, purpose, agent, network, source,
                 headers, verdict, reasons)
SELECT at, id, delivery_id, CASE kind WHEN 'click' THEN link END, method, purpose, agent,
       nullif(network, '')::cidr, nullif(source, 0), headers, verdict, reasons
  FROM seen
 WHERE tracking = 'individual';

-- T-006: who follows three links of a message within ten seconds, or most of
-- them, does not read them.  All that came for the message meanwhile is that
-- program's.
-- name: hit_bursts
WITH near AS MATERIALIZED (
	SELECT a.delivery_id, h.link, min(h.at) AS at
	  FROM (SELECT delivery_id, min(at) AS first, max(at) AS last FROM hit_arrival
	         WHERE kind = 'click' GROUP BY delivery_id) a
	 CROSS JOIN LATERAL (SELECT link, at FROM hit
	                      WHERE delivery_id = a.delivery_id AND link IS NOT NULL
	                        AND at BETWEEN a.first - interval '10 seconds'
	                                   AND a.last + interval '10 seconds'
	                      ORDER BY at LIMIT 1000) h
	 GROUP BY a.delivery_id, h.link
), burst AS (
	SELECT delivery_id, at
	  FROM (SELECT delivery_id, at, lead(at, 1) OVER w AS second, lead(at, 2) OVER w AS third
	          FROM near WINDOW w AS (PARTITION BY delivery_id ORDER BY at)) n
	 WHERE third <= at + interval '10 seconds'
	    OR (second <= at + interval '10 seconds'
	        AND (SELECT count(*) FROM campaign_link l
	              WHERE l.campaign_id = n.delivery_id >> 32) * 0.6 <= 2)
), found AS (
	UPDATE hit h SET verdict = 'machine', reasons = reasons || '{burst}'
	  FROM burst b
	 WHERE h.delivery_id = b.delivery_id
	   AND h.at BETWEEN b.at AND b.at + interval '10 seconds'
	   AND NOT h.reasons @> '{burst}'
	RETURNING h.event_id
)
UPDATE event SET verdict = 'machine'
 WHERE id IN (SELECT event_id FROM found) AND verdict <> 'machine';

-- T-006: one address that comes for five people within a minute is a gateway
-- that looks at their mail.  Proxies of mailbox providers come for many.
-- name: hit_crowds
WITH near AS MATERIALIZED (
	SELECT a.source, h.delivery_id, min(h.at) AS at
	  FROM (SELECT source, min(at) AS first, max(at) AS last FROM hit_arrival
	         WHERE source <> 0 GROUP BY source) a
	 CROSS JOIN LATERAL (SELECT delivery_id, at FROM hit
	                      WHERE source = a.source AND verdict <> 'proxy'
	                        AND at BETWEEN a.first - interval '60 seconds'
	                                   AND a.last + interval '60 seconds'
	                     OFFSET 0) h
	 GROUP BY a.source, h.delivery_id
), crowd AS (
	SELECT source, at
	  FROM (SELECT source, at, lead(at, 4) OVER (PARTITION BY source ORDER BY at) AS fifth
	          FROM near) n
	 WHERE fifth <= at + interval '60 seconds'
), found AS (
	UPDATE hit h SET verdict = 'machine', reasons = reasons || '{crowd}'
	  FROM (SELECT source, min(at) AS first, max(at) AS last FROM crowd GROUP BY source) c
	 WHERE h.source = c.source AND h.verdict <> 'proxy'
	   AND h.at BETWEEN c.first AND c.last + interval '60 seconds'
	   AND NOT h.reasons @> '{crowd}'
	RETURNING h.event_id
)
UPDATE event SET verdict = 'machine'
 WHERE id IN (SELECT event_id FROM found) AND verdict <> 'machine';

-- Orders that pixels of shops tell of; what a program looks at ahead is none.
-- name: hit_orders
SELECT pixel_orders(array_agg(a.delivery_id ORDER BY a.at, a.key),
                    array_agg(a.at ORDER BY a.at, a.key),
                    array_agg(a.target::jsonb ORDER BY a.at, a.key))
  FROM hit_arrival a
 WHERE a.kind = 'order' AND (hit_judge(a.method, a.purpose, a.agent)).verdict <> 'machine';

-- To be judged again: hours of which there are hits.  $1 not before
-- name: hit_hours
SELECT DISTINCT date_trunc('hour', at) FROM hit WHERE at >= $1::timestamptz ORDER BY 1;

-- As if the hour's hits had just arrived.  $1 hour
-- name: hit_recall
INSERT INTO hit_arrival (key, at, kind, delivery_id, link, method, purpose, agent, source)
SELECT event_id, at, CASE WHEN link IS NULL THEN 'open' ELSE 'click' END, delivery_id, link,
       method, purpose, agent, coalesce(source, 0)
  FROM hit
 WHERE at >= $1::timestamptz AND at < $1::timestamptz + interval '1 hour';

-- By themselves; bursts and crowds follow.
-- name: hit_judge_again
WITH judged AS MATERIALIZED (
	SELECT l.*, v.verdict, v.reasons
	  FROM (SELECT DISTINCT method, purpose, agent FROM hit_arrival) l
	 CROSS JOIN LATERAL hit_judge(l.method, l.purpose, l.agent) v
), changed AS (
	UPDATE hit h SET verdict = j.verdict, reasons = j.reasons
	  FROM hit_arrival a JOIN judged j USING (method, purpose, agent)
	 WHERE h.delivery_id = a.delivery_id AND h.at = a.at AND h.event_id = a.key::bigint
	   AND (h.verdict, h.reasons) IS DISTINCT FROM (j.verdict, j.reasons)
	RETURNING h.event_id, h.verdict
)
UPDATE event e SET verdict = c.verdict
  FROM changed c
 WHERE e.id = c.event_id AND e.verdict <> c.verdict;

-- name: hit_totals
SELECT count(*), count(*) FILTER (WHERE verdict = 'human'),
       count(*) FILTER (WHERE verdict = 'proxy'), count(*) FILTER (WHERE verdict = 'machine')
  FROM hit;
