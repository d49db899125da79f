-- The links of mails that are counted. state 0 = nobody came, 1 = somebody came and is not judged yet, 2 = a program
-- came, 3 = a person came. A redirect leads to a URL of this table and nowhere else.
CREATE TABLE link (
  account_id BIGINT NOT NULL, key TEXT NOT NULL, n BIGINT NOT NULL, contact_id BIGINT NOT NULL, url TEXT NOT NULL,
  state BIGINT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (account_id, key, n)
) {clustered};
CREATE INDEX link_waiting ON link (at) WHERE state = 1;
