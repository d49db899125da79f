//! A whole customer goes, as at the end of a contract: its people, what they did and said, what was planned and sent.
//! Its contracts stay as amounts and days under a number that leads to nobody, so that past months keep their numbers.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    known,
    left::{anonymous, unlearn},
    who::{self, distinctive},
};
use crate::{
    model::{
        fact::FactBody,
        ids::{AccountId, stable_hash},
        instant::{DAY, Instant},
        run::Run,
        track::{Call, Tracked},
        value::Props,
    },
    store::{
        alias,
        api::{Company, DEAD, Erased, GONE, Result, StoreError, Subscription},
        blank::Marks,
        db::{Tx, args, from_json, to_json},
        outbox,
        seam::Hasher,
        workspace,
    },
};

/// The name under which an erased customer is known in the journal and in the audit log.
fn pseudonym(hash: &Hasher, key: &str) -> String {
    hash(&format!("erased account\n{key}"))
}

/// The customer with this key.
pub async fn find(tx: &mut Tx, key: &str) -> Result<Option<Company>> {
    let text = "SELECT a.account_id, a.key, a.name, (SELECT MIN(received_at) FROM fact f WHERE f.account_id = a.account_id) \
                FROM account a WHERE a.key = $1 AND a.account_id > 0";
    let row = tx.first(text, args![key]).await?;
    row.map(|row| {
        let since = row.opt_int(3)?.map(Instant);
        Ok(Company { account: AccountId(row.int(0)?), key: row.text(1)?, name: row.text(2)?, since })
    })
    .transpose()
}

/// The customers whose pseudonyms these are.
pub(super) async fn recognised(tx: &mut Tx, hash: &Hasher, wanted: &BTreeMap<String, Instant>) -> Result<Vec<Company>> {
    let mut found = Vec::new();
    for row in tx.rows("SELECT key FROM account WHERE account_id > 0 ORDER BY account_id", args![]).await? {
        let (key, name) = (row.text(0)?, pseudonym(hash, &row.text(0)?));
        if let Some(at) = wanted.get(&name)
            && !known(tx, &name, *at).await?
        {
            found.extend(find(tx, &key).await?);
        }
    }
    Ok(found)
}

/// Erases it. Errors: something of it is under way, which has to end first.
pub(super) async fn goes(tx: &mut Tx, hash: &Hasher, company: &Company, now: Instant) -> Result<Erased> {
    let family = alias::family(tx, company.account).await?;
    let mut work = Whole { tx, hash, company, family, now, marks: Marks::default(), done: Erased::default() };
    work.idle().await?;
    work.learn().await?;
    work.elsewhere().await?;
    work.told().await?;
    work.facts().await?;
    work.runs().await?;
    work.messages().await?;
    work.contracts().await?;
    work.rows().await?;
    let mut done = work.done;
    done.pseudonym = pseudonym(hash, &company.key);
    Ok(done)
}

struct Whole<'a> {
    tx: &'a mut Tx,
    hash: &'a Hasher,
    company: &'a Company,
    /// The account, and those that were merged into it.
    family: Vec<i64>,
    now: Instant,
    /// The customer and everybody there.
    marks: Marks,
    done: Erased,
}

