//! `docs/coverage.md` lists every row of the catalogue with a file that exists, or says "planned".

use std::{collections::BTreeMap, fs, path::Path};

const IDS: &str = include_str!("../data/catalogue-ids.txt");

#[test]
fn every_row_of_the_catalogue_has_its_place() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/coverage.md")).expect("docs/coverage.md");
    let rows = rows(&page);
    let mut found: Vec<String> = Vec::new();
    for id in IDS.lines().filter(|id| !id.is_empty()) {
        match rows.get(id).map(String::as_str) {
            None => found.push(format!("{id} is missing: add its row")),
            Some("planned") => {}
            Some(place) => {
                let path = place.trim_matches('`');
                if path.is_empty() || !root.join(path).exists() {
                    found.push(format!("{id}: {place} does not exist: mend the path, or write planned"));
                }
            }
        }
    }
    let known: Vec<&str> = IDS.lines().collect();
    found.extend(
        rows.keys().filter(|id| !known.contains(&id.as_str())).map(|id| format!("{id} is no row of the catalogue")),
    );
    assert!(found.is_empty(), "docs/coverage.md:\n{}", found.join("\n"));
}

#[test]
fn the_count_at_the_top_is_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/coverage.md")).expect("docs/coverage.md");
    let rows = rows(&page);
    let served = rows.values().filter(|place| *place != "planned").count();
    let says = format!("{served} of {} rows are served today.", rows.len());
    assert!(page.contains(&says), "docs/coverage.md should say: {says}");
}

/// Row id → its last cell.
fn rows(page: &str) -> BTreeMap<String, String> {
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(|c| c.trim().to_owned()).collect::<Vec<_>>();
    let table = page.lines().filter(|line| line.starts_with("| S")).map(cells);
    table.filter_map(|cells| Some((cells.first()?.clone(), cells.last()?.clone()))).collect()
}
