//! `check --links`: whether the links of content.yaml still lead somewhere.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    model::diagnostic::{Diagnostic, Place},
    rulebook::{types::Rulebook, yaml},
};

/// A page that answers no sooner counts as dead.
const PATIENCE: Duration = Duration::from_secs(10);

/// A warning for every address that does not answer, or answers "not found" or "gone".
pub async fn dead(rulebook: &Rulebook, files: &BTreeMap<String, String>) -> Vec<Diagnostic> {
    let text = files.get("content.yaml").map_or("", String::as_str);
    let tree = yaml::parse("content.yaml", text, &mut Vec::new()).into_iter().next();
    let top = Place { file: "content.yaml".into(), line: 1, column: 1 };
    let place = |name: &str| tree.as_ref().and_then(|t| t.get(name)).map_or_else(|| top.clone(), |n| n.place.clone());
    crate::channel::tls::ready();
    let client = match reqwest::Client::builder().timeout(PATIENCE).build() {
        Ok(client) => client,
        Err(error) => return vec![finding(&top, "*", &error.to_string())],
    };
    let mut out = Vec::new();
    for (name, link) in &rulebook.links {
        let mut addresses: Vec<&String> = link.ja.iter().chain(&link.en).collect();
        addresses.dedup();
        for address in addresses {
            if let Err(why) = alive(&client, address).await {
                out.push(finding(&place(name), address, &why));
            }
        }
    }
    out
}

fn finding(place: &Place, address: &str, why: &str) -> Diagnostic {
    let message = format!("the link `{address}` is dead: {why}");
    Diagnostic::warning("dead-link", place, message, "mend the address in content.yaml")
}

/// Some servers refuse HEAD, so the page itself is asked for; a page behind a login is alive.
async fn alive(client: &reqwest::Client, address: &str) -> Result<(), String> {
    let answer = client.get(address).send().await.map_err(|error| {
        let why = if error.is_timeout() { "no answer in 10 seconds" } else { "it cannot be reached" };
        why.to_owned()
    })?;
    match answer.status().as_u16() {
        code @ (404 | 410 | 500..) => Err(format!("it answers {code}")),
        _ => Ok(()),
    }
}
