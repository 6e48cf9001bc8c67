-- Logins of SMTP accounts and mailboxes: OAuth tokens, and who has been let
-- in.

-- How the owner (a row of smtp_account or mailbox) gets access tokens.  The
-- three secrets are sealed with the master key, bound to
-- 'oauth:OWNER:ID:client_secret', '...:refresh_token', '...:access_token'.
-- One process at a time asks the token endpoint: the holder.  serial grows
-- with each access token.  A refresh token that came anew is stored before
-- its access token is used.
CREATE TABLE oauth (
	owner         text NOT NULL CHECK (owner IN ('smtp_account', 'mailbox')),
	owner_id      bigint NOT NULL,
	token_url     text NOT NULL,
	ca_file       text NOT NULL DEFAULT '',
	client_id     text NOT NULL,
	client_secret bytea,
	scope         text NOT NULL DEFAULT '',
	refresh_token bytea NOT NULL,
	access_token  bytea,
	serial        bigint NOT NULL DEFAULT 0,
	renew_at      timestamptz,      -- a new one is due, the old one still good
	expires_at    timestamptz,
	state         text NOT NULL DEFAULT 'ok' CHECK (state IN ('ok', 'needs_reauth')),
	error         text NOT NULL DEFAULT '',  -- of the last request
	failures      integer NOT NULL DEFAULT 0, -- in a row
	next_at       timestamptz,      -- no request before
	holder        text,
	held_until    timestamptz,
	refreshed_at  timestamptz,
	PRIMARY KEY (owner, owner_id)
);

-- What people see of it: no secret.
CREATE FUNCTION oauth_document(o oauth) RETURNS json LANGUAGE sql STABLE AS $$
	SELECT json_build_object('token_url', o.token_url, 'client_id', o.client_id,
	    'scope', o.scope, 'ca_file', o.ca_file,
	    'has_client_secret', o.client_secret IS NOT NULL,
	    'state', o.state, 'error', o.error, 'expires_at', o.expires_at,
	    'refreshed_at', o.refreshed_at)
$$;

CREATE FUNCTION oauth_forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	DELETE FROM oauth WHERE owner = TG_TABLE_NAME AND owner_id = OLD.id;
	RETURN NULL;
END $$;
CREATE TRIGGER oauth_forget AFTER DELETE ON smtp_account
	FOR EACH ROW EXECUTE FUNCTION oauth_forget();
CREATE TRIGGER oauth_forget AFTER DELETE ON mailbox
	FOR EACH ROW EXECUTE FUNCTION oauth_forget();

-- Which login is known to be good, so that a wrong one is tried by one
-- worker and not by all.  tried_at: logins that were begun and have not been
-- let in, the newest last.
CREATE TABLE account_login (
	account_id bigint PRIMARY KEY REFERENCES smtp_account ON DELETE CASCADE,
	version    integer,             -- of the account's row, that was let in
	proven_at  timestamptz,
	holder     text,                -- who tries now
	held_until timestamptz,
	tried_at   timestamptz[] NOT NULL DEFAULT '{}'
);
