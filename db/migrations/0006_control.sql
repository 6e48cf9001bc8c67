-- Limits of accounts, of recipient-domain groups at an account, and of
-- campaigns.

ALTER TABLE smtp_account ADD COLUMN per_minute integer CHECK (per_minute > 0);

ALTER TABLE campaign
	ADD COLUMN per_second integer CHECK (per_second > 0),
	ADD COLUMN per_minute integer CHECK (per_minute > 0),
	ADD COLUMN per_hour   integer CHECK (per_hour > 0),
	ADD COLUMN per_day    integer CHECK (per_day > 0);

-- What may go to one group of recipients through one account; a group is
-- named by its provider or its domain.
CREATE TABLE group_limit (
	account_id bigint NOT NULL REFERENCES smtp_account ON DELETE CASCADE,
	group_name text NOT NULL CHECK (group_name <> ''),
	per_second integer CHECK (per_second > 0),
	per_minute integer CHECK (per_minute > 0),
	per_hour   integer CHECK (per_hour > 0),
	per_day    integer CHECK (per_day > 0),
	PRIMARY KEY (account_id, group_name)
);

-- A new account, or a new group at one, begins with few messages a day:
-- first_day * factor ^ (n - 1) on day n, until that would be until_per_day.
-- group_name '' is the whole account.
CREATE TABLE warmup (
	account_id    bigint NOT NULL REFERENCES smtp_account ON DELETE CASCADE,
	group_name    text NOT NULL DEFAULT '',
	start_on      date NOT NULL,
	first_day     integer NOT NULL CHECK (first_day > 0),
	factor        double precision NOT NULL CHECK (factor BETWEEN 1 AND 10),
	until_per_day integer NOT NULL CHECK (until_per_day >= first_day),
	PRIMARY KEY (account_id, group_name)
);

-- The cap of a day; NULL when the warm-up is over.  What is before the first
-- day is as the first.
CREATE FUNCTION warmup_cap(w warmup, today date) RETURNS integer
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN cap < w.until_per_day THEN floor(cap)::integer END
	  FROM (SELECT w.first_day
	               * w.factor ^ least(greatest(today - w.start_on, 0), 300)) c (cap)
$$;

-- What has been used of a limit: one row a unit, shared by all senders, by
-- the database's clock.  Permits are used at most lag_s after they were
-- granted.
CREATE TABLE quota (
	kind       text NOT NULL CHECK (kind IN ('account', 'group', 'campaign')),
	id         bigint NOT NULL,            -- of the account or the campaign
	group_name text NOT NULL DEFAULT '',
	unit       text NOT NULL CHECK (unit IN ('second', 'minute', 'hour', 'day')),
	tokens     double precision NOT NULL,
	filled_at  timestamptz NOT NULL,
	lag_s      double precision NOT NULL DEFAULT 0,
	PRIMARY KEY (kind, id, group_name, unit)
) WITH (fillfactor = 50);
INSERT INTO quota (kind, id, unit, tokens, filled_at)
SELECT 'account', account_id, unit, tokens, filled_at FROM account_quota;
DROP TABLE account_quota;

