-- What people have agreed to, refused and taken back, and how that is known
-- (GDPR art. 7(1), CASL).

-- The words that somebody agreed to.
CREATE TABLE consent_text (
	hash bytea PRIMARY KEY,       -- SHA-256
	text text NOT NULL
);

-- Only ever appended: by triggers, so that no way in leaves it out.  What
-- cannot be seen in the rows, the writer says before in volley.consent, a
-- JSON object for the transaction: source, method, basis, network, text_hash,
-- api_key_id.  An import is one row, whose people are known by their
-- memberships' source.
CREATE TABLE consent (
	id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at          timestamptz NOT NULL DEFAULT now(),
	email_key   text,             -- NULL: an import's, or of an erased person
	list_id     bigint,           -- NULL: everywhere
	action      text NOT NULL CHECK (action IN
	            ('asked', 'given', 'withdrawn', 'blocked', 'restored', 'ended',
	             'tracking_refused', 'tracking_allowed')),
	method      text NOT NULL DEFAULT '' CHECK (method IN
	            ('', 'single', 'double', 'import', 'admin', 'one_click')),
	source      text NOT NULL,    -- api, form, confirm, link, mail, smtp, import
	reason      text,             -- of the suppression that came or went
	basis       text,             -- as whoever declared it has put it
	expires_at  timestamptz,      -- implied consent ends
	text_hash   bytea,            -- what was shown: consent_text
	network     cidr,             -- /24 or /48
	api_key_id  bigint,
	import_id   bigint,
	delivery_id bigint            -- whose link it was
);
CREATE INDEX consent_person ON consent (email_key) WHERE email_key IS NOT NULL;
CREATE INDEX consent_import ON consent (import_id) WHERE email_key IS NULL;

-- A row may be made to say nothing about a person any more, and nothing else.
CREATE FUNCTION consent_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'UPDATE' AND coalesce(NEW.email_key, OLD.email_key) IS NOT DISTINCT FROM OLD.email_key
	   AND coalesce(NEW.network, OLD.network) IS NOT DISTINCT FROM OLD.network
	   AND to_jsonb(NEW) - '{email_key,network}'::text[]
	       = to_jsonb(OLD) - '{email_key,network}'::text[] THEN
		RETURN NEW;
	END IF;
	RAISE EXCEPTION 'the log of consents is only appended to' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER consent_guard BEFORE UPDATE OR DELETE ON consent
	FOR EACH ROW EXECUTE FUNCTION consent_guard();
CREATE TRIGGER consent_guard_all BEFORE TRUNCATE ON consent
	FOR EACH STATEMENT EXECUTE FUNCTION consent_guard();

CREATE FUNCTION consent_said() RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT coalesce(nullif(current_setting('volley.consent', true), ''), '{}')::jsonb
$$;

-- Until when somebody may be taken to agree who never said so; NULL: no end.
ALTER TABLE membership ADD COLUMN consent_expires_at timestamptz;
ALTER TABLE import ADD COLUMN consent_expires_at timestamptz;

CREATE FUNCTION consent_of_membership() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
	said jsonb := consent_said();
BEGIN
	-- Rows without a source came by no way of ours.
	INSERT INTO consent (email_key, list_id, action, method, source, basis, expires_at,
	                     text_hash, network, api_key_id)
	SELECT c.email_key, f.list_id,
	       CASE f.status WHEN 'subscribed' THEN 'given' ELSE 'asked' END,
	       coalesce(said ->> 'method', CASE TG_OP WHEN 'UPDATE' THEN 'double' ELSE 'admin' END),
	       coalesce(said ->> 'source', f.source), said ->> 'basis', f.consent_expires_at,
	       decode(said ->> 'text_hash', 'hex'), (said ->> 'network')::cidr,
	       (said ->> 'api_key_id')::bigint
	  FROM fresh f JOIN contact c ON c.id = f.contact_id
	 WHERE f.source <> '' AND (TG_OP = 'UPDATE' OR f.source NOT LIKE 'import:%')
	 ORDER BY f.list_id;
	RETURN NULL;
END $$;
CREATE TRIGGER consent_of_membership AFTER INSERT ON membership
	REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION consent_of_membership();
CREATE TRIGGER consent_of_changes AFTER UPDATE ON membership
	REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION consent_of_membership();

-- Not with the list, or with the person.
CREATE FUNCTION consent_of_leaving() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
	said jsonb := consent_said();