impl Whole<'_> {
    fn count(&mut self, what: &'static str, n: u64) {
        *self.done.rows.entry(what).or_default() += n;
    }

    /// Nothing of it may be on its way into or out of the store.
    async fn idle(&mut self) -> Result<()> {
        let own = self.company.account.0;
        for (text, why) in [
            (
                "SELECT 1 FROM account_alias WHERE pending = 1 AND (account_id = $1 OR was = $1)",
                "this customer is just being merged; run `shirube tick`, then erase again",
            ),
            (
                "SELECT 1 FROM outbox WHERE account_id = $1 AND state = 'handing_over'",
                "a message of this customer is just being handed over; wait a minute, then erase again",
            ),
            (
                "SELECT 1 FROM stage s JOIN staging g ON g.id = s.import JOIN account a ON a.key = s.account \
                 WHERE a.account_id = $1 AND g.flipped IS NOT NULL",
                "an import that names this customer is being taken in; run `shirube tick`, then erase again",
            ),
        ] {
            if self.tx.first(text, args![own]).await?.is_some() {
                return Err(StoreError::Engine(why.to_owned()));
            }
        }
        Ok(())
    }

    /// Who is meant; nobody writes to the addresses again, whoever brings them back.
    async fn learn(&mut self) -> Result<()> {
        let company = self.company;
        self.marks.add(&company.key, false);
        self.marks.add(&company.name, true);
        for account in self.family.clone() {
            let aliases = "SELECT key FROM account_alias WHERE was = $1 AND was <> account_id";
            for row in self.tx.rows(aliases, args![account]).await? {
                self.marks.add(&row.text(0)?, false);
            }
            let people = "SELECT contact_id FROM contact WHERE account_id = $1 ORDER BY contact_id";
            for row in self.tx.rows(people, args![account]).await? {
                let Some(person) = who::person(self.tx, account, row.int(0)?).await? else { continue };
                let others = person.others.iter().filter(|text| distinctive(text));
                let plain: Vec<&String> = person.emails.iter().chain(&person.keys).chain(others).collect();
                plain.into_iter().for_each(|text| self.marks.add(text, false));
                person.names.iter().for_each(|name| self.marks.add(name, true));
                for address in &person.emails {
                    let hash = (self.hash)(address);
                    workspace::suppress(self.tx, &hash, DEAD, GONE, true, self.now).await?;
                    self.done.addresses.insert(hash);
                }
            }
        }
        Ok(())
    }

    /// What the workspace says of the customer or its people, and pages that were given to read. Compared here: the list
    /// of names may be long.
    async fn elsewhere(&mut self) -> Result<()> {
        for (table, key, column) in [
            ("fact", "seq", "body"),
            ("run", "run_id", "body"),
            ("task", "identity", "body"),
            ("ledger", "ord", "body"),
            ("state", "account_id", "body"),
            ("outbox", "key", "planned"),
        ] {
            let text = format!("SELECT CAST({key} AS TEXT), {column} FROM {table} WHERE account_id = 0");
            for row in self.tx.rows(&text, args![]).await? {
                let (id, before) = (row.text(0)?, row.text(1)?);
                if let Some(after) = self.marks.blanked(&before) {
                    self.blank(table, key, column, &id, after).await?;
                    self.count("named", 1);
                }
            }
        }
        let text = "UPDATE hot SET rev = rev + 1, decided = decided + 1 WHERE account_id = 0";
        self.tx.run(text, args![]).await?;
        for row in self.tx.rows("SELECT id, page FROM shared_page", args![]).await? {
            if self.marks.stands_in(&row.text(1)?) {
                let gone = self.tx.run("DELETE FROM shared_page WHERE id = $1", args![row.text(0)?]).await?;
                self.count("shared_pages", gone);
            }
        }
        Ok(())
    }

    async fn blank(&mut self, table: &str, key: &str, column: &str, id: &str, mut after: String) -> Result<()> {
        match table {
            "fact" if after.starts_with("{\"kind\":\"event\"") => {
                after = anonymous(from_json(&after)?).map_or(Ok(after), |fact| to_json(&fact))?;
            }
            "outbox" => {
                let text =
                    "UPDATE outbox SET checksum = $2, body = NULL, body_sum = '' WHERE account_id = 0 AND key = $1";
                self.tx.run(text, args![id, outbox::checksum(0, id, &after)]).await?;
                self.done.keys.insert(id.to_owned());
            }
            _ => {}
        }
        let text = format!("UPDATE {table} SET {column} = $2 WHERE account_id = 0 AND CAST({key} AS TEXT) = $1");
        self.tx.run(&text, args![id, after]).await.map(|_| ())
    }

    /// What tracking and other systems remember: people whose home it was, calls that wait for it, its objects there.
    async fn told(&mut self) -> Result<()> {
        let key = &self.company.key;
        let leads = |key: &str| serde_json::to_string(key).unwrap_or_default();
        let like = format!("%{}%", leads(key).replace('!', "!!").replace('%', "!%").replace('_', "!_"));
        let mut gone = BTreeSet::from([format!("g:{key}")]);
        let text = "SELECT who, body FROM tracked WHERE body LIKE $1 ESCAPE '!'";
        for row in self.tx.rows(text, args![&like]).await? {
            let tracked: Tracked = row.json(1)?;
            if tracked.homes.contains_key(key) || tracked.contacts.contains_key(key) {
                gone.insert(row.text(0)?);
            }
        }
        let text = "SELECT who, body FROM parked WHERE body LIKE $1 ESCAPE '!'";
        for row in self.tx.rows(text, args![&like]).await? {
            let call: Call = row.json(1)?;
            if call.group.as_deref() == Some(key) {
                gone.insert(row.text(0)?);
            }
        }
        for who in gone {
            let chain = format!("%\"is\":{}%", leads(&who).replace('!', "!!").replace('%', "!%").replace('_', "!_"));
            let text = "DELETE FROM tracked WHERE who = $1 OR body LIKE $2 ESCAPE '!'";
            let rows = self.tx.run(text, args![&who, chain]).await?;
            self.count("tracked", rows);
            let rows = self.tx.run("DELETE FROM parked WHERE who = $1", args![&who]).await?;
            self.count("parked", rows);
        }
        let text = "DELETE FROM system_object WHERE account = $1 OR (source, owner) IN \
                    (SELECT source, id FROM system_object WHERE account = $1)";
        let rows = self.tx.run(text, args![key]).await?;
        self.count("tracked", rows);
        let rows = self.tx.run("DELETE FROM stage WHERE account = $1", args![key]).await?;
        self.count("staged", rows);
        Ok(())
    }

    /// That something happened stays, with its numbers; everything that was said goes.
    async fn facts(&mut self) -> Result<()> {
        for account in self.family.clone() {
            let text = "SELECT seq, source, event_id, body FROM fact WHERE account_id = $1";
            for row in self.tx.rows(text, args![account]).await? {
                let (seq, source, event) = (row.int(0)?, row.text(1)?, row.text(2)?);
                let seen = "DELETE FROM inbox_seen WHERE source = $1 AND event_id = $2";
                self.tx.run(seen, args![source, &event]).await?;
                let left = match row.json(3)? {
                    body @ (FactBody::Event { .. } | FactBody::Receipt { .. }) => anonymous(body),
                    _ => None,
                };
                let Some(body) = left else {
                    self.tx.run("DELETE FROM fact WHERE account_id = $1 AND seq = $2", args![account, seq]).await?;
                    self.count("attributes", 1);
                    continue;
                };
                let id = stable_hash(&["erased", &(self.hash)(&event)]);
                let text = "UPDATE fact SET event_id = $3, body = $4 WHERE account_id = $1 AND seq = $2";
                self.tx.run(text, args![account, seq, id, to_json(&body)?]).await?;
                self.count("events", 1);
            }
        }
        Ok(())
    }

    /// Runs that had ended count for what playbooks achieve; open ones end with the customer.
    async fn runs(&mut self) -> Result<()> {
        for account in self.family.clone() {
            let open = self.tx.run("DELETE FROM run WHERE account_id = $1 AND ended IS NULL", args![account]).await?;
            self.count("runs", open);
            let text = "SELECT run_id, body FROM run WHERE account_id = $1";
            for row in self.tx.rows(text, args![account]).await? {
                let mut run: Run = row.json(1)?;
                unlearn(&mut run);
                let body = to_json(&run)?;
                let body = self.marks.blanked(&body).unwrap_or(body);
                let text = "UPDATE run SET body = $3 WHERE account_id = $1 AND run_id = $2";
                self.tx.run(text, args![account, row.text(0)?, body]).await?;
                self.count("runs", 1);
            }
        }
        Ok(())
    }

    /// Messages keep their key and state, so that none is sent twice; what waits is not sent.
    async fn messages(&mut self) -> Result<()> {
        for account in self.family.clone() {
            let text = format!("SELECT {} FROM outbox o WHERE o.account_id = $1", outbox::COLUMNS);
            for row in self.tx.rows(&text, args![account]).await? {
                let (key, mut planned) = (row.text(1)?, outbox::read(&row)?.row.planned);
                planned.address = format!("erased:{}", key.chars().take(12).collect::<String>());
                planned.vars = Props::new();
                let body = to_json(&planned)?;
                let sum = outbox::checksum(account, &key, &body);
                let text = "UPDATE outbox SET address = $3, planned = $4, checksum = $5, body = NULL, body_sum = '', \
                            state = CASE WHEN state IN ('queued', 'held', 'claimed') THEN 'skipped' ELSE state END, \
                            detail = CASE WHEN state IN ('sent', 'maybe_sent') THEN '' ELSE 'erased' END \
                            WHERE account_id = $1 AND key = $2";
                self.tx.run(text, args![account, &key, &planned.address, body, sum]).await?;
                self.count("messages", 1);
                self.done.keys.insert(key);
            }
            self.tx.run("UPDATE attempt SET detail = '' WHERE account_id = $1", args![account]).await?;
            let links = self.tx.run("DELETE FROM link WHERE account_id = $1", args![account]).await?;
            if links > 0 {
                self.count("links", links);
            }
        }
        Ok(())
    }

    /// Amounts and days stay; an open contract ends today (UTC), as the customer does.
    async fn contracts(&mut self) -> Result<()> {
        let today = i32::try_from(self.now.0.div_euclid(DAY)).unwrap_or(i32::MAX);
        for account in self.family.clone() {
            for row in self.tx.rows("SELECT key, body FROM subscription WHERE account_id = $1", args![account]).await? {
                let (key, before): (String, Subscription) = (row.text(0)?, row.json(1)?);
                let name = format!("erased:{}", (self.hash)(&format!("subscription\n{key}")));
                let end = Some(before.end.unwrap_or(today).max(before.start));
                let after = Subscription { key: name.clone(), end, ..before };
                let text = "UPDATE subscription SET key = $3, body = $4 WHERE account_id = $1 AND key = $2";
                self.tx.run(text, args![account, key, name, to_json(&after)?]).await?;
                self.count("subscriptions", 1);
            }
        }
        Ok(())
    }

    /// The account's own rows, and every key by which it was found.
    async fn rows(&mut self) -> Result<()> {
        for account in self.family.clone() {
            for (table, what) in [
                ("contact", "contact"),
                ("ledger", "ledger"),
                ("task", "tasks"),
                ("contact_alias", "named"),
                ("contact_day", ""),
                ("inbox", ""),
                ("ready", ""),
                ("address_send", ""),
                ("account_domain", ""),
                ("identity", ""),
                ("state", ""),
                ("hot", ""),
                ("account", "account"),
            ] {
                let n = self.tx.run(&format!("DELETE FROM {table} WHERE account_id = $1"), args![account]).await?;
                if !what.is_empty() {
                    self.count(what, n);
                }
            }
            let text = "DELETE FROM account_alias WHERE account_id = $1 OR was = $1";
            self.tx.run(text, args![account]).await?;
        }
        Ok(())
    }
}
