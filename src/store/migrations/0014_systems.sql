-- Objects of other systems as they were told last; owner = under what they are found when their customer is known;
-- account = where they are recorded, empty while they wait.
CREATE TABLE system_object (
  source TEXT NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL, account TEXT NOT NULL, at BIGINT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (source, id)
) {clustered};
CREATE INDEX system_object_owner ON system_object (source, owner);
CREATE INDEX system_object_waits ON system_object (owner) WHERE account = '';
