-- Experiments: versions of a campaign against each other (migration 0019_goals).

-- What it names that cannot be.
-- $1 campaign, $2 goal or NULL, $3 templates, 0: the original's
-- name: experiment_dangling
SELECT 'campaign_id', CASE WHEN c.id IS NULL THEN 'there is no such campaign'
                           WHEN c.experiment_id IS NOT NULL THEN 'is part of an experiment'
                           ELSE 'is no draft' END
  FROM (SELECT) one LEFT JOIN campaign c ON c.id = $1::bigint
 WHERE c.id IS NULL OR c.experiment_id IS NOT NULL OR c.status <> 'draft'
UNION ALL
SELECT 'goal_id', 'is no goal of kind conversion'
 WHERE $2::bigint IS NOT NULL
   AND NOT EXISTS (SELECT FROM goal g WHERE g.id = $2 AND g.kind = 'conversion')
UNION ALL
SELECT format('variants[%s].template_id', n - 1), 'there is no such template'
  FROM unnest($3::bigint[]) WITH ORDINALITY u (id, n)
 WHERE id <> 0 AND NOT EXISTS (SELECT FROM template t WHERE t.id = u.id);

-- $1 name, $2 campaign, $3 metric, $4 goal or NULL, $5 decide_after_s, $6 names,
-- $7 shares of 10^6, $8 subjects, $9 templates; of these '' and 0: the original's
-- name: experiment_insert
SELECT experiment_make((NULL, $1, $2::bigint, $3, $4::bigint, $5::integer,
                        NULL, NULL, NULL, NULL, NULL, NULL)::experiment,
                       $6::text[], $7::bigint[],
                       ARRAY(SELECT nullif(s, '') FROM unnest($8::text[]) WITH ORDINALITY u (s, n)
                              ORDER BY n),
                       ARRAY(SELECT nullif(t, 0) FROM unnest($9::bigint[]) WITH ORDINALITY u (t, n)
                              ORDER BY n));

-- $1 id
-- name: experiment_document
SELECT json_build_object(
           'id', x.id, 'name', x.name, 'campaign_id', x.campaign_id, 'metric', x.metric,
           'goal_id', x.goal_id, 'decide_after_s', x.decide_after_s,
           'state', CASE WHEN x.started_at IS NULL THEN 'draft'
                         WHEN x.decided_at IS NULL THEN 'running' ELSE 'decided' END,
           'started_at', x.started_at, 'decide_at', x.decide_at, 'decided_at', x.decided_at,
           'winner', x.winner, 'outcome', x.outcome, 'created_at', x.created_at,
           'sizes', json_build_object('chi2', m.chi2, 'alarm', coalesce(m.alarm, false)),
           'variants', v.variants)
  FROM experiment x
 CROSS JOIN LATERAL (
       SELECT json_agg(json_build_object(
                  'n', c.n, 'name', e.name, 'percent', c.share / 10000.0,
                  'campaign_id', e.campaign_id, 'subject', g.subject,
                  'template_id', g.template_id, 'audience', c.audience,
                  'accepted', c.accepted, 'reached', c.reached,
                  'rate', report.share(c.reached, c.accepted),
                  'low', report.wilson_low(c.reached, c.accepted),
                  'high', report.wilson_high(c.reached, c.accepted),
                  'difference', report.share(c.reached, c.accepted)
                                - report.share(f.reached, f.accepted),
                  'difference_low', report.newcombe_low(f.reached, f.accepted,
                                                        c.reached, c.accepted),
                  'difference_high', report.newcombe_high(f.reached, f.accepted,
                                                          c.reached, c.accepted))
                  ORDER BY c.n) AS variants,
              array_agg(c.audience ORDER BY c.n) AS sizes,
              array_agg(c.share ORDER BY c.n) AS shares
         FROM (SELECT *, first_value(reached) OVER w AS first_reached,
                      first_value(accepted) OVER w AS first_accepted
                 FROM experiment_counts(x.id) WINDOW w AS (ORDER BY n)) c
        CROSS JOIN LATERAL (SELECT first_reached AS reached, first_accepted AS accepted) f
         JOIN experiment_variant e ON e.experiment_id = x.id AND e.n = c.n
         JOIN campaign g ON g.id = e.campaign_id) v
  LEFT JOIN LATERAL sample_mismatch(v.sizes, v.shares) m ON true
 WHERE x.id = $1::bigint;

-- $1 after this id, $2 at most
-- name: experiment_page
SELECT id, row_to_json(d)
  FROM (SELECT id, name, campaign_id, metric, goal_id, decide_after_s,
               CASE WHEN started_at IS NULL THEN 'draft'
                    WHEN decided_at IS NULL THEN 'running' ELSE 'decided' END AS state,
               started_at, decide_at, decided_at, winner, outcome, created_at
          FROM experiment WHERE id > $1::bigint
         ORDER BY id LIMIT $2::bigint) d
 ORDER BY id;

-- Held; its campaigns, the original last.  $1 id
-- name: experiment_held
SELECT x.started_at IS NOT NULL, c.id
  FROM (SELECT * FROM experiment WHERE id = $1::bigint FOR UPDATE) x
  JOIN campaign c ON c.experiment_id = x.id
 ORDER BY c.id = x.campaign_id, c.id;

-- The variants now, the original when it is to be decided.  $1 id
-- name: experiment_start
WITH begun AS (
    UPDATE experiment
       SET started_at = now(), decide_at = now() + make_interval(secs => decide_after_s)
     WHERE id = $1::bigint
    RETURNING id, campaign_id, decide_at
)
UPDATE campaign c
   SET status = 'scheduled', status_reason = '', updated_at = now(),
       scheduled_at = CASE WHEN c.id = b.campaign_id THEN b.decide_at ELSE now() END
  FROM begun b
 WHERE c.experiment_id = b.id;

-- $1 id
-- name: experiment_remove
SELECT experiment_remove($1::bigint);

-- $1 campaign
-- name: experiment_of
SELECT experiment_id FROM campaign WHERE id = $1::bigint AND experiment_id IS NOT NULL;
