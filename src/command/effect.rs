//! `/cs effect PLAYBOOK [OUTCOME]`: does it work, and what to do about it.

use super::{
    desk::Asker,
    reply::{Field, Part, Reply, Table},
};
use crate::{
    app::{
        effects::{All, Ask, Found, NoOutcome, Outcome, Pictured},
        shell::Shell,
    },
    insight::effect::{
        guard::Guardrail,
        parts::Parts,
        proportions::Counts,
        report::{Arm, Effect},
        verdict::Verdict,
    },
    model::{instant::Instant, locale::Locale},
    rulebook::{titles::Titled, types::Rulebook},
    store::api::Result,
    words::{self, effect as say, sentence},
};

/// What is known of `playbook`, or why nothing can be.
pub async fn find(
    shell: &Shell,
    playbook: &str,
    ask: Ask<'_>,
    now: Instant,
    locale: Locale,
) -> Result<std::result::Result<Found, String>> {
    let rulebook = shell.rulebook();
    let Some(found) = rulebook.playbook(playbook) else {
        return Ok(Err(sentence::no_playbook(locale, playbook, &rulebook.names())));
    };
    Ok(shell.effect(found, ask, now).await?.map_err(|known| not_that(ask, &known, locale)))
}

/// The same with what its page draws.
pub async fn pictured(
    shell: &Shell,
    playbook: &str,
    ask: Ask<'_>,
    now: Instant,
    locale: Locale,
) -> Result<std::result::Result<Pictured, String>> {
    let rulebook = shell.rulebook();
    let Some(found) = rulebook.playbook(playbook) else {
        return Ok(Err(sentence::no_playbook(locale, playbook, &rulebook.names())));
    };
    Ok(shell.effect_pictured(found, ask, now).await?.map_err(|known| not_that(ask, &known, locale)))
}

fn not_that(ask: Ask<'_>, known: &NoOutcome, locale: Locale) -> String {
    say::no_outcome(locale, ask.outcome.unwrap_or_default(), &known.0.join(", "))
}

/// `effect PLAYBOOK [OUTCOME]`.
pub async fn effect(shell: &Shell, who: &Asker, playbook: &str, outcome: Option<&str>, now: Instant) -> Result<Reply> {
    let ask = Ask { outcome, ..Ask::default() };
    Ok(match find(shell, playbook, ask, now, who.locale).await? {
        Ok(found) => reply(&found, &shell.rulebook(), who.locale),
        Err(why) => Reply::refusal(who.locale, why),
    })
}

/// The verdict in a sentence first, then what to do, then what it rests on.
pub fn reply(found: &Found, rulebook: &Rulebook, locale: Locale) -> Reply {
    let effect = &found.effect;
    let title = rulebook.title(Titled::Playbook, &found.playbook, locale);
    let verdict = say::verdict(locale, title, effect.verdict.word(), effect.mde);
    let what = happened(&found.outcome, effect, rulebook, locale);
    let mut reply = Reply::new(locale, verdict);
    if effect.holdout.assigned + effect.treated.assigned == 0 {
        return reply.line(say::nobody_yet(locale));
    }
    if effect.holdout.assigned == 0 {
        reply = reply.line(say::nobody_held_out(locale, &what, pair(&effect.treated)));
    } else {
        reply = reply.line(compared(effect, &what, locale));
    }
    let held_out = effect.holdout.assigned > 0;
    reply = reply.line(if held_out { say::advice(locale, effect.advice.word()) } else { say::hold_out(locale) });
    if let Some(needs) = effect.needs.filter(|_| effect.verdict == Verdict::NotEnoughData) {
        let split = held_out.then_some((needs.treated, needs.holdout));
        let when = match needs.weeks {
            _ if effect.over => say::When::Over,
            _ if needs.by_end == Some(true) => say::When::AtEnd,
            _ if needs.by_end == Some(false) => say::When::TooLate,
            Some(0) => say::When::Now,
            Some(weeks) => say::When::Weeks(weeks),
            None => say::When::Never,
        };
        reply = reply.line(say::needs(locale, needs.change, needs.accounts_per_arm, split, when));
    }
    if let Some(proxy) = &found.proxy {
        let what = happened(&proxy.outcome, &proxy.effect, rulebook, locale);
        let counts = say::counts(locale, &what, pair(&proxy.effect.treated), pair(&proxy.effect.holdout));
        let need = proxy.effect.needs.map(|needs| needs.accounts_per_arm);
        let verdict = say::proxy_verdict(locale, proxy.effect.verdict.word());
        reply = reply.line(say::sentences(locale, &[&say::proxy(locale, &counts, need), verdict]));
    }
    if let Some(both) = found.before_after {
        reply = reply.line(say::before_after(locale, effect.within_days, of(both.before), of(both.after)));
    }
    let reply = reply.with(Part::Fields(fields(found, locale)));
    match &found.parts {
        Some(parts) => by_trait(reply, parts, rulebook, locale),
        None => reply,
    }
}

