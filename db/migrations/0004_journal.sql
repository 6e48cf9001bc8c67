-- What senders write down on their own disks, and whose it is.

-- Which database this is: a journal is replayed into that which it belongs
-- to, and not into another that happens to be there now.
CREATE TABLE instance (
	id  uuid NOT NULL DEFAULT gen_random_uuid(),
	one boolean PRIMARY KEY DEFAULT true CHECK (one)
);
INSERT INTO instance DEFAULT VALUES;

-- From whom a lease was taken that had run out, until what that holder may
-- have left under way has been settled.
ALTER TABLE lease ADD COLUMN taken_from text;

-- Attempts that were called uncertain because their holder did not come
-- back, not because anybody knew that they had been made.  When its journal
-- does come back, those which that does not know were never made.  Forgotten
-- when the campaign is over, or there was another attempt.
CREATE TABLE taken_over (
	delivery_id bigint NOT NULL,
	attempt     smallint NOT NULL,
	campaign_id bigint NOT NULL REFERENCES campaign ON DELETE CASCADE,
	holder      text NOT NULL,
	at          timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (delivery_id, attempt)
);
CREATE INDEX taken_over_holder ON taken_over (holder);
CREATE INDEX taken_over_campaign ON taken_over (campaign_id);
