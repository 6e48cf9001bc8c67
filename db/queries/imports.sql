-- Imports: the rows that a file becomes.

-- name: import_totals
SELECT state, count(*) FROM import GROUP BY state ORDER BY state;
