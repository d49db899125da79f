//! Made-up messages for unit tests.

use crate::model::{
    ids::{AccountId, ContactId, MessageKey, RunId, stable_hash},
    instant::Instant,
    locale::Locale,
    message::{Audience, ChannelKind, Class, Delivery, Planned},
};

/// The n-th onboarding mail.
pub fn planned(n: i64) -> Planned {
    Planned {
        key: MessageKey(stable_hash(&["test", &n.to_string()])),
        account: AccountId(n),
        run: RunId(format!("run{n}")),
        playbook: "onboarding".into(),
        playbook_hash: "h".into(),
        step: "welcome".into(),
        occurrence: 0,
        contact: Some(ContactId(n)),
        channel: ChannelKind::Email,
        address: format!("user{n}@example.com"),
        audience: Audience::Customer,
        class: Class::Service,
        template: "onboarding/welcome".into(),
        topic: "onboarding".into(),
        locale: Locale::Ja,
        vars: Default::default(),
        sender: String::new(),
        delivery: Delivery::AtMostOnce,
        actions: Vec::new(),
        priority: 50,
        ready_at: Instant(1_700_000_000_000_000),
        hold_until: None,
    }
}
