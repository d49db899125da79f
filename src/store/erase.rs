//! Everything that is known of one person goes, in one transaction. What counts stays, without the person: that an
//! event happened, that a mail was sent, what a run came to.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    alias,
    api::{AuditEntry, Erased, Person, Result, StoreError},
    blank::Marks,
    db::{Arg, Tx, args, from_json, to_json},
    outbox, receipt,
    seam::Hasher,
    workspace,
};
use crate::model::{
    contact::Contact,
    decision::LedgerEntry,
    fact::{Act, Fact, FactBody},
    ids::{AccountId, ContactId, stable_hash},
    instant::Instant,
    run::Run,
    state::AccountState,
    value::{Props, Value},
};

/// Attributes whose values say nothing about who somebody is.
const KINDS: [&str; 8] =
    ["role", "locale", "timezone", "persona", "created_at", "import_as", "status", "do_not_contact"];

/// A text of so many characters was written by somebody.
const LONG: usize = 20;

/// Facts that say what others are.
const ATTRS: [&str; 2] = ["{\"kind\":\"contact_attrs\"", "{\"kind\":\"account_attrs\""];

/// The name under which an erased person is known in the journal and in the audit log.
pub fn pseudonym(hash: &Hasher, account: &str, contact: &str) -> String {
    hash(&format!("erased\n{account}\n{contact}"))
}

/// Who is meant by a key, an address or a name; addresses of before count too.
pub async fn find(tx: &mut Tx, typed: &str) -> Result<Vec<Person>> {
    let mut marks = Marks::default();
    marks.add(typed, true);
    let pattern = marks.patterns().into_iter().next().unwrap_or_default();
    let text = "SELECT account_id, contact_id FROM contact WHERE lower(key) = lower($1) OR lower(body) LIKE $2 ESCAPE '!' \
                UNION SELECT f.account_id, f.contact_id FROM fact f JOIN contact c \
                ON c.account_id = f.account_id AND c.contact_id = f.contact_id \
                WHERE f.event IS NULL AND lower(f.body) LIKE $2 ESCAPE '!'";
    let mut found = Vec::new();
    for row in tx.rows(text, args![typed, pattern]).await? {
        let (account, id) = (row.int(0)?, row.int(1)?);
        let Some(person) = person(tx, account, id).await? else { continue };
        let same = |text: &String| text.trim().to_lowercase() == typed.trim().to_lowercase();
        if person.keys.iter().chain(&person.emails).chain(&person.names).any(same) {
            found.push(person);
        }
    }
    found.sort_by(|a, b| (&a.account_key, a.contact).cmp(&(&b.account_key, b.contact)));
    Ok(found)
}

/// The people whose pseudonyms these are.
pub async fn recognise(tx: &mut Tx, hash: &Hasher, wanted: &BTreeMap<String, Instant>) -> Result<Vec<Person>> {
    let text = "SELECT c.account_id, c.contact_id, a.key, c.key FROM contact c \
                JOIN account a ON a.account_id = c.account_id";
    let mut found = Vec::new();
    for row in tx.rows(text, args![]).await? {
        let name = pseudonym(hash, &row.text(2)?, &row.text(3)?);
        let Some(at) = wanted.get(&name) else { continue };
        // Somebody who came back after the erasure this store knows of is not meant.
        let known = tx
            .first("SELECT at FROM audit WHERE what = 'erase' AND object = $1 AND at >= $2", args![name, at.0])
            .await?;
        if known.is_none() {
            found.extend(person(tx, row.int(0)?, row.int(1)?).await?);
        }
    }
    Ok(found)
}

