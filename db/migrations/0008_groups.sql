-- What is known about groups of recipients' domains at an account.

-- How many messages may be under way to a group at once.
ALTER TABLE group_limit
	ADD COLUMN connections integer CHECK (connections > 0);

-- What workers have learnt, so that it outlives them: groups that are not
-- served as fast as the account allows.  A row is a hint and may be missing.
CREATE TABLE group_state (
	account_id  bigint NOT NULL REFERENCES smtp_account ON DELETE CASCADE,
	group_name  text NOT NULL,
	state       text NOT NULL CHECK (state IN ('reduced', 'slow')),
	allowed     integer NOT NULL,      -- messages under way, of one worker
	patience_ms bigint NOT NULL,       -- slow: how long a message may take
	shut_until  timestamptz NOT NULL,  -- then one is tried
	why         text NOT NULL,
	at          timestamptz NOT NULL,
	PRIMARY KEY (account_id, group_name)
) WITH (fillfactor = 50);

-- Groups that a campaign does not go on to, because their servers refuse who
-- sends it, until it is resumed.  Their recipients are retries without a time.
CREATE TABLE campaign_pause (
	campaign_id bigint NOT NULL REFERENCES campaign ON DELETE CASCADE,
	group_name  text NOT NULL,
	account_id  bigint NOT NULL,       -- through which it was said
	why         text NOT NULL,         -- the reply
	at          timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (campaign_id, group_name)
);
-- Another number whenever these rows have changed.
ALTER TABLE campaign ADD COLUMN pauses integer NOT NULL DEFAULT 0;
ALTER TABLE retry ALTER COLUMN next_at DROP NOT NULL;
