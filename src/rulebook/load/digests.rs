//! `digests:`.

use std::collections::BTreeMap;

use super::{cond, names::Schemas, settings::cron};
use crate::{
    model::diagnostic::Diagnostic,
    rulebook::{
        expr::{Program, Want},
        schedule::length::Length,
        types::{Digest, DigestOf, Late, Order},
        yaml::{Node, fields::Fields, values},
    },
};

/// `order:` of a digest.
const ORDERS: [(&str, Order); 5] = [
    ("risk", Order::Risk),
    ("renewal", Order::Renewal),
    ("revenue", Order::Revenue),
    ("phase", Order::Phase),
    ("expansion", Order::Expansion),
];

/// `digests:`.
pub fn digests(node: &Node, schemas: &Schemas, out: &mut Vec<Diagnostic>) -> Vec<Digest> {
    let mut read: Vec<Digest> = Vec::new();
    for item in values::items(node, "digests", out) {
        let Some(digest) = digest(item, schemas, out) else { continue };
        if read.iter().any(|d| d.name == digest.name) {
            let message = format!("the digest `{}` is here twice", digest.name);
            out.push(Diagnostic::error("duplicate-id", &item.place, message, "give each its own name"));
        }
        read.push(digest);
    }
    read
}

fn digest(node: &Node, schemas: &Schemas, out: &mut Vec<Diagnostic>) -> Option<Digest> {
    let mut f = Fields::of(node, "a digest", out)?;
    let name = f.need("digest", "its name", out).and_then(|n| values::text(n, out)).map(str::to_owned);
    f.take("title");
    let cron = f.need("cron", "when, e.g. \"0 9 * * 1\" = Mondays at 9", out).and_then(|n| cron(n, out));
    let of = digest_of(&mut f, out);
    let where_ = match (&of, f.has("where")) {
        (Some(DigestOf::Accounts), _) | (_, true) => {
            let where_ = f.need("where", "which accounts, e.g. health.band == \"red\"", out);
            where_.and_then(|n| cond::program(n, "where", &schemas.account, Want::Condition, out))
        }
        _ => Program::compile("true", &node.place, &schemas.account, Want::Condition).ok(),
    };
    let (slack, discord, email) = (f.text("slack", out), f.text("discord", out), f.text("email", out));
    let limit = f.take("limit").and_then(|n| values::whole(n, 1, 100, out)).unwrap_or(20) as usize;
    let over = f.take("over").and_then(|n| values::length(n, out));
    let order = f.word("order", &ORDERS, out).unwrap_or_default();
    let late = late(&mut f, out);
    let words = f.take("words").map(|n| words(n, out)).unwrap_or_default();
    if !(f.has("slack") || f.has("discord") || f.has("email")) {
        let help = "add `slack: \"#channel\"`, `discord: \"#channel\"` or `email: ROLE`";
        out.push(Diagnostic::error("missing-key", &f.place, "this digest goes nowhere", help));
    }
    unread(&mut f, of.as_ref(), out);
    f.finish(out);
    // A week of KPIs says little: few leave in one.
    let usual = if of == Some(DigestOf::Kpis) { "30d" } else { "7d" };
    let over = over.or_else(|| Length::parse(usual).ok())?;
    Some(Digest {
        name: name?,
        cron: cron?,
        where_: where_?,
        slack,
        discord,
        email,
        limit,
        of: of?,
        over,
        order,
        late,
        words,
    })
}

/// `words: {export: [csv, ダウンロード]}`.
fn words(node: &Node, out: &mut Vec<Diagnostic>) -> BTreeMap<String, Vec<String>> {
    let mut read = BTreeMap::new();
    for entry in super::journey::entries(node, "topics", out) {
        let others = values::list(&entry.value);
        let others = others.iter().filter_map(|n| values::text(n, out)).map(str::to_owned).collect();
        read.insert(entry.key.clone(), others);
    }
    read
}

/// `ack_within: LENGTH, escalate: WHO`; both or none.
fn late(f: &mut Fields, out: &mut Vec<Diagnostic>) -> Option<Late> {
    let (within, to) = (f.length("ack_within", out), f.text("escalate", out));
    if f.has("ack_within") != f.has("escalate") {
        let help = "e.g. `ack_within: 2 business days, escalate: manager`";
        out.push(Diagnostic::error("bad-ack", &f.place, "`ack_within` and `escalate` stand together", help));
    }
    within.zip(to).map(|(within, to)| Late { within, to })
}

/// Keys that only some kinds of digest read: (key, kinds that do).
const READ_BY: [(&str, &[&str]); 9] = [
    ("where", &["accounts", "wins", "playbooks", "topics", "product", "answers"]),
    ("order", &["accounts"]),
    ("ack_within", &["accounts"]),
    ("escalate", &["accounts"]),
    ("limit", &["accounts", "wins", "topics", "product", "answers"]),
    ("over", &["wins", "playbooks", "topics", "product", "answers", "kpis"]),
    ("words", &["product"]),
    ("event", &["topics"]),
    ("by", &["topics"]),
];

/// Reports what a digest of this kind does not read: it would look as if it did something.
fn unread(f: &mut Fields, of: Option<&DigestOf>, out: &mut Vec<Diagnostic>) {
    let Some(word) = of.map(DigestOf::word) else { return };
    for (key, kinds) in READ_BY.iter().filter(|(_, kinds)| !kinds.contains(&word)) {
        let Some(entry) = f.entry(key) else { continue };
        let message = format!("a digest of {word} does not read `{key}`");
        let help = format!("delete this line; `{key}` belongs to `of: {}`", kinds.join("|"));
        out.push(Diagnostic::error("unknown-key", &entry.place, message, help));
    }
}

/// `of:`, with the event and its property where it is `topics`.
fn digest_of(f: &mut Fields, out: &mut Vec<Diagnostic>) -> Option<DigestOf> {
    let words =
        ["accounts", "wins", "playbooks", "topics", "product", "answers", "kpis", "today"].map(|word| (word, word));
    match f.take("of").map(|n| values::word(n, &words, out)) {
        Some(None) => return None,
        Some(Some("topics")) => {}
        Some(Some("wins")) => return Some(DigestOf::Wins),
        Some(Some("playbooks")) => return Some(DigestOf::Playbooks),
        Some(Some("product")) => return Some(DigestOf::Product),
        Some(Some("answers")) => return Some(DigestOf::Answers),
        Some(Some("kpis")) => return Some(DigestOf::Kpis),
        Some(Some("today")) => return Some(DigestOf::Today),
        _ => return Some(DigestOf::Accounts),
    }
    let event = f.need("event", "whose topics are ranked, e.g. note.added or ticket.opened", out);
    let by = f.need("by", "the property that names the topic, e.g. tags or subject", out);
    let mut text = |node: Option<&Node>| node.and_then(|n| values::text(n, out)).map(str::to_owned);
    Some(DigestOf::Topics { event: text(event)?, by: text(by)? })
}
