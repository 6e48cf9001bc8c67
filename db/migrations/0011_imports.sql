-- Imports may replace what is known of a contact.

ALTER TABLE import
	DROP CONSTRAINT import_mode_check,
	ADD CHECK (mode IN ('merge', 'skip', 'replace'));
