-- Goals, and what campaigns are measured by.  Credits follow by themselves
-- (migration 0019_goals).

-- $1 name, $2 kind, $3 source or NULL, $4 type or NULL, $5 url or NULL,
-- $6 window_days, $7 model, $8 view_through
-- name: goal_insert
INSERT INTO goal (name, kind, source, type, url, window_days, model, view_through)
VALUES ($1, $2, $3, $4, $5, $6::integer, $7, $8::boolean)
RETURNING id;

-- $1 id, $2 name, $3 source or NULL, $4 type or NULL, $5 url or NULL,
-- $6 window_days, $7 model, $8 view_through
-- name: goal_update
UPDATE goal
   SET name = $2, source = $3, type = $4, url = $5, window_days = $6::integer, model = $7,
       view_through = $8::boolean, updated_at = now()
 WHERE id = $1::bigint;

-- What a change starts from, held until it is written.  $1 id
-- name: goal_held
SELECT name, kind, source, type, url, window_days, model, view_through
  FROM goal WHERE id = $1::bigint
   FOR UPDATE;

-- After hit_lock, so that no click is written meanwhile.  $1 id
-- name: goal_recount
SELECT goal_recount($1::bigint);

-- $1 id, or NULL: those after $2, $3 at most
-- name: goal_documents
SELECT id, row_to_json(d)
  FROM (SELECT id, name, kind, source, type, url, window_days, model, view_through,
               ARRAY(SELECT campaign_id FROM campaign_goal WHERE goal_id = goal.id
                      ORDER BY campaign_id DESC LIMIT 1000) AS campaign_ids,
               created_at, updated_at
          FROM goal
         WHERE ($1::bigint IS NULL OR id = $1) AND id > $2::bigint
         ORDER BY id LIMIT $3::bigint) d
 ORDER BY id;

-- $1 id
-- name: goal_used
SELECT EXISTS (SELECT FROM experiment WHERE goal_id = goal.id)
  FROM goal WHERE id = $1::bigint
   FOR UPDATE;

-- $1 id
-- name: goal_delete
DELETE FROM goal WHERE id = $1::bigint;

-- $1 campaign
-- name: campaign_aim
SELECT holdout_percent::float8, click_ids, time_zone FROM campaign WHERE id = $1::bigint;

-- $1 campaign
-- name: campaign_aim_goals
SELECT goal_id FROM campaign_goal WHERE campaign_id = $1::bigint ORDER BY goal_id;

-- $1 campaign, $2 holdout_percent, $3 click_ids, $4 time_zone
-- name: campaign_aim_set
UPDATE campaign
   SET holdout_percent = $2::float8, click_ids = $3::boolean, time_zone = $4
 WHERE id = $1::bigint;

-- $1 campaign, $2 goals
-- name: campaign_goals_set
WITH gone AS (
    DELETE FROM campaign_goal WHERE campaign_id = $1::bigint AND goal_id <> ALL ($2::bigint[])
)
INSERT INTO campaign_goal (campaign_id, goal_id)
SELECT $1::bigint, unnest($2::bigint[])
    ON CONFLICT DO NOTHING;

-- What a campaign names that is not there.  $1 goals, $2 time zone
-- name: campaign_aim_dangling
SELECT 'goal_ids', 'goal', u.id::text
  FROM unnest($1::bigint[]) AS u (id)
 WHERE NOT EXISTS (SELECT FROM goal g WHERE g.id = u.id)
UNION ALL
SELECT 'time_zone', 'time zone', $2
 WHERE $2 <> 'UTC' AND NOT EXISTS (SELECT FROM pg_timezone_names WHERE name = $2);
