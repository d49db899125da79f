//! Caps that can never be met: they let nothing through, or less than one playbook sends at one moment.

use super::{Book, items, to_customer};
use crate::{
    model::{diagnostic::Diagnostic, instant::DAY, message::Class},
    rulebook::{
        playbook::{Body, MessageStep, Playbook, Step},
        schedule::length::Length,
        types::Cap,
        yaml::Node,
    },
};

/// `at_most: 0 …`, and messages to the same people that follow each other without a wait, more than a cap lets
/// through before `hold_at_most` is over.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    for node in items(book.trees.get("model.yaml").and_then(|m| m.get("caps"))) {
        let zero = |n: &&Node| n.scalar().is_some_and(|s| s.text.trim_start().starts_with("0 "));
        if let Some(node) = node.get("at_most").filter(zero) {
            let help = "write at least `1 per …`; to stop a playbook use `shirube pause`";
            out.push(Diagnostic::warning("cap-never", &node.place, "this cap lets no message through", help));
        }
    }
    for cap in book.rulebook.model.caps.iter().filter(|c| c.times > 0 && !c.survey) {
        for playbook in &book.rulebook.playbooks {
            if let Some(step) = beyond(playbook, cap) {
                let message = format!(
                    "`{}` is message {} to the same people at one moment; a cap in model.yaml lets {} through, so this one is skipped",
                    step.id,
                    cap.times + 1,
                    cap.times
                );
                let help = "put a `wait` between them, make one message of them, or raise the cap";
                out.push(Diagnostic::warning("cap-never", &book.in_step(step, "id"), message, help));
            }
        }
    }
}

/// The message that can never leave: every run sends `times` others right before it.
fn beyond<'p>(playbook: &'p Playbook, cap: &Cap) -> Option<&'p Step> {
    let mut sent: Vec<String> = Vec::new();
    let mut at = Some(0);
    while let Some(step) = at.and_then(|i| playbook.steps.get(i)) {
        match &step.body {
            Body::Message(m) if step.cond.is_none() && counts(playbook, m, cap) => {
                let to = format!("{:?}", m.to.as_ref().or(playbook.to.as_ref()));
                let before = sent.iter().filter(|t| **t == to).count();
                if before >= cap.times as usize && cap.per > held(playbook, m) {
                    return Some(step);
                }
                sent.push(to);
            }
            Body::Wait(_) | Body::WaitFor(_) | Body::Branch { .. } | Body::Split(_) => sent.clear(),
            _ => {}
        }
        at = step.next;
    }
    None
}

fn counts(playbook: &Playbook, message: &MessageStep, cap: &Cap) -> bool {
    let class = message.class.unwrap_or(playbook.class);
    class != Class::Notice
        && cap.class.is_none_or(|c| c == class)
        && cap.channel.is_none_or(|c| c == message.channel)
        && to_customer(playbook, message)
}

/// How long it may be held, in microseconds and rather too long: holidays lie between business days.
fn held(playbook: &Playbook, message: &MessageStep) -> i64 {
    let days = |n: u32| i64::from(n) * DAY;
    match message.hold_at_most.unwrap_or(playbook.hold_at_most).at_most {
        Length::Exact(micros) => micros,
        Length::CalendarDays(n) => days(n),
        Length::BusinessDays(n) => days(n) + 4 * DAY,
        Length::BusinessMinutes(n) => days(n / 480) + 4 * DAY,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{MODEL, found_in, places_in};

    const THREE: &str = "
  - {id: a, email: team/nudge, to: {role: [admin]}}
  - {id: b, email: team/nudge, to: {role: [admin]}}
  - {id: c, email: team/nudge, to: {role: [admin]}}
class: service
";

    #[test]
    fn three_at_once_never_pass_a_cap_of_two_a_week() {
        let model = format!("{MODEL}caps: [{{count: email, at_most: 2 per 7d}}]\n");
        assert_eq!(places_in("cap-never", &model, THREE), ["playbooks/p.yaml:9:10"]);
        let apart = THREE.replace("  - {id: c,", "  - {id: w, wait: 7d}\n  - {id: c,");
        assert!(found_in("cap-never", &model, &apart).is_empty());
        let others = THREE.replacen(
            "{id: c, email: team/nudge, to: {role: [admin]}}",
            "{id: c, email: team/nudge, to: {role: [user]}}",
            1,
        );
        assert!(found_in("cap-never", &model, &others).is_empty(), "other people");
        assert!(found_in("cap-never", &model.replace("per 7d", "per 1h"), THREE).is_empty(), "it is held until then");
    }

    #[test]
    fn a_cap_of_zero_is_told_where_it_stands() {
        let model = format!("{MODEL}caps: [{{count: email, at_most: 0 per 7d}}]\n");
        assert_eq!(places_in("cap-never", &model, "\n  - {id: a, stop: x}\n"), ["model.yaml:8:32"]);
    }
}
