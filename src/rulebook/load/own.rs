//! Which values differ from contact to contact.

use crate::rulebook::{
    playbook::{Playbook, Subject},
    slots::{SlotSource, Slots},
};

/// `slots` with `own` and `own_statuses` filled in.
pub fn noted(mut slots: Slots, playbooks: &[Playbook]) -> Slots {
    let personal = |name: &String| playbooks.iter().any(|p| p.name == *name && p.subject == Subject::Contact);
    let own = |source: &SlotSource| match source {
        SlotSource::Contact(_) | SlotSource::Subscribed(_) | SlotSource::ContactMetric(_) => true,
        SlotSource::Playbook(name) | SlotSource::PlaybookAt(name) => personal(name),
        _ => false,
    };
    slots.own = (0u32..).zip(&slots.sources).filter(|(_, source)| own(source)).map(|(i, _)| i).collect();
    let status = |slot: &u32| {
        let source = slots.sources.get(*slot as usize);
        matches!(source, Some(SlotSource::Playbook(_) | SlotSource::PlaybookAt(_)))
    };
    slots.own_statuses = slots.own.iter().copied().filter(status).collect();
    slots
}
