-- Reports that were given to read by a link, as they were then.
CREATE TABLE shared_page (
  id TEXT NOT NULL PRIMARY KEY, title TEXT NOT NULL, who TEXT NOT NULL, at BIGINT NOT NULL, until_at BIGINT NOT NULL,
  page TEXT NOT NULL
) {clustered};
