-- Customer messages by address, over all accounts: what frequency caps per contact count. A claimed message
-- takes its place; `ord` is the order in which places were taken.
CREATE TABLE address_send (
  hmac TEXT NOT NULL, account_id BIGINT NOT NULL, key TEXT NOT NULL, at BIGINT NOT NULL, channel TEXT NOT NULL,
  class TEXT NOT NULL, sent_by TEXT NOT NULL, ord BIGINT NOT NULL, PRIMARY KEY (hmac, account_id, key)
) {clustered};
CREATE INDEX address_send_at ON address_send (at);
-- Rendered bytes that are still kept.
CREATE INDEX outbox_body ON outbox (at) WHERE body IS NOT NULL;
