-- Roll-ups: `volley maintain` counts what is new (migration 0013_report).
-- Each source in a transaction of its own: mark_take, the roll-up, mark_move.

-- name: mark_take
-- From where a source is to be counted, and to where: transactions from the
-- second number on may still be under way.  Whether this is the cluster in
-- which it was counted until now.  Nobody else counts it meanwhile.
-- $1 source
SELECT upto, pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
       identity IN ('', database_identity())
  FROM rollup_mark WHERE source = $1 FOR UPDATE;

-- name: mark_move
-- $1 source  $2 transactions before this one are counted
UPDATE rollup_mark
   SET upto = $2::bigint, identity = database_identity(), as_of = now()
 WHERE source = $1;

-- A database that was restored in another cluster, where transactions are
-- numbered anew: all that is there is counted again, in the transaction that
-- found it out.

-- name: reset_lock
LOCK TABLE outcome, event IN SHARE ROW EXCLUSIVE MODE;

-- name: reset_rollups
TRUNCATE rollup_hour, rollup_total, rollup_link, rollup_reason, rollup_domain,
         rollup_account, rollup_delivery, rollup_dirty;

-- name: reset_outcomes
UPDATE outcome SET written_by = 0 WHERE written_by > 0;

-- name: reset_events
UPDATE event SET written_by = 0 WHERE written_by > 0;

-- name: reset_marks
UPDATE rollup_mark SET upto = 0, identity = database_identity();

-- name: rollup_memory
-- Until the transaction ends: what is new is sorted in memory, and how much it
-- is decides how it is looked up.  Groups are found by sorting: how many there
-- are is not foreseen, and a hash table that was made for few of them is slow.
SELECT set_config('work_mem', '64MB', true), set_config('jit', 'off', true),
       set_config('enable_hashagg', 'off', true),
       set_config('plan_cache_mode', 'force_custom_plan', true);

-- name: rollup_summarize
-- So that next time only what is new then is read.
SELECT sum(brin_summarize_new_values(i.oid::regclass))
  FROM pg_class i
  JOIN pg_index x ON x.indexrelid = i.oid
  JOIN pg_am m ON m.oid = i.relam AND m.amname = 'brin'
 WHERE i.relkind = 'i'
   AND x.indrelid IN (SELECT 'event'::regclass UNION ALL SELECT 'membership'::regclass
                      UNION ALL SELECT inhrelid FROM pg_inherits
                                 WHERE inhparent = 'outcome'::regclass);

