-- Conversions: orders and the like, and which click is credited with each.

-- An amount is in the currency's smallest unit.  The credit follows from what
-- is known of the person, whatever came first (conversion_credit); there is
-- none where no click is near enough.
CREATE TABLE conversion (
	id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	source      text NOT NULL,
	order_id    text,                -- NULL: the person was erased
	refund_of   text,                -- order_id of what is paid back
	contact_id  bigint,              -- NULL: of somebody who is not followed
	at          timestamptz NOT NULL,
	amount      bigint NOT NULL,
	currency    text NOT NULL,       -- ISO 4217
	api_key_id  bigint,              -- who told
	campaign_id bigint,              -- what is credited, by which click
	delivery_id bigint,
	click_id    bigint,              -- its event, which may be forgotten
	clicked_at  timestamptz,
	created_at  timestamptz NOT NULL DEFAULT now(),
	UNIQUE (source, order_id),
	CHECK (refund_of IS NULL OR amount < 0)
);
CREATE INDEX conversion_contact ON conversion (contact_id);
CREATE INDEX conversion_campaign ON conversion (campaign_id) WHERE campaign_id IS NOT NULL;

-- How long before a conversion a click counts.
CREATE FUNCTION conversion_window() RETURNS interval LANGUAGE sql IMMUTABLE AS
	$$ SELECT interval '120 hours' $$;

-- The last click of a person in the window before each conversion of these
-- people: no machine's.  A click that was forgotten is what it was.
CREATE FUNCTION conversion_touch(people bigint[])
RETURNS TABLE (id bigint, click_id bigint, clicked_at timestamptz, campaign_id bigint,
               delivery_id bigint) LANGUAGE sql STABLE AS $$
	SELECT c.id, t.*
	  FROM conversion c
	  LEFT JOIN LATERAL (
	       SELECT x.id, x.at, x.campaign_id, x.delivery_id
	         FROM (SELECT e.id, e.at, e.campaign_id, e.delivery_id, e.key
	                 -- OFFSET: one look into the index by contact.
	                 FROM (SELECT * FROM event e
	                        WHERE e.contact_id = c.contact_id OFFSET 0) e
	                WHERE e.kind = 'click' AND e.verdict <> 'machine'
	                  AND e.delivery_id IS NOT NULL
	                  AND e.at BETWEEN c.at - conversion_window() AND c.at
	               UNION ALL
	               SELECT c.click_id, c.clicked_at, c.campaign_id, c.delivery_id, ''
	                WHERE c.click_id IS NOT NULL
	                  AND NOT EXISTS (SELECT FROM event e WHERE e.id = c.click_id)) x
	        ORDER BY x.at DESC, x.delivery_id DESC, x.key DESC LIMIT 1) t ON true
	 WHERE c.contact_id = ANY (people) AND c.order_id IS NOT NULL AND c.refund_of IS NULL
$$;

-- Credits all conversions of these people anew.  A refund goes where its
-- order went.  A credited conversion is an event of the delivery; one that
-- is credited elsewhere now is taken back there.  What an erased person's
-- conversions are credited to stays.
CREATE FUNCTION conversion_credit(people bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	moved bigint[];
BEGIN
	IF people IS NULL THEN
		RETURN;
	END IF;
	WITH changed AS (
		UPDATE conversion c
		   SET click_id = t.click_id, clicked_at = t.clicked_at,
		       campaign_id = t.campaign_id, delivery_id = t.delivery_id
		  FROM conversion_touch(people) t
		 WHERE c.id = t.id AND c.click_id IS DISTINCT FROM t.click_id
		RETURNING c.id
	)
	SELECT array_agg(id) INTO moved FROM changed;

	UPDATE conversion r
	   SET click_id = o.click_id, clicked_at = o.clicked_at,
	       campaign_id = o.campaign_id, delivery_id = o.delivery_id
	  FROM conversion o
	 WHERE r.contact_id = ANY (people) AND r.order_id IS NOT NULL
	   AND o.source = r.source AND o.order_id = r.refund_of
	   AND o.contact_id = r.contact_id AND o.refund_of IS NULL
	   AND r.click_id IS DISTINCT FROM o.click_id;

	DELETE FROM event WHERE kind = 'conversion' AND key = ANY (moved::text[]);
	INSERT INTO event (kind, key, at, campaign_id, delivery_id, contact_id, list_id, source, data)
	SELECT 'conversion', c.id::text, c.at, c.campaign_id, c.delivery_id, c.contact_id, d.list_id,
	       'api', jsonb_build_object('conversion_id', c.id, 'amount', c.amount,
	                                 'currency', c.currency)
	  FROM conversion c LEFT JOIN delivery d ON d.id = c.delivery_id
	 WHERE c.id = ANY (moved) AND c.click_id IS NOT NULL AND c.amount >= 0;
END $$;

CREATE FUNCTION conversion_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM conversion_credit(array_agg(DISTINCT contact_id))
	   FROM fresh WHERE contact_id IS NOT NULL;
	RETURN NULL;
END $$;
CREATE TRIGGER conversion_told AFTER INSERT ON conversion
	REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION conversion_told();

-- Clicks that come late, and clicks that turn out to be a machine's, or not.
CREATE FUNCTION event_clicked() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
	-- LATERAL with LIMIT: one look into the index for each.
	PERFORM conversion_credit(array_agg(DISTINCT f.contact_id))
	   FROM fresh f
	  CROSS JOIN LATERAL (SELECT FROM conversion c
	                       WHERE c.contact_id = f.contact_id LIMIT 1) c
	  WHERE f.kind = 'click';
	RETURN NULL;
END $$;
CREATE TRIGGER event_clicked AFTER INSERT ON event
	REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION event_clicked();

CREATE FUNCTION event_click_judged() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
	IF EXISTS (SELECT FROM conversion WHERE contact_id = NEW.contact_id) THEN
		PERFORM conversion_credit(ARRAY[NEW.contact_id]);
	END IF;
	RETURN NULL;
END $$;
CREATE TRIGGER event_click_judged AFTER UPDATE OF verdict ON event
	FOR EACH ROW WHEN (OLD.verdict IS DISTINCT FROM NEW.verdict AND NEW.kind = 'click')
	EXECUTE FUNCTION event_click_judged();

CREATE VIEW report.campaign_revenue AS
	SELECT campaign_id, currency, count(*) FILTER (WHERE amount >= 0) AS conversions,
	       count(*) FILTER (WHERE amount < 0) AS refunds, sum(amount)::bigint AS revenue
	  FROM conversion WHERE campaign_id IS NOT NULL
	 GROUP BY campaign_id, currency;
COMMENT ON VIEW report.campaign_revenue IS
	'What a campaign is credited with, as it is now; revenue in the smallest unit of the currency, less refunds.';
SELECT report_role();