/// A person with everything that points to them: as told now, and as told before.
async fn person(tx: &mut Tx, account: i64, id: i64) -> Result<Option<Person>> {
    let text = "SELECT c.body, a.key, a.name FROM contact c JOIN account a ON a.account_id = c.account_id \
                WHERE c.account_id = $1 AND c.contact_id = $2";
    let Some(row) = tx.first(text, args![account, id]).await? else { return Ok(None) };
    let contact: Contact = row.json(0)?;
    let mut person = Person {
        account: AccountId(account),
        contact: ContactId(id),
        account_key: row.text(1)?,
        account_name: row.text(2)?,
        key: contact.key.clone(),
        ..Person::default()
    };
    person.keys.insert(contact.key.clone());
    let aliases = "SELECT key FROM contact_alias WHERE account_id = $1 AND contact_id = $2";
    for row in tx.rows(aliases, args![account, id]).await? {
        person.keys.insert(row.text(0)?);
    }
    learn(&mut person, &contact.attrs);
    let told = "SELECT received_at, body FROM fact WHERE account_id = $1 AND contact_id = $2 ORDER BY seq";
    let mut rows = Vec::new();
    for (account, id) in numbers(tx, account, id).await? {
        rows.extend(tx.rows(told, args![account, id]).await?);
    }
    for row in rows {
        let at = Instant(row.int(0)?);
        person.since = Some(person.since.map_or(at, |since| since.min(at)));
        match row.json(1)? {
            FactBody::Arrived { key, guest, .. } => {
                person.keys.extend([key, guest.contact.key.clone()]);
                learn(&mut person, &guest.contact.attrs);
            }
            FactBody::ContactAttrs { attrs } => learn(&mut person, &attrs),
            FactBody::Absorbed { key, .. } => drop(person.keys.insert(key)),
            FactBody::Event { props, .. } => {
                let texts = props.values().filter_map(Value::as_text);
                person.others.extend(texts.filter(|t| t.contains('@') || t.chars().count() >= LONG).map(str::to_owned));
            }
            _ => {}
        }
    }
    Ok(Some(person))
}

/// Every account and number under which a person was recorded: also those before a merge.
async fn numbers(tx: &mut Tx, account: i64, id: i64) -> Result<Vec<(i64, i64)>> {
    let text = "SELECT was FROM contact_alias WHERE account_id = $1 AND contact_id = $2";
    let mut ids = BTreeSet::from([id]);
    for row in tx.rows(text, args![account, id]).await? {
        ids.insert(row.int(0)?);
    }
    let family = alias::family(tx, AccountId(account)).await?;
    Ok(family.into_iter().flat_map(|account| ids.iter().map(move |id| (account, *id)).collect::<Vec<_>>()).collect())
}

fn learn(person: &mut Person, attrs: &Props) {
    for (name, value) in attrs {
        let Some(text) = value.as_text().filter(|text| !text.trim().is_empty()) else { continue };
        let list = match name.as_str() {
            "email" => &mut person.emails,
            "name" => &mut person.names,
            name if KINDS.contains(&name) => continue,
            _ => &mut person.others,
        };
        list.insert(text.to_owned());
    }
}

/// What points to the person wherever it stands: addresses, keys, numbers to call, long texts. A department or a
/// title does not; `words` are words that mean something else in this account.
fn marks(person: &Person, words: &BTreeSet<String>) -> Marks {
    let mut marks = Marks::default();
    let keys = person.keys.iter().filter(|key| !words.contains(*key));
    let others = person.others.iter().filter(|text| distinctive(text));
    person.emails.iter().chain(keys).chain(others).for_each(|text| marks.add(text, false));
    marks
}

fn distinctive(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    digits >= 6 || text.contains('@') || text.contains("://") || text.chars().count() >= LONG
}

/// Roles, and the account's own key and name.
async fn words(tx: &mut Tx, person: &Person) -> Result<BTreeSet<String>> {
    let text = "SELECT DISTINCT role FROM contact WHERE account_id = $1";
    let roles = tx.rows(text, args![person.account.0]).await?;
    let mut words = roles.iter().map(|row| row.text(0)).collect::<Result<BTreeSet<_>>>()?;
    words.extend([person.account_key.clone(), person.account_name.clone()]);
    Ok(words)
}

/// Erases one person; what is left afterwards is one line of the audit log and the address, hashed, among those that
/// get no mail.
pub async fn erase(tx: &mut Tx, hash: &Hasher, person: &Person, now: Instant, who: &str) -> Result<Erased> {
    let words = words(tx, person).await?;
    let strong = marks(person, &words);
    let mut marks = strong.clone();
    person.names.iter().filter(|name| !words.contains(*name)).for_each(|name| marks.add(name, true));
    let places = numbers(tx, person.account.0, person.contact.0).await?;
    let family = alias::family(tx, person.account).await?;
    let mut work = Work { tx, person, places, family, marks, strong, hash, now, done: Erased::default() };
    work.staged().await?;
    work.messages().await?;
    work.own_facts().await?;
    work.runs().await?;
    work.ledger().await?;
    work.state().await?;
    work.contact().await?;
    work.named().await?;
    work.shared().await?;
    work.tracked().await?;
    work.refuse().await?;
    let mut done = work.done;
    done.pseudonym = pseudonym(hash, &person.account_key, &person.key);
    let entry = AuditEntry {
        at: now,
        who: who.to_owned(),
        what: "erase".to_owned(),
        object: done.pseudonym.clone(),
        result: "done".to_owned(),
    };
    workspace::audit(tx, &entry).await?;
    Ok(done)
}

