-- The way back: what comes into mailboxes, and what follows from it.

-- Mailboxes: the folder for spam is read as well.
ALTER TABLE mailbox ADD COLUMN junk boolean NOT NULL DEFAULT true;