/// The same in every group of a trait, and whether groups differ at all.
fn by_trait(reply: Reply, parts: &Parts, rulebook: &Rulebook, locale: Locale) -> Reply {
    let called = |value: &str| match parts.by.as_str() {
        _ if value.is_empty() => words::say(locale, words::Word::Missing).to_owned(),
        "plan" => rulebook.title(Titled::Plan, value, locale).to_owned(),
        "phase" => rulebook.title(Titled::Phase, value, locale).to_owned(),
        "touch" => words::terms::term(locale, words::terms::Term::Touch, value).to_owned(),
        "band" => words::band(locale, value).to_owned(),
        _ => value.to_owned(),
    };
    let points = |share: f64| format!("{:+.1}", share * 100.0);
    let row = |part: &crate::insight::effect::parts::Part| {
        let difference = part.diff.zip(part.ci95);
        let difference =
            difference.map(|(d, [low, high])| format!("{} [{}, {}]", points(d), points(low), points(high)));
        vec![
            called(&part.value),
            say::verdict_word(locale, part.verdict.word()).to_owned(),
            format!("{}/{}", part.treated.events, part.treated.n),
            format!("{}/{}", part.holdout.events, part.holdout.n),
            difference.unwrap_or_default(),
            part.p_adjusted.map(|p| format!("{p:.4}")).unwrap_or_default(),
        ]
    };
    let header = say::parts_header(locale).map(str::to_owned).to_vec();
    let table = Table { header, rows: parts.rows.iter().map(row).collect() };
    reply.with(Part::Table(table)).line(say::parts_note(locale, parts.heterogeneity.map(|test| test.p)))
}

/// Both groups, and the difference where there is one.
fn compared(effect: &Effect, what: &str, locale: Locale) -> String {
    let counts = say::counts(locale, what, pair(&effect.treated), pair(&effect.holdout));
    let difference = effect.diff.zip(effect.ci95).map(|(diff, ci)| say::difference(locale, diff, ci));
    say::sentences(locale, &[&counts, &difference.unwrap_or_default()])
}

fn fields(found: &Found, locale: Locale) -> Vec<Field> {
    let effect = &found.effect;
    let [chance, sizes, guards, reached, kept, staying, not_counted, adjusted] = say::labels(locale);
    let compared = effect.holdout.assigned > 0;
    let p = effect.p.zip(effect.p_method);
    let boschloo = found.p_exact.and_then(|exact| exact.boschloo);
    let c = &effect.contamination;
    let by_hand = (of(c.delivered), of(c.treated_by_hand), of(c.holdout_by_hand));
    let rails = found.guardrails.iter().map(|g| say::guardrail(locale, rail(g)));
    let left = &found.left_out;
    let rows = [
        (chance, compared.then(|| say::chance(locale, p, boschloo, effect.p_always_valid, effect.over))),
        (sizes, effect.srm_p.zip(effect.srm).map(|(p, srm)| say::sizes(locale, p, srm.held_out))),
        (staying, effect.log_rank.map(|test| format!("χ² = {:.2}, {}", test.chi2, say::p_is(test.p)))),
        (kept, effect.days_kept.map(|k| say::kept(locale, k.diff, k.ci95, effect.within_days))),
        (adjusted, effect.cuped.map(|a| say::difference(locale, a.difference.diff, a.difference.ci))),
        (guards, Some(rails.collect::<Vec<_>>().join(", "))),
        (reached, Some(say::reached(locale, by_hand.0, by_hand.1, by_hand.2))),
        (
            not_counted,
            Some(say::left_out(
                locale,
                &[
                    ("too_young", effect.too_young),
                    ("gone", left.gone),
                    ("other_version", left.other_version),
                    ("other_design", left.other_design),
                    ("internal", left.internal),
                    ("deleted", left.deleted),
                ],
            )),
        ),
    ];
    let field = |(label, value): (&str, Option<String>)| {
        Some(Field { label: label.to_owned(), value: value.filter(|v| !v.is_empty())? })
    };
    rows.into_iter().filter_map(field).collect()
}