struct Work<'a> {
    tx: &'a mut Tx,
    person: &'a Person,
    /// Accounts and numbers under which the person was recorded.
    places: Vec<(i64, i64)>,
    /// The account, and those that were merged into it.
    family: Vec<i64>,
    marks: Marks,
    /// Without names: a colleague may be called the same.
    strong: Marks,
    hash: &'a Hasher,
    now: Instant,
    done: Erased,
}

impl Work<'_> {
    fn id(&self) -> (i64, i64) {
        (self.person.account.0, self.person.contact.0)
    }

    fn count(&mut self, what: &'static str, n: u64) {
        *self.done.rows.entry(what).or_default() += n;
    }

    /// Imports that were begun and never became visible; one that is being taken in has to be finished first.
    async fn staged(&mut self) -> Result<()> {
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

    /// `column` names the person: a condition after the first `fixed` arguments, and its own.
    fn like(&self, column: &str, fixed: usize) -> (String, Vec<Arg>) {
        like_any(self.marks.patterns(), column, fixed)
    }

    /// Pages that were given to read and name the person: taken back.
    async fn shared(&mut self) -> Result<()> {
        let (like, more) = like_any(self.marks.page_patterns(), "page", 0);
        let gone = self.tx.run(&format!("DELETE FROM shared_page WHERE {like}"), more).await?;
        self.count("shared_pages", gone);
        Ok(())
    }

    /// Messages to the person keep their key and state; what waits is not sent any more.
    async fn messages(&mut self) -> Result<()> {
        for place in self.places.clone() {
            self.messages_at(place).await?;
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
    async fn own_facts(&mut self) -> Result<()> {
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

    async fn runs(&mut self) -> Result<()> {
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

    async fn ledger(&mut self) -> Result<()> {
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
    async fn state(&mut self) -> Result<()> {
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

    /// Rows of the account and of the workspace that merely name the person.
    async fn named(&mut self) -> Result<()> {
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

    /// What tracking remembers of the person under any of their keys, and calls that wait.
    async fn tracked(&mut self) -> Result<()> {
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

    /// An empty record stays until the next decision, which ends the person's runs and removes it.
    async fn contact(&mut self) -> Result<()> {
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
    async fn refuse(&mut self) -> Result<()> {
        for address in &self.person.emails {
            let hash = (self.hash)(address);
            workspace::suppress(self.tx, &hash, super::api::DEAD, super::api::GONE, true, self.now).await?;
            self.done.addresses.insert(hash);
        }
        Ok(())
    }
}

/// What may stay of something a person did: that it happened, and numbers. None: nothing.
fn anonymous(body: FactBody) -> Option<FactBody> {
    let numbers = |props: Props| props.into_iter().filter(|(_, value)| !is_text(value)).collect();
    match body {
        FactBody::ContactAttrs { .. } => None,
        FactBody::Event { name, props } => Some(FactBody::Event { name, props: numbers(props) }),
        // What came along was said of them; that they came is told by the account.
        FactBody::Arrived { .. } => None,
        FactBody::Absorbed { other, .. } => Some(FactBody::Absorbed { key: String::new(), other }),
        FactBody::Receipt { key, run, playbook, step, outcome, .. } => {
            Some(FactBody::Receipt { key, run, playbook, step, outcome, detail: String::new() })
        }
        FactBody::Command(Act::Note { tags, positive, .. }) => {
            Some(FactBody::Command(Act::Note { text: String::new(), tags, positive }))
        }
        other => Some(other),
    }
}

fn is_text(value: &Value) -> bool {
    matches!(value, Value::Text(_) | Value::List(_))
}

/// A run keeps where it stands, not what it was told.
fn unlearn(run: &mut Run) {
    run.start = Props::new();
    run.frozen = Props::new();
    for step in run.steps.values_mut() {
        step.caught = Props::new();
        if let Some(early) = &mut step.early {
            early.props = Props::new();
        }
    }
}

/// `column` is like one of the patterns: a condition after the first `fixed` arguments, and its own.
fn like_any(patterns: Vec<String>, column: &str, fixed: usize) -> (String, Vec<Arg>) {
    let each = (1..=patterns.len()).map(|n| format!("lower({column}) LIKE ${} ESCAPE '!'", fixed + n));
    let text = each.collect::<Vec<_>>().join(" OR ");
    let text = if text.is_empty() { "1 = 0".to_owned() } else { format!("({text})") };
    (text, patterns.into_iter().map(Arg::from).collect())
}
