-- Which version of a row somebody has before him: when it was last edited, to
-- the microsecond, as an ETag.

-- $1 kind, $2 id or NULL, $3 name or NULL
-- name: etag_find
SELECT '"' || to_hex((extract(epoch FROM updated_at) * 1000000)::bigint) || '"'
  FROM (SELECT updated_at FROM list WHERE $1 = 'list' AND id = $2::bigint
        UNION ALL SELECT updated_at FROM segment WHERE $1 = 'segment' AND id = $2::bigint
        UNION ALL SELECT updated_at FROM template WHERE $1 = 'template' AND id = $2::bigint
        UNION ALL SELECT updated_at FROM snippet WHERE $1 = 'snippet' AND name = $3
        UNION ALL SELECT updated_at FROM smtp_account WHERE $1 = 'account' AND id = $2::bigint
        UNION ALL SELECT updated_at FROM mailbox WHERE $1 = 'mailbox' AND id = $2::bigint
        UNION ALL SELECT updated_at FROM campaign WHERE $1 = 'campaign' AND id = $2::bigint
        UNION ALL SELECT updated_at FROM goal WHERE $1 = 'goal' AND id = $2::bigint) u;

-- The same, the row held until the transaction ends.
-- $1 kind, $2 id or NULL, $3 name or NULL
-- name: etag_hold
SELECT '"' || to_hex((extract(epoch FROM updated_at) * 1000000)::bigint) || '"'
  FROM ((SELECT * FROM (SELECT updated_at FROM list WHERE $1 = 'list' AND id = $2::bigint FOR UPDATE) list)
        UNION ALL (SELECT * FROM (SELECT updated_at FROM segment WHERE $1 = 'segment' AND id = $2::bigint FOR UPDATE) segment)
        UNION ALL (SELECT * FROM (SELECT updated_at FROM template WHERE $1 = 'template' AND id = $2::bigint FOR UPDATE) template)
        UNION ALL (SELECT * FROM (SELECT updated_at FROM snippet WHERE $1 = 'snippet' AND name = $3 FOR UPDATE) snippet)
        UNION ALL (SELECT * FROM (SELECT updated_at FROM smtp_account WHERE $1 = 'account' AND id = $2::bigint FOR UPDATE) account)
        UNION ALL (SELECT * FROM (SELECT updated_at FROM mailbox WHERE $1 = 'mailbox' AND id = $2::bigint FOR UPDATE) mailbox)
        UNION ALL (SELECT * FROM (SELECT updated_at FROM campaign WHERE $1 = 'campaign' AND id = $2::bigint FOR UPDATE) campaign)
        UNION ALL (SELECT * FROM (SELECT updated_at FROM goal WHERE $1 = 'goal' AND id = $2::bigint FOR UPDATE) goal)) u;
