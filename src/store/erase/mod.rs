//! Everything that is known of one person goes, in one transaction. What counts stays, without the person: that an
//! event happened, that a mail was sent, what a run came to. So with a whole customer, and with a visitor whom only
//! tracking knows.

mod account;
mod left;
mod named;
mod own;
mod tracked;
mod visitor;
mod who;

use std::collections::BTreeMap;

pub use self::{account::find as company, visitor::find as visitor, who::find};
use super::{
    alias,
    api::{AuditEntry, Erased, Person, Result, Subject},
    blank::Marks,
    db::{Arg, Tx, args},
    seam::Hasher,
    workspace,
};
use crate::model::instant::Instant;

/// The name under which an erased person is known in the journal and in the audit log.
pub fn pseudonym(hash: &Hasher, account: &str, contact: &str) -> String {
    hash(&format!("erased\n{account}\n{contact}"))
}

/// Those whose pseudonyms these are, and whose erasure this store does not know.
pub async fn recognise(tx: &mut Tx, hash: &Hasher, wanted: &BTreeMap<String, Instant>) -> Result<Vec<Subject>> {
    let mut found: Vec<Subject> = Vec::new();
    if wanted.is_empty() {
        return Ok(found);
    }
    found.extend(account::recognised(tx, hash, wanted).await?.into_iter().map(Subject::Account));
    found.extend(who::recognised(tx, hash, wanted).await?.into_iter().map(Subject::Person));
    found.extend(visitor::recognised(tx, hash, wanted).await?.into_iter().map(Subject::Visitor));
    Ok(found)
}

/// Whether the audit log knows this erasure, or a later one: whoever came back after it is not meant.
async fn known(tx: &mut Tx, name: &str, at: Instant) -> Result<bool> {
    let text = "SELECT at FROM audit WHERE what = 'erase' AND object = $1 AND at >= $2";
    Ok(tx.first(text, args![name, at.0]).await?.is_some())
}

/// Erases; what is left afterwards is one line of the audit log and addresses, hashed, among those that get no mail.
pub async fn erase(tx: &mut Tx, hash: &Hasher, whom: &Subject, now: Instant, who: &str) -> Result<Erased> {
    let done = match whom {
        Subject::Person(person) => person_goes(tx, hash, person, now).await?,
        Subject::Account(company) => account::goes(tx, hash, company, now).await?,
        Subject::Visitor(visitor) => visitor::goes(tx, hash, visitor, now).await?,
    };
    let (who, what, result) = (who.to_owned(), "erase".to_owned(), "done".to_owned());
    workspace::audit(tx, &AuditEntry { at: now, who, what, object: done.pseudonym.clone(), result }).await?;
    Ok(done)
}

async fn person_goes(tx: &mut Tx, hash: &Hasher, person: &Person, now: Instant) -> Result<Erased> {
    let words = who::words(tx, person).await?;
    let strong = who::marks(person, &words);
    let mut marks = strong.clone();
    person.names.iter().filter(|name| !words.contains(*name)).for_each(|name| marks.add(name, true));
    let places = who::numbers(tx, person.account.0, person.contact.0).await?;
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

    /// `column` names the person: a condition after the first `fixed` arguments, and its own.
    fn like(&self, column: &str, fixed: usize) -> (String, Vec<Arg>) {
        like_any(self.marks.patterns(), column, fixed)
    }
}

/// `column` is like one of the patterns: a condition after the first `fixed` arguments, and its own.
pub(super) fn like_any(patterns: Vec<String>, column: &str, fixed: usize) -> (String, Vec<Arg>) {
    let each = (1..=patterns.len()).map(|n| format!("lower({column}) LIKE ${} ESCAPE '!'", fixed + n));
    let text = each.collect::<Vec<_>>().join(" OR ");
    let text = if text.is_empty() { "1 = 0".to_owned() } else { format!("({text})") };
    (text, patterns.into_iter().map(Arg::from).collect())
}