-- name: rollup_outcomes
-- Attempts count one by one for domains and accounts.  For the campaign a
-- delivery is what its newest outcome says: what it was before is known from
-- the outcomes before.  A test message is nobody's.
-- $1 from, $2 to: numbers of transactions
WITH fresh AS MATERIALIZED (
	SELECT delivery_id, state, at, account_id, code, scope
	  FROM outcome
	 WHERE written_by >= $1::bigint AND written_by < $2::bigint
	   AND delivery_id & 4294967295 <> 0
), history AS MATERIALIZED (
	SELECT o.delivery_id, o.attempt, o.state, o.scope, o.at, o.written_by
	  FROM (SELECT DISTINCT delivery_id FROM fresh) f
	  JOIN outcome o ON o.delivery_id = f.delivery_id
	 WHERE o.written_by < $2::bigint
), moved AS (
	(SELECT DISTINCT ON (delivery_id) delivery_id, state, scope, at, 1 AS n
	   FROM history
	  ORDER BY delivery_id, attempt DESC, state DESC)
	UNION ALL
	(SELECT DISTINCT ON (delivery_id) delivery_id, state, scope, at, -1
	   FROM history WHERE written_by < $1::bigint
	  ORDER BY delivery_id, attempt DESC, state DESC)
), cell AS MATERIALIZED (
	SELECT delivery_id >> 32 AS campaign_id, date_trunc('hour', at) AS hour, w.what, sum(n) AS n
	  FROM moved,
	       LATERAL (SELECT state::text
	                UNION ALL
	                SELECT 'skipped' WHERE state = 'suppressed' AND scope = 'message') w (what)
	 GROUP BY 1, 2, 3
	HAVING sum(n) <> 0
), hours AS (
	INSERT INTO rollup_hour AS r (campaign_id, hour, what, n)
	SELECT campaign_id, hour, what, n FROM cell
	ON CONFLICT (campaign_id, hour, what) DO UPDATE SET n = r.n + EXCLUDED.n
), totals AS (
	INSERT INTO rollup_total AS r (campaign_id, what, n)
	SELECT campaign_id, what, sum(n) FROM cell GROUP BY 1, 2 HAVING sum(n) <> 0
	ON CONFLICT (campaign_id, what) DO UPDATE SET n = r.n + EXCLUDED.n
), attempt AS MATERIALIZED (
	SELECT utc_day(f.at) AS day, f.account_id,
	       coalesce(split_part(c.email_key, '@', -1), '') AS domain,
	       count(*) FILTER (WHERE state = 'accepted') AS accepted,
	       count(*) FILTER (WHERE state <> 'accepted' AND code BETWEEN 400 AND 499) AS temporary,
	       count(*) FILTER (WHERE code > 499 AND coalesce(scope, 'recipient') = 'recipient')
	           AS refused_recipient,
	       count(*) FILTER (WHERE code > 499 AND scope = 'message') AS refused_message,
	       count(*) FILTER (WHERE code > 499 AND scope = 'account') AS refused_account,
	       count(*) FILTER (WHERE code > 499 AND scope = 'connection') AS refused_connection,
	       count(*) FILTER (WHERE code > 499 AND scope = 'provider') AS refused_provider,
	       count(*) FILTER (WHERE code IS NULL AND state IN ('deferred', 'failed')) AS unreached
	  FROM fresh f
	  LEFT JOIN delivery d ON d.id = f.delivery_id
	  LEFT JOIN contact c ON c.id = d.contact_id
	 WHERE state IN ('accepted', 'deferred', 'failed')
	 GROUP BY 1, 2, 3
), accounts AS (
	INSERT INTO rollup_account AS r (day, account_id, accepted, temporary, refused_recipient,
	       refused_message, refused_account, refused_connection, refused_provider, unreached)
	SELECT day, account_id, sum(accepted), sum(temporary), sum(refused_recipient),
	       sum(refused_message), sum(refused_account), sum(refused_connection),
	       sum(refused_provider), sum(unreached)
	  FROM attempt WHERE account_id IS NOT NULL
	 GROUP BY day, account_id
	ON CONFLICT (day, account_id) DO UPDATE
	   SET accepted = r.accepted + EXCLUDED.accepted,
	       temporary = r.temporary + EXCLUDED.temporary,
	       refused_recipient = r.refused_recipient + EXCLUDED.refused_recipient,
	       refused_message = r.refused_message + EXCLUDED.refused_message,
	       refused_account = r.refused_account + EXCLUDED.refused_account,
	       refused_connection = r.refused_connection + EXCLUDED.refused_connection,
	       refused_provider = r.refused_provider + EXCLUDED.refused_provider,
	       unreached = r.unreached + EXCLUDED.unreached
), domains AS (
	INSERT INTO rollup_domain AS r (day, domain, accepted, temporary, refused_recipient,
	       refused_message, refused_account, refused_connection, refused_provider, unreached)
	SELECT day, domain, sum(accepted), sum(temporary), sum(refused_recipient),
	       sum(refused_message), sum(refused_account), sum(refused_connection),
	       sum(refused_provider), sum(unreached)
	  FROM attempt GROUP BY day, domain
	ON CONFLICT (day, domain) DO UPDATE
	   SET accepted = r.accepted + EXCLUDED.accepted,
	       temporary = r.temporary + EXCLUDED.temporary,
	       refused_recipient = r.refused_recipient + EXCLUDED.refused_recipient,
	       refused_message = r.refused_message + EXCLUDED.refused_message,
	       refused_account = r.refused_account + EXCLUDED.refused_account,
	       refused_connection = r.refused_connection + EXCLUDED.refused_connection,
	       refused_provider = r.refused_provider + EXCLUDED.refused_provider,
	       unreached = r.unreached + EXCLUDED.unreached
)
SELECT count(*) FROM fresh;

