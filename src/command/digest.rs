//! A digest as an answer: saying how it is ranked and what changed since the last one, with buttons on every row.

use super::{
    health::{number, signed},
    kpi::{figure, named},
    reply::{Chart, Part, Press, Reply, Table, Target},
    told::{alert, event_title},
};
use crate::{
    insight::{
        answers::Voice,
        digest::{DigestData, DigestRow, Ready, Unanswered},
        kpi::moves::{Move, Way},
        product::Quote,
        rate::Unit,
        results::PlaybookRow,
        topics::Topic,
        wins::Win,
    },
    model::{instant::date_of, locale::Locale, message::Action, safe::shorten},
    rulebook::{
        titles::Titled,
        types::{DigestOf, Order, Rulebook},
    },
    words::{Word, band, bracketed, digests, expansion, outlook, quoted, say, sentence, spark::spark, survey},
};

/// Rows that get buttons: a Slack message holds 50 blocks.
const WITH_BUTTONS: usize = 10;
/// KPIs that are drawn: the worst, as many as a Slack message takes.
const DRAWN: usize = 2;
/// Characters of a comment; the rest is in the account's timeline.
const QUOTED: usize = 300;

/// The digest for people.
pub fn reply(data: &DigestData, rulebook: &Rulebook, locale: Locale) -> Reply {
    let name = rulebook.title(Titled::Digest, &data.name, locale);
    if let Some(unanswered) = &data.late {
        return late(data, unanswered, name, rulebook, locale);
    }
    match data.kind {
        DigestOf::Accounts => titled(data, name, rulebook, locale),
        DigestOf::Wins => wins(data, name, rulebook, locale),
        DigestOf::Playbooks => results(data, name, rulebook, locale),
        DigestOf::Topics { .. } => topics(data, name, rulebook, locale),
        DigestOf::Product => product(data, name, rulebook, locale),
        DigestOf::Answers => answers(data, name, rulebook, locale),
        DigestOf::Kpis => kpis(data, name, rulebook, locale),
        // Whoever reads it is not known here: `today::of_person`.
        DigestOf::Today => Reply::new(locale, name),
    }
}

/// To whoever hears of rows that nobody took in time: who was asked, since when, and the same buttons.
fn late(data: &DigestData, of: &Unanswered, name: &str, rulebook: &Rulebook, locale: Locale) -> Reply {
    let zone = &rulebook.model.workspace.zone;
    let mut reply = Reply::new(locale, digests::late(locale, name, data.rows.len() + data.more));
    reply = reply.line(digests::asked(locale, &of.asked, &of.since.short(zone), &of.until.short(zone)));
    for (i, row) in data.rows.iter().enumerate() {
        reply = with_row(reply, data, row, line(i + 1, row, data.order, rulebook, locale), i < WITH_BUTTONS);
    }
    rest(reply, data, digests::late_footer(locale))
}

/// A digest of accounts under another title.
pub fn titled(data: &DigestData, name: &str, rulebook: &Rulebook, locale: Locale) -> Reply {
    let title = sentence::digest_title(locale, name, data.rows.len() + data.more, data.customers, &day(data, rulebook));
    let mut reply = Reply::new(locale, title);
    let since = data.since.map(|at| at.date(&rulebook.model.workspace.zone).to_string());
    if let Some(since) = since.as_ref().filter(|_| data.unchanged && !data.rows.is_empty()) {
        return short(reply.line(digests::unchanged(locale, since)), data, rulebook, locale);
    }
    if let Some(since) = since.as_ref().filter(|_| !data.unchanged) {
        let new = data.rows.iter().filter(|row| row.fresh).count();
        reply = reply.line(digests::changed(locale, since, new, &data.gone, data.left));
    }
    if data.rows.is_empty() {
        return reply.line(say(locale, Word::DigestQuiet));
    }
    for (i, row) in data.rows.iter().enumerate() {
        reply = with_row(reply, data, row, line(i + 1, row, data.order, rulebook, locale), i < WITH_BUTTONS);
    }
    rest(reply, data, ranking(data.order, locale))
}

/// Nothing has changed: only what nobody has taken yet, and little of it.
fn short(mut reply: Reply, data: &DigestData, rulebook: &Rulebook, locale: Locale) -> Reply {
    if data.untaken > 0 {
        reply = reply.line(digests::untaken(locale, data.untaken));
    }
    for (i, row) in data.open.iter().enumerate() {
        reply = with_row(reply, data, row, line(i + 1, row, data.order, rulebook, locale), true);
    }
    reply = overloaded(reply, data);
    reply.footer = ranking(data.order, locale).to_owned();
    reply
}

