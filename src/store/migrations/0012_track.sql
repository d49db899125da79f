-- What tracking SDKs told of people (u:), visitors (a:) and groups (g:); `linked` = it is known whose they are.
CREATE TABLE tracked (
  who TEXT PRIMARY KEY, domain TEXT NOT NULL, linked BIGINT NOT NULL, body TEXT NOT NULL
) {clustered};
-- Calls that wait until it is known whose they are.
CREATE TABLE parked (
  who TEXT NOT NULL, id TEXT NOT NULL, received_at BIGINT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (who, id)
) {clustered};
CREATE INDEX parked_at ON parked (received_at);
-- Accounts by the domains of their addresses.
CREATE TABLE account_domain (domain TEXT NOT NULL, account_id BIGINT NOT NULL, PRIMARY KEY (domain, account_id)) {clustered};
CREATE INDEX account_domain_of ON account_domain (account_id);
INSERT INTO account_domain (domain, account_id)
  SELECT lower({domain}), account_id FROM state WHERE {domain} LIKE '%.%';
