-- The way back: what comes into mailboxes, and what follows from it.

-- Mailboxes: the folder for spam is read as well.
ALTER TABLE mailbox ADD COLUMN junk boolean NOT NULL DEFAULT true;

-- Policy: who is not mailed any more because of what came back, and who
-- decides.

-- Which transaction judged a message: its consequences follow in the same
-- one, statement by statement.  NULL: before this was kept.
ALTER TABLE inbound ADD COLUMN judged_by xid8;
-- A person may say which delivery a message is about.
ALTER TABLE inbound DROP CONSTRAINT inbound_attribution_check,
	ADD CONSTRAINT inbound_attribution_check CHECK (attribution IN
	('token', 'message_id', 'reply_token', 'thread', 'person'));
CREATE INDEX inbound_raw_until ON inbound (raw_until) WHERE raw IS NOT NULL;
CREATE INDEX event_inbound ON event (inbound_id) WHERE inbound_id IS NOT NULL;

-- Does what a message is and how it was found out suffice to lay it at this
-- delivery's door (R-080)?  Tokens that did not stand in the address are seen
-- by more people than the recipient.
CREATE FUNCTION is_evidence(class text, attribution text, recipient text,
                            final_key text, original_key text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN attribution IN ('token', 'person') THEN true
	            WHEN class IN ('bounce', 'delay')
	                 OR (class = 'unsubscribe' AND attribution = 'thread')
	            THEN recipient IN (final_key, original_key)
	            ELSE class <> 'complaint' OR attribution <> 'thread' END
$$;

-- Messages that this transaction judged, with whom they are about; nobody who
-- was erased.
CREATE FUNCTION inbound_judged(mailbox bigint, fingerprints bytea[])
RETURNS TABLE (id bigint, fingerprint bytea, class text, message_id text, details jsonb,
               delivery_id bigint, campaign_id bigint, contact_id bigint, list_id bigint,
               email_key text)
LANGUAGE sql STABLE AS $$
	WITH mine AS MATERIALIZED (
		SELECT * FROM inbound i
		 WHERE i.mailbox_id = mailbox AND i.fingerprint = ANY (fingerprints)
		   AND i.judged_by = pg_current_xact_id()
	)
	SELECT i.id, i.fingerprint, i.class, i.message_id, i.details, d.id, d.campaign_id,
	       d.contact_id, d.list_id, c.email_key
	  FROM mine i
	  JOIN delivery d ON d.id = i.delivery_id
	  LEFT JOIN contact c ON c.id = d.contact_id
$$;

-- The event that this transaction made of a message about a delivery; none
-- when there was one before.  OFFSET 0: a look-up by the key, never a join.
CREATE FUNCTION made_now(of_kind text, delivery bigint, inbound bigint)
RETURNS TABLE (type bounce_type) LANGUAGE sql STABLE AS $$
	SELECT e.type FROM event e
	 WHERE e.kind = of_kind AND e.key = delivery::text
	   AND e.inbound_id = inbound AND e.at = now()
	OFFSET 0
$$;

-- Soft bounces that count against a person (R-071), dated when they came.
CREATE VIEW strike AS
	SELECT e.contact_id, e.delivery_id, e.inbound_id, e.category, e.status, e.source,
	       least(e.at, i.received_at) AS at,
	       e.category = 'unknown' AND coalesce(e.status, '') = ''
	           AND coalesce(e.data ->> 'code', '5') LIKE '5%' AS bare
	  FROM event e LEFT JOIN inbound i ON i.id = e.inbound_id
	 WHERE e.kind = 'bounce' AND e.type = 'soft'
	   AND e.category IN ('full', 'technical', 'unknown')
	   AND e.data ->> 'scope' = 'recipient';

-- Three of them, each a day or more after the one before, or two refusals
-- without a status a week apart; NULL when there are not so many.
CREATE FUNCTION strikes_since(person bigint, since timestamptz) RETURNS jsonb
LANGUAGE sql STABLE AS $$
	WITH run AS (
		SELECT *, min(at) OVER () AS first, max(at) OVER () AS last
		  FROM strike WHERE contact_id = person AND at > since
	)
	SELECT jsonb_agg(to_jsonb(run) - '{contact_id,bare,first,last}'::text[] ORDER BY at)
	  FROM run
	HAVING bool_or(at BETWEEN first + interval '1 day' AND last - interval '1 day')
	    OR max(at) FILTER (WHERE bare) - min(at) FILTER (WHERE bare) >= interval '7 days'
$$;

-- When it was last seen that a person's mail arrives: an answer, an open, a
-- click; a person who took a suppression back; or a message that has not come
-- back though the one that struck last was tried after it.  What was accepted
-- later than that may still come back.
CREATE FUNCTION last_success(person bigint, since timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
	SELECT greatest(
	    (SELECT max(at) FROM event
	      WHERE contact_id = person AND at > since
	        AND (kind IN ('reply', 'read_receipt', 'conversion')
	             OR (kind IN ('open', 'click') AND source <> 'prefetch')
	             OR (kind = 'suppression_removed' AND source = 'api'
	                 AND data ->> 'reason' IN ('soft_bounces', 'hard_bounce')))),
	    (SELECT max(o.at)
	       FROM (SELECT coalesce((SELECT max(a.at) FROM outcome a
	                               WHERE a.delivery_id = s.delivery_id), s.at) AS tried_at
	               FROM strike s WHERE s.contact_id = person
	              ORDER BY s.at DESC LIMIT 1) newest
	       JOIN campaign c ON c.started_at > since - interval '30 days'
	       JOIN delivery d ON d.campaign_id = c.id AND d.contact_id = person
	       JOIN outcome o ON o.delivery_id = d.id AND o.state = 'accepted'
	                     AND o.at > since AND o.at < newest.tried_at
	      WHERE NOT EXISTS (SELECT FROM event b
	                         WHERE b.kind = 'bounce' AND b.key = d.id::text)))
$$;

-- Is it worth while to look?  Most people bounce once.
CREATE FUNCTION has_struck_before(person bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT (SELECT count(*) FROM (SELECT FROM event
	         WHERE contact_id = person AND kind = 'bounce' AND type = 'soft' LIMIT 2) e) > 1
$$;

-- The strikes that are enough to stop mailing a person, or NULL.
CREATE FUNCTION soft_strikes(person bigint) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN strikes_since(person, since) IS NOT NULL
	            THEN strikes_since(person, greatest(since, last_success(person, since))) END
	  FROM (SELECT now() - interval '30 days') s (since)
$$;

-- The circuit breaker (R-083): how many people of a list reports have taken
-- away, by the minute.
CREATE TABLE list_loss (
	list_id bigint NOT NULL REFERENCES list ON DELETE CASCADE,
	minute  timestamptz NOT NULL,
	people  integer NOT NULL,
	members bigint NOT NULL, -- of the list, when the minute began
	PRIMARY KEY (list_id, minute)
) WITH (fillfactor = 50);

-- Suppressions that wait for a person, because reports asked for more than
-- is likely.  As long as a list has any, more of them wait.
CREATE TABLE held_suppression (
	id          bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	list_id     bigint NOT NULL REFERENCES list ON DELETE CASCADE,
	contact_id  bigint NOT NULL REFERENCES contact ON DELETE CASCADE,
	reason      text NOT NULL CHECK (reason IN ('hard_bounce', 'soft_bounces')),
	delivery_id bigint NOT NULL,
	evidence    jsonb NOT NULL,
	created_at  timestamptz NOT NULL DEFAULT now(),
	UNIQUE (list_id, contact_id, reason)
);
CREATE INDEX held_suppression_page ON held_suppression (list_id, id);
CREATE INDEX held_suppression_contact ON held_suppression (contact_id);

-- How many more the breaker lets pass: 2 % of the members in ten minutes, 20
-- at least; none while some are held.
CREATE FUNCTION loss_allowed(list bigint, members bigint, this_minute integer)
RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN EXISTS (SELECT FROM held_suppression WHERE list_id = list) THEN 0
	            ELSE greatest(20, members / 50) - this_minute - coalesce(
	                (SELECT sum(people) FROM list_loss
	                  WHERE list_id = list AND minute > now() - interval '10 minutes'
	                    AND minute < date_trunc('minute', now())), 0) END
$$;

-- Judging a kept message again is a task.  wish: what a person says it is,
-- and who asked; without a class the classifier decides.
ALTER TABLE task
	ADD COLUMN inbound_id bigint REFERENCES inbound ON DELETE CASCADE,
	ADD COLUMN wish jsonb,
	DROP CONSTRAINT task_kind_check,
	ADD CONSTRAINT task_kind_check CHECK (kind IN
	('account_test', 'mailbox_test', 'test_message', 'reclassify'));
CREATE INDEX task_inbound ON task (inbound_id) WHERE inbound_id IS NOT NULL;

-- What a message was before it is judged again: kept with it.
CREATE FUNCTION audit(i inbound, t task) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_build_object('reclassified',
	    coalesce(i.details -> 'reclassified', '[]') || jsonb_build_array(jsonb_build_object(
	        'at', now(), 'api_key_id', t.wish -> 'api_key_id', 'wish', t.wish - 'api_key_id',
	        'was', jsonb_build_object('class', i.class, 'rule', i.rule,
	            'attribution', i.attribution, 'delivery_id', i.delivery_id,
	            'type', i.details -> 'type', 'category', i.details -> 'category'))))
$$;

-- What becomes of a report in a mailbox once it is recorded: 'delete' by POP3,
-- 'keyword', 'seen' or 'move' to after_folder by IMAP.
ALTER TABLE mailbox
	ADD COLUMN after_reading text NOT NULL DEFAULT 'keep'
		CHECK (after_reading IN ('keep', 'delete', 'keyword', 'seen', 'move')),
	ADD COLUMN after_folder text NOT NULL DEFAULT '';

-- Messages of a POP3 mailbox that were read and are still there: 16 bytes of
-- the SHA-256 of what the server calls each (UIDL).
CREATE TABLE mailbox_uidl (
	mailbox_id bigint NOT NULL REFERENCES mailbox ON DELETE CASCADE,
	key        bytea NOT NULL,
	is_report  boolean NOT NULL,   -- of ours: nobody else needs it
	PRIMARY KEY (mailbox_id, key)
);

-- How much of a mailbox is read in a day, and how much was.
ALTER TABLE mailbox
	ADD COLUMN bytes_per_day bigint NOT NULL DEFAULT 1073741824,
	ADD COLUMN bytes_day     integer NOT NULL DEFAULT 0, -- since 1970, UTC
	ADD COLUMN bytes_read    bigint NOT NULL DEFAULT 0;  -- on that day
