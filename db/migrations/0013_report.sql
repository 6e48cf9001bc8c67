-- Numbers for dashboards: roll-ups, and the schema `report` over them.
--
-- `volley maintain` keeps the roll-ups (db/queries/rollup.sql).  It follows
-- its sources by the number of the transaction that wrote a row: whatever is
-- below the oldest transaction still under way has been seen, and a row that
-- is committed late is not.

-- How far each source has been counted, and in which cluster: transactions
-- are numbered anew in a database that was restored from a dump.
CREATE TABLE rollup_mark (
	source   text PRIMARY KEY,
	upto     bigint NOT NULL DEFAULT 0,  -- transactions before it are counted
	identity text NOT NULL DEFAULT '',
	as_of    timestamptz
);
INSERT INTO rollup_mark (source) VALUES ('outcome'), ('event'), ('list');

-- BRIN knows bigint, not xid8; it costs a sender next to nothing.
ALTER TABLE outcome ADD COLUMN written_by bigint NOT NULL
	DEFAULT txid_current();
CREATE INDEX outcome_written_by ON outcome USING brin (written_by) WITH (pages_per_range = 32);
ALTER TABLE event ADD COLUMN written_by bigint NOT NULL
	DEFAULT txid_current();
CREATE INDEX event_written_by ON event USING brin (written_by) WITH (pages_per_range = 32);

