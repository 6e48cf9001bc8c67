-- The way back, complete.

-- Mailboxes: HIGHESTMODSEQ of the folder (RFC 7162) as it was when it was
-- read that far; 0 where the server tells none.
ALTER TABLE mailbox_cursor ADD COLUMN modseq bigint NOT NULL DEFAULT 0;
