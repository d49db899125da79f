//! Made-up messages.

use shirube::model::{
    ids::{AccountId, ContactId, MessageKey, RunId, stable_hash},
    instant::Instant,
    message::{ChannelKind, Planned},
};

/// The n-th onboarding mail.
pub fn planned(n: i64) -> Planned {
    let key = MessageKey(stable_hash(&["suite", &n.to_string()]));
    Planned {
        run: RunId(format!("run{n}")),
        playbook: "onboarding".into(),
        playbook_hash: "h".into(),
        step: "welcome".into(),
        contact: Some(ContactId(n)),
        template: "onboarding/welcome".into(),
        topic: "onboarding".into(),
        ready_at: Instant(1_700_000_000_000_000),
        ..Planned::bare(key, AccountId(n), ChannelKind::Email, format!("user{n}@example.com"))
    }
}
