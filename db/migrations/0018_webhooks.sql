-- Messages that programs send one by one.

-- What messages of one kind have in common.  From its first message on a
-- day (UTC), or since its template changed, a stream's messages are
-- deliveries of one campaign: the ledger sees to it that each is sent, and
-- once.
CREATE TABLE message_stream (
	id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	template_id bigint NOT NULL REFERENCES template ON DELETE RESTRICT,
	from_name   text NOT NULL,
	from_email  text NOT NULL,
	reply_to    text NOT NULL,   -- '': none
	return_path text NOT NULL,   -- '': the from address
	account_ids bigint[] NOT NULL,
	campaign_id bigint UNIQUE REFERENCES campaign ON DELETE SET NULL, -- now
	version     text NOT NULL DEFAULT '', -- of what that one is made of
	UNIQUE (template_id, from_email, from_name, reply_to, return_path, account_ids)
);

CREATE TABLE message (
	id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	stream_id   bigint NOT NULL REFERENCES message_stream,
	contact_id  bigint NOT NULL REFERENCES contact ON DELETE CASCADE,
	data        jsonb NOT NULL,  -- goes before the contact's attributes
	delivery_id bigint UNIQUE,   -- NULL: no sender has seen it yet
	created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX message_waiting ON message (stream_id, id) WHERE delivery_id IS NULL;
CREATE INDEX message_contact ON message (contact_id, id);

-- What is sent one by one has no list (0), and the same person may get
-- several; of a campaign nobody gets two.
ALTER TABLE delivery DROP CONSTRAINT delivery_campaign_id_contact_id_key;
CREATE UNIQUE INDEX delivery_person ON delivery
	(campaign_id, contact_id, (CASE WHEN list_id = 0 THEN id ELSE 0 END));

ALTER TABLE campaign
	DROP CONSTRAINT campaign_purpose_check,
	ADD CONSTRAINT campaign_purpose_check
	    CHECK (purpose IN ('campaign', 'confirmation', 'transactional'));

-- What a message may say of a delivery; web pages show it, too.
CREATE FUNCTION message_data(of_delivery bigint) RETURNS jsonb LANGUAGE sql STABLE
SECURITY DEFINER SET search_path FROM CURRENT AS $$
	SELECT coalesce((SELECT data FROM message WHERE delivery_id = of_delivery), '{}')
$$;

-- Grows, or becomes another, with everything that a message of the template
-- is made of, and with the day.
CREATE FUNCTION template_version(t bigint) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT concat_ws(' ', (now() AT TIME ZONE 'UTC')::date, extract(epoch FROM p.updated_at),
	                 s.n, s.last, a.n, a.last)
	  FROM template p,
	       (SELECT count(*) AS n, extract(epoch FROM max(updated_at)) AS last FROM snippet) s,
	       (SELECT count(*) AS n, max(id) AS last FROM template_attachment
	         WHERE template_id = t) a
	 WHERE p.id = t
$$;

-- Whether a campaign also goes to people who have unsubscribed: it asks
-- whether they want to come back, because somebody said so in a form, or it
-- is what they are owed whatever they read.
CREATE FUNCTION despite_opt_out(campaign_id bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT coalesce((SELECT purpose <> 'campaign' FROM campaign WHERE id = campaign_id), false)
$$;
DROP FUNCTION asks_to_return(bigint);

-- What happened is told in the order of the transactions that wrote it, up
-- to the oldest that is still under way: whatever is committed late comes
-- after what was told before.
CREATE INDEX event_feed ON event (written_by, id);

-- Webhooks ------------------------------------------------------------------

-- Who is told of events.  secret is sealed with the master key, bound to
-- 'webhook:ID'.  The cursor moves when a batch was answered with 2xx: what
-- was not is told again, so that each event arrives at least once, in order.
CREATE TABLE webhook (
	id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name           text NOT NULL CHECK (name <> ''),
	url            text NOT NULL,
	kinds          text[] NOT NULL DEFAULT '{}',  -- none: all
	secret         bytea,
	state          text NOT NULL DEFAULT 'active'
	               CHECK (state IN ('active', 'paused', 'disabled')),
	state_reason   text NOT NULL DEFAULT '',
	after_written  bigint NOT NULL DEFAULT pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
	after_id       bigint NOT NULL DEFAULT 0,
	test           boolean NOT NULL DEFAULT false, -- a batch of none is wished
	failures       integer NOT NULL DEFAULT 0,     -- in a row
	failing_since  timestamptz,
	next_at        timestamptz NOT NULL DEFAULT now(),
	epoch          bigint NOT NULL DEFAULT 0,      -- grows with each taker
	held_until     timestamptz,
	created_at     timestamptz NOT NULL DEFAULT now(),
	updated_at     timestamptz NOT NULL DEFAULT now()
);

-- Attempts, for a week.
CREATE TABLE webhook_delivery (
	id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	webhook_id bigint NOT NULL REFERENCES webhook ON DELETE CASCADE,
	batch      text NOT NULL,    -- the same when it is told again
	events     integer NOT NULL,
	status     integer,          -- NULL: no answer
	error      text NOT NULL,    -- '': it was taken
	took_ms    bigint NOT NULL,
	at         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhook_delivery_of ON webhook_delivery (webhook_id, id);
