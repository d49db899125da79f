-- One text for both engines. {id}: 64-bit integer primary key; {clustered}: rows kept in key order
-- (SQLite); {bytes}: byte string. Times are microseconds UTC.

-- Directory tables: keyed by what they look up.
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) {clustered};
CREATE TABLE counter (name TEXT PRIMARY KEY, value BIGINT NOT NULL) {clustered};
CREATE TABLE identity (
  kind TEXT NOT NULL, value TEXT NOT NULL, account_id BIGINT NOT NULL, PRIMARY KEY (kind, value)
) {clustered};
CREATE TABLE inbox_seen (
  source TEXT NOT NULL, event_id TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (source, event_id)
) {clustered};
CREATE TABLE address (hmac TEXT PRIMARY KEY, rev BIGINT NOT NULL) {clustered};
CREATE TABLE suppression (
  hmac TEXT NOT NULL, topic TEXT NOT NULL, reason TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (hmac, topic)
) {clustered};
CREATE TABLE replay (signature TEXT PRIMARY KEY, until_at BIGINT NOT NULL) {clustered};
CREATE INDEX replay_until ON replay (until_at);
CREATE TABLE daemon (owner {id} PRIMARY KEY, journal_id TEXT NOT NULL, started BIGINT NOT NULL, expires BIGINT NOT NULL);
CREATE TABLE lease (name TEXT PRIMARY KEY, owner BIGINT NOT NULL, expires BIGINT NOT NULL) {clustered};
CREATE TABLE rulebook (
  number {id} PRIMARY KEY, hash TEXT NOT NULL UNIQUE, since BIGINT NOT NULL, content TEXT NOT NULL
);
CREATE TABLE world (id {id} PRIMARY KEY, version BIGINT NOT NULL, body TEXT NOT NULL);
CREATE TABLE bookmark (name TEXT PRIMARY KEY, value TEXT NOT NULL) {clustered};
CREATE TABLE audit (
  seq {id} PRIMARY KEY, at BIGINT NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, object TEXT NOT NULL,
  result TEXT NOT NULL, hash TEXT NOT NULL
);

