-- Keys of accounts that were merged into another one, the numbers these had, and where they are now. `pending`: the
-- account is still to be decided for the last time; until then nothing is decided for its heir.
CREATE TABLE account_alias (
  key TEXT PRIMARY KEY, was BIGINT NOT NULL, account_id BIGINT NOT NULL, pending BIGINT NOT NULL, at BIGINT NOT NULL
) {clustered};
CREATE INDEX account_alias_was ON account_alias (was);
CREATE INDEX account_alias_now ON account_alias (account_id);
