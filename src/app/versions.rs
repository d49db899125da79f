//! Runs finish on the version of their playbook they started with: older versions come from the rulebooks kept in the store.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    rulebook::{load, types::Rulebook},
    store::api::{Result, Store},
};

/// How far back old rulebooks are read, newest first, until every version is found.
const DEPTHS: [usize; 3] = [16, 256, 4096];

/// (playbook, hash) → (path, text).
type Found = BTreeMap<(String, String), (String, String)>;

/// Gives a rulebook made of `files` the older versions that open runs need, and those of `before`, the rulebook that
/// was live until now: runs may be starting on it at this moment.
pub async fn keep_versions(
    store: &dyn Store,
    rulebook: &mut Rulebook,
    files: &BTreeMap<String, String>,
    before: Option<&Rulebook>,
) -> Result<()> {
    let pinned = store.open_versions().await?;
    let wanted = wanted(pinned, rulebook, before);
    let found = search(store, &wanted).await?;
    for (playbook, hash) in wanted.iter().filter(|w| !found.contains_key(*w)) {
        tracing::warn!(playbook, hash, "this version is not kept; its runs follow the live one");
    }
    let texts: Vec<(String, String)> = found.into_values().collect();
    for path in load::add_versions(rulebook, files, &texts) {
        tracing::warn!(path, "an older version does not fit the model of today; its runs follow the live one");
    }
    Ok(())
}

/// The versions that are not the live ones.
fn wanted(pinned: Vec<(String, String)>, live: &Rulebook, before: Option<&Rulebook>) -> BTreeSet<(String, String)> {
    let old = before.iter().flat_map(|b| b.playbooks.iter().map(|p| (p.name.clone(), p.hash.clone())));
    let all = pinned.into_iter().chain(old);
    all.filter(|(name, hash)| live.playbook(name).is_some_and(|p| p.hash != *hash)).collect()
}

async fn search(store: &dyn Store, wanted: &BTreeSet<(String, String)>) -> Result<Found> {
    let mut found = Found::new();
    for depth in DEPTHS {
        if found.len() == wanted.len() {
            break;
        }
        let books = store.rulebooks(depth).await?;
        books.iter().for_each(|(.., content)| take(content, wanted, &mut found));
        if books.len() < depth {
            break;
        }
    }
    Ok(found)
}

fn take(content: &str, wanted: &BTreeSet<(String, String)>, found: &mut Found) {
    let Ok(files) = serde_json::from_str::<BTreeMap<String, String>>(content) else { return };
    for (name, hash, path) in load::hashes(&files) {
        let key = (name, hash);
        if let (true, Some(text)) = (wanted.contains(&key), files.get(&path)) {
            found.entry(key).or_insert_with(|| (path.clone(), text.clone()));
        }
    }
}