BEGIN
	INSERT INTO consent (email_key, list_id, action, source, api_key_id)
	SELECT c.email_key, g.list_id, 'ended', coalesce(said ->> 'source', ''),
	       (said ->> 'api_key_id')::bigint
	  FROM gone g JOIN contact c ON c.id = g.contact_id JOIN list l ON l.id = g.list_id
	 WHERE g.source <> '';
	RETURN NULL;
END $$;
CREATE TRIGGER consent_of_leaving AFTER DELETE ON membership
	REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION consent_of_leaving();

CREATE FUNCTION consent_of_suppression() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
	said jsonb := consent_said();
BEGIN
	INSERT INTO consent (email_key, list_id, action, method, source, reason, network,
	                     api_key_id, import_id, delivery_id)
	SELECT f.email_key, f.list_id,
	       CASE WHEN f.reason IN ('unsubscribe', 'complaint') THEN 'withdrawn' ELSE 'blocked' END,
	       CASE WHEN (f.evidence ->> 'one_click')::boolean THEN 'one_click' ELSE '' END,
	       coalesce(said ->> 'source', f.evidence ->> 'source', ''), f.reason,
	       (said ->> 'network')::cidr,
	       coalesce(said ->> 'api_key_id', f.evidence ->> 'api_key_id')::bigint,
	       (f.evidence ->> 'import_id')::bigint, f.delivery_id
	  FROM fresh f WHERE f.reason <> 'erased'
	 ORDER BY f.id;
	RETURN NULL;
END $$;
CREATE TRIGGER consent_of_suppression AFTER INSERT ON suppression
	REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION consent_of_suppression();

CREATE FUNCTION consent_of_return() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
	said jsonb := consent_said();
BEGIN
	INSERT INTO consent (email_key, list_id, action, source, reason, network, api_key_id)
	SELECT g.email_key, g.list_id, 'restored', coalesce(said ->> 'source', ''), g.reason,
	       (said ->> 'network')::cidr, (said ->> 'api_key_id')::bigint
	  FROM gone g
	 -- not with the list
	 WHERE g.reason <> 'erased' AND g.email_key NOT LIKE 'hmac:%'
	   AND (g.list_id IS NULL OR EXISTS (SELECT FROM list l WHERE l.id = g.list_id))
	 ORDER BY g.id;
	RETURN NULL;
END $$;
CREATE TRIGGER consent_of_return AFTER DELETE ON suppression
	REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION consent_of_return();

CREATE FUNCTION consent_of_import() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO consent (list_id, action, method, source, basis, expires_at, api_key_id, import_id)
	VALUES (NEW.list_id, 'given', 'import', 'import', nullif(NEW.basis, ''),
	        NEW.consent_expires_at, (consent_said() ->> 'api_key_id')::bigint, NEW.id);
	RETURN NULL;
END $$;
CREATE TRIGGER consent_of_import AFTER INSERT ON import
	FOR EACH ROW WHEN (NOT NEW.dry_run) EXECUTE FUNCTION consent_of_import();

-- All that is known of what an address has agreed to, imports included.
CREATE FUNCTION consents_of(who text) RETURNS SETOF consent LANGUAGE sql STABLE ROWS 10 AS $$
	SELECT * FROM consent WHERE email_key = who
	 UNION ALL
	SELECT i.*
	  FROM contact c
	  JOIN membership m ON m.contact_id = c.id AND m.source LIKE 'import:%'
	  JOIN consent i ON i.import_id = substring(m.source FROM 8)::bigint AND i.email_key IS NULL
	                AND i.method = 'import'
	 WHERE c.email_key = who
$$;

-- The hash of words that were shown, in hex; they are kept.
CREATE FUNCTION consent_text_keep(words text) RETURNS text LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
	digest bytea := sha256(convert_to(words, 'UTF8'));
BEGIN
	INSERT INTO consent_text SELECT digest, words WHERE digest IS NOT NULL
	    ON CONFLICT DO NOTHING;
	RETURN encode(digest, 'hex');
END $$;

-- Signing up ------------------------------------------------------------------

-- A list is joined through its form only when it is public and has one; the
-- form's address is public_id.  confirmation_campaign_id: the draft by which
-- the mails go that ask for a confirmation; its template has confirm_url.
ALTER TABLE list
	ADD COLUMN public_id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
	ADD COLUMN forms boolean NOT NULL DEFAULT false,
	ADD COLUMN form_text text NOT NULL DEFAULT '', -- what people agree to; '': ours
	ADD COLUMN confirmation_campaign_id bigint REFERENCES campaign ON DELETE RESTRICT;