-- name: rollup_events
-- What happened to the deliveries of which there is news is looked at as a
-- whole, and the difference to what was counted before is counted: looking
-- again changes nothing.  Opens and clicks whose event is gone stay counted.
-- Those that are nobody's are only counted.
-- $1 from, $2 to: numbers of transactions
WITH fresh AS MATERIALIZED (
	SELECT delivery_id, contact_id, campaign_id, kind, at, written_by
	  FROM event WHERE written_by >= $1::bigint
), taken_back AS (
	DELETE FROM rollup_dirty RETURNING delivery_id, contact_id
), touched AS MATERIALIZED (
	SELECT delivery_id, min(contact_id) AS contact_id
	  FROM (SELECT delivery_id, contact_id FROM fresh WHERE delivery_id IS NOT NULL
	        UNION ALL
	        SELECT delivery_id, contact_id FROM taken_back) d
	 GROUP BY delivery_id
), seen AS MATERIALIZED (
	SELECT t.delivery_id, e.kind, l.link, min(e.at) AS at, count(*)::int AS times,
	       (count(*) FILTER (WHERE e.verdict IS DISTINCT FROM 'machine'))::int AS by_people,
	       min(e.type) AS type, min(e.category) AS category, min(e.status) AS status,
	       min(e.data ->> 'scope') AS scope, min(e.source) AS source,
	       CASE WHEN e.kind IN ('bounce', 'complaint', 'unsubscribe')
	            THEN coalesce((SELECT split_part(c.email_key, '@', -1) FROM contact c
	                            WHERE c.id = t.contact_id), '') ELSE '' END AS domain
	  FROM touched t
	  JOIN event e ON e.contact_id = t.contact_id AND e.delivery_id = t.delivery_id
	 CROSS JOIN LATERAL (SELECT -1
	                     UNION ALL
	                     SELECT (e.data ->> 'n')::int WHERE e.kind = 'click' AND e.data ? 'n')
	       l (link)
	 WHERE e.kind IN ('bounce', 'complaint', 'unsubscribe', 'reply', 'auto_reply', 'open',
	                  'click', 'conversion')
	 GROUP BY t.delivery_id, t.contact_id, e.kind, l.link
), change AS MATERIALIZED (
	-- What is new counts, what was counted is taken off.  Both in one list and
	-- not joined: the planner cannot know how long they are.
	SELECT b.*, delivery_id >> 32 AS campaign_id,
	       max(n) OVER (PARTITION BY delivery_id, kind, link) < 0 AS is_gone
	  FROM (SELECT delivery_id, kind, link, at, times, by_people, type, category, status,
	               scope, source, domain, 1 AS n, NULL::tid AS place FROM seen
	        UNION ALL
	        -- OFFSET: one look into the index each.
	        SELECT r.delivery_id, r.kind, r.link, r.at, r.times, r.by_people, r.type,
	               r.category, r.status, r.scope, r.source, r.domain, -1, r.ctid
	          FROM touched t
	         CROSS JOIN LATERAL (SELECT r.ctid, r.* FROM rollup_delivery r
	                              WHERE r.delivery_id = t.delivery_id OFFSET 0) r) b
), kept AS (
	INSERT INTO rollup_delivery AS r (delivery_id, kind, link, at, times, by_people, type,
	       category, status, scope, source, domain)
	SELECT delivery_id, kind, link, at, times, by_people, type, category, status, scope,
	       source, domain FROM seen
	ON CONFLICT (delivery_id, kind, link) DO UPDATE
	   SET at = EXCLUDED.at, times = EXCLUDED.times, by_people = EXCLUDED.by_people,
	       type = EXCLUDED.type, category = EXCLUDED.category, status = EXCLUDED.status,
	       scope = EXCLUDED.scope, source = EXCLUDED.source, domain = EXCLUDED.domain
	 WHERE (r.at, r.times, r.by_people, r.type, r.category, r.status, r.scope, r.source,
	        r.domain) IS DISTINCT FROM
	       (EXCLUDED.at, EXCLUDED.times, EXCLUDED.by_people, EXCLUDED.type, EXCLUDED.category,
	        EXCLUDED.status, EXCLUDED.scope, EXCLUDED.source, EXCLUDED.domain)
), forgotten AS (
	DELETE FROM rollup_delivery
	 WHERE ctid = ANY (ARRAY(SELECT place FROM change
	                          WHERE is_gone AND kind NOT IN ('open', 'click')))
), counted AS MATERIALIZED (
	SELECT * FROM change WHERE NOT is_gone OR kind NOT IN ('open', 'click')
), cell AS MATERIALIZED (
	SELECT campaign_id, hour, what, sum(n) AS n
	  FROM (SELECT c.campaign_id, date_trunc('hour', c.at) AS hour, w.what, c.n * w.times AS n
	          FROM counted c
	         CROSS JOIN LATERAL (SELECT 'bounced_' || c.type, 1 WHERE c.kind = 'bounce'
	               UNION ALL SELECT 'returned', 1 WHERE c.kind = 'bounce' AND c.source <> 'smtp'
	               UNION ALL SELECT 'complaints', 1 WHERE c.kind = 'complaint'
	               UNION ALL SELECT 'unsubscribes', 1 WHERE c.kind = 'unsubscribe'
	               UNION ALL SELECT 'replied', 1 WHERE c.kind = 'reply'
	               UNION ALL SELECT 'replies', c.times WHERE c.kind = 'reply'
	               UNION ALL SELECT 'auto_replies', c.times WHERE c.kind = 'auto_reply'
	               UNION ALL SELECT CASE WHEN c.by_people > 0 THEN 'opened_human'
	                                     ELSE 'opened_machine' END, 1 WHERE c.kind = 'open'
	               UNION ALL SELECT CASE WHEN c.by_people > 0 THEN 'clicked_human'
	                                     ELSE 'clicked_machine' END, 1 WHERE c.kind = 'click'
	               UNION ALL SELECT 'converted', 1 WHERE c.kind = 'conversion'
	               UNION ALL SELECT 'conversions', c.times WHERE c.kind = 'conversion')
	               w (what, times)
	         WHERE c.link = -1 AND w.what IS NOT NULL
	        UNION ALL
	        SELECT campaign_id, date_trunc('hour', at), kind || 's_anonymous', 1
	          FROM fresh
	         WHERE delivery_id IS NULL AND campaign_id IS NOT NULL AND kind IN ('open', 'click')
	           AND written_by < $2::bigint) x
	 GROUP BY 1, 2, 3
	HAVING sum(n) <> 0
), hours AS (
	INSERT INTO rollup_hour AS r (campaign_id, hour, what, n)
	SELECT campaign_id, hour, what, n FROM cell
	ON CONFLICT (campaign_id, hour, what) DO UPDATE SET n = r.n + EXCLUDED.n
), totals AS (
	INSERT INTO rollup_total AS r (campaign_id, what, n)
	SELECT campaign_id, what, sum(n) FROM cell GROUP BY 1, 2 HAVING sum(n) <> 0
	ON CONFLICT (campaign_id, what) DO UPDATE SET n = r.n + EXCLUDED.n
), links AS (
	INSERT INTO rollup_link AS r (campaign_id, link, people, machines, times, by_people)
	SELECT campaign_id, link, coalesce(sum(n) FILTER (WHERE by_people > 0), 0),
	       coalesce(sum(n) FILTER (WHERE by_people = 0), 0), sum(n * times), sum(n * by_people)
	  FROM counted WHERE kind = 'click' AND link >= 0
	 GROUP BY campaign_id, link
	ON CONFLICT (campaign_id, link) DO UPDATE
	   SET people = r.people + EXCLUDED.people, machines = r.machines + EXCLUDED.machines,
	       times = r.times + EXCLUDED.times, by_people = r.by_people + EXCLUDED.by_people
), reasons AS (
	INSERT INTO rollup_reason AS r (campaign_id, type, category, scope, source, status, n)
	SELECT campaign_id, coalesce(type::text, ''), coalesce(category::text, ''),
	       coalesce(scope, ''), source, coalesce(status, ''), sum(n)
	  FROM counted WHERE kind = 'bounce'
	 GROUP BY 1, 2, 3, 4, 5, 6
	HAVING sum(n) <> 0
	ON CONFLICT (campaign_id, type, category, scope, source, status) DO UPDATE
	   SET n = r.n + EXCLUDED.n
), domains AS (
	INSERT INTO rollup_domain AS r (day, domain, returned, hard, complaints, unsubscribes)
	SELECT utc_day(at), domain,
	       coalesce(sum(n) FILTER (WHERE kind = 'bounce' AND source <> 'smtp'), 0),
	       coalesce(sum(n) FILTER (WHERE kind = 'bounce' AND type = 'hard'), 0),
	       coalesce(sum(n) FILTER (WHERE kind = 'complaint'), 0),
	       coalesce(sum(n) FILTER (WHERE kind = 'unsubscribe'), 0)
	  FROM counted WHERE kind IN ('bounce', 'complaint', 'unsubscribe')
	 GROUP BY 1, 2
	ON CONFLICT (day, domain) DO UPDATE
	   SET returned = r.returned + EXCLUDED.returned, hard = r.hard + EXCLUDED.hard,
	       complaints = r.complaints + EXCLUDED.complaints,
	       unsubscribes = r.unsubscribes + EXCLUDED.unsubscribes
)
SELECT count(*) FROM fresh WHERE written_by < $2::bigint;