fn wins(data: &DigestData, name: &str, rulebook: &Rulebook, locale: Locale) -> Reply {
    let count = data.rows.len() + data.more;
    let mut reply = Reply::new(locale, digests::wins(locale, name, &day(data, rulebook), count, data.days));
    if data.rows.is_empty() {
        return reply.line(digests::no_wins(locale));
    }
    for (i, row) in data.rows.iter().enumerate() {
        let told: Vec<String> = row.wins.iter().take(4).map(|win| self::win(win, rulebook, locale)).collect();
        let mut first = vec![format!("{}. {} — {}", i + 1, row.name, band(locale, &row.band))];
        first.extend(row.csm.as_ref().map(|c| format!("@{c}")));
        let text = format!("{}\n    {}", first.join(" · "), told.join(" · "));
        reply = with_row(reply, data, row, text, i < WITH_BUTTONS);
    }
    rest(reply.line(digests::wins_next(locale)), data, "")
}

fn win(win: &Win, rulebook: &Rulebook, locale: Locale) -> String {
    match win {
        Win::Milestone { name } => digests::milestone(locale, rulebook.title(Titled::Milestone, name, locale)),
        Win::Recovered => digests::recovered(locale).to_owned(),
        Win::Event { name } => event_title(rulebook, name, locale).to_owned(),
        Win::Voice { text } => digests::voice(locale, text),
    }
}

fn results(data: &DigestData, name: &str, rulebook: &Rulebook, locale: Locale) -> Reply {
    let mut reply = Reply::new(locale, digests::over(locale, name, &day(data, rulebook), data.days));
    let mut busy: Vec<&PlaybookRow> = data.playbooks.iter().filter(|row| !row.is_quiet()).collect();
    if busy.is_empty() {
        return reply.line(digests::no_results(locale));
    }
    busy.sort_by(|a, b| (b.reached, b.started, &a.playbook).cmp(&(a.reached, a.started, &b.playbook)));
    let row = |p: &&PlaybookRow| {
        let counts = [p.started, p.reached, p.left, p.running, p.sent].map(|n| n.to_string());
        let title = rulebook.title(Titled::Playbook, &p.playbook, locale).to_owned();
        std::iter::once(title).chain(counts).collect()
    };
    let header = digests::results_header(locale).map(str::to_owned).into();
    reply = reply.with(Part::Table(Table { header, rows: busy.iter().map(row).collect() }));
    let quiet = data.playbooks.len() - busy.len();
    if quiet > 0 {
        reply = reply.line(digests::quiet_playbooks(locale, quiet));
    }
    let held_out: usize = data.playbooks.iter().map(|row| row.held_out).sum();
    let mut notes = vec![digests::results_note(locale).to_owned()];
    notes.extend((held_out > 0).then(|| digests::held_out(locale, held_out)));
    reply.footer = notes.join(if locale == Locale::Ja { "" } else { " " });
    reply.line(digests::results_next(locale))
}

fn topics(data: &DigestData, name: &str, rulebook: &Rulebook, locale: Locale) -> Reply {
    let mut reply = Reply::new(locale, digests::over(locale, name, &day(data, rulebook), data.days));
    if data.topics.is_empty() {
        return reply.line(digests::no_topics(locale));
    }
    for (i, topic) in data.topics.iter().enumerate() {
        reply = reply.line(self::topic(i + 1, topic, locale));
        let quote = |(name, text): &(String, String)| match locale {
            Locale::Ja => format!("「{text}」{name}"),
            Locale::En => format!("“{text}” {name}"),
        };
        let quotes: Vec<String> = topic.quotes.iter().map(quote).collect();
        if !quotes.is_empty() {
            reply = reply.with(Part::Bullets(quotes));
        }
    }
    rest(reply.line(digests::topics_next(locale)), data, digests::by_customers(locale))
}

fn product(data: &DigestData, name: &str, rulebook: &Rulebook, locale: Locale) -> Reply {
    let zone = &rulebook.model.workspace.zone;
    let mut reply = Reply::new(locale, digests::over(locale, name, &day(data, rulebook), data.days));
    if data.wants.is_empty() {
        return reply.line(digests::no_topics(locale));
    }
    for (i, want) in data.wants.iter().enumerate() {
        let mrr: Vec<String> = want.mrr.iter().map(ToString::to_string).collect();
        let heard = want.heard.iter().map(|(source, n)| digests::heard(locale, source.word(), *n));
        let heard = heard.collect::<Vec<_>>().join(say(locale, Word::ListSeparator));
        let since = want.since.date(zone).to_string();
        reply = reply.line(digests::want(locale, i + 1, &want.topic, want.accounts, &mrr.join(" + ")));
        reply = reply.line(digests::want_heard(locale, &heard, &since, want.before));
        let quote = |q: &Quote| {
            let text = quoted(locale, &shorten(&q.text, QUOTED));
            let from = format!("{} {}", digests::source(locale, q.source.word()), q.at.date(zone));
            format!("{text} {}{}", q.name, bracketed(locale, &from))
        };
        if !want.quotes.is_empty() {
            reply = reply.with(Part::Bullets(want.quotes.iter().map(quote).collect()));
        }
    }
    rest(reply.line(digests::topics_next(locale)), data, digests::by_customers(locale))
}