-- A list's confirmations of one day (UTC) are a campaign: the ledger sees to
-- it that each is sent, and once.  Nobody gets two in 24 hours, so nobody is
-- in it twice.
ALTER TABLE campaign
	ADD COLUMN purpose text NOT NULL DEFAULT 'campaign'
	           CHECK (purpose IN ('campaign', 'confirmation'));
CREATE TABLE confirmation_day (
	list_id     bigint NOT NULL REFERENCES list ON DELETE CASCADE,
	day         date NOT NULL,
	campaign_id bigint NOT NULL REFERENCES campaign ON DELETE CASCADE,
	PRIMARY KEY (list_id, day)
);

-- Who was asked, or is to be asked, whether they want to be on a list.
CREATE TABLE confirmation (
	id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	list_id      bigint NOT NULL REFERENCES list ON DELETE CASCADE,
	contact_id   bigint NOT NULL REFERENCES contact ON DELETE CASCADE,
	asked_at     timestamptz NOT NULL DEFAULT now(),
	sent_at      timestamptz,       -- given to senders
	delivery_id  bigint UNIQUE,
	confirmed_at timestamptz
);
CREATE INDEX confirmation_contact ON confirmation (contact_id);
CREATE UNIQUE INDEX confirmation_waiting ON confirmation (list_id, contact_id)
	WHERE delivery_id IS NULL;

-- Whoever has the contact's row locked may call it.  Nobody is asked more
-- than once a day, or more than three times without an answer.
CREATE FUNCTION confirmation_ask(person bigint, l bigint) RETURNS void LANGUAGE sql AS $$
	INSERT INTO confirmation (list_id, contact_id)
	SELECT l, person
	 WHERE NOT EXISTS (SELECT FROM confirmation f
	                    WHERE f.contact_id = person AND f.list_id = l AND f.confirmed_at IS NULL
	                      AND (f.sent_at IS NULL OR f.sent_at > now() - interval '24 hours'))
	   AND (SELECT count(*) FROM confirmation f
	         WHERE f.contact_id = person AND f.confirmed_at IS NULL) < 3
	    ON CONFLICT DO NOTHING
$$;

