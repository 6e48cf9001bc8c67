-- What came of a campaign.

-- One statement, so that all numbers are of one moment and the states always
-- add up to the audience.  Outcomes are read in the order of their key: the
-- last one of each delivery is its state.  skipped: of the suppressed ones,
-- those whom the template left out, or who had answered.  Opens and clicks
-- count recipients, as machine those of whom nothing but programs is known;
-- of recipients who are not followed, each hit counts.  A person who answers
-- is a conversion, once; machines that do are none.  $1 campaign
-- name: report_document
WITH asked AS MATERIALIZED (
    SELECT id, status, coalesce(audience, 0) AS audience
      FROM campaign WHERE id = $1::bigint
), state AS (
    SELECT count(*) AS done,
           count(*) FILTER (WHERE state = 'accepted') AS accepted,
           count(*) FILTER (WHERE state = 'deferred') AS deferred,
           count(*) FILTER (WHERE state = 'failed') AS failed,
           count(*) FILTER (WHERE state = 'uncertain') AS uncertain,
           count(*) FILTER (WHERE state = 'suppressed') AS suppressed,
           count(*) FILTER (WHERE state = 'suppressed' AND scope = 'message') AS skipped,
           count(*) FILTER (WHERE state = 'expired') AS expired
      FROM (SELECT state, scope, delivery_id IS DISTINCT FROM lead(delivery_id)
                   OVER (ORDER BY delivery_id, attempt, state) AS newest
              FROM outcome
             WHERE delivery_id > $1::bigint << 32
               AND delivery_id < ($1::bigint + 1) << 32) o
     WHERE newest
), happened AS (
    SELECT count(*) FILTER (WHERE kind = 'bounce' AND type = 'hard') AS hard,
           count(*) FILTER (WHERE kind = 'bounce' AND type = 'soft') AS soft,
           count(*) FILTER (WHERE kind = 'bounce' AND type = 'block') AS block,
           count(*) FILTER (WHERE kind = 'bounce' AND source <> 'smtp') AS returned,
           count(*) FILTER (WHERE kind = 'complaint') AS complaints,
           count(*) FILTER (WHERE kind = 'reply') AS replies,
           count(*) FILTER (WHERE kind = 'auto_reply') AS auto_replies,
           count(*) FILTER (WHERE kind = 'unsubscribe') AS unsubscribes,
           count(*) FILTER (WHERE kind = 'conversion')
           + count(DISTINCT delivery_id) FILTER (WHERE kind = 'reply') AS conversions
      FROM event
     WHERE campaign_id = $1::bigint
), seen AS (
    SELECT count(*) FILTER (WHERE kind = 'open' AND person) AS opens,
           count(*) FILTER (WHERE kind = 'open' AND NOT person) AS machine_opens,
           count(*) FILTER (WHERE kind = 'click' AND person) AS clicks,
           count(*) FILTER (WHERE kind = 'click' AND NOT person) AS machine_clicks
      FROM (SELECT kind, bool_or(coalesce(verdict <> 'machine', source <> 'prefetch')) AS person
              FROM event
             WHERE campaign_id = $1::bigint AND kind IN ('open', 'click')
             GROUP BY kind, coalesce(delivery_id, -id)) e
)
SELECT json_build_object(
           'campaign_id', a.id, 'status', a.status, 'at', now(),
           'audience', a.audience, 'pending', a.audience - s.done,
           'accepted', s.accepted, 'deferred', s.deferred, 'failed', s.failed,
           'uncertain', s.uncertain, 'suppressed', s.suppressed, 'skipped', s.skipped,
           'expired', s.expired,
           'bounced', json_build_object('hard', h.hard, 'soft', h.soft, 'block', h.block),
           'complaints', h.complaints, 'replies', h.replies,
           'auto_replies', h.auto_replies, 'unsubscribes', h.unsubscribes,
           'opens', json_build_object('human', e.opens, 'machine', e.machine_opens),
           'clicks', json_build_object('human', e.clicks, 'machine', e.machine_clicks),
           'conversions', h.conversions,
           'revenue', (SELECT coalesce(json_object_agg(currency, revenue ORDER BY currency), '{}')
                         FROM report.campaign_revenue WHERE campaign_id = a.id),
           'goals', (SELECT coalesce(json_agg(g), '[]') FROM goal_reached(a.id) g),
           'holdout', holdout_document(a.id),
           'left_out', json_build_object('frequency',
               (SELECT count(*) FROM left_out l WHERE l.campaign_id = a.id)),
           'delivered_estimate', s.accepted - h.returned,
           'denominators', json_build_object(
               'pending', 'audience', 'accepted', 'audience', 'deferred', 'audience',
               'failed', 'audience', 'uncertain', 'audience', 'suppressed', 'audience',
               'skipped', 'audience', 'expired', 'audience', 'bounced', 'audience',
               'complaints', 'delivered_estimate', 'replies', 'delivered_estimate',
               'auto_replies', 'delivered_estimate', 'unsubscribes', 'delivered_estimate',
               'opens', 'delivered_estimate', 'clicks', 'delivered_estimate',
               'conversions', 'delivered_estimate', 'goals', 'delivered_estimate'))
  FROM asked a, state s, happened h, seen e;

