//! What an order would send: played on a copy of the customer, before anything is changed.

use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

use super::{
    office::quoted,
    reply::{Part, Press, Reply, Table},
};
use crate::{
    app::shell::Shell,
    model::{
        contact::Contact,
        fact::{Act, Fact, FactBody},
        ids::AccountId,
        instant::{DAY, Instant},
        locale::Locale,
        message::{Audience, Planned},
        run::{Arm, Run},
        shared::Shared,
    },
    rulebook::titles::Titled,
    simulate::account::Account,
    store::api::{AccountRow, Result},
    words::{bracketed, outlook as say, reasons::reason},
};

/// How far messages are foretold.
pub const AHEAD: i64 = 30 * DAY;
/// Messages shown.
pub const ROWS: usize = 8;

/// What becomes of a start by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A run begins at once.
    Starts,
    /// Something keeps it back; it begins by itself once that is over.
    Waits,
    /// It is held out of the playbook: recorded, and nothing is sent.
    HeldOut,
    /// It is held out and its run is open already: nothing changes.
    HeldOutAlready,
    /// Nothing begins.
    Refused,
}

/// What a start by hand would do for one customer.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The customer's key and name.
    account: (String, String),
    /// The one contact it is for: key and name.
    contact: Option<(String, String)>,
    playbook: String,
    /// Whether anything would begin.
    pub verdict: Verdict,
    /// What keeps it back or refuses it, as the ledger writes it; empty where nothing does.
    pub because: String,
    /// What goes out within `AHEAD` if nothing else happens, soonest first.
    pub messages: Vec<Coming>,
}

/// A message that would go out.
#[derive(Clone, Debug)]
pub struct Coming {
    at: Instant,
    zone: TimeZone,
    /// The customer's key and name.
    account: (String, String),
    playbook: String,
    step: String,
    contact: Option<String>,
    /// The reader's name, else the address.
    to: String,
    role: String,
    channel: &'static str,
}

/// Plays a start by hand over so many microseconds; none where the customer is gone.
pub async fn start(
    shell: &Shell,
    row: &AccountRow,
    contact: Option<&Contact>,
    playbook: &str,
    ahead: i64,
) -> Result<Option<Preview>> {
    let Some(mut account) = copy(shell, row).await? else { return Ok(None) };
    // Never before what was decided of it last.
    let now = shell.clock.now().max(account.state.now);
    account.record(Fact {
        account: row.id,
        contact: contact.map(|c| c.id),
        occurred_at: now,
        received_at: now,
        source: "preview".to_owned(),
        event_id: format!("preview:{playbook}"),
        body: FactBody::Command(Act::Enroll { playbook: playbook.to_owned() }),
        seq: 0,
    });
    if account.advance(&shell.world(), &shell.rulebook(), now.plus(ahead)).is_err() {
        return Ok(None);
    }
    // In a playbook for contacts one order begins a run for each of them.
    let all = || account.runs.iter().chain(&account.ended).filter(|run| run.playbook == playbook);
    let ordered = |run: &&Shared<Run>| run.started >= now && run.cause.starts_with("manual:");
    let runs: Vec<&Shared<Run>> = all().filter(ordered).collect();
    let refused = account.ledger.iter().find(|l| l.playbook == playbook && l.kind == "not_started" && l.at <= now);
    let because = refused.map(|line| line.reason.clone()).unwrap_or_default();
    let verdict = match runs.is_empty() {
        true if all().any(|run| run.arm == Arm::Holdout) => Verdict::HeldOutAlready,
        false if runs.iter().all(|run| run.arm == Arm::Holdout) => Verdict::HeldOut,
        _ if keeps(&because) => Verdict::Waits,
        true => Verdict::Refused,
        false => Verdict::Starts,
    };
    let name = |c: &Contact| (c.key.clone(), c.text("name").unwrap_or(&c.key).to_owned());
    let mut messages = coming(&account, row, shell, |planned| runs.iter().any(|run| run.id == planned.run));
    messages.sort_by_key(Coming::at);
    Ok(Some(Preview {
        account: (row.key.clone(), row.name.clone()),
        contact: contact.map(name),
        playbook: playbook.to_owned(),
        verdict,
        because,
        messages,
    }))
}