-- Every limit that there is now, as a bucket: it holds `burst`, and fills so
-- slowly that no rolling window of `seconds` sees more than `most`.  The
-- larger the burst, the less flows in the long run: a day lets half of it go
-- at once, an hour a quarter, a minute a sixth, a second a tenth.
CREATE VIEW quota_limit AS
WITH bound AS (
	SELECT 'account' AS kind, a.id, '' AS group_name, v.unit, v.most
	  FROM smtp_account a
	  LEFT JOIN warmup w ON w.account_id = a.id AND w.group_name = '',
	       LATERAL (VALUES ('second', a.per_second), ('minute', a.per_minute),
	                       ('hour', a.per_hour),
	                       ('day', least(a.per_day, warmup_cap(w, now()::date))))
	               v (unit, most)
	UNION ALL
	SELECT 'group', g.account_id, g.group_name, v.unit, v.most
	  FROM group_limit g,
	       LATERAL (VALUES ('second', g.per_second), ('minute', g.per_minute),
	                       ('hour', g.per_hour),
	                       ('day', least(g.per_day, (SELECT warmup_cap(w, now()::date)
	                                                   FROM warmup w
	                                                  WHERE w.account_id = g.account_id
	                                                    AND w.group_name = g.group_name))))
	               v (unit, most)
	UNION ALL
	SELECT 'group', w.account_id, w.group_name, 'day', warmup_cap(w, now()::date)
	  FROM warmup w
	 WHERE w.group_name <> ''
	   AND NOT EXISTS (SELECT FROM group_limit g
	                    WHERE g.account_id = w.account_id AND g.group_name = w.group_name)
	UNION ALL
	SELECT 'campaign', c.id, '', v.unit, v.most
	  FROM campaign c,
	       LATERAL (VALUES ('second', c.per_second), ('minute', c.per_minute),
	                       ('hour', c.per_hour), ('day', c.per_day)) v (unit, most))
SELECT b.kind, b.id, b.group_name, b.unit, b.most, u.seconds,
       greatest(1, b.most / u.share) AS burst
  FROM bound b
  JOIN (VALUES ('second', 1, 10), ('minute', 60, 6), ('hour', 3600, 4), ('day', 86400, 2))
       u (unit, seconds, share) ON u.unit = b.unit
 WHERE b.most IS NOT NULL;

-- What the API says of a warm-up: its terms, and today's cap (null: over).
CREATE FUNCTION warmup_document(w warmup) RETURNS json
LANGUAGE sql STABLE AS $$
	SELECT json_build_object(
	           'start_date', w.start_on, 'first_day', w.first_day, 'factor', w.factor,
	           'until_per_day', w.until_per_day,
	           'day', greatest(now()::date - w.start_on + 1, 1),
	           'cap', warmup_cap(w, now()::date))
	 WHERE w.account_id IS NOT NULL
$$;

-- When a campaign stops by itself (sender/brake.h); NULL: never for that.
ALTER TABLE campaign
	ADD COLUMN brake_hard_percent      double precision DEFAULT 5
	           CHECK (brake_hard_percent > 0 AND brake_hard_percent <= 100),
	ADD COLUMN brake_complaint_percent double precision DEFAULT 0.3
	           CHECK (brake_complaint_percent > 0 AND brake_complaint_percent <= 100),
	ADD COLUMN brake_minimum           integer NOT NULL DEFAULT 200 CHECK (brake_minimum > 0);

-- Deliveries up to here do not count any more: what came of them was known
-- to the person who let the campaign go on.
ALTER TABLE lease ADD COLUMN brake_mark bigint;

-- The brake counts these at every look.
CREATE INDEX event_brake ON event (campaign_id, delivery_id, kind)
 WHERE kind = 'complaint' OR (kind = 'bounce' AND type = 'hard');

-- Something that a person should look at.
ALTER TABLE event DROP CONSTRAINT event_kind_check, ADD CONSTRAINT event_kind_check CHECK (kind IN
	('bounce', 'complaint', 'reply', 'auto_reply', 'unsubscribe', 'resubscribe',
	 'open', 'click', 'conversion', 'delay', 'read_receipt', 'suppression_removed', 'alert'));

-- Which database this is: that of the cluster in which senders first used it.
-- A dump that was restored elsewhere, or under another name, is a copy, and
-- nothing is sent from a copy until somebody says so (volley migrate --adopt).
-- A failover pair has one system identifier.
CREATE TABLE origin (
	one      boolean PRIMARY KEY DEFAULT true CHECK (one),
	identity text NOT NULL,
	noted_at timestamptz NOT NULL DEFAULT now()
);
-- plpgsql keeps the plans: this is asked a few times a second.
CREATE FUNCTION database_identity() RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (SELECT system_identifier FROM pg_control_system()) || '/'
	    || (SELECT oid FROM pg_database WHERE datname = current_database());
END $$;
CREATE FUNCTION is_original() RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN coalesce((SELECT identity = database_identity() FROM origin), true);
END $$;
