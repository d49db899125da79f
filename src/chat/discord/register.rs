//! The command as Discord registers it: one command with a subcommand for each of ours. It takes 25 of them; the rest
//! stand beside it, as `/cs-away`.

use serde_json::{Value, json};
use serenity::http::Http;

use crate::{
    command::spec::{Arg, SPECS, Spec, Written, completes},
    model::ids::stable_hash,
    store::api::Store,
};

/// Subcommands that Discord takes of one command.
const SUBCOMMANDS: usize = 25;

/// The command that stands under this name beside the one with subcommands.
pub fn beside(name: &str) -> Option<&'static Spec> {
    SPECS.iter().skip(SUBCOMMANDS).find(|spec| name.ends_with(&format!("-{}", spec.name)))
}

/// The commands to register, under the name `name` (`cs`).
pub fn commands(name: &str) -> Value {
    let subcommands: Vec<Value> = SPECS.iter().take(SUBCOMMANDS).map(subcommand).collect();
    let mut all = vec![json!({
        "name": name,
        "type": 1,
        "description": "Customer success: health, risk, playbooks, KPIs",
        "description_localizations": {"ja": "カスタマーサクセス: ヘルス、リスク、プレイブック、KPI"},
        "options": subcommands,
    })];
    all.extend(SPECS.iter().skip(SUBCOMMANDS).map(|spec| {
        let mut own = subcommand(spec);
        own["name"] = json!(format!("{name}-{}", spec.name));
        own
    }));
    Value::Array(all)
}

/// A hash of `commands`: register again only when it changed (200 creations a day and guild).
pub fn version(commands: &Value) -> String {
    stable_hash(&["discord-commands", &commands.to_string()])
}

/// Registers the command of `application` unless the same one was registered last (200 creations a day are
/// allowed, and restarts are many). Answers whether it did.
pub async fn once(http: &Http, store: &dyn Store, application: u64) -> Result<bool, String> {
    let (commands, cursor) = (commands("cs"), format!("discord-commands:{application}"));
    let version = version(&commands);
    let last = store.cursor(&cursor).await.map_err(|e| e.to_string())?;
    if last.as_deref() == Some(&version) {
        return Ok(false);
    }
    register(http, &commands).await?;
    store.move_cursor(&cursor, last.as_deref(), &version).await.map_err(|e| e.to_string())?;
    Ok(true)
}

/// Registers `commands` in place of what was there. The error says what to mend.
pub async fn register(http: &Http, commands: &Value) -> Result<(), String> {
    let done = http.create_global_commands(commands).await;
    done.map(|_| ()).map_err(|e| crate::channel::discord::before_post(&e).to_string())
}

fn subcommand(spec: &Spec) -> Value {
    let mut options: Vec<Value> = spec.args.iter().map(option).collect();
    options.push(json!({
        "type": 5, "name": "share", "required": false,
        "description": "show the answer to the channel",
        "description_localizations": {"ja": "チャンネル全員に見せる"},
    }));
    json!({
        "type": 1, "name": spec.name, "options": options,
        "description": spec.en, "description_localizations": {"ja": spec.ja},
    })
}

fn option(arg: &Arg) -> Value {
    let mut option = json!({
        "type": 3, "name": arg.name, "required": arg.required,
        "description": arg.en, "description_localizations": {"ja": arg.ja},
    });
    match arg.written {
        Written::Flag(_) => option["type"] = json!(5),
        _ => option["autocomplete"] = json!(completes(arg.name).is_some()),
    }
    option
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_descriptions_keep_discords_limits() {
        let made = commands("cs");
        let (first, beside) = made.as_array().unwrap().split_first().unwrap();
        let subs = first["options"].as_array().unwrap();
        assert!(subs.len() <= 25 && beside.len() < 10);
        assert_eq!(subs.len() + beside.len(), SPECS.len());
        for sub in subs.iter().chain(beside) {
            let name = sub["name"].as_str().unwrap();
            assert!(name.len() <= 32 && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'));
            let mut optional = false;
            for text in [&sub["description"], &sub["description_localizations"]["ja"]] {
                assert!((1..=100).contains(&text.as_str().unwrap().chars().count()));
            }
            for option in sub["options"].as_array().unwrap() {
                let required = option["required"].as_bool().unwrap();
                assert!(!(required && optional), "Discord wants required options first");
                optional |= !required;
            }
        }
        assert_eq!(version(&made), version(&commands("cs")));
        assert_ne!(version(&made), version(&commands("success")));
    }
}