-- A verdict that changes is news.  (What an erased person's event loses is not.)
CREATE FUNCTION event_judged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	NEW.written_by := txid_current();
	RETURN NEW;
END $$;
CREATE TRIGGER event_judged BEFORE UPDATE OF verdict ON event
	FOR EACH ROW WHEN (OLD.verdict IS DISTINCT FROM NEW.verdict AND OLD.delivery_id IS NOT NULL)
	EXECUTE FUNCTION event_judged();

-- Deliveries of which events were taken back: what is known of them is
-- counted again.  Events that merely became too old are forgotten, not
-- taken back (volley.forget).  Whoever may write the source need not be allowed
-- to write here.
CREATE TABLE rollup_dirty (
	delivery_id bigint NOT NULL,
	contact_id  bigint
);
CREATE FUNCTION event_taken_back() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
	IF current_setting('volley.forget', true) IS DISTINCT FROM 'on' THEN
		INSERT INTO rollup_dirty VALUES (OLD.delivery_id, OLD.contact_id);
	END IF;
	RETURN NULL;
END $$;
CREATE TRIGGER event_taken_back AFTER DELETE ON event
	FOR EACH ROW WHEN (OLD.delivery_id IS NOT NULL)
	EXECUTE FUNCTION event_taken_back();

-- Roll-ups --------------------------------------------------------------------

-- What has happened to a delivery, as it is counted now: a row a kind, for
-- clicks one a link as well.
CREATE TABLE rollup_delivery (
	delivery_id bigint NOT NULL,
	kind        text NOT NULL,
	link        integer NOT NULL,      -- -1: any, or none
	at          timestamptz NOT NULL,  -- the first time
	times       integer NOT NULL,
	by_people   integer NOT NULL,      -- of them, not by machines
	type        bounce_type,
	category    bounce_category,
	status      text,
	scope       text,
	source      text NOT NULL,
	domain      text NOT NULL,         -- of the recipient; '': not wanted
	PRIMARY KEY (delivery_id, kind, link)
);

-- Deliveries by what they are (the states of the ledger) or what happened to
-- them, at the hour of that; the sum over the hours is the total.
CREATE TABLE rollup_hour (
	campaign_id bigint NOT NULL,
	hour        timestamptz NOT NULL,
	what        text NOT NULL,
	n           bigint NOT NULL,
	PRIMARY KEY (campaign_id, hour, what)
);
CREATE TABLE rollup_total (
	campaign_id bigint NOT NULL,
	what        text NOT NULL,
	n           bigint NOT NULL,
	PRIMARY KEY (campaign_id, what)
) WITH (fillfactor = 50);

CREATE TABLE rollup_link (
	campaign_id bigint NOT NULL,
	link        integer NOT NULL,
	people      bigint NOT NULL,  -- recipients; of the others only machines came
	machines    bigint NOT NULL,
	times       bigint NOT NULL,
	by_people   bigint NOT NULL,
	PRIMARY KEY (campaign_id, link)
) WITH (fillfactor = 50);

CREATE TABLE rollup_reason (
	campaign_id bigint NOT NULL,
	type        text NOT NULL,
	category    text NOT NULL,
	scope       text NOT NULL,
	source      text NOT NULL,
	status      text NOT NULL,
	n           bigint NOT NULL,
	PRIMARY KEY (campaign_id, type, category, scope, source, status)
);

-- Attempts and what came back, by the recipients' domain and by account.
CREATE TABLE rollup_domain (
	day                date NOT NULL,
	domain             text NOT NULL,
	accepted           bigint NOT NULL DEFAULT 0,
	temporary          bigint NOT NULL DEFAULT 0, -- 4xx
	refused_recipient  bigint NOT NULL DEFAULT 0, -- 5xx, by what they are about
	refused_message    bigint NOT NULL DEFAULT 0,
	refused_account    bigint NOT NULL DEFAULT 0,
	refused_connection bigint NOT NULL DEFAULT 0,
	refused_provider   bigint NOT NULL DEFAULT 0,
	unreached          bigint NOT NULL DEFAULT 0, -- no reply at all
	returned           bigint NOT NULL DEFAULT 0, -- bounced after it was accepted
	hard               bigint NOT NULL DEFAULT 0, -- bounces, in either way
	complaints         bigint NOT NULL DEFAULT 0,
	unsubscribes       bigint NOT NULL DEFAULT 0,
	PRIMARY KEY (day, domain)
);
CREATE TABLE rollup_account (
	day                date NOT NULL,
	account_id         bigint NOT NULL,
	accepted           bigint NOT NULL,
	temporary          bigint NOT NULL,
	refused_recipient  bigint NOT NULL,
	refused_message    bigint NOT NULL,
	refused_account    bigint NOT NULL,
	refused_connection bigint NOT NULL,
	refused_provider   bigint NOT NULL,
	unreached          bigint NOT NULL,
	PRIMARY KEY (day, account_id)
) WITH (fillfactor = 50);

-- Which domains are one provider (lib/mail/provider.h); filled as they come.
CREATE TABLE rollup_provider (
	domain   text PRIMARY KEY,
	provider text NOT NULL
);

-- Lists -----------------------------------------------------------------------

-- Who became a member when (created_at), until it is counted: a row a
-- statement, n people without a name.
CREATE TABLE rollup_joined (
	list_id bigint NOT NULL,
	at      timestamptz NOT NULL,
	n       bigint NOT NULL
);
-- Who may have left a list, or come back: a member, or all of an address.
CREATE TABLE rollup_person (
	list_id    bigint,
	contact_id bigint,
	email_key  text
);

CREATE FUNCTION membership_begins() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
	INSERT INTO rollup_joined
	SELECT list_id, created_at, count(*) FROM fresh WHERE status = 'subscribed'
	 GROUP BY list_id, created_at;
	RETURN NULL;
END $$;
CREATE TRIGGER membership_begins AFTER INSERT ON membership
	REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION membership_begins();

CREATE FUNCTION membership_ends() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
	INSERT INTO rollup_joined
	SELECT list_id, created_at, -count(*) FROM gone WHERE status = 'subscribed'
	 GROUP BY list_id, created_at;
	INSERT INTO rollup_person SELECT list_id, contact_id FROM gone;
	RETURN NULL;
END $$;
CREATE TRIGGER membership_ends AFTER DELETE ON membership
	REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION membership_ends();

CREATE FUNCTION membership_changes() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
	INSERT INTO rollup_joined
	SELECT list_id, created_at, sum(n)
	  FROM (SELECT list_id, created_at, -1 AS n FROM gone WHERE status = 'subscribed'
	        UNION ALL
	        SELECT list_id, created_at, 1 FROM fresh WHERE status = 'subscribed') m
	 GROUP BY list_id, created_at
	HAVING sum(n) <> 0;
	INSERT INTO rollup_person
	SELECT list_id, contact_id FROM gone JOIN fresh USING (list_id, contact_id)
	 WHERE (gone.status, gone.created_at) IS DISTINCT FROM (fresh.status, fresh.created_at);
	RETURN NULL;
END $$;
CREATE TRIGGER membership_changes AFTER UPDATE ON membership
	REFERENCING OLD TABLE AS gone NEW TABLE AS fresh
	FOR EACH STATEMENT EXECUTE FUNCTION membership_changes();
CREATE INDEX membership_created_at ON membership USING brin (created_at);
INSERT INTO rollup_joined
SELECT list_id, created_at, count(*) FROM membership WHERE status = 'subscribed'
 GROUP BY list_id, created_at;

CREATE FUNCTION suppression_ends() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
	INSERT INTO rollup_person (list_id, email_key) VALUES (OLD.list_id, OLD.email_key);
	RETURN NULL;
END $$;
CREATE TRIGGER suppression_ends AFTER DELETE ON suppression
	FOR EACH ROW EXECUTE FUNCTION suppression_ends();

CREATE TABLE rollup_list (
	list_id         bigint NOT NULL,
	day             date NOT NULL,
	joined          bigint NOT NULL,
	by_unsubscribe  bigint NOT NULL, -- left
	by_complaint    bigint NOT NULL,
	by_bounce       bigint NOT NULL,
	by_other_reason bigint NOT NULL,
	PRIMARY KEY (list_id, day)
) WITH (fillfactor = 70);
-- Members who are not mailed any more, since when and why first.
CREATE TABLE rollup_left (
	list_id    bigint NOT NULL,
	contact_id bigint NOT NULL,
	joined_on  date NOT NULL,
	left_on    date NOT NULL,
	reason     text NOT NULL,
	PRIMARY KEY (list_id, contact_id)
);
-- Of those who joined in a month, how many left in which.
CREATE TABLE rollup_cohort (
	list_id  bigint NOT NULL,
	joined   date NOT NULL,
	left_in  date NOT NULL,
	n        bigint NOT NULL,
	PRIMARY KEY (list_id, joined, left_in)
) WITH (fillfactor = 70);

-- The days of dashboards are days of UTC.
CREATE FUNCTION utc_day(at timestamptz) RETURNS date LANGUAGE sql IMMUTABLE AS
	$$ SELECT (at AT TIME ZONE 'UTC')::date $$;

-- What people read ------------------------------------------------------------

CREATE SCHEMA report;
COMMENT ON SCHEMA report IS
	'What dashboards read: stable views over roll-ups, as of report.freshness.';

-- Wilson's interval for k of n: z = 1.959963984540054 for 95 %, z * z =
-- 3.841458820694124.  Plain expressions, which PostgreSQL puts into the query.
CREATE FUNCTION report.wilson_low(k double precision, n double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN n > 0 THEN greatest(0, (k + 1.920729410347062
	            - 1.959963984540054 * sqrt(k * (1 - k / n) + 0.960364705173531))
	            / (n + 3.841458820694124)) END
$$;
CREATE FUNCTION report.wilson_high(k double precision, n double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN n > 0 THEN least(1, (k + 1.920729410347062
	            + 1.959963984540054 * sqrt(k * (1 - k / n) + 0.960364705173531))
	            / (n + 3.841458820694124)) END
$$;
CREATE FUNCTION report.share(k double precision, n double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT k / nullif(n, 0) $$;
COMMENT ON FUNCTION report.wilson_low IS 'Lower end of the 95 % interval of k/n (Wilson); NULL when n is 0.';
COMMENT ON FUNCTION report.wilson_high IS 'Upper end of the 95 % interval of k/n (Wilson); NULL when n is 0.';
COMMENT ON FUNCTION report.share IS 'k/n; NULL when n is 0.';

CREATE VIEW report.freshness AS
	SELECT source, as_of FROM rollup_mark;
COMMENT ON VIEW report.freshness IS 'Up to when each source has been counted; "volley maintain" moves it on.';

CREATE VIEW report.campaign_summary AS
	SELECT c.id AS campaign_id, c.name, c.status, c.started_at, c.finished_at,
	       coalesce(c.audience, 0) AS audience,
	       coalesce(c.audience, 0) - (t.accepted + t.deferred + t.failed + t.uncertain
	           + t.suppressed + t.expired) AS pending,
	       t.accepted, t.deferred, t.failed, t.uncertain, t.suppressed, t.skipped, t.expired,
	       t.bounced_hard, t.bounced_soft, t.bounced_block, t.returned,
	       t.accepted - t.returned AS delivered_estimate,
	       t.complaints, t.unsubscribes, t.replies, t.replied, t.auto_replies,
	       t.opened_human, t.opened_machine, t.clicked_human, t.clicked_machine,
	       t.opens_anonymous, t.clicks_anonymous, t.converted, t.conversions,
	       report.share(t.returned + t.failed, c.audience) AS bounce_rate,
	       report.share(t.complaints, t.accepted - t.returned) AS complaint_rate,
	       report.share(t.unsubscribes, t.accepted - t.returned) AS unsubscribe_rate,
	       report.share(t.opened_human, t.accepted - t.returned) AS open_rate,
	       report.share(t.clicked_human, t.accepted - t.returned) AS click_rate,
	       report.share(t.replied, t.accepted - t.returned) AS reply_rate
	  FROM campaign c
	 CROSS JOIN LATERAL (SELECT
	       coalesce(sum(n) FILTER (WHERE what = 'accepted'), 0)::bigint AS accepted,
	       coalesce(sum(n) FILTER (WHERE what = 'deferred'), 0)::bigint AS deferred,
	       coalesce(sum(n) FILTER (WHERE what = 'failed'), 0)::bigint AS failed,
	       coalesce(sum(n) FILTER (WHERE what = 'uncertain'), 0)::bigint AS uncertain,
	       coalesce(sum(n) FILTER (WHERE what = 'suppressed'), 0)::bigint AS suppressed,
	       coalesce(sum(n) FILTER (WHERE what = 'skipped'), 0)::bigint AS skipped,
	       coalesce(sum(n) FILTER (WHERE what = 'expired'), 0)::bigint AS expired,
	       coalesce(sum(n) FILTER (WHERE what = 'bounced_hard'), 0)::bigint AS bounced_hard,
	       coalesce(sum(n) FILTER (WHERE what = 'bounced_soft'), 0)::bigint AS bounced_soft,
	       coalesce(sum(n) FILTER (WHERE what = 'bounced_block'), 0)::bigint AS bounced_block,
	       coalesce(sum(n) FILTER (WHERE what = 'returned'), 0)::bigint AS returned,
	       coalesce(sum(n) FILTER (WHERE what = 'complaints'), 0)::bigint AS complaints,
	       coalesce(sum(n) FILTER (WHERE what = 'unsubscribes'), 0)::bigint AS unsubscribes,
	       coalesce(sum(n) FILTER (WHERE what = 'replies'), 0)::bigint AS replies,
	       coalesce(sum(n) FILTER (WHERE what = 'replied'), 0)::bigint AS replied,
	       coalesce(sum(n) FILTER (WHERE what = 'auto_replies'), 0)::bigint AS auto_replies,
	       coalesce(sum(n) FILTER (WHERE what = 'opened_human'), 0)::bigint AS opened_human,
	       coalesce(sum(n) FILTER (WHERE what = 'opened_machine'), 0)::bigint AS opened_machine,
	       coalesce(sum(n) FILTER (WHERE what = 'clicked_human'), 0)::bigint AS clicked_human,
	       coalesce(sum(n) FILTER (WHERE what = 'clicked_machine'), 0)::bigint AS clicked_machine,
	       coalesce(sum(n) FILTER (WHERE what = 'opens_anonymous'), 0)::bigint AS opens_anonymous,
	       coalesce(sum(n) FILTER (WHERE what = 'clicks_anonymous'), 0)::bigint AS clicks_anonymous,
	       coalesce(sum(n) FILTER (WHERE what = 'converted'), 0)::bigint AS converted,
	       coalesce(sum(n) FILTER (WHERE what = 'conversions'), 0)::bigint AS conversions
	       FROM rollup_total WHERE campaign_id = c.id) t;
COMMENT ON VIEW report.campaign_summary IS
	'One row a campaign. audience = pending + accepted + deferred + failed + uncertain + suppressed + expired.';
COMMENT ON COLUMN report.campaign_summary.accepted IS 'The receiving server said 250. Denominator: audience.';
COMMENT ON COLUMN report.campaign_summary.skipped IS 'Of the suppressed, those whom the template left out.';
COMMENT ON COLUMN report.campaign_summary.returned IS 'Bounced after they were accepted.';
COMMENT ON COLUMN report.campaign_summary.bounced_hard IS 'Refused at once or returned, each recipient once, for good (also bounced_soft: for now, bounced_block: because of the sender).';
COMMENT ON COLUMN report.campaign_summary.delivered_estimate IS 'accepted - returned: the denominator of whatever recipients do.';
COMMENT ON COLUMN report.campaign_summary.replies IS 'Messages written by people; replied: people who wrote them.';
COMMENT ON COLUMN report.campaign_summary.opened_human IS 'Recipients with an open that is not known to be a machine''s; opened_machine: of whom only machines are known.';
COMMENT ON COLUMN report.campaign_summary.opens_anonymous IS 'Opens (not recipients) that were counted of nobody, by their wish or the list''s.';
COMMENT ON COLUMN report.campaign_summary.bounce_rate IS '(failed + returned) / audience.';
COMMENT ON COLUMN report.campaign_summary.complaint_rate IS 'complaints / delivered_estimate, as are the other rates; by provider in domain_health.';

CREATE VIEW report.campaign_timeseries AS
	SELECT campaign_id, hour,
	       coalesce(sum(n) FILTER (WHERE what = 'accepted'), 0)::bigint AS accepted,
	       coalesce(sum(n) FILTER (WHERE what = 'deferred'), 0)::bigint AS deferred,
	       coalesce(sum(n) FILTER (WHERE what = 'failed'), 0)::bigint AS failed,
	       coalesce(sum(n) FILTER (WHERE what = 'uncertain'), 0)::bigint AS uncertain,
	       coalesce(sum(n) FILTER (WHERE what = 'suppressed'), 0)::bigint AS suppressed,
	       coalesce(sum(n) FILTER (WHERE what = 'expired'), 0)::bigint AS expired,
	       coalesce(sum(n) FILTER (WHERE what IN ('bounced_hard', 'bounced_soft', 'bounced_block')), 0)::bigint AS bounced,
	       coalesce(sum(n) FILTER (WHERE what = 'returned'), 0)::bigint AS returned,
	       coalesce(sum(n) FILTER (WHERE what = 'complaints'), 0)::bigint AS complaints,
	       coalesce(sum(n) FILTER (WHERE what = 'unsubscribes'), 0)::bigint AS unsubscribes,
	       coalesce(sum(n) FILTER (WHERE what = 'replied'), 0)::bigint AS replied,
	       coalesce(sum(n) FILTER (WHERE what = 'auto_replies'), 0)::bigint AS auto_replies,
	       coalesce(sum(n) FILTER (WHERE what = 'opened_human'), 0)::bigint AS opened_human,
	       coalesce(sum(n) FILTER (WHERE what = 'opened_machine'), 0)::bigint AS opened_machine,
	       coalesce(sum(n) FILTER (WHERE what = 'clicked_human'), 0)::bigint AS clicked_human,
	       coalesce(sum(n) FILTER (WHERE what = 'clicked_machine'), 0)::bigint AS clicked_machine,
	       coalesce(sum(n) FILTER (WHERE what = 'converted'), 0)::bigint AS converted
	  FROM rollup_hour
	 GROUP BY campaign_id, hour
	HAVING bool_or(n <> 0);
COMMENT ON VIEW report.campaign_timeseries IS
	'A row an hour in which something happened. Everybody counts in the hour of what they are now, or of the first open, click or reply: the sum over the hours is campaign_summary.';

CREATE VIEW report.domain_health AS
	SELECT d.provider, d.accepted, d.temporary, d.refused_recipient, d.refused_message,
	       d.refused_account, d.refused_connection, d.refused_provider, d.unreached,
	       d.returned, d.hard AS bounced_hard, d.complaints, d.unsubscribes,
	       d.accepted - d.returned AS delivered_estimate,
	       report.share(d.temporary, d.attempts) AS temporary_rate,
	       report.share(d.hard, d.attempts) AS hard_rate,
	       report.wilson_low(least(d.hard, d.attempts), d.attempts) AS hard_low,
	       report.wilson_high(least(d.hard, d.attempts), d.attempts) AS hard_high,
	       report.share(d.complaints, d.delivered) AS complaint_rate,
	       report.wilson_low(least(d.complaints, d.delivered), d.delivered) AS complaint_low,
	       report.wilson_high(least(d.complaints, d.delivered), d.delivered) AS complaint_high,
	       CASE WHEN d.complaints >= 0.003 * d.delivered AND d.complaints > 0
	                 AND (d.complaints >= 5
	                      OR report.wilson_low(least(d.complaints, d.delivered), d.delivered) > 0.003)
	                 OR d.hard >= 0.05 * d.attempts AND d.hard >= 5 THEN 'pause'
	            WHEN d.complaints >= 0.001 * d.delivered AND d.complaints > 0
	                 OR d.hard >= 0.02 * d.attempts AND d.hard > 0 THEN 'warn'
	            ELSE 'ok' END AS health
	  FROM (SELECT provider, sum(accepted)::bigint AS accepted, sum(temporary)::bigint AS temporary,
	               sum(refused_recipient)::bigint AS refused_recipient,
	               sum(refused_message)::bigint AS refused_message,
	               sum(refused_account)::bigint AS refused_account,
	               sum(refused_connection)::bigint AS refused_connection,
	               sum(refused_provider)::bigint AS refused_provider,
	               sum(unreached)::bigint AS unreached, sum(returned)::bigint AS returned,
	               sum(hard)::bigint AS hard, sum(complaints)::bigint AS complaints,
	               sum(unsubscribes)::bigint AS unsubscribes,
	               sum(accepted - returned) AS delivered,
	               sum(accepted + temporary + refused_recipient + refused_message
	                   + refused_account + refused_connection + refused_provider) AS attempts
	          FROM (SELECT domain, sum(accepted) AS accepted, sum(temporary) AS temporary,
	                       sum(refused_recipient) AS refused_recipient,
	                       sum(refused_message) AS refused_message,
	                       sum(refused_account) AS refused_account,
	                       sum(refused_connection) AS refused_connection,
	                       sum(refused_provider) AS refused_provider,
	                       sum(unreached) AS unreached, sum(returned) AS returned,
	                       sum(hard) AS hard, sum(complaints) AS complaints,
	                       sum(unsubscribes) AS unsubscribes
	                  FROM rollup_domain
	                 WHERE day > (now() AT TIME ZONE 'UTC')::date - 30
	                 GROUP BY domain) x
	         CROSS JOIN LATERAL (SELECT coalesce((SELECT p.provider FROM rollup_provider p
	                                               WHERE p.domain = x.domain),
	                                             nullif(x.domain, ''), 'unknown')) p (provider)
	         GROUP BY provider) d;
COMMENT ON VIEW report.domain_health IS
	'The last 30 days by who receives: a provider of several domains (gmail, microsoft, ...) or a domain. Attempts, not recipients.';
COMMENT ON COLUMN report.domain_health.temporary IS 'Attempts answered 4xx. The refused_* are those answered 5xx, by what the refusal is about.';
COMMENT ON COLUMN report.domain_health.unreached IS 'Attempts that ended without a reply.';
COMMENT ON COLUMN report.domain_health.hard_rate IS 'bounced_hard of all answered attempts; hard_low to hard_high is its 95 % interval (Wilson).';
COMMENT ON COLUMN report.domain_health.complaint_rate IS 'complaints / delivered_estimate, with its 95 % interval. Gmail and iCloud send no complaints: theirs are 0 without meaning.';
COMMENT ON COLUMN report.domain_health.health IS 'pause: complaints of 0.3 % that are 5 at least or surely more than that, or hard bounces of 5 %; warn: complaints of 0.1 % or hard bounces of 2 %.';

CREATE VIEW report.bounce_reasons AS
	SELECT campaign_id, type, category, scope, source, status, n AS bounces
	  FROM rollup_reason WHERE n > 0;
COMMENT ON VIEW report.bounce_reasons IS
	'Bounces of a campaign, each recipient once: type hard, soft or block; source smtp (refused at once) or mail (returned).';

CREATE VIEW report.link_clicks AS
	SELECT l.campaign_id, l.number AS link, l.url, coalesce(r.people, 0) AS clicked_human,
	       coalesce(r.machines, 0) AS clicked_machine, coalesce(r.by_people, 0) AS clicks_human,
	       coalesce(r.times, 0) AS clicks
	  FROM campaign_link l
	  LEFT JOIN rollup_link r ON r.campaign_id = l.campaign_id AND r.link = l.number;
COMMENT ON VIEW report.link_clicks IS
	'Every link of a campaign: recipients who clicked it (of the machine ones no person is known), and clicks.';

CREATE VIEW report.conversion_funnel AS
	SELECT campaign_id, name, audience, accepted, delivered_estimate,
	       opened_human AS opened, clicked_human AS clicked, replied, converted,
	       report.share(opened_human, delivered_estimate) AS opened_share,
	       report.share(clicked_human, delivered_estimate) AS clicked_share,
	       report.share(replied, delivered_estimate) AS replied_share,
	       report.share(converted, delivered_estimate) AS converted_share
	  FROM report.campaign_summary WHERE accepted > 0;
COMMENT ON VIEW report.conversion_funnel IS
	'Recipients at each step, all of delivered_estimate: a step need not be within the one before.';

CREATE VIEW report.account_health AS
	SELECT a.id AS account_id, a.name, a.state, a.state_reason,
	       coalesce(r.accepted, 0) AS accepted, coalesce(r.temporary, 0) AS temporary,
	       coalesce(r.refused_recipient, 0) AS refused_recipient,
	       coalesce(r.refused_message, 0) AS refused_message,
	       coalesce(r.refused_account, 0) AS refused_account,
	       coalesce(r.refused_connection, 0) AS refused_connection,
	       coalesce(r.refused_provider, 0) AS refused_provider,
	       coalesce(r.unreached, 0) AS unreached, coalesce(r.today, 0) AS accepted_today,
	       a.per_day
	  FROM smtp_account a
	  LEFT JOIN (SELECT account_id, sum(accepted)::bigint AS accepted,
	                    sum(temporary)::bigint AS temporary,
	                    sum(refused_recipient)::bigint AS refused_recipient,
	                    sum(refused_message)::bigint AS refused_message,
	                    sum(refused_account)::bigint AS refused_account,
	                    sum(refused_connection)::bigint AS refused_connection,
	                    sum(refused_provider)::bigint AS refused_provider,
	                    sum(unreached)::bigint AS unreached,
	                    sum(accepted) FILTER (WHERE day = (now() AT TIME ZONE 'UTC')::date)::bigint
	                        AS today
	               FROM rollup_account
	              WHERE day > (now() AT TIME ZONE 'UTC')::date - 30
	              GROUP BY account_id) r ON r.account_id = a.id;
COMMENT ON VIEW report.account_health IS
	'SMTP accounts: their attempts of the last 30 days (columns as in domain_health), and what is the matter with them.';

CREATE VIEW report.list_growth AS
	SELECT r.list_id, l.name, r.day, r.joined,
	       r.by_unsubscribe AS left_unsubscribe, r.by_complaint AS left_complaint,
	       r.by_bounce AS left_bounce, r.by_other_reason AS left_other, g.gone AS "left",
	       r.joined - g.gone AS net, sum(r.joined - g.gone) OVER days::bigint AS members,
	       report.share(g.gone, sum(r.joined - g.gone) OVER days - r.joined + g.gone) AS churn
	  FROM rollup_list r
	  JOIN list l ON l.id = r.list_id,
	       LATERAL (SELECT r.by_unsubscribe + r.by_complaint + r.by_bounce
	                       + r.by_other_reason) g (gone)
	WINDOW days AS (PARTITION BY r.list_id ORDER BY r.day);
COMMENT ON VIEW report.list_growth IS
	'A row a list and day on which somebody joined or left. Who leaves is still a row of the list, but not mailed any more.';
COMMENT ON COLUMN report.list_growth."left" IS 'Members whose first suppression for this list, or everywhere, is of that day.';
COMMENT ON COLUMN report.list_growth.members IS 'Who could be mailed at the end of the day, as it is known now.';
COMMENT ON COLUMN report.list_growth.churn IS '"left" / members at the beginning of the day.';

CREATE VIEW report.cohort_retention AS
	SELECT list_id, cohort, month, size, (size - gone)::bigint AS remaining,
	       report.share(size - gone, size) AS retention
	  FROM (SELECT j.list_id, j.cohort, m.month, j.size,
	               coalesce(sum(c.n) OVER (PARTITION BY j.list_id, j.cohort ORDER BY m.month), 0)
	                   AS gone
	          FROM (SELECT list_id, date_trunc('month', day::timestamp)::date AS cohort,
	                       sum(joined)::bigint AS size
	                  FROM rollup_list GROUP BY 1, 2 HAVING sum(joined) > 0) j
	         CROSS JOIN LATERAL (
	               SELECT n AS month, (j.cohort + make_interval(months => n))::date AS begins
	                 FROM generate_series(0, least(36,
	                      (extract(year FROM now() AT TIME ZONE 'UTC') - extract(year FROM j.cohort))
	                      * 12 + extract(month FROM now() AT TIME ZONE 'UTC')
	                      - extract(month FROM j.cohort))::int) n) m
	          LEFT JOIN rollup_cohort c ON c.list_id = j.list_id AND c.joined = j.cohort
	                                   AND c.left_in = m.begins) x;
COMMENT ON VIEW report.cohort_retention IS
	'Of those who joined a list in a month (cohort), how many were still mailable at the end of that month (month 0) and of each after it, for three years.';

-- Who may read it: GRANT volley_report TO a login.  NULL, or why there is no
-- such role.
CREATE FUNCTION report_role() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	IF to_regrole('volley_report') IS NULL THEN
		BEGIN
			CREATE ROLE volley_report NOLOGIN;
		EXCEPTION
			WHEN duplicate_object OR unique_violation THEN NULL;
			WHEN insufficient_privilege THEN
				RETURN format('%s may not create the role volley_report: '
				    'CREATE ROLE volley_report NOLOGIN, then run volley maintain again',
				    current_user);
		END;
	END IF;
	GRANT USAGE ON SCHEMA report TO volley_report;
	GRANT SELECT ON ALL TABLES IN SCHEMA report TO volley_report;
	RETURN NULL;
END $$;
SELECT report_role();

-- Drops the weeks of raw hits that ended so many days ago.
CREATE FUNCTION hits_forget(days integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	part  regclass;
	weeks bigint := 0;
BEGIN
	PERFORM set_config('lock_timeout', '5s', true);
	FOR part IN
		SELECT inhrelid FROM pg_inherits
		 WHERE inhparent = 'hit'::regclass
		   AND to_date(substring(inhrelid::regclass::text FROM '\d{4}w\d{2}$'), 'IYYY"w"IW') + 7
		       <= (now() AT TIME ZONE 'UTC')::date - days
	LOOP
		EXECUTE format('DROP TABLE %s', part);
		weeks := weeks + 1;
	END LOOP;
	RETURN weeks;
END $$;