fn rail(guard: &Guardrail) -> say::Rail {
    let Guardrail { name, numerator, denominator, limit, crossed, .. } = *guard;
    let (holdout, difference) = (guard.holdout.map(of), guard.diff.zip(guard.ci95));
    say::Rail { name, counts: (numerator, denominator), holdout, difference, limit, crossed }
}

/// What happened, in words.
pub fn happened(outcome: &Outcome, effect: &Effect, rulebook: &Rulebook, locale: Locale) -> String {
    let (kind, name) = match outcome {
        Outcome::Churn => ("churn", ""),
        Outcome::Goal => ("goal", ""),
        Outcome::Milestone(name) => ("milestone", rulebook.title(Titled::Milestone, name, locale)),
        Outcome::Condition => ("condition", ""),
    };
    say::happened(locale, say::Within { kind, name, days: effect.within_days })
}

fn pair(arm: &Arm) -> (u64, u64) {
    (arm.events, arm.n)
}

fn of(counts: Counts) -> (u64, u64) {
    (counts.events, counts.n)
}

/// Every playbook in one list, those that say most first.
pub fn list(all: &All, rulebook: &Rulebook, locale: Locale) -> Reply {
    let mut found: Vec<&Found> = all.playbooks.iter().collect();
    found.sort_by(|a, b| {
        let p = |f: &Found| f.p_adjusted.unwrap_or(1.0);
        p(a).total_cmp(&p(b)).then(b.effect.holdout.assigned.cmp(&a.effect.holdout.assigned))
    });
    let title = |f: &Found| rulebook.title(Titled::Playbook, &f.playbook, locale).to_owned();
    let mut rows: Vec<Vec<String>> = found.iter().map(|f| row(title(f), &f.effect, f.p_adjusted, locale)).collect();
    rows.extend(all.pooled.iter().map(|effect| row(say::pooled(locale).to_owned(), effect, None, locale)));
    let header = say::all_header(locale).map(str::to_owned).into();
    let pooled = say::pooled_note(locale, all.pooled.as_ref().and_then(|effect| effect.p_verdict));
    let reply = Reply::new(locale, say::all_title(locale));
    let reply = reply.with(Part::Table(Table { header, rows })).line(say::all_note(locale));
    if pooled.is_empty() { reply } else { reply.line(pooled) }
}

fn row(title: String, effect: &Effect, p: Option<f64>, locale: Locale) -> Vec<String> {
    let points = |share: f64| format!("{:+.1}", share * 100.0);
    let difference = effect
        .diff
        .zip(effect.ci95)
        .map(|(diff, [low, high])| format!("{} [{}, {}]", points(diff), points(low), points(high)));
    let arm = |arm: &Arm| format!("{}/{}", arm.events, arm.n);
    vec![
        title,
        if effect.holdout.assigned == 0 {
            say::alone(locale)
        } else {
            say::verdict_word(locale, effect.verdict.word())
        }
        .to_owned(),
        arm(&effect.treated),
        arm(&effect.holdout),
        difference.unwrap_or_default(),
        p.map(|p| format!("{p:.4}")).unwrap_or_default(),
    ]
}