/// What the customer would get within `AHEAD`, were everything that is paused for them resumed now; soonest first. None
/// where they are gone.
pub async fn resumed(shell: &Shell, row: &AccountRow) -> Result<Option<Vec<Coming>>> {
    let Some(mut account) = copy(shell, row).await? else { return Ok(None) };
    let now = shell.clock.now().max(account.state.now);
    account.record(Fact {
        account: row.id,
        contact: None,
        occurred_at: now,
        received_at: now,
        source: "preview".to_owned(),
        event_id: "preview:resume".to_owned(),
        body: FactBody::Command(Act::Resume { playbook: None }),
        seq: 0,
    });
    if account.advance(&shell.world(), &shell.rulebook(), now.plus(AHEAD)).is_err() {
        return Ok(None);
    }
    let mut messages = coming(&account, row, shell, |planned| planned.audience == Audience::Customer);
    messages.sort_by_key(Coming::at);
    Ok(Some(messages))
}

/// What passes by itself or by a person's word: the start is kept until then.
fn keeps(because: &str) -> bool {
    matches!(because, "paused" | "needs_approval") || because.starts_with("stale_feed")
}

/// A copy of the customer, on which time can go by as if nobody did anything meanwhile.
async fn copy(shell: &Shell, row: &AccountRow) -> Result<Option<Account>> {
    let whole = shell.store.whole(AccountId(row.id.0 - 1), 1, false).await?;
    Ok(whole.into_iter().find(|w| w.snapshot.account == row.id).map(Account::from))
}

/// What a copy sent, of what `fits`.
pub fn coming(account: &Account, row: &AccountRow, shell: &Shell, fits: impl Fn(&Planned) -> bool) -> Vec<Coming> {
    let zone = account.zone(&shell.rulebook());
    let one = |planned: &Planned| {
        let person = planned.contact.and_then(|id| account.contacts.get(&id));
        let person = person.filter(|_| planned.audience == Audience::Customer);
        Coming {
            at: planned.ready_at,
            zone: zone.clone(),
            account: (row.key.clone(), row.name.clone()),
            playbook: planned.playbook.clone(),
            step: planned.step.clone(),
            contact: person.map(|c| c.key.clone()),
            to: person.map_or(&*planned.address, |c| c.text("name").unwrap_or(&c.key)).to_owned(),
            role: person.and_then(|c| c.text("role")).unwrap_or_default().to_owned(),
            channel: planned.channel.word(),
        }
    };
    account.sent.iter().filter(|planned| fits(planned)).map(one).collect()
}

/// The first messages as a table, and how many more there are; `named`: whose they are stands in front.
pub fn listed(reply: Reply, messages: &[Coming], named: bool, shell: &Shell) -> Reply {
    let (locale, rulebook) = (reply.locale, shell.rulebook());
    if messages.is_empty() {
        return reply.line(say::no_message_ahead(locale, AHEAD / DAY).to_owned());
    }
    let row = |m: &Coming| {
        let step = rulebook.step_title(&m.playbook, &m.step, locale).to_owned();
        let to = match m.role.as_str() {
            "" => m.to.clone(),
            role => format!("{}{}", m.to, bracketed(locale, role)),
        };
        let cells = vec![m.at.short(&m.zone), step, to, m.channel.to_owned()];
        if named { std::iter::once(m.account.1.clone()).chain(cells).collect() } else { cells }
    };
    let header = say::coming_header(locale).map(str::to_owned);
    let whose = named.then(|| say::whose(locale).to_owned());
    let rows = messages.iter().take(ROWS).map(row).collect();
    let reply = reply.with(Part::Table(Table { header: whose.into_iter().chain(header).collect(), rows }));
    let more = messages.len().saturating_sub(ROWS);
    if more > 0 { reply.line(say::more_messages(locale, more)) } else { reply }
}

impl Coming {
    /// When it would go out.
    pub fn at(&self) -> Instant {
        self.at
    }

