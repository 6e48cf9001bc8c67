-- What may be said of an import besides its mode.

ALTER TABLE import
	DROP CONSTRAINT import_mode_check,
	ADD CHECK (mode IN ('merge', 'skip', 'replace')),
	-- only what would happen; nothing but errors and counts is written
	ADD dry_run boolean NOT NULL DEFAULT false,
	-- what its sender says that people may be written to for
	ADD basis text NOT NULL DEFAULT '',
	-- encoding, delimiter and columns, where they are not detected
	ADD reading jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(reading) = 'object');
