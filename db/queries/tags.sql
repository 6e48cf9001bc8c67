-- Tags of contacts: names that are the same in any case.

-- $1 names
-- name: tag_make
INSERT INTO tag (name)
SELECT DISTINCT ON (lower(n)) n FROM unnest($1::text[]) n ORDER BY lower(n)
    ON CONFLICT DO NOTHING;

-- $1 names, $2 keys of addresses
-- name: tag_put
INSERT INTO contact_tag (tag_id, contact_id)
SELECT t.id, c.id
  FROM tag t, contact c
 WHERE lower(t.name) IN (SELECT lower(n) FROM unnest($1::text[]) n)
   AND c.email_key = ANY ($2::text[])
    ON CONFLICT DO NOTHING;

-- $1 names, $2 keys of addresses
-- name: tag_take
DELETE FROM contact_tag x
 USING tag t, contact c
 WHERE x.tag_id = t.id AND x.contact_id = c.id
   AND lower(t.name) IN (SELECT lower(n) FROM unnest($1::text[]) n)
   AND c.email_key = ANY ($2::text[]);

-- Of many at once.  $1 names, $2 filter
-- name: tag_put_filter
INSERT INTO contact_tag (tag_id, contact_id)
SELECT t.id, m.id
  FROM tag t, segment_members($2::jsonb) m (id)
 WHERE lower(t.name) IN (SELECT lower(n) FROM unnest($1::text[]) n)
    ON CONFLICT DO NOTHING;

-- $1 names, $2 filter
-- name: tag_take_filter
DELETE FROM contact_tag x
 USING tag t, segment_members($2::jsonb) m (id)
 WHERE x.tag_id = t.id AND x.contact_id = m.id
   AND lower(t.name) IN (SELECT lower(n) FROM unnest($1::text[]) n);

-- $1 after this id, $2 at most
-- name: tag_page
SELECT id, row_to_json(d)
  FROM (SELECT id, name, (SELECT count(*) FROM contact_tag WHERE tag_id = t.id) AS contacts,
               created_at
          FROM tag t WHERE id > $1::bigint
         ORDER BY id LIMIT $2::bigint) d
 ORDER BY id;

-- $1 id
-- name: tag_delete
DELETE FROM tag WHERE id = $1::bigint RETURNING id;
