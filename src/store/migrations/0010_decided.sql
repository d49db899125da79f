-- How many decisions were written for an account: tells the state of one from that of the next.
ALTER TABLE hot ADD COLUMN decided BIGINT NOT NULL DEFAULT 0;
