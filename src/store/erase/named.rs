//! Rows that merely name somebody.

use super::{Work, left::anonymous, like_any};
use crate::{
    model::ids::{AccountId, stable_hash},
    store::{
        api::{Result, StoreError},
        db::{args, from_json, to_json},
        outbox,
    },
};

/// Facts that say what others are.
const ATTRS: [&str; 2] = ["{\"kind\":\"contact_attrs\"", "{\"kind\":\"account_attrs\""];

impl Work<'_> {
    /// Imports that were begun and never became visible; one that is being taken in has to be finished first.
    pub(super) async fn staged(&mut self) -> Result<()> {
        let text = "SELECT g.id, g.flipped FROM staging g WHERE EXISTS \
                    (SELECT 1 FROM stage s WHERE s.import = g.id AND {like})";
        let (like, arguments) = self.like("s.body", 0);
        for row in self.tx.rows(&text.replace("{like}", &like), arguments).await? {
            if row.opt_int(1)?.is_some() {
                return Err(StoreError::Engine(
                    "an import that names this person is being taken in; run `shirube tick`, then erase again".into(),
                ));
            }
            let rows = self.tx.run("DELETE FROM stage WHERE import = $1", args![row.int(0)?]).await?;
            self.tx.run("DELETE FROM staging WHERE id = $1", args![row.int(0)?]).await?;
            self.count("staged", rows);
        }
        Ok(())
    }

    /// Pages that were given to read and name the person: taken back.
    pub(super) async fn shared(&mut self) -> Result<()> {
        let (like, more) = like_any(self.marks.page_patterns(), "page", 0);
        let gone = self.tx.run(&format!("DELETE FROM shared_page WHERE {like}"), more).await?;
        self.count("shared_pages", gone);
        Ok(())
    }

    /// Rows of the account and of the workspace that merely name the person.
    pub(super) async fn named(&mut self) -> Result<()> {
        for account in self.family.clone().into_iter().chain([AccountId::WORKSPACE.0]) {
            for (table, key, column) in [
                ("fact", "seq", "body"),
                ("run", "run_id", "body"),
                ("task", "identity", "body"),
                ("ledger", "ord", "body"),
                ("contact", "contact_id", "body"),
                ("subscription", "key", "body"),
                ("state", "account_id", "body"),
            ] {
                self.blank(account, table, key, column).await?;
            }
            self.plain(account).await?;
            self.team_messages(account).await?;
            // Whoever keeps this account in memory reads it again.
            let text = "UPDATE hot SET rev = rev + 1, decided = decided + 1 WHERE account_id = $1";
            self.tx.run(text, args![account]).await?;
        }
        Ok(())
    }

    async fn blank(&mut self, account: i64, table: &str, key: &str, column: &str) -> Result<()> {
        let (like, more) = self.like(column, 1);
        let text = format!("SELECT CAST({key} AS TEXT), {column} FROM {table} WHERE account_id = $1 AND {like}");
        let arguments = [args![account], more].concat();
        for row in self.tx.rows(&text, arguments).await? {
            let before = row.text(1)?;
            let theirs = table == "contact" || ATTRS.iter().any(|kind| before.starts_with(kind));
            let marks = if theirs { &self.strong } else { &self.marks };
            let Some(mut body) = marks.blanked(&before) else { continue };
            if table == "fact" && body.starts_with("{\"kind\":\"event\"") {
                // What was said in an event that names the person was said by them, or of them.
                body = anonymous(from_json(&body)?).map_or(Ok(body), |fact| to_json(&fact))?;
            }
            let text = format!("UPDATE {table} SET {column} = $3 WHERE account_id = $1 AND CAST({key} AS TEXT) = $2");
            self.tx.run(&text, args![account, row.text(0)?, body]).await?;
            self.count("named", 1);
        }
        Ok(())
    }

    /// Plain texts: ids of events, what a mail server answered, what a task is about.
    async fn plain(&mut self, account: i64) -> Result<()> {
        let (like, more) = self.like("event_id", 1);
        let text = format!("SELECT seq, source, event_id FROM fact WHERE account_id = $1 AND {like}");
        for row in self.tx.rows(&text, [args![account], more].concat()).await? {
            let (source, event) = (row.text(1)?, row.text(2)?);
            let id = stable_hash(&["erased", &(self.hash)(&event)]);
            let text = "UPDATE fact SET event_id = $3 WHERE account_id = $1 AND seq = $2";
            self.tx.run(text, args![account, row.int(0)?, &id]).await?;
            self.tx.run("DELETE FROM inbox_seen WHERE source = $1 AND event_id = $2", args![source, event]).await?;
        }
        for (table, column, empty) in [("attempt", "detail", "''"), ("outbox", "detail", "''")] {
            let (like, more) = self.like(column, 1);
            let text = format!("UPDATE {table} SET {column} = {empty} WHERE account_id = $1 AND {like}");
            self.tx.run(&text, [args![account], more].concat()).await?;
        }
        let (like, more) = self.like("identity", 1);
        let text = format!("DELETE FROM task WHERE account_id = $1 AND {like}");
        let tasks = self.tx.run(&text, [args![account], more].concat()).await?;
        self.count("tasks", tasks);
        Ok(())
    }

    /// Messages to the team that name the person.
    async fn team_messages(&mut self, account: i64) -> Result<()> {
        let (like, more) = self.like("planned", 1);
        let text = format!("SELECT key, planned FROM outbox WHERE account_id = $1 AND {like}");
        for row in self.tx.rows(&text, [args![account], more].concat()).await? {
            let key = row.text(0)?;
            let Some(planned) = self.marks.blanked(&row.text(1)?) else { continue };
            let sum = outbox::checksum(account, &key, &planned);
            let text = "UPDATE outbox SET planned = $3, checksum = $4, body = NULL, body_sum = '' \
                        WHERE account_id = $1 AND key = $2";
            self.tx.run(text, args![account, &key, planned, sum]).await?;
            self.count("named", 1);
            self.done.keys.insert(key);
        }
        Ok(())
    }
}
