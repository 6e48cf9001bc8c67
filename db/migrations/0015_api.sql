-- Who did what through the API, in chains that show what was altered since.
--
-- A row is written by the transaction of the change, last of all.  It carries
-- the hash of the row before it in its chain and its own, over both; the head
-- of a chain tells how long it is, so that a cut end shows too.  There are
-- several chains only so that changes wait for each other less: the head is
-- held until the commit.
CREATE TABLE audit_chain (
	chain  smallint PRIMARY KEY,
	length bigint NOT NULL DEFAULT 0,
	hash   bytea NOT NULL DEFAULT sha256('')  -- of its last row
);
INSERT INTO audit_chain (chain) SELECT generate_series(0, 7);

CREATE TABLE audit (
	id         bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
	chain      smallint NOT NULL REFERENCES audit_chain,
	place      bigint NOT NULL,       -- in its chain, from 1
	at         timestamptz NOT NULL,
	api_key_id bigint NOT NULL,       -- the key may be gone one day
	who        text NOT NULL,         -- its name then
	method     text NOT NULL,
	route      text NOT NULL,         -- as the contract has it
	object     text NOT NULL,         -- which one; an address is masked
	status     integer NOT NULL,      -- of the answer
	changed    jsonb NOT NULL,        -- fields that were given, without texts
	previous   bytea NOT NULL,
	hash       bytea NOT NULL,
	PRIMARY KEY (chain, place)
);

-- Whatever the session's time zone: no text of a timestamp in it.
CREATE FUNCTION audit_hash(a audit) RETURNS bytea LANGUAGE sql STABLE AS $$
	SELECT sha256(a.previous || convert_to(jsonb_build_array(
	           a.id, a.chain, a.place, (extract(epoch FROM a.at) * 1000000)::bigint,
	           a.api_key_id, a.who, a.method, a.route, a.object, a.status,
	           a.changed)::text, 'UTF8'));
$$;

CREATE FUNCTION audit_write(key_id bigint, method text, route text, object text, status integer,
                            changed jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	head audit_chain;
	a audit;
BEGIN
	SELECT * INTO STRICT head FROM audit_chain c
	 WHERE c.chain = pg_backend_pid() % 8 FOR UPDATE;
	a.id := nextval(pg_get_serial_sequence('audit', 'id'));
	a.chain := head.chain;
	a.place := head.length + 1;
	a.at := clock_timestamp();
	a.api_key_id := key_id;
	a.who := coalesce((SELECT name FROM api_key WHERE id = key_id), '');
	a.method := method;
	a.route := route;
	a.object := object;
	a.status := status;
	a.changed := changed;
	a.previous := head.hash;
	a.hash := audit_hash(a);
	INSERT INTO audit OVERRIDING SYSTEM VALUE SELECT a.*;
	UPDATE audit_chain c SET length = a.place, hash = a.hash WHERE c.chain = a.chain;
END $$;

-- What does not hold: a row that is not what was written, that does not follow
-- the one before, or a chain that ends elsewhere than its head says.
CREATE VIEW audit_fault AS
SELECT chain, place, id,
       CASE WHEN hash <> expected THEN 'the row was altered'
            WHEN place <> before + 1 THEN 'rows before it are missing'
            ELSE 'the row before it was altered' END AS fault
  FROM (SELECT a.chain, a.place, a.id, a.hash, a.previous, audit_hash(a) AS expected,
               lag(a.place, 1, 0::bigint) OVER w AS before,
               lag(a.hash, 1, sha256('')) OVER w AS before_hash
          FROM audit a WINDOW w AS (PARTITION BY a.chain ORDER BY a.place)) r
 WHERE hash <> expected OR place <> before + 1 OR previous <> before_hash
 UNION ALL
SELECT c.chain, c.length, NULL, 'the chain does not end where its head says'
  FROM audit_chain c
  LEFT JOIN LATERAL (SELECT place, hash FROM audit a WHERE a.chain = c.chain
                      ORDER BY place DESC LIMIT 1) l ON true
 WHERE (c.length, c.hash) IS DISTINCT FROM (coalesce(l.place, 0), coalesce(l.hash, sha256('')));