fn answers(data: &DigestData, name: &str, rulebook: &Rulebook, locale: Locale) -> Reply {
    let mut reply = Reply::new(locale, digests::over(locale, name, &day(data, rulebook), data.days));
    if data.surveys.is_empty() {
        return reply.line(survey::none(locale));
    }
    for summary in &data.surveys {
        reply = reply.line(survey::summary(locale, summary.kind, summary.score, summary.answers));
    }
    let voice = |v: &Voice| survey::voice(locale, v.kind, v.score, &v.name, &shorten(&v.comment, QUOTED));
    if !data.voices.is_empty() {
        reply = reply.with(Part::Bullets(data.voices.iter().map(voice).collect()));
    }
    rest(reply.line(digests::voices_next(locale)), data, survey::lowest_first(locale))
}

fn kpis(data: &DigestData, name: &str, rulebook: &Rulebook, locale: Locale) -> Reply {
    let mut reply = Reply::new(locale, digests::over(locale, name, &day(data, rulebook), data.days));
    let news: Vec<&Move> = data.kpis.iter().filter(|m| m.is_news()).collect();
    if news.is_empty() {
        return reply.line(digests::no_kpis(locale));
    }
    let worse = news.iter().filter(|m| m.way == Way::Worse).count();
    reply = reply.line(digests::kpis_worse(locale, worse));
    reply = reply.with(Part::Bullets(news.iter().map(|m| kpi(m, rulebook, locale)).collect()));
    reply = news.iter().filter_map(|m| drawn(m, rulebook, locale)).take(DRAWN).fold(reply, Reply::with);
    reply.footer = digests::kpis_footer(locale).to_owned();
    reply
}

/// One KPI: where it went, now and before, its target, and the last posts as bars.
fn kpi(m: &Move, rulebook: &Rulebook, locale: Locale) -> String {
    let shown = |value: f64| figure(value, m.unit, locale);
    let value = m.value.map_or_else(|| "–".to_owned(), shown);
    let text = digests::kpi(locale, &named(rulebook, locale, &m.kpi), &value, m.before.map(shown));
    let target = digests::kpi_target(locale, m.target.map(shown), m.met);
    let bars = if m.past.iter().flatten().count() > 1 { spark(&m.past) } else { String::new() };
    format!("{} {text}{target} {bars}", digests::way(locale, m.way.word())).trim_end().to_owned()
}

/// The last posts of a KPI as a line; the bars of its text say the same.
fn drawn(m: &Move, rulebook: &Rulebook, locale: Locale) -> Option<Part> {
    let (last, shown) = (m.past.len().checked_sub(1)?, |figure: f64| {
        if m.unit == Unit::Share { (figure * 10_000.0).round() / 100.0 } else { figure }
    });
    let point = |(i, figure): (usize, &Option<f64>)| Some((digests::post(locale, last - i), shown((*figure)?)));
    let points: Vec<(String, f64)> = m.past.iter().enumerate().filter_map(point).collect();
    let unit = if m.unit == Unit::Share { "%".to_owned() } else { String::new() };
    let chart = Chart { title: named(rulebook, locale, &m.kpi), unit, over: digests::posts(locale).to_owned(), points };
    (chart.points.len() > 1).then_some(Part::Chart(chart))
}

fn topic(rank: usize, t: &Topic, locale: Locale) -> String {
    let mrr: Vec<String> = t.mrr.iter().map(ToString::to_string).collect();
    digests::topic(locale, rank, &t.topic, t.count, t.before, t.accounts, &mrr.join(" + "))
}

fn day(data: &DigestData, rulebook: &Rulebook) -> String {
    data.as_of.date(&rulebook.model.workspace.zone).to_string()
}

fn with_row(reply: Reply, data: &DigestData, row: &DigestRow, text: String, buttons: bool) -> Reply {
    let (locale, reply) = (reply.locale, reply.line(text));
    if !buttons {
        return reply;
    }
    let target = Target { account: row.account.clone(), what: format!("digest:{}", data.name) };
    reply
        .button_about(say(locale, Word::ButtonAck), &row.name, Press::Act(Action::Ack, target.clone()))
        .button_about(say(locale, Word::ButtonSnooze), &row.name, Press::Act(Action::Snooze, target.clone()))
        .button_about(say(locale, Word::ButtonAssign), &row.name, Press::Act(Action::Assign, target))
}