-- Hours in which something happened, from the roll-up; hours since 1970 are
-- their ids.
-- $1 after this id, $2 at most, $3 campaign, $4 from, $5 before; NULL: any
-- name: timeseries_page
SELECT extract(epoch FROM hour)::bigint / 3600, row_to_json(d)
  FROM (SELECT hour, accepted, deferred, failed, uncertain, suppressed, expired, bounced,
               returned, complaints, unsubscribes, replied, auto_replies,
               json_build_object('human', opened_human, 'machine', opened_machine) AS opened,
               json_build_object('human', clicked_human, 'machine', clicked_machine) AS clicked,
               converted
          FROM report.campaign_timeseries
         WHERE campaign_id = $3::bigint AND hour >= to_timestamp(($1::bigint + 1) * 3600.0)
           AND ($4::timestamptz IS NULL OR hour >= $4::timestamptz)
           AND ($5::timestamptz IS NULL OR hour < $5::timestamptz)
         ORDER BY hour LIMIT $2::bigint) d
 ORDER BY hour;

-- The same by the days of the campaign's time zone, of 23 to 25 hours; days
-- since 1970 are their ids.  Hours that hold a midnight are of the day in
-- which they begin.
-- $1 after this id, $2 at most, $3 campaign, $4 from, $5 before; NULL: any
-- name: timeseries_days
SELECT day - '1970-01-01'::date, row_to_json(d)
  FROM (SELECT z.day, c.time_zone,
               sum(accepted)::bigint AS accepted, sum(deferred)::bigint AS deferred,
               sum(failed)::bigint AS failed, sum(uncertain)::bigint AS uncertain,
               sum(suppressed)::bigint AS suppressed, sum(expired)::bigint AS expired,
               sum(bounced)::bigint AS bounced, sum(returned)::bigint AS returned,
               sum(complaints)::bigint AS complaints,
               sum(unsubscribes)::bigint AS unsubscribes, sum(replied)::bigint AS replied,
               sum(auto_replies)::bigint AS auto_replies,
               json_build_object('human', sum(opened_human)::bigint,
                                 'machine', sum(opened_machine)::bigint) AS opened,
               json_build_object('human', sum(clicked_human)::bigint,
                                 'machine', sum(clicked_machine)::bigint) AS clicked,
               sum(converted)::bigint AS converted
          FROM campaign c
          JOIN report.campaign_timeseries t ON t.campaign_id = c.id
         CROSS JOIN LATERAL (SELECT (t.hour AT TIME ZONE c.time_zone)::date) z (day)
         WHERE c.id = $3::bigint
           AND ($4::timestamptz IS NULL OR t.hour >= $4::timestamptz)
           AND ($5::timestamptz IS NULL OR t.hour < $5::timestamptz)
         GROUP BY z.day, c.time_zone
        HAVING z.day - '1970-01-01'::date > $1::bigint
         ORDER BY z.day LIMIT $2::bigint) d
 ORDER BY day;
