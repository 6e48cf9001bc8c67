-- Opens and clicks: what came, and what is made of it.

-- Who looked, as far as it is known: a person, a program on behalf of one
-- that fetches when it is shown (an image proxy), or a program of its own.
-- A verdict may still become `machine` within two minutes of the hit: some
-- rules look at what else comes.
CREATE TYPE hit_verdict AS ENUM ('human', 'proxy', 'machine');

-- NULL for everything but opens and clicks.
ALTER TABLE event ADD COLUMN verdict hit_verdict;
UPDATE event SET verdict = CASE WHEN source = 'prefetch' THEN 'machine' ELSE 'human' END::hit_verdict
 WHERE kind IN ('open', 'click');

-- How a person, or everybody on a list, is followed; the stricter one holds,
-- also for mails that were sent before.
--   individual      who opened and clicked what, when
--   deliverability  the last day of an open, and nothing else about a person
--   aggregate       counted for the campaign, of nobody
--   none            nothing is kept
CREATE TYPE tracking_mode AS ENUM ('individual', 'deliverability', 'aggregate', 'none');
ALTER TABLE list ADD COLUMN tracking tracking_mode NOT NULL DEFAULT 'individual';
ALTER TABLE contact
	ADD COLUMN tracking     tracking_mode NOT NULL DEFAULT 'individual',
	ADD COLUMN last_open_on date;

-- The raw hit of an event, from which its verdict is computed, again if
-- need be.  Partitions of a week, made by hit_partition(); one that is
-- dropped takes along what is known of people's programs and networks, and
-- no verdict.
CREATE TABLE hit (
	at          timestamptz NOT NULL,
	event_id    bigint NOT NULL,
	delivery_id bigint NOT NULL,
	link        integer,                  -- NULL: the pixel
	method      text NOT NULL,
	purpose     text NOT NULL DEFAULT '', -- Sec-Purpose and the like
	agent       text NOT NULL DEFAULT '',
	network     cidr,                     -- /24 or /48; NULL: not known
	source      bigint,                   -- keyed hash of day and address
	headers     bigint NOT NULL,          -- hash of the names, in their order
	verdict     hit_verdict NOT NULL,
	reasons     text[] NOT NULL DEFAULT '{}',
	PRIMARY KEY (delivery_id, at, event_id)
) PARTITION BY RANGE (at);
CREATE INDEX hit_source ON hit (source, at) WHERE source IS NOT NULL;

CREATE FUNCTION hit_partition(day timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
	week timestamp := date_trunc('week', day AT TIME ZONE 'UTC');
	part text := 'hit_' || to_char(week, 'IYYY"w"IW');
BEGIN
	IF to_regclass(part) IS NOT NULL THEN
		RETURN;
	END IF;
	EXECUTE format('CREATE TABLE %I (LIKE hit INCLUDING ALL)', part);
	EXECUTE format('ALTER TABLE hit ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
	    part, week AT TIME ZONE 'UTC', (week + interval '7 days') AT TIME ZONE 'UTC');
END $$;

-- What single hits tell, as data: change it and run volley reclassify-hits.
-- A hit has the strictest verdict of the rules that fit.  Whoever follows
-- many links at once, or comes for many people, is found beside these.
CREATE TABLE hit_rule (
	name    text PRIMARY KEY,
	field   text NOT NULL CHECK (field IN ('method', 'purpose', 'agent')),
	pattern text NOT NULL,         -- regular expression; case does not matter
	verdict hit_verdict NOT NULL
);
INSERT INTO hit_rule (name, field, pattern, verdict) VALUES
	('head',            'method',  '^HEAD$', 'machine'),
	('prefetch',        'purpose', 'prefetch|prerender|preview', 'machine'),
	('no_agent',        'agent',   '^$', 'machine'),
	('apple_privacy',   'agent',   '^Mozilla/5\.0$', 'machine'),
	('gmail_prefetch',  'agent',   'Chrome/42\.0\.2311\.135 Safari/537\.36 Edge/12\.246', 'machine'),
	('gmail_proxy',     'agent',   'GoogleImageProxy', 'proxy'),
	('yahoo_proxy',     'agent',   'YahooMailProxy', 'proxy'),
	('bot',             'agent',   '(^|[^u])bot\y|crawler|spider|scanner', 'machine'),
	('headless',        'agent',   'HeadlessChrome|PhantomJS|Selenium', 'machine'),
	('link_preview',    'agent',   'facebookexternalhit|WhatsApp/|Skype(Uri)?Preview|vkShare|BingPreview', 'machine'),
	('security',        'agent',   'Barracuda|Proofpoint|Mimecast|Sophos|FireEye|TrendMicro|Symantec|IronPort|SafeLinks', 'machine');

CREATE FUNCTION hit_judge(method text, purpose text, agent text,
                          OUT verdict hit_verdict, OUT reasons text[])
LANGUAGE sql STABLE AS $$
	SELECT coalesce(max(r.verdict), 'human'), coalesce(array_agg(r.name ORDER BY r.name), '{}')
	  FROM hit_rule r
	 WHERE CASE r.field WHEN 'method' THEN hit_judge.method
	                    WHEN 'purpose' THEN hit_judge.purpose
	                    ELSE hit_judge.agent END ~* r.pattern
$$;

-- The role of volley api --public (X-028): what pages and links of mails
-- need, and nothing about accounts, mailboxes, keys or imports.
-- Whoever may not create roles lets somebody else do it and runs
-- SELECT public_role() again.  Gives what is missing, or NULL.
CREATE FUNCTION public_role() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	IF to_regrole('volley_public') IS NULL THEN
		BEGIN
			CREATE ROLE volley_public NOLOGIN;
			EXECUTE format('GRANT volley_public TO %I', current_user);
		EXCEPTION
			WHEN duplicate_object OR unique_violation THEN NULL;
			WHEN insufficient_privilege THEN
				RETURN format('%s may not create the role volley_public', current_user);
		END;
	END IF;
	EXECUTE format('GRANT USAGE ON SCHEMA %I TO volley_public', current_schema());
	GRANT SELECT ON migration, instance, origin, campaign, campaign_list, campaign_content,
		campaign_snippet, campaign_attachment, campaign_link, template,
		template_attachment, snippet, delivery, outcome, list, contact, membership,
		suppression, event, hit, hit_rule TO volley_public;
	GRANT SELECT (id, kind, campaign_id, recipient) ON task TO volley_public;
	GRANT INSERT ON event, hit, suppression TO volley_public;
	GRANT UPDATE (verdict) ON event TO volley_public;
	GRANT UPDATE (verdict, reasons) ON hit TO volley_public;
	GRANT UPDATE (last_open_on) ON contact TO volley_public;
	GRANT USAGE ON SEQUENCE event_id_seq, suppression_id_seq TO volley_public;
	RETURN NULL;
END $$;
SELECT public_role();