    /// As `--json` prints it: RFC 3339 with the offset of the customer's zone, and keys.
    pub fn data(&self) -> Json {
        json!({
            "account": self.account.0, "at": self.at.rfc3339(&self.zone), "playbook": self.playbook, "step": self.step,
            "contact": self.contact, "to": self.to, "role": self.role, "channel": self.channel,
        })
    }
}

impl Preview {
    /// The customer as people know it, with the contact where it is for one.
    fn who(&self) -> String {
        let contact = self.contact.as_ref().map(|(_, name)| format!(" · {name}")).unwrap_or_default();
        format!("{}{contact}", self.account.1)
    }

    fn why(&self, shell: &Shell, locale: Locale) -> String {
        let rulebook = shell.rulebook();
        reason(locale, &self.because, &|name| rulebook.title(Titled::Playbook, name, locale).to_owned())
    }

    /// As `--json` prints it.
    pub fn data(&self) -> Json {
        let verdict = match self.verdict {
            Verdict::Starts => "starts",
            Verdict::Waits => "waits",
            Verdict::HeldOut | Verdict::HeldOutAlready => "held_out",
            Verdict::Refused => "refused",
        };
        let messages: Vec<Json> = self.messages.iter().map(Coming::data).collect();
        json!({
            "account": self.account.0, "contact": self.contact.as_ref().map(|(key, _)| key), "playbook": self.playbook,
            "verdict": verdict, "because": self.because, "done": false, "messages": messages,
        })
    }

    /// Why the order would change nothing; none where it would.
    pub fn refusal(&self, shell: &Shell, locale: Locale) -> Option<Reply> {
        let (rulebook, who) = (shell.rulebook(), self.who());
        let title = rulebook.title(Titled::Playbook, &self.playbook, locale);
        let says = match self.verdict {
            Verdict::HeldOutAlready => say::is_held_out(locale, &who, title),
            Verdict::Refused => say::would_not_start(locale, &who, title, &self.why(shell, locale)),
            Verdict::Starts | Verdict::Waits | Verdict::HeldOut => return None,
        };
        Some(Reply::refusal(locale, says))
    }

    /// The answer before a playbook is started: who gets what and when, or why nothing would begin, and the button that
    /// starts it.
    pub fn reply(&self, shell: &Shell, locale: Locale) -> Reply {
        if let Some(refusal) = self.refusal(shell, locale) {
            return refusal;
        }
        let (rulebook, who) = (shell.rulebook(), self.who());
        let title = rulebook.title(Titled::Playbook, &self.playbook, locale);
        let reply = match self.verdict {
            Verdict::HeldOut => Reply::new(locale, say::would_be_held_out(locale, &who, title)),
            Verdict::Waits => {
                let reply = Reply::new(locale, say::would_wait(locale, &who, title, &self.why(shell, locale)));
                if self.messages.is_empty() { reply } else { listed(reply, &self.messages, false, shell) }
            }
            _ => listed(Reply::new(locale, say::would_start(locale, &who, title)), &self.messages, false, shell),
        };
        let contact = self.contact.as_ref().map(|(key, _)| format!(" --contact {}", quoted(key))).unwrap_or_default();
        let sure = format!("enroll {} {}{contact} --yes", quoted(&self.account.0), self.playbook);
        let mut reply = reply.button(say::start_it(locale), Press::Ask(sure));
        reply.footer = say::nothing_started_yet(locale).to_owned();
        reply
    }

    /// The answer once it was ordered.
    pub fn ordered(&self, shell: &Shell, locale: Locale) -> Reply {
        let (rulebook, who) = (shell.rulebook(), self.who());
        let title = rulebook.title(Titled::Playbook, &self.playbook, locale);
        let says = match self.verdict {
            Verdict::HeldOut | Verdict::HeldOutAlready => say::enrolled_held_out(locale, &who, title),
            Verdict::Waits => say::enrolled_waits(locale, &who, title, &self.why(shell, locale)),
            Verdict::Starts | Verdict::Refused => say::enrolled(locale, &who, title, true),
        };
        Reply::new(locale, says)
    }
}
