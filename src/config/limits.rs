//! `delivery:` and `retention:` — how long things take and are kept.

use std::time::Duration;

use super::reader::Section;

const MINUTE: u64 = 60;
const DAY: u64 = 86_400;

/// Limits of handing messages over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// How long a claim on a message lasts without being renewed.
    pub lease: Duration,
    /// How long each phase of an SMTP conversation may take.
    pub phases: Phases,
    /// A message in an unknown state is not touched for so long: the old sender has surely finished.
    pub resend_wait: Duration,
}

/// Limits of the phases of an SMTP conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Phases {
    /// TCP connect.
    pub connect: Duration,
    /// Greeting, EHLO, AUTH, MAIL, RCPT: each.
    pub command: Duration,
    /// The answer to DATA.
    pub data: Duration,
    /// The body and the reply after its final dot.
    pub reply: Duration,
}

impl Default for Delivery {
    fn default() -> Delivery {
        let seconds = Duration::from_secs;
        let phases = Phases {
            connect: seconds(30),
            command: seconds(5 * MINUTE),
            data: seconds(2 * MINUTE),
            reply: seconds(10 * MINUTE),
        };
        let lease = seconds(MINUTE);
        Delivery { lease, phases, resend_wait: lease + phases.reply }
    }
}

/// How long things are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Raw events and the keys that tell a repeat from a new one; metrics look back at most 400 days.
    pub events: Duration,
    /// Rendered bodies after the final state; templates and hashes stay.
    pub bodies: Duration,
}

impl Default for Retention {
    fn default() -> Retention {
        let days = |n: u64| Duration::from_secs(n * DAY);
        Retention { events: days(400), bodies: days(1) }
    }
}

/// Reads `delivery:`.
pub fn delivery(mut section: Section<'_>) -> Delivery {
    let default = Delivery::default();
    let lease = section.duration("lease").unwrap_or(default.lease);
    let phases = phases(section.section("phase_limits"), default.phases);
    let least = lease + phases.reply;
    let resend_wait = section.duration("resend_wait").unwrap_or(least);
    if resend_wait < least {
        let help = format!("write at least `{}s`, or leave it out", least.as_secs());
        section.error(
            &section.place,
            "resend_wait",
            "is shorter than lease and phase_limits.reply together: a message could go out twice",
            &help,
        );
    }
    if lease < Duration::from_secs(5) {
        section.error(
            &section.place,
            "lease",
            "is too short to be renewed in time",
            "write at least `5s`; the default is `60s`",
        );
    }
    section.finish();
    Delivery { lease, phases, resend_wait }
}

fn phases(mut section: Section<'_>, default: Phases) -> Phases {
    let phases = Phases {
        connect: section.duration("connect").unwrap_or(default.connect),
        command: section.duration("command").unwrap_or(default.command),
        data: section.duration("data").unwrap_or(default.data),
        reply: section.duration("reply").unwrap_or(default.reply),
    };
    section.finish();
    phases
}

/// Reads `retention:`.
pub fn retention(mut section: Section<'_>) -> Retention {
    let default = Retention::default();
    let kept = Retention {
        events: section.duration("events").unwrap_or(default.events),
        bodies: section.duration("bodies").unwrap_or(default.bodies),
    };
    if kept.events < Duration::from_secs(DAY) {
        section.error(
            &section.place,
            "events",
            "is shorter than a day",
            "write for example `400d`; metrics see only what is kept",
        );
    }
    section.finish();
    kept
}
