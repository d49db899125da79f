-- Keys of contacts that turned out to be somebody else's, and the numbers they had.
CREATE TABLE contact_alias (
  account_id BIGINT NOT NULL, key TEXT NOT NULL, was BIGINT NOT NULL, contact_id BIGINT NOT NULL,
  PRIMARY KEY (account_id, key)
) {clustered};
