//! What may stay of what somebody did.

use crate::model::{
    fact::{Act, FactBody},
    run::Run,
    value::{Props, Value},
};

/// What may stay of something a person did: that it happened, and numbers. None: nothing.
pub(super) fn anonymous(body: FactBody) -> Option<FactBody> {
    let numbers = |props: Props| props.into_iter().filter(|(_, value)| !is_text(value)).collect();
    match body {
        FactBody::ContactAttrs { .. } => None,
        FactBody::Event { name, props } => Some(FactBody::Event { name, props: numbers(props) }),
        // What came along was said of them; that they came is told by the account.
        FactBody::Arrived { .. } => None,
        FactBody::Absorbed { other, .. } => Some(FactBody::Absorbed { key: String::new(), other }),
        FactBody::Receipt { key, run, playbook, step, outcome, .. } => {
            Some(FactBody::Receipt { key, run, playbook, step, outcome, detail: String::new() })
        }
        FactBody::Command(Act::Note { tags, positive, .. }) => {
            Some(FactBody::Command(Act::Note { text: String::new(), tags, positive }))
        }
        other => Some(other),
    }
}

fn is_text(value: &Value) -> bool {
    matches!(value, Value::Text(_) | Value::List(_))
}

/// A run keeps where it stands, not what it was told.
pub(super) fn unlearn(run: &mut Run) {
    run.start = Props::new();
    run.frozen = Props::new();
    for step in run.steps.values_mut() {
        step.caught = Props::new();
        if let Some(early) = &mut step.early {
            early.props = Props::new();
        }
    }
}
