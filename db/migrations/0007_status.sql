-- What workers are doing now, told about once a second by each.  Nothing
-- depends on it but people who look: it is unlogged, and a row that is not
-- renewed is of somebody who is gone.
CREATE UNLOGGED TABLE worker_status (
	holder    text PRIMARY KEY,  -- as in lease
	told_at   timestamptz NOT NULL,
	campaigns jsonb NOT NULL,    -- [{id, rate, under_way, waiting}]
	accounts  jsonb NOT NULL,    -- [{id, state, why, for_s, connections, under_way}]
	groups    jsonb NOT NULL     -- [{account, name, state, why, for_s, under_way, allowed}]
) WITH (fillfactor = 50);

CREATE VIEW live_worker AS
	SELECT * FROM worker_status WHERE told_at > clock_timestamp() - interval '10 seconds';

-- rate: messages accepted a second.
CREATE VIEW live_campaign AS
	SELECT c.id AS campaign_id, count(*) AS workers, sum(c.rate) AS rate,
	       sum(c.under_way) AS under_way, sum(c.waiting) AS waiting
	  FROM live_worker w,
	       jsonb_to_recordset(w.campaigns)
	           AS c (id bigint, rate numeric, under_way bigint, waiting bigint)
	 GROUP BY c.id;

-- The state of the worker that gets on best, and the last words of the
-- others' trouble.
CREATE VIEW live_account AS
	SELECT a.id AS account_id,
	       (array_agg(a.state ORDER BY array_position(
	           ARRAY['open', 'limited', 'connecting', 'slowed', 'unreachable', 'paused'],
	           a.state)))[1] AS state,
	       max(a.why) AS why, max(a.for_s) AS for_s,
	       sum(a.connections) AS connections, sum(a.under_way) AS under_way
	  FROM live_worker w,
	       jsonb_to_recordset(w.accounts)
	           AS a (id bigint, state text, why text, for_s bigint,
	                 connections bigint, under_way bigint)
	 GROUP BY a.id;

-- Recipient-domain groups that are not served as fast as they could be.
CREATE VIEW live_group AS
	SELECT g.account AS account_id, g.name, max(g.state) AS state, max(g.why) AS why,
	       max(g.for_s) AS for_s, sum(g.under_way) AS under_way, sum(g.allowed) AS allowed
	  FROM live_worker w,
	       jsonb_to_recordset(w.groups)
	           AS g (account bigint, name text, state text, why text, for_s bigint,
	                 under_way bigint, allowed bigint)
	 GROUP BY g.account, g.name;

-- Of its recipients, how many the holder has left to do; NULL until it has
-- said so, with the first outcomes.  Nothing is decided by it.
ALTER TABLE lease ADD COLUMN pending integer;

-- How many of a frozen audience have no outcome yet: counted where no holder
-- says it.
CREATE FUNCTION campaign_pending(campaign bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$
	SELECT coalesce(sum(CASE
	           WHEN l.held_until > now() AND l.pending IS NOT NULL THEN l.pending
	           WHEN l.epoch = 0 THEN l.last_id - l.first_id + 1
	           ELSE l.last_id - l.first_id + 1
	                - (SELECT count(DISTINCT delivery_id) FROM outcome
	                    WHERE delivery_id BETWEEN l.first_id AND l.last_id) END), 0)::bigint
	  FROM lease l
	 WHERE l.campaign_id = campaign AND NOT l.done
$$;

-- An account that was paused because a quota was used up is tried again then.
ALTER TABLE smtp_account ADD COLUMN resume_at timestamptz;
