-- An import is staged account by account and becomes visible by one flip (`flipped` = when).
CREATE TABLE staging (id {id} PRIMARY KEY, name TEXT NOT NULL, touched BIGINT NOT NULL, flipped BIGINT);
CREATE TABLE stage (
  import BIGINT NOT NULL, account TEXT NOT NULL, chunk BIGINT NOT NULL, items BIGINT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (import, account, chunk)
) {clustered};
INSERT INTO counter (name, value) VALUES ('import', 0);
-- Subscriptions are found by their own key too.
INSERT INTO identity (kind, value, account_id)
  SELECT 'subscription', key, min(account_id) FROM subscription GROUP BY key;
