//! The built-in attributes and their types.

use super::types::AttrType;

/// The type of a built-in account attribute, or none.
pub fn account(name: &str) -> Option<AttrType> {
    Some(match name {
        "key" | "name" | "csm" | "plan" | "locale" | "timezone" | "calendar" | "potential" | "proficiency"
        | "churn_reason" | "churn_quote" | "handover_missing" | "touch" | "domain" | "slack_channel"
        | "discord_channel" => AttrType::Text,
        "status" => words(&["trial", "active", "churned"]),
        "onboarding" => words(&["not_started", "in_progress", "done"]),
        "mrr" => AttrType::Money,
        "seats" | "age_month" => AttrType::Number,
        "contract_start" | "contract_end" | "renewal_date" => AttrType::Date,
        "created_at" => AttrType::Instant,
        "goals" | "issues" | "needs" => AttrType::List,
        "internal" => AttrType::Bool,
        _ => return None,
    })
}

/// Names of the built-in account attributes that conditions may read.
pub const ACCOUNT: &[&str] = &[
    "key",
    "name",
    "status",
    "touch",
    "csm",
    "mrr",
    "plan",
    "seats",
    "contract_start",
    "contract_end",
    "renewal_date",
    "locale",
    "timezone",
    "created_at",
    "calendar",
    "potential",
    "goals",
    "issues",
    "needs",
    "proficiency",
    "churn_reason",
    "churn_quote",
    "onboarding",
    "age_month",
    "handover_missing",
    "domain",
    "slack_channel",
    "discord_channel",
    "internal",
];

/// The type of a built-in contact attribute, or none.
pub fn contact(name: &str) -> Option<AttrType> {
    Some(match name {
        "key" | "email" | "name" | "role" | "locale" | "timezone" | "persona" | "slack_id" | "discord_id" => {
            AttrType::Text
        }
        "created_at" => AttrType::Instant,
        "consent" => words(&["given", "refused"]),
        _ => return None,
    })
}

/// Names of the built-in contact attributes that conditions may read.
pub const CONTACT: &[&str] = &[
    "key",
    "email",
    "name",
    "role",
    "locale",
    "timezone",
    "created_at",
    "persona",
    "consent",
    "slack_id",
    "discord_id",
];

fn words(list: &[&str]) -> AttrType {
    AttrType::Words(list.iter().map(|w| (*w).to_owned()).collect())
}
