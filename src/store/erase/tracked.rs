//! What tracking and other systems remember of somebody.

use std::collections::BTreeSet;

use super::Work;
use crate::store::{api::Result, db::args};

impl Work<'_> {
    /// What tracking remembers of the person under any of their keys, and calls that wait.
    pub(super) async fn tracked(&mut self) -> Result<()> {
        let person = self.person;
        let own = person.keys.iter().chain(&person.emails);
        let mut keys: BTreeSet<String> = own.flat_map(|key| [format!("u:{key}"), format!("a:{key}")]).collect();
        for table in ["tracked", "parked"] {
            let (like, more) = self.like("who", 0);
            let (told, rest) = self.like("body", more.len());
            let text = format!("SELECT who, body FROM {table} WHERE {like} OR {told}");
            for row in self.tx.rows(&text, [more, rest].concat()).await? {
                // A group is a customer: it keeps its row.
                if !row.text(0)?.starts_with("g:") {
                    keys.insert(row.text(0)?);
                }
            }
        }
        for key in keys {
            // Visitors who turned out to be this person.
            let text = "DELETE FROM tracked WHERE who = $1 OR (body LIKE $2 ESCAPE '!')";
            let leads = serde_json::to_string(&key).unwrap_or_default();
            let like = leads.replace('!', "!!").replace('%', "!%").replace('_', "!_");
            let rows = self.tx.run(text, args![&key, format!("%\"is\":{like}%")]).await?;
            self.count("tracked", rows);
            let rows = self.tx.run("DELETE FROM parked WHERE who = $1", args![&key]).await?;
            self.count("parked", rows);
        }
        self.told_by_systems().await
    }

    /// What other systems said of the person. A customer keeps its row, without them.
    async fn told_by_systems(&mut self) -> Result<()> {
        let (like, more) = self.like("body", 0);
        let text = format!("SELECT source, id, body FROM system_object WHERE {like}");
        for row in self.tx.rows(&text, more).await? {
            let (source, id, body) = (row.text(0)?, row.text(1)?, row.text(2)?);
            if id.starts_with("customer/") || id.starts_with("contract/") {
                let Some(blank) = self.marks.blanked(&body) else { continue };
                let text = "UPDATE system_object SET body = $3 WHERE source = $1 AND id = $2";
                self.tx.run(text, args![source, id, blank]).await?;
                self.count("named", 1);
            } else {
                let text = "DELETE FROM system_object WHERE source = $1 AND id = $2";
                let rows = self.tx.run(text, args![source, id]).await?;
                self.count("tracked", rows);
            }
        }
        Ok(())
    }
}