-- Account tables: every primary key and UNIQUE begins with the account's number, so that they can be
-- hash-partitioned or distributed by it.
CREATE TABLE account (account_id {id} PRIMARY KEY, key TEXT NOT NULL, name TEXT NOT NULL, search TEXT NOT NULL);
-- Hot: what moves with every fact and decision, and nothing else.
CREATE TABLE hot (
  account_id {id} PRIMARY KEY, due BIGINT, rev BIGINT NOT NULL, gate BIGINT NOT NULL,
  rulebook BIGINT NOT NULL, now BIGINT NOT NULL, band TEXT NOT NULL, phase TEXT NOT NULL
);
CREATE INDEX hot_due ON hot (due, account_id) WHERE due IS NOT NULL;
-- Cold: the folded state, written only when it differs.
CREATE TABLE state (account_id {id} PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE contact (
  account_id BIGINT NOT NULL, contact_id BIGINT NOT NULL, key TEXT NOT NULL, role TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (account_id, contact_id), UNIQUE (account_id, key)
);
CREATE INDEX contact_role ON contact (account_id, role, contact_id);
CREATE TABLE contact_day (
  account_id BIGINT NOT NULL, contact_id BIGINT NOT NULL, metric TEXT NOT NULL, day BIGINT NOT NULL,
  PRIMARY KEY (account_id, contact_id, metric)
) {clustered};
-- History of everything that came in, attributes included. `event` is the event's name, else NULL.
CREATE TABLE fact (
  account_id BIGINT NOT NULL, seq BIGINT NOT NULL, contact_id BIGINT, occurred_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL, source TEXT NOT NULL, event_id TEXT NOT NULL, event TEXT, body TEXT NOT NULL,
  PRIMARY KEY (account_id, seq)
);
-- Facts not yet folded. `blocking` = 0 for our own receipts, which never hold back the next message.
CREATE TABLE inbox (
  account_id BIGINT NOT NULL, received_at BIGINT NOT NULL, seq BIGINT NOT NULL, blocking BIGINT NOT NULL,
  PRIMARY KEY (account_id, received_at, seq)
) {clustered};
CREATE TABLE run (
  account_id BIGINT NOT NULL, run_id TEXT NOT NULL, playbook TEXT NOT NULL, contact_id BIGINT,
  started BIGINT NOT NULL, ended BIGINT, body TEXT NOT NULL, PRIMARY KEY (account_id, run_id)
);
CREATE INDEX run_open ON run (account_id) WHERE ended IS NULL;
CREATE TABLE task (
  account_id BIGINT NOT NULL, identity TEXT NOT NULL, owner TEXT NOT NULL, done BIGINT, body TEXT NOT NULL,
  PRIMARY KEY (account_id, identity)
);
CREATE INDEX task_open ON task (account_id) WHERE done IS NULL;
CREATE TABLE outbox (
  account_id BIGINT NOT NULL, key TEXT NOT NULL, run TEXT NOT NULL, step TEXT NOT NULL, occurrence BIGINT NOT NULL,
  channel TEXT NOT NULL, address TEXT NOT NULL, address_hash TEXT NOT NULL, planned TEXT NOT NULL,
  checksum TEXT NOT NULL, state TEXT NOT NULL, detail TEXT NOT NULL, not_before BIGINT NOT NULL,
  attempts BIGINT NOT NULL, fence BIGINT NOT NULL, owner BIGINT NOT NULL, lease_until BIGINT NOT NULL,
  account_rev BIGINT NOT NULL, address_rev BIGINT NOT NULL, body {bytes}, body_sum TEXT NOT NULL,
  at BIGINT NOT NULL, resend_of BIGINT, ord BIGINT NOT NULL,
  PRIMARY KEY (account_id, key), UNIQUE (account_id, run, step, occurrence, channel, address)
);
CREATE INDEX outbox_key ON outbox (key);
CREATE INDEX outbox_unknown ON outbox (account_id, key) WHERE state IN ('maybe_sent', 'frozen');
CREATE TABLE attempt (
  account_id BIGINT NOT NULL, key TEXT NOT NULL, ord BIGINT NOT NULL, attempt BIGINT NOT NULL, fence BIGINT NOT NULL,
  phase TEXT NOT NULL, detail TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (account_id, key, ord)
) {clustered};
-- What is on its way. stage 0 = waiting, 1 = taken by a dispatcher, 2 = held, 3 = unknown outcome, to be resent.
CREATE TABLE ready (
  account_id BIGINT NOT NULL, key TEXT NOT NULL, stage BIGINT NOT NULL, not_before BIGINT NOT NULL, lane TEXT NOT NULL,
  rank BIGINT NOT NULL, run TEXT NOT NULL, address_hash TEXT NOT NULL, ord BIGINT NOT NULL,
  PRIMARY KEY (account_id, key)
) {clustered};
CREATE INDEX ready_next ON ready (stage, not_before, rank, key);
CREATE INDEX ready_run ON ready (account_id, run, address_hash, ord);
CREATE TABLE ledger (
  account_id BIGINT NOT NULL, ord BIGINT NOT NULL, at BIGINT NOT NULL, playbook TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (account_id, ord)
) {clustered};
CREATE TABLE subscription (
  account_id BIGINT NOT NULL, key TEXT NOT NULL, start_day BIGINT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (account_id, key)
);

INSERT INTO counter (name, value)
  VALUES ('account', 0), ('contact', 0), ('seq', 0), ('fence', 0), ('audit', 0), ('epoch', 0), ('rulebook', 0);
INSERT INTO account (account_id, key, name, search) VALUES (0, '', '', '');
INSERT INTO hot (account_id, due, rev, gate, rulebook, now, band, phase) VALUES (0, NULL, 0, 0, 0, 0, '', '');
INSERT INTO state (account_id, body) VALUES (0, '{}');
INSERT INTO meta (name, value) VALUES ('hold', '');
INSERT INTO world (id, version, body) VALUES (0, 0, '{}');