-- Takes back a person's unsubscribing from one list.  Whoever had left all of
-- them stays off the others.
CREATE FUNCTION subscription_return(person bigint, l bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	who text;
BEGIN
	SELECT email_key INTO who FROM contact WHERE id = person FOR UPDATE;
	INSERT INTO suppression (email_key, list_id, reason, evidence)
	SELECT who, m.list_id, 'unsubscribe', '{"source": "all"}'
	  FROM membership m
	 WHERE m.contact_id = person AND m.list_id <> l
	   AND EXISTS (SELECT FROM suppression s
	                WHERE s.email_key = who AND s.list_id IS NULL AND s.reason = 'unsubscribe')
	 ORDER BY m.list_id
	    ON CONFLICT DO NOTHING;
	WITH gone AS (
		DELETE FROM suppression s
		 WHERE s.email_key = who AND (s.list_id IS NULL OR s.list_id = l)
		   AND s.reason = 'unsubscribe'
		RETURNING s.id, s.list_id
	)
	INSERT INTO event (kind, key, contact_id, list_id, source)
	SELECT 'resubscribe', id::text, person, l, coalesce(consent_said() ->> 'source', '')
	  FROM gone
	    ON CONFLICT DO NOTHING;
END $$;

-- A form that was sent: whatever is known of the address, nobody can tell by
-- the answer.  false: there is no such form.
CREATE FUNCTION sign_up(form text, address text, who text, called text, erased text)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
	l      list;
	person bigint;
	off    boolean;
BEGIN
	SELECT * INTO l FROM list WHERE public_id::text = form AND public AND forms;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	IF EXISTS (SELECT FROM suppression s
	            WHERE s.email_key IN (who, erased, domain_key(who)) AND s.reason <> 'unsubscribe'
	              AND (s.list_id IS NULL OR s.list_id = l.id)) THEN
		RETURN true;
	END IF;
	PERFORM suppressions_return(who, erased);
	INSERT INTO contact (email, email_key, name) VALUES (address, who, called)
	    ON CONFLICT (email_key) DO UPDATE SET updated_at = contact.updated_at
	RETURNING id INTO person;
	off := EXISTS (SELECT FROM suppression s
	                WHERE s.email_key = who AND (s.list_id IS NULL OR s.list_id = l.id));
	IF NOT off AND EXISTS (SELECT FROM membership m
	                        WHERE m.list_id = l.id AND m.contact_id = person
	                          AND m.status = 'subscribed' AND m.consent_expires_at IS NULL) THEN
		RETURN true;
	END IF;
	IF l.opt_in = 'single' AND NOT off THEN
		INSERT INTO membership (list_id, contact_id, source) VALUES (l.id, person, 'form')
		    ON CONFLICT (list_id, contact_id) DO UPDATE
		   SET status = 'subscribed', consent_expires_at = NULL;
	ELSE
		INSERT INTO membership (list_id, contact_id, status, source)
		VALUES (l.id, person, 'unconfirmed', 'form') ON CONFLICT DO NOTHING;
		PERFORM confirmation_ask(person, l.id);
	END IF;
	RETURN true;
END $$;

-- Where forms came from: at most 20 in any hour.  source is a keyed hash.
CREATE UNLOGGED TABLE sign_up_source (
	source bigint PRIMARY KEY,
	times  timestamptz[] NOT NULL
);
CREATE FUNCTION sign_up_pass(came_from bigint) RETURNS boolean LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
	since timestamptz := now() - interval '1 hour';
BEGIN
	INSERT INTO sign_up_source AS s VALUES (came_from, ARRAY[now()])
	    ON CONFLICT (source) DO UPDATE
	   SET times = ARRAY(SELECT t FROM unnest(s.times) t WHERE t > since) || now()
	 WHERE (SELECT count(*) FROM unnest(s.times) t WHERE t > since) < 20;
	RETURN FOUND;
END $$;

-- How a confirmation stands: of which list, and 'open', 'done' or 'old'.
CREATE FUNCTION confirmation_show(delivery bigint)
RETURNS TABLE (list text, state text, form text, words text) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path FROM CURRENT AS $$
	SELECT l.name,
	       CASE WHEN f.confirmed_at IS NOT NULL THEN 'done'
	            WHEN f.sent_at > now() - interval '7 days' THEN 'open' ELSE 'old' END,
	       CASE WHEN l.public AND l.forms THEN l.public_id::text END, l.form_text
	  FROM confirmation f JOIN list l ON l.id = f.list_id
	 WHERE f.delivery_id = delivery
$$;

-- Saying it again changes nothing, whatever has happened since.
CREATE FUNCTION confirm_subscription(delivery bigint) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
	f confirmation;
BEGIN
	UPDATE confirmation SET confirmed_at = now()
	 WHERE delivery_id = delivery AND confirmed_at IS NULL
	   AND sent_at > now() - interval '7 days'
	RETURNING * INTO f;
	IF f.id IS NULL THEN
		RETURN;
	END IF;
	PERFORM subscription_return(f.contact_id, f.list_id);
	INSERT INTO membership (list_id, contact_id, source)
	VALUES (f.list_id, f.contact_id, 'confirm')
	    ON CONFLICT (list_id, contact_id) DO UPDATE
	   SET status = 'subscribed', consent_expires_at = NULL;
END $$;

-- Whether a campaign also goes to people who have unsubscribed: it asks
-- whether they want to come back, because somebody said so in a form.
CREATE FUNCTION asks_to_return(campaign_id bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT coalesce((SELECT purpose = 'confirmation' FROM campaign WHERE id = campaign_id), false)
$$;

-- Preferences -----------------------------------------------------------------

-- Being followed by opens and clicks is refused and allowed apart from being
-- written to.
CREATE FUNCTION consent_of_tracking() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
	said jsonb := consent_said();
BEGIN
	INSERT INTO consent (email_key, action, source, reason, network, api_key_id)
	VALUES (NEW.email_key,
	        CASE NEW.tracking WHEN 'none' THEN 'tracking_refused' ELSE 'tracking_allowed' END,
	        coalesce(said ->> 'source', ''), format('%s to %s', OLD.tracking, NEW.tracking),
	        (said ->> 'network')::cidr, (said ->> 'api_key_id')::bigint);
	RETURN NULL;
END $$;
CREATE TRIGGER consent_of_tracking AFTER UPDATE OF tracking ON contact
	FOR EACH ROW WHEN (OLD.tracking <> NEW.tracking) EXECUTE FUNCTION consent_of_tracking();

-- The last word on it, if it was the person's own refusal.
CREATE FUNCTION tracking_refusal(who text) RETURNS consent LANGUAGE sql STABLE
SECURITY DEFINER SET search_path FROM CURRENT AS $$
	SELECT c.* FROM (SELECT * FROM consent
	                WHERE email_key = who AND action IN ('tracking_refused', 'tracking_allowed')
	                ORDER BY id DESC LIMIT 1) c
	 WHERE c.action = 'tracking_refused' AND c.source = 'link'
$$;

-- What is refused by the link of a mail may be allowed by it again, as it was
-- before; what somebody else has set stays.
CREATE FUNCTION preferences_track(of_delivery bigint, allow boolean) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
	UPDATE contact c
	   SET tracking = CASE WHEN allow
	                       THEN split_part((tracking_refusal(c.email_key)).reason, ' to ', 1)
	                            ::tracking_mode
	                       ELSE 'none' END,
	       updated_at = now()
	  FROM delivery d
	 WHERE d.id = of_delivery AND c.id = d.contact_id
	   AND CASE WHEN allow THEN c.tracking = 'none' AND (tracking_refusal(c.email_key)).id IS NOT NULL
	            ELSE c.tracking <> 'none' END
$$;

-- The lists that a mail's link shows to its recipient: public ones that they
-- are on, each, or with 0 those without a name that the mail is about.
CREATE FUNCTION preferences_lists(of_delivery bigint, l bigint) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
	SELECT i.id
	  FROM delivery d
	  JOIN list i ON CASE WHEN l = 0 THEN NOT i.public ELSE i.public AND i.id = l END
	 WHERE d.id = of_delivery
	   AND (i.id = d.list_id
	        OR EXISTS (SELECT FROM membership m
	                    WHERE m.list_id = i.id AND m.contact_id = d.contact_id
	                      AND (i.public OR EXISTS (SELECT FROM campaign_list cl
	                            WHERE cl.campaign_id = d.campaign_id AND cl.list_id = i.id
	                              AND NOT cl.excluded))))
$$;

-- Takes back that one of them was left.
CREATE FUNCTION preferences_join(of_delivery bigint, l bigint) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
	person bigint;
	back   bigint;
BEGIN
	SELECT d.contact_id INTO person FROM delivery d JOIN contact c ON c.id = d.contact_id
	 WHERE d.id = of_delivery;
	FOR back IN SELECT preferences_lists(of_delivery, l) WHERE person IS NOT NULL ORDER BY 1 LOOP
		PERFORM subscription_return(person, back);
		UPDATE membership SET consent_expires_at = NULL
		 WHERE list_id = back AND contact_id = person AND consent_expires_at IS NOT NULL;
	END LOOP;
END $$;

-- Erasing ---------------------------------------------------------------------

-- What suppressions of somebody who was erased stand under: HMAC-SHA256 of
-- the address, whose key comes in two halves (lib/base/digest.h).  NULL
-- without them.
CREATE FUNCTION erased_key(inner_half bytea, outer_half bytea, who text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
	SELECT 'hmac:' || encode(sha256(outer_half
	                         || sha256(inner_half || convert_to(who, 'UTF8'))), 'hex')
$$;
CREATE INDEX suppression_erased ON suppression (id) WHERE email_key LIKE 'hmac:%';

-- Of somebody who was erased and is let in again, what else kept mail away
-- has the address once more.
CREATE FUNCTION suppressions_return(who text, erased text) RETURNS void LANGUAGE sql AS $$
	WITH known AS (
		DELETE FROM suppression s USING suppression b
		 WHERE s.email_key = erased AND b.email_key = who
		   AND b.list_id IS NOT DISTINCT FROM s.list_id AND b.reason = s.reason
		RETURNING s.id)
	UPDATE suppression s SET email_key = who
	 WHERE s.email_key = erased AND NOT EXISTS (
	       SELECT FROM suppression b
	        WHERE b.email_key = who AND b.list_id IS NOT DISTINCT FROM s.list_id
	          AND b.reason = s.reason)
$$;

-- Domains ---------------------------------------------------------------------

-- A suppression of '@example.com' is of all addresses of that domain.
CREATE INDEX suppression_domain ON suppression (id) WHERE email_key LIKE '@%';

CREATE FUNCTION domain_key(email_key text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT right(email_key, strpos(reverse(email_key), '@'))
$$;

-- Whether there is any: mostly nobody has to look further.
CREATE FUNCTION has_domain_suppressions() RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT EXISTS (SELECT FROM suppression WHERE email_key LIKE '@%')
$$;

-- Up to which row of the log of consents, and which erasing, the file
-- erasures.log has been told (db/erasure_log.h).
CREATE TABLE erasure_mark (
	one            boolean PRIMARY KEY DEFAULT true CHECK (one),
	consent_id     bigint NOT NULL DEFAULT 0,
	suppression_id bigint NOT NULL DEFAULT 0
);
INSERT INTO erasure_mark DEFAULT VALUES;
