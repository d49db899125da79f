-- Playbooks for contacts: their runs live with their contact, and a contact has its own due time.
ALTER TABLE run ADD COLUMN person BIGINT;
DROP INDEX run_open;
CREATE INDEX run_open ON run (account_id, person) WHERE ended IS NULL;
ALTER TABLE contact ADD COLUMN due BIGINT;
CREATE INDEX contact_due ON contact (account_id, due, contact_id) WHERE due IS NOT NULL;
