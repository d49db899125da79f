//! A digest as an answer: worst first, saying how it is ranked, with buttons on every row.

use super::{
    health::{number, signed},
    reply::{Part, Press, Reply, Target},
    told::alert,
};
use crate::{
    insight::digest::{DigestData, DigestRow},
    model::{instant::date_of, locale::Locale, message::Action},
    rulebook::{titles::Titled, types::Rulebook},
    words::{Word, band, outlook, say, sentence},
};

/// Rows that get buttons: a Slack message holds 50 blocks.
const WITH_BUTTONS: usize = 10;

/// The digest for people.
pub fn reply(data: &DigestData, rulebook: &Rulebook, locale: Locale) -> Reply {
    let name = rulebook.title(Titled::Digest, &data.name, locale);
    titled(data, name, rulebook, locale)
}

/// The same under another title.
pub fn titled(data: &DigestData, name: &str, rulebook: &Rulebook, locale: Locale) -> Reply {
    let day = data.as_of.date(&rulebook.model.workspace.zone);
    let title = sentence::digest_title(locale, name, data.rows.len() + data.more, data.customers, &day.to_string());
    let mut reply = Reply::new(locale, title);
    if data.rows.is_empty() {
        return reply.line(say(locale, Word::DigestQuiet));
    }
    for (i, row) in data.rows.iter().enumerate() {
        reply = reply.line(line(i + 1, row, rulebook, locale));
        if i < WITH_BUTTONS {
            let target = Target { account: row.account.clone(), what: format!("digest:{}", data.name) };
            reply = reply
                .button(say(locale, Word::ButtonAck), Press::Act(Action::Ack, target.clone()))
                .button(say(locale, Word::ButtonSnooze), Press::Act(Action::Snooze, target.clone()))
                .button(say(locale, Word::ButtonAssign), Press::Act(Action::Assign, target));
        }
    }
    if data.more + data.snoozed > 0 {
        reply = reply.with(Part::Text(sentence::digest_more(locale, data.more, data.snoozed)));
    }
    for (who, accounts, capacity) in &data.overloaded {
        reply = reply.with(Part::Text(outlook::overloaded_line(locale, who, *accounts, *capacity)));
    }
    reply.footer = say(locale, Word::DigestRanking).to_owned();
    reply
}

/// Who and how bad on the first line; what to do about it on the second.
pub fn line(rank: usize, row: &DigestRow, rulebook: &Rulebook, locale: Locale) -> String {
    let score = row.score.map_or_else(|| "–".to_owned(), |s| format!("{}/{}", number(s), number(row.best)));
    let change = row.change_7d.filter(|c| *c != 0.0).map(|c| format!(" ({})", signed(c))).unwrap_or_default();
    let component = |name| rulebook.title(Titled::Component, name, locale);
    let mut first = vec![format!("{rank}. {} — {} {score}{change}", row.name, band(locale, &row.band))];
    first.extend(row.mrr.map(|m| format!("MRR {m}")));
    first.extend(row.csm.as_ref().map(|c| format!("@{c}")));
    let mut second = Vec::new();
    second.extend(row.renewal.map(|d| format!("{} {}", say(locale, Word::NextDate), date_of(d))));
    let reasons: Vec<String> =
        row.reasons.iter().take(2).map(|(name, lost)| format!("{} −{}", component(name), number(*lost))).collect();
    if !reasons.is_empty() {
        second.push(format!("{}: {}", say(locale, Word::Reasons), reasons.join(say(locale, Word::ListSeparator))));
    }
    if !row.suggested.is_empty() {
        second.push(sentence::suggestion(locale, component(&row.suggested)));
    }
    second.extend(row.alerts.iter().map(|name| format!("⚠ {}", alert(rulebook, name, locale))));
    if let Some(who) = &row.acked {
        second.push(sentence::on_it(locale, who));
    }
    let lines = [first, second].map(|parts| parts.join(" · "));
    lines.join("\n    ").trim_end().to_owned()
}
