-- The report of a campaign, counted again from what the API exports of it:
--
--   for what in deliveries events conversions; do
--     curl -sH "Authorization: Bearer $KEY" -o $what.ndjson \
--       "$URL/v1/campaigns/7/$what/export?format=ndjson"
--   done
--   psql -c 'CREATE TABLE delivery_line (line jsonb)' \
--        -c 'CREATE TABLE event_line (line jsonb)' \
--        -c 'CREATE TABLE conversion_line (line jsonb)' \
--        -c "\copy delivery_line FROM deliveries.ndjson (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')" \
--        -c "\copy event_line FROM events.ndjson (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')" \
--        -c "\copy conversion_line FROM conversions.ndjson (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')" \
--        -f db/reproduce.sql
--
-- Any PostgreSQL does, it need not be Volley's.  Each figure is the member of
-- the same name of GET /v1/campaigns/7/report.
WITH d AS (
	-- the newest outcome of each delivery is its state
	SELECT line -> 'outcomes' -> -1 ->> 'state' AS state,
	       line -> 'outcomes' -> -1 ->> 'scope' AS scope
	  FROM delivery_line
), state AS (
	SELECT count(*) AS audience, count(*) FILTER (WHERE state IS NULL) AS pending,
	       count(*) FILTER (WHERE state = 'accepted') AS accepted,
	       count(*) FILTER (WHERE state = 'deferred') AS deferred,
	       count(*) FILTER (WHERE state = 'failed') AS failed,
	       count(*) FILTER (WHERE state = 'uncertain') AS uncertain,
	       count(*) FILTER (WHERE state = 'suppressed') AS suppressed,
	       count(*) FILTER (WHERE state = 'suppressed' AND scope = 'message') AS skipped,
	       count(*) FILTER (WHERE state = 'expired') AS expired
	  FROM d
), e AS (
	SELECT line ->> 'kind' AS kind, line ->> 'type' AS type, line ->> 'source' AS source,
	       line ->> 'verdict' AS verdict, (line ->> 'id')::bigint AS id,
	       (line ->> 'delivery_id')::bigint AS delivery_id
	  FROM event_line
), happened AS (
	SELECT count(*) FILTER (WHERE kind = 'bounce' AND type = 'hard') AS hard,
	       count(*) FILTER (WHERE kind = 'bounce' AND type = 'soft') AS soft,
	       count(*) FILTER (WHERE kind = 'bounce' AND type = 'block') AS block,
	       count(*) FILTER (WHERE kind = 'bounce' AND source <> 'smtp') AS returned,
	       count(*) FILTER (WHERE kind = 'complaint') AS complaints,
	       count(*) FILTER (WHERE kind = 'reply') AS replies,
	       count(*) FILTER (WHERE kind = 'auto_reply') AS auto_replies,
	       count(*) FILTER (WHERE kind = 'unsubscribe') AS unsubscribes,
	       -- conversions, and people who answered, each once
	       count(*) FILTER (WHERE kind = 'conversion')
	       + count(DISTINCT delivery_id) FILTER (WHERE kind = 'reply') AS conversions
	  FROM e
), seen AS (
	-- recipients, each once; of nobody, each hit
	SELECT kind, bool_or(coalesce(verdict <> 'machine', source <> 'prefetch')) AS human
	  FROM e WHERE kind IN ('open', 'click')
	 GROUP BY kind, coalesce(delivery_id, -id)
), money AS (
	SELECT line ->> 'currency' AS currency, sum((line ->> 'amount')::bigint) AS amount
	  FROM conversion_line GROUP BY 1
)
SELECT jsonb_build_object(
	'audience', audience, 'pending', pending, 'accepted', accepted, 'deferred', deferred,
	'failed', failed, 'uncertain', uncertain, 'suppressed', suppressed, 'skipped', skipped,
	'expired', expired,
	'bounced', jsonb_build_object('hard', hard, 'soft', soft, 'block', block),
	'complaints', complaints, 'replies', replies, 'auto_replies', auto_replies,
	'unsubscribes', unsubscribes,
	'opens', jsonb_build_object(
	    'human', (SELECT count(*) FROM seen WHERE kind = 'open' AND human),
	    'machine', (SELECT count(*) FROM seen WHERE kind = 'open' AND NOT human)),
	'clicks', jsonb_build_object(
	    'human', (SELECT count(*) FROM seen WHERE kind = 'click' AND human),
	    'machine', (SELECT count(*) FROM seen WHERE kind = 'click' AND NOT human)),
	'conversions', conversions,
	'revenue', (SELECT coalesce(jsonb_object_agg(currency, amount), '{}') FROM money),
	'delivered_estimate', accepted - returned)
  FROM state, happened;