fn rest(mut reply: Reply, data: &DigestData, footer: &str) -> Reply {
    if data.more + data.snoozed > 0 {
        let more = sentence::digest_more(reply.locale, data.more, data.snoozed);
        reply = reply.line(more);
    }
    reply = overloaded(reply, data);
    reply.footer = footer.to_owned();
    reply
}

/// Who looks after more customers than they can.
fn overloaded(reply: Reply, data: &DigestData) -> Reply {
    let locale = reply.locale;
    let lines = data.overloaded.iter().map(|(who, n, capacity)| outlook::overloaded_line(locale, who, *n, *capacity));
    lines.fold(reply, Reply::line)
}

fn ranking(order: Order, locale: Locale) -> &'static str {
    match order {
        Order::Risk => say(locale, Word::DigestRanking),
        Order::Renewal => digests::by_renewal(locale),
        Order::Revenue => digests::by_revenue(locale),
        Order::Phase => digests::by_phase(locale),
        Order::Expansion => expansion::ranking(locale),
    }
}

fn readiness(ready: &Ready, locale: Locale) -> String {
    let score = ready.score.map_or_else(|| "–".to_owned(), |s| format!("{}/{}", number(s), number(ready.best)));
    format!("{} {score}", band(locale, &ready.band))
}

/// ` ▁▃▇`, where the score moved.
fn bars(past: &[Option<f64>]) -> String {
    let known: Vec<f64> = past.iter().flatten().copied().collect();
    let still = known.windows(2).all(|two| two[0] == two[1]);
    if still { String::new() } else { format!(" {}", spark(past)) }
}

fn moved((name, points): &(String, f64), rulebook: &Rulebook, locale: Locale) -> String {
    format!("{} {}", rulebook.title(Titled::Component, name, locale), signed(*points))
}

/// Who and how bad on the first line; what to do about it on the second.
pub fn line(rank: usize, row: &DigestRow, order: Order, rulebook: &Rulebook, locale: Locale) -> String {
    let score = row.score.map_or_else(|| "–".to_owned(), |s| format!("{}/{}", number(s), number(row.best)));
    let change = row.change_7d.filter(|c| *c != 0.0).map(|c| bracketed(locale, &signed(c))).unwrap_or_default();
    let change = if order == Order::Risk { format!("{change}{}", bars(&row.past)) } else { change };
    let fresh = if row.fresh { digests::fresh(locale) } else { "" };
    let health = format!("{} {score}{change}", band(locale, &row.band));
    let ready = row.ready.as_ref().filter(|_| order == Order::Expansion);
    let mut first = match ready {
        Some(ready) => vec![format!("{rank}. {fresh}{} — {}", row.name, readiness(ready, locale)), health],
        None => vec![format!("{rank}. {fresh}{} — {health}", row.name)],
    };
    first.extend(row.mrr.map(|m| format!("MRR {m}")));
    first.extend(row.csm.as_ref().map(|c| format!("@{c}")));
    let mut second = Vec::new();
    if let Some((phase, days)) = row.phase.as_ref().filter(|_| order == Order::Phase) {
        let title = rulebook.title(Titled::Phase, phase, locale);
        second.push(format!("{title} {}", sentence::days(locale, *days)));
    }
    second.extend(row.renewal.map(|d| format!("{} {}", say(locale, Word::NextDate), date_of(d))));
    let said = |(name, points): &(String, f64), sign: &str| {
        format!("{} {sign}{}", rulebook.title(Titled::Component, name, locale), number(*points))
    };
    // What pulls the score down is no news on a list for sales: the band stands there.
    let hints = ready.is_none() && order != Order::Revenue;
    let reasons: Vec<String> = match ready {
        Some(ready) => ready.reasons.iter().take(3).map(|reason| said(reason, "+")).collect(),
        None => row.reasons.iter().filter(|_| hints).take(2).map(|reason| said(reason, "−")).collect(),
    };
    let moved: Vec<String> =
        row.moved.iter().filter(|_| order == Order::Risk).take(2).map(|m| moved(m, rulebook, locale)).collect();
    if !moved.is_empty() {
        second.push(digests::moved(locale, &moved.join(say(locale, Word::ListSeparator))));
    }
    if !reasons.is_empty() {
        second.push(format!("{}: {}", say(locale, Word::Reasons), reasons.join(say(locale, Word::ListSeparator))));
    }
    if !row.suggested.is_empty() && hints {
        second.push(sentence::suggestion(locale, rulebook.title(Titled::Component, &row.suggested, locale)));
    }
    second.extend(row.alerts.iter().map(|name| format!("⚠ {}", alert(rulebook, name, locale))));
    if let Some(who) = &row.acked {
        second.push(sentence::on_it(locale, who));
    }
    let lines = [first, second].map(|parts| parts.join(" · "));
    lines.join("\n    ").trim_end().to_owned()
}
