-- The way back, complete.

-- Mailboxes: HIGHESTMODSEQ of the folder (RFC 7162) as it was when it was
-- read that far; 0 where the server tells none.
ALTER TABLE mailbox_cursor ADD COLUMN modseq bigint NOT NULL DEFAULT 0;

-- Whose it is, and how surely ------------------------------------------------

-- Of mail without a token: found by what the relay called the message, or
-- merely by address and subject.
ALTER TABLE inbound DROP CONSTRAINT inbound_attribution_check,
	ADD CONSTRAINT inbound_attribution_check CHECK (attribution IN
	('token', 'message_id', 'reply_token', 'thread', 'queue_id', 'probable', 'person')),
	ADD COLUMN confidence text GENERATED ALWAYS AS
	(CASE attribution WHEN 'queue_id' THEN 'likely' WHEN 'probable' THEN 'probable'
	                  ELSE CASE WHEN attribution IS NOT NULL THEN 'certain' END END) STORED;

-- The words of a reply that may be what a server calls the message: not
-- times, sizes or names.  As bounce/trace.c has them.
CREATE FUNCTION queue_ids(reply text) RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
	SELECT w FROM regexp_split_to_table(reply, '[^A-Za-z0-9_-]+') w
	 WHERE length(w) BETWEEN 8 AND 100 AND w ~ '[A-Za-z]' AND w ~ '[0-9]'
$$;

