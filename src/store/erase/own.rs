//! What is the person's own: messages to them, what they did and were told, their record.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Work,
    left::{anonymous, unlearn},
    like_any,
};
use crate::{
    model::{
        contact::Contact,
        decision::LedgerEntry,
        fact::{Fact, FactBody},
        ids::{ContactId, stable_hash},
        run::Run,
        state::AccountState,
        value::Props,
    },
    store::{
        api::{DEAD, GONE, Result},
        db::{args, from_json, to_json},
        outbox, receipt, workspace,
    },
};

impl Work<'_> {
    /// Messages to the person keep their key and state; what waits is not sent any more.
    pub(super) async fn messages(&mut self) -> Result<()> {
        for place in self.places.clone() {
            self.messages_at(place).await?;
            self.links_at(place).await?;
        }
        Ok(())
    }

    /// Where the person's links led and whether somebody followed them: from now on they lead nowhere.
    async fn links_at(&mut self, (account, contact): (i64, i64)) -> Result<()> {
        let text = "DELETE FROM link WHERE account_id = $1 AND contact_id = $2";
        let own = self.tx.run(text, args![account, contact]).await?;
        // What a colleague was written may name the person, too.
        let (like, more) = like_any(self.marks.url_patterns(), "url", 1);
        let text = format!("DELETE FROM link WHERE account_id = $1 AND {like}");
        let named = self.tx.run(&text, std::iter::once(account.into()).chain(more).collect()).await?;
        if own + named > 0 {
            self.count("links", own + named);
        }
        Ok(())
    }

    async fn messages_at(&mut self, (account, contact): (i64, i64)) -> Result<()> {
        let text = format!(
            "SELECT {} FROM outbox o WHERE o.account_id = $1 AND (o.planned LIKE $2 OR o.planned LIKE $3)",
            outbox::COLUMNS
        );
        let one = |end: &str| format!("%\"contact\":{contact}{end}%");
        for row in self.tx.rows(&text, args![account, one(","), one("}")]).await? {
            let (key, mut planned) = (row.text(1)?, outbox::read(&row)?.row.planned);
            if planned.contact != Some(ContactId(contact)) {
                continue;
            }
            planned.address = format!("erased:{}", key.chars().take(12).collect::<String>());
            planned.vars = Props::new();
            let body = to_json(&planned)?;
            let sum = outbox::checksum(account, &key, &body);
            let text = "UPDATE outbox SET address = $3, planned = $4, checksum = $5, body = NULL, body_sum = '', \
                        state = CASE WHEN state IN ('queued', 'held', 'claimed') THEN 'skipped' ELSE state END, \
                        detail = CASE WHEN state IN ('sent', 'maybe_sent', 'handing_over') THEN '' ELSE 'erased' END \
                        WHERE account_id = $1 AND key = $2";
            self.tx.run(text, args![account, &key, &planned.address, body, sum]).await?;
            self.tx.run("DELETE FROM ready WHERE account_id = $1 AND key = $2", args![account, &key]).await?;
            self.tx
                .run("UPDATE attempt SET detail = '' WHERE account_id = $1 AND key = $2", args![account, &key])
                .await?;
            self.count("messages", 1);
            self.done.keys.insert(key);
        }
        Ok(())
    }

    /// What the person is, goes; that they did something stays, without what was said.
    pub(super) async fn own_facts(&mut self) -> Result<()> {
        for place in self.places.clone() {
            self.own_facts_at(place).await?;
        }
        Ok(())
    }

    async fn own_facts_at(&mut self, (account, contact): (i64, i64)) -> Result<()> {
        let text = "SELECT seq, source, event_id, body FROM fact WHERE account_id = $1 AND contact_id = $2";
        for row in self.tx.rows(text, args![account, contact]).await? {
            let (seq, source, event) = (row.int(0)?, row.text(1)?, row.text(2)?);
            let id = stable_hash(&["erased", &(self.hash)(&event)]);
            let seen = "DELETE FROM inbox_seen WHERE source = $1 AND event_id = $2";
            self.tx.run(seen, args![&source, &event]).await?;
            match anonymous(row.json(3)?) {
                None => {
                    self.tx.run("DELETE FROM fact WHERE account_id = $1 AND seq = $2", args![account, seq]).await?;
                    self.count("attributes", 1);
                }
                Some(body) => {
                    let text = "UPDATE fact SET event_id = $3, body = $4 WHERE account_id = $1 AND seq = $2";
                    self.tx.run(text, args![account, seq, id, to_json(&body)?]).await?;
                    self.count("events", 1);
                }
            }
        }
        // What was not folded yet would bring the person back.
        let text =
            "DELETE FROM inbox WHERE account_id = $1 AND seq NOT IN (SELECT seq FROM fact WHERE account_id = $1)";
        self.tx.run(text, args![account]).await.map(|_| ())
    }

    pub(super) async fn runs(&mut self) -> Result<()> {
        for place in self.places.clone() {
            self.runs_at(place).await?;
        }
        Ok(())
    }

    async fn runs_at(&mut self, (account, contact): (i64, i64)) -> Result<()> {
        let text = "SELECT run_id, body FROM run WHERE account_id = $1 AND contact_id = $2";
        for row in self.tx.rows(text, args![account, contact]).await? {
            let mut run: Run = row.json(1)?;
            unlearn(&mut run);
            let text = "UPDATE run SET body = $3 WHERE account_id = $1 AND run_id = $2";
            self.tx.run(text, args![account, row.text(0)?, to_json(&run)?]).await?;
            self.count("runs", 1);
        }
        Ok(())
    }

    pub(super) async fn ledger(&mut self) -> Result<()> {
        for place in self.places.clone() {
            self.ledger_at(place).await?;
        }
        Ok(())
    }

    async fn ledger_at(&mut self, (account, contact): (i64, i64)) -> Result<()> {
        let text = "SELECT ord, body FROM ledger WHERE account_id = $1 AND body LIKE $2";
        for row in self.tx.rows(text, args![account, format!("%\"contact\":{contact},%")]).await? {
            let line: LedgerEntry = row.json(1)?;
            if line.contact == Some(ContactId(contact)) && !line.values.is_empty() {
                let body = to_json(&LedgerEntry { values: Props::new(), ..line })?;
                let text = "UPDATE ledger SET body = $3 WHERE account_id = $1 AND ord = $2";
                self.tx.run(text, args![account, row.int(0)?, body]).await?;
                self.count("ledger", 1);
            }
        }
        Ok(())
    }

    /// What the account remembers of the person: starts kept back, runs whose outcome is measured, reminders.
    pub(super) async fn state(&mut self) -> Result<()> {
        let account = self.person.account.0;
        let row = self.tx.one("SELECT body FROM state WHERE account_id = $1", args![account]).await?;
        let before = row.text(0)?;
        let mut state: AccountState = from_json(&before)?;
        let gone = |contact: Option<ContactId>| contact == Some(self.person.contact);
        state.pending.retain(|start| !gone(start.contact));
        state.watches.retain(|watch| !gone(watch.planned.contact));
        state.after.iter_mut().filter(|run| gone(run.contact)).for_each(|run| unlearn(run));
        let after = to_json(&state)?;
        if after != before {
            self.tx.run("UPDATE state SET body = $2 WHERE account_id = $1", args![account, after]).await?;
        }
        Ok(())
    }

    /// An empty record stays until the next decision, which ends the person's runs and removes it.
    pub(super) async fn contact(&mut self) -> Result<()> {
        let (account, contact) = self.id();
        let key = format!("erased-{contact}");
        let blank = Contact {
            id: self.person.contact,
            key: key.clone(),
            attrs: BTreeMap::new(),
            consent: None,
            opted_out: BTreeSet::new(),
            do_not_contact: true,
            metrics: BTreeMap::new(),
            standing: Default::default(),
        };
        let text = "UPDATE contact SET key = $3, role = '', body = $4 WHERE account_id = $1 AND contact_id = $2";
        let rows = self.tx.run(text, args![account, contact, &key, to_json(&blank)?]).await?;
        self.count("contact", rows);
        let text = "DELETE FROM contact_alias WHERE account_id = $1 AND contact_id = $2";
        self.tx.run(text, args![account, contact]).await?;
        let mut gone = vec![Fact {
            seq: 0,
            account: self.person.account,
            contact: Some(self.person.contact),
            occurred_at: self.now,
            received_at: self.now,
            source: "erase".to_owned(),
            event_id: format!("{account}:{contact}:{}", self.now.0),
            body: FactBody::ContactRemoved,
        }];
        receipt::record(self.tx, &mut gone, true).await
    }

    /// Nobody writes to the addresses again, whoever brings them back.
    pub(super) async fn refuse(&mut self) -> Result<()> {
        for address in &self.person.emails {
            let hash = (self.hash)(address);
            workspace::suppress(self.tx, &hash, DEAD, GONE, true, self.now).await?;
            self.done.addresses.insert(hash);
        }
        Ok(())
    }
}
