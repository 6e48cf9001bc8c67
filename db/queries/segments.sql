-- Segments.  What a filter means is in migration 0016_segments.

-- Segments change one after the other, so that none comes to need itself.
-- name: segment_lock
SELECT pg_advisory_xact_lock(hashtext('volley segment'));

-- $1 name, $2 filter, $3 the filter in words
-- name: segment_insert
INSERT INTO segment (name, filter, explanation) VALUES ($1, $2::jsonb, $3) RETURNING id;

-- NULL leaves a column as it is.  $1 id, $2 name, $3 filter, $4 in words
-- name: segment_update
UPDATE segment
   SET name = coalesce($2, name), filter = coalesce($3::jsonb, filter),
       explanation = coalesce($4, explanation), updated_at = now()
 WHERE id = $1::bigint
RETURNING id;

-- Which segments it uses, as its filter says.  $1 id
-- name: segment_link
WITH wanted AS (
    SELECT DISTINCT (u #>> '{}')::bigint AS id
      FROM segment s, jsonb_path_query(s.filter, '$.**.segment') u
     WHERE s.id = $1::bigint
), gone AS (
    DELETE FROM segment_use WHERE segment_id = $1::bigint
       AND uses_id NOT IN (SELECT id FROM wanted)
)
INSERT INTO segment_use (segment_id, uses_id)
SELECT $1::bigint, id FROM wanted
    ON CONFLICT DO NOTHING;

-- Of the segment and those that use it, directly or not: whether one comes
-- to need itself, how deep they go, how many segments one needs at most.
-- $1 id, $2 depth at which to stop
-- name: segment_reach
WITH RECURSIVE up (id, depth) AS (
    SELECT $1::bigint, 0
    UNION
    SELECT u.segment_id, up.depth + 1
      FROM up JOIN segment_use u ON u.uses_id = up.id
     WHERE up.depth < $2::int
), down (root, id, depth) AS (
    SELECT DISTINCT id, id, 0 FROM up
    UNION
    SELECT d.root, u.uses_id, d.depth + 1
      FROM down d JOIN segment_use u ON u.segment_id = d.id
     WHERE d.depth < $2::int
)
SELECT bool_or(depth > 0 AND id = root), max(depth),
       (SELECT max(n) FROM (SELECT count(DISTINCT id) AS n FROM down
                             WHERE depth > 0 GROUP BY root) x)
  FROM down;

-- What a filter refers to that is not there.
-- $1 segments, $2 lists, $3 campaigns
-- name: segment_dangling
SELECT 'segment', u.id FROM unnest($1::bigint[]) u (id)
 WHERE NOT EXISTS (SELECT FROM segment s WHERE s.id = u.id)
UNION ALL
SELECT 'list', u.id FROM unnest($2::bigint[]) u (id)
 WHERE NOT EXISTS (SELECT FROM list l WHERE l.id = u.id)
UNION ALL
SELECT 'campaign', u.id FROM unnest($3::bigint[]) u (id)
 WHERE NOT EXISTS (SELECT FROM campaign c WHERE c.id = u.id);

-- $1 id
-- name: segment_document
SELECT row_to_json(d)
  FROM (SELECT id, name, filter, explanation,
               ARRAY(SELECT uses_id FROM segment_use
                      WHERE segment_id = s.id ORDER BY 1) AS uses,
               created_at, updated_at
          FROM segment s WHERE id = $1::bigint) d;

-- $1 after this id, $2 at most
-- name: segment_documents
SELECT id, row_to_json(d)
  FROM (SELECT id, name, filter, explanation,
               ARRAY(SELECT uses_id FROM segment_use
                      WHERE segment_id = s.id ORDER BY 1) AS uses,
               created_at, updated_at
          FROM segment s WHERE id > $1::bigint
         ORDER BY id LIMIT $2::bigint) d
 ORDER BY id;

-- Who uses it; holds it against new uses.  $1 id
-- name: segment_uses
SELECT EXISTS (SELECT FROM campaign_segment WHERE segment_id = s.id),
       EXISTS (SELECT FROM segment_use WHERE uses_id = s.id)
  FROM segment s WHERE id = $1::bigint
   FOR UPDATE;

-- $1 id
-- name: segment_delete
DELETE FROM segment WHERE id = $1::bigint;

-- $1 id
-- name: segment_filter
SELECT filter FROM segment WHERE id = $1::bigint;

-- What a question may cost: the next statements of this transaction end
-- after so long, join in memory, and find pages there, too.  $1 milliseconds
-- name: segment_limits
SELECT set_config('statement_timeout', $1, true), set_config('work_mem', '64MB', true),
       set_config('hash_mem_multiplier', '4', true),
       set_config('random_page_cost', '1.1', true);

-- $1 filter
-- name: segment_count
SELECT segment_count($1::jsonb);

-- $1 filter, $2 after this contact, $3 at most
-- name: segment_page
SELECT id FROM segment_page($1::jsonb, $2::bigint, $3::bigint) p (id) ORDER BY id;

-- Whom a campaign goes to: api/campaign_whom.h.

-- $1 campaign
-- name: campaign_whom
SELECT resend_of, resend_to, frequency_messages, frequency_days
  FROM campaign WHERE id = $1::bigint;

-- $1 campaign, $2 excluded
-- name: campaign_whom_segments
SELECT segment_id FROM campaign_segment
 WHERE campaign_id = $1::bigint AND excluded = $2::boolean ORDER BY segment_id;

-- $1 campaign, $2 resend_of, $3 resend_to, $4 messages, $5 days
-- name: campaign_whom_set
UPDATE campaign
   SET resend_of = $2::bigint, resend_to = $3, frequency_messages = $4::int,
       frequency_days = $5::int
 WHERE id = $1::bigint;

-- $1 campaign
-- name: campaign_segments_drop
DELETE FROM campaign_segment WHERE campaign_id = $1::bigint;

-- $1 campaign, $2 segments, $3 excluded ones
-- name: campaign_segments_set
INSERT INTO campaign_segment (campaign_id, segment_id, excluded)
SELECT $1::bigint, unnest($2::bigint[]), false
UNION ALL
SELECT $1::bigint, unnest($3::bigint[]), true;

-- What it names and is not there.  $1 segments, $2 excluded ones, $3 campaign
-- name: campaign_whom_dangling
SELECT 'segment_ids', 'segment', u.id FROM unnest($1::bigint[]) u (id)
 WHERE NOT EXISTS (SELECT FROM segment s WHERE s.id = u.id)
UNION ALL
SELECT 'exclude_segment_ids', 'segment', u.id FROM unnest($2::bigint[]) u (id)
 WHERE NOT EXISTS (SELECT FROM segment s WHERE s.id = u.id)
UNION ALL
SELECT 'resend.campaign_id', 'campaign', $3::bigint
 WHERE NOT EXISTS (SELECT FROM campaign c WHERE c.id = $3::bigint) AND $3 IS NOT NULL;