-- What subjects of a template look like, for LIKE; NULL when hardly a word
-- of it is the template's own.
CREATE FUNCTION subject_pattern(subject text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN length(regexp_replace(own, '[\W_]', '', 'g')) >= 4 THEN
	            lower(replace(regexp_replace(regexp_replace(btrim(own), '\s+', ' ', 'g'),
	                                         '[%_\\]', '\\\&', 'g'), E'\x01', '%')) END
	  FROM regexp_replace(subject, '\{[{%].*?[}%]\}', E'\x01', 'g') own
$$;

-- Which delivery a mail without a token is about (R-069): one of the last 30
-- days to a person whom it names.  By the id that is in the relay's reply to
-- it and in no reply to its neighbours, as a host's name would be; or else by
-- its subject.  None where more than one fits.
CREATE FUNCTION find_delivery(people text[], ids text, title text, came_at timestamptz,
                              may_answer boolean)
RETURNS TABLE (delivery_id bigint, attribution text, answers boolean)
LANGUAGE plpgsql STABLE ROWS 1 AS $$
DECLARE
	at   timestamptz := coalesce(came_at, now());
	sent bigint[];
	hits bigint[];
BEGIN
	IF ids IS NULL AND title IS NULL THEN
		RETURN;
	END IF;
	SELECT array_agg(d.id) INTO sent
	  FROM contact c
	  JOIN campaign g ON g.started_at BETWEEN at - interval '30 days' AND at + interval '1 hour'
	  JOIN delivery d ON d.campaign_id = g.id AND d.contact_id = c.id
	 WHERE c.email_key = ANY (people);
	SELECT array_agg(DISTINCT s.id) INTO hits
	  FROM unnest(sent) s (id)
	  JOIN outcome o ON o.delivery_id = s.id AND o.state = 'accepted',
	       LATERAL queue_ids(o.reply) q (id)
	 WHERE q.id = ANY (string_to_array(ids, ' '))
	   AND NOT EXISTS (SELECT FROM outcome n
	                    WHERE n.delivery_id BETWEEN s.id - 8 AND s.id + 8
	                      AND n.delivery_id <> s.id AND strpos(n.reply, q.id) > 0);
	attribution := 'queue_id';
	IF cardinality(hits) IS DISTINCT FROM 1 THEN
		SELECT array_agg(s.id) INTO hits
		  FROM unnest(sent) s (id)
		  JOIN campaign_content k ON k.campaign_id = s.id >> 32
		 WHERE lower(regexp_replace(title, '\s+', ' ', 'g')) LIKE subject_pattern(k.subject)
		   AND EXISTS (SELECT FROM outcome o WHERE o.delivery_id = s.id
		                  AND o.state IN ('accepted', 'uncertain'));
		attribution := 'probable';
	END IF;
	IF cardinality(hits) = 1 THEN
		delivery_id := hits[1];
		answers := may_answer;
		RETURN NEXT;
	END IF;
END $$;

-- May a message that was laid at a delivery's door change anything?  What is
-- merely probable may not.  What the relay called the message is enough for
-- an answer, but no evidence against a person (R-080): for that it takes a
-- token or a Message-ID of ours, or for complaints the signature of who runs
-- the feedback loop (R-066).
CREATE FUNCTION has_weight(i inbound) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT CASE i.attribution
	       WHEN 'probable' THEN i.details ? 'trusted'
	       WHEN 'queue_id' THEN i.details ? 'trusted' OR i.class IN ('reply', 'auto_reply')
	       ELSE true END
$$;

DROP FUNCTION inbound_judged;
CREATE FUNCTION inbound_judged(mailbox bigint, fingerprints bytea[])
RETURNS TABLE (id bigint, fingerprint bytea, class text, rule text, message_id text, details jsonb,
               delivery_id bigint, campaign_id bigint, contact_id bigint, list_id bigint,
               email_key text)
LANGUAGE sql STABLE AS $$
	WITH mine AS MATERIALIZED (
		SELECT * FROM inbound i
		 WHERE i.mailbox_id = mailbox AND i.fingerprint = ANY (fingerprints)
		   AND i.judged_by = pg_current_xact_id() AND has_weight(i)
	)
	SELECT i.id, i.fingerprint, i.class, i.rule, i.message_id, i.details, d.id, d.campaign_id,
	       d.contact_id, d.list_id, c.email_key
	  FROM mine i
	  JOIN delivery d ON d.id = i.delivery_id
	  LEFT JOIN contact c ON c.id = d.contact_id
$$;

-- What a suppression shows of the mail that led to it: which one, the rule
-- that decided, what it said, and an excerpt of what a person wrote.
CREATE FUNCTION mail_evidence(inbound bigint, rule text, details jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
	SELECT details - '{text,reclassified}'::text[]
	    || jsonb_build_object('source', 'mail', 'inbound_id', inbound, 'rule', rule)
	    || jsonb_strip_nulls(jsonb_build_object('excerpt', left(details ->> 'text', 200)))
$$;

-- Whose feedback reports are believed without a token of ours: those that one
-- of these domains has signed, by the word of the host that keeps the mailbox.
ALTER TABLE mailbox
	ADD COLUMN authserv_id      text NOT NULL DEFAULT '',
	ADD COLUMN feedback_domains text[] NOT NULL DEFAULT '{}';

-- Answers that end a sequence ------------------------------------------------

-- Whoever has answered one of these campaigns does not get this one, or, with
-- stop_on_reply, whoever has answered this one nothing more of it.
ALTER TABLE campaign
	ADD COLUMN exclude_replied_to bigint[] NOT NULL DEFAULT '{}',
	ADD COLUMN stop_on_reply      boolean NOT NULL DEFAULT false;

-- The campaigns whose answers keep people from getting this one; NULL: none.
CREATE FUNCTION answers_that_stop(campaign_id bigint) RETURNS bigint[] LANGUAGE sql STABLE AS $$
	SELECT nullif(exclude_replied_to || CASE WHEN stop_on_reply THEN ARRAY[id] END, '{}')
	  FROM campaign WHERE id = campaign_id
$$;

-- Self-tests of accounts: a message that is sent through the account and read
-- back from a mailbox.  The account_test has a mailbox then; once the message
-- is sent it goes on as read_back, for a poller.  wish: who writes, and then
-- what was sent.
ALTER TABLE task
	DROP CONSTRAINT task_kind_check,
	ADD CONSTRAINT task_kind_check CHECK (kind IN
	    ('account_test', 'mailbox_test', 'test_message', 'reclassify', 'read_back'));

-- self_test: what the last one found; NULL: none.  verp, one_click: what a
-- person says of these features; NULL: as it was found.
ALTER TABLE smtp_account
	ADD COLUMN verp boolean,
	ADD COLUMN one_click boolean,
	ADD COLUMN self_test jsonb;

-- Whether a feature of an account is on: a person's word, else what its
-- self-test found, else yes.
CREATE FUNCTION is_on(said boolean, self_test jsonb, feature text) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
	SELECT coalesce(said, (self_test -> 'features' ->> feature)::boolean, true)
$$;

-- What messages from an address are signed with: the newest key of each
-- algorithm whose domain is that of the address or the nearest above it
-- (relaxed alignment, RFC 7489).
CREATE FUNCTION dkim_keys_of(sender text)
RETURNS TABLE (domain text, selector text, algorithm text, secret bytea)
LANGUAGE sql STABLE AS $$
	SELECT n.domain, n.selector, n.algorithm, n.secret
	  FROM (SELECT DISTINCT ON (k.algorithm) k.*
	          FROM dkim_key k,
	               (SELECT lower(substring(sender FROM '@([^@]*)$')) AS domain) f
	         WHERE k.active
	           AND (k.domain = f.domain
	                OR right(f.domain, length(k.domain) + 1) = '.' || k.domain)
	         ORDER BY k.algorithm, length(k.domain) DESC, k.active_at DESC, k.id DESC) n
	 ORDER BY n.algorithm DESC
$$;