-- name: rollup_lists
-- Members, and those of them who have left: for whom there is news it is
-- found out again, and the difference counted.
-- $1 from which transaction on suppressions are new
WITH joined AS MATERIALIZED (
	DELETE FROM rollup_joined RETURNING list_id, at, n
), asked AS MATERIALIZED (
	DELETE FROM rollup_person RETURNING list_id, contact_id, email_key
), pair AS MATERIALIZED (
	SELECT list_id, contact_id FROM asked WHERE contact_id IS NOT NULL
	UNION
	SELECT m.list_id, m.contact_id
	  FROM (SELECT list_id, min(at) AS first, max(at) AS last FROM joined WHERE n > 0
	         GROUP BY list_id) j
	  JOIN membership m ON m.list_id = j.list_id AND m.created_at BETWEEN j.first AND j.last
	  JOIN contact c ON c.id = m.contact_id
	 WHERE EXISTS (SELECT FROM suppression s WHERE s.email_key = c.email_key
	                  AND (s.list_id IS NULL OR s.list_id = m.list_id))
	UNION
	SELECT m.list_id, m.contact_id
	  FROM (SELECT email_key, list_id FROM suppression WHERE written_by >= $1::text::xid8
	           -- Numbers of another cluster are not news.
	           AND written_by < pg_snapshot_xmax(pg_current_snapshot())
	        UNION
	        SELECT email_key, list_id FROM asked WHERE email_key IS NOT NULL) s
	  JOIN contact c ON c.email_key = s.email_key
	  JOIN membership m ON m.contact_id = c.id AND (s.list_id IS NULL OR s.list_id = m.list_id)
), gone AS MATERIALIZED (
	SELECT p.list_id, p.contact_id, utc_day(m.created_at) AS joined_on,
	       utc_day(greatest(s.created_at, m.created_at)) AS left_on, s.reason
	  FROM pair p
	  JOIN membership m ON m.list_id = p.list_id AND m.contact_id = p.contact_id
	                   AND m.status = 'subscribed'
	  JOIN contact c ON c.id = p.contact_id
	 CROSS JOIN LATERAL (SELECT s.created_at, s.reason FROM suppression s
	                      WHERE s.email_key = c.email_key
	                        AND (s.list_id IS NULL OR s.list_id = p.list_id)
	                      ORDER BY s.created_at, s.id LIMIT 1) s
), kept AS (
	INSERT INTO rollup_left AS r (list_id, contact_id, joined_on, left_on, reason)
	SELECT list_id, contact_id, joined_on, left_on, reason FROM gone
	ON CONFLICT (list_id, contact_id) DO UPDATE
	   SET joined_on = EXCLUDED.joined_on, left_on = EXCLUDED.left_on, reason = EXCLUDED.reason
	 WHERE (r.joined_on, r.left_on, r.reason) IS DISTINCT FROM
	       (EXCLUDED.joined_on, EXCLUDED.left_on, EXCLUDED.reason)
), change AS MATERIALIZED (
	SELECT b.*, max(n) OVER (PARTITION BY list_id, contact_id) < 0 AS is_back
	  FROM (SELECT list_id, contact_id, joined_on, left_on, reason, 1 AS n FROM gone
	        UNION ALL
	        SELECT l.list_id, l.contact_id, l.joined_on, l.left_on, l.reason, -1
	          FROM pair p
	          JOIN rollup_left l ON l.list_id = p.list_id AND l.contact_id = p.contact_id) b
), returned AS (
	DELETE FROM rollup_left r USING change c
	 WHERE c.is_back AND r.list_id = c.list_id AND r.contact_id = c.contact_id
), days AS (
	INSERT INTO rollup_list AS r (list_id, day, joined, by_unsubscribe, by_complaint,
	       by_bounce, by_other_reason)
	SELECT list_id, day, sum(joined), sum(by_unsubscribe), sum(by_complaint), sum(by_bounce),
	       sum(by_other_reason)
	  FROM (SELECT list_id, utc_day(at) AS day, n AS joined, 0 AS by_unsubscribe,
	               0 AS by_complaint, 0 AS by_bounce, 0 AS by_other_reason
	          FROM joined
	        UNION ALL
	        SELECT list_id, left_on, 0, n * (reason = 'unsubscribe')::int,
	               n * (reason = 'complaint')::int,
	               n * (reason IN ('hard_bounce', 'soft_bounces'))::int,
	               n * (reason NOT IN ('unsubscribe', 'complaint', 'hard_bounce',
	                                   'soft_bounces'))::int
	          FROM change) d
	 GROUP BY list_id, day
	ON CONFLICT (list_id, day) DO UPDATE
	   SET joined = r.joined + EXCLUDED.joined,
	       by_unsubscribe = r.by_unsubscribe + EXCLUDED.by_unsubscribe,
	       by_complaint = r.by_complaint + EXCLUDED.by_complaint,
	       by_bounce = r.by_bounce + EXCLUDED.by_bounce,
	       by_other_reason = r.by_other_reason + EXCLUDED.by_other_reason
), cohorts AS (
	INSERT INTO rollup_cohort AS r (list_id, joined, left_in, n)
	SELECT list_id, date_trunc('month', joined_on::timestamp)::date,
	       date_trunc('month', left_on::timestamp)::date, sum(n)
	  FROM change GROUP BY 1, 2, 3 HAVING sum(n) <> 0
	ON CONFLICT (list_id, joined, left_in) DO UPDATE SET n = r.n + EXCLUDED.n
)
SELECT (SELECT count(*) FROM joined) + (SELECT count(*) FROM pair);

-- name: rollup_new_domains
-- Domains that nobody has said yet whose they are.
SELECT DISTINCT d.domain
  FROM rollup_domain d
 WHERE d.domain <> ''
   AND NOT EXISTS (SELECT FROM rollup_provider p WHERE p.domain = d.domain)
 LIMIT 10000;

-- name: rollup_provider_add
-- $1 domains  $2 providers
INSERT INTO rollup_provider (domain, provider)
SELECT * FROM unnest($1::text[], $2::text[])
ON CONFLICT DO NOTHING;
