-- Contacts change one by one all over the table: with some room in each page
-- a new version stays beside the old one, and no index learns of it.
ALTER TABLE contact SET (fillfactor = 90);

-- Dashboards ask for the last days of all campaigns.
CREATE INDEX rollup_hour_hour ON rollup_hour (hour);
