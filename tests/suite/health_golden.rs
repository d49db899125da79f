//! The seed articles' health score: all twelve combinations, 3 green, 6 yellow, 3 red.

use std::{collections::BTreeMap, fs, path::Path};

use shirube::{
    app::reload::read_project,
    engine::explain,
    model::{instant::Instant, snapshot::Snapshot, state::MetricState, world::World},
    rulebook::{load::load, types::Rulebook},
};

fn kit() -> Rulebook {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(fs::exists(root.join("model.yaml")).unwrap());
    load(&read_project(root).unwrap()).0.unwrap()
}

/// An account with so many logins and uses of the key feature today, and a good voice or none.
fn account(rulebook: &Rulebook, now: Instant, logins: u32, feature: bool, voice: bool) -> Snapshot {
    let today = now.day(&rulebook.model.workspace.zone);
    let counted = |n: u32| MetricState {
        days: if n > 0 { vec![(today, f64::from(n))] } else { Vec::new() },
        total: f64::from(n),
        last: Some(now),
        seen: true,
        ..MetricState::default()
    };
    let mut snapshot = Snapshot::default();
    snapshot.state.now = now;
    snapshot.state.metrics = BTreeMap::from([
        ("logins_7d".to_owned(), counted(logins).into()),
        ("key_feature_7d".to_owned(), counted(u32::from(feature)).into()),
        ("positive_90d".to_owned(), counted(u32::from(voice)).into()),
    ])
    .into();
    snapshot
}

#[test]
fn the_twelve_combinations_of_the_seed_score() {
    let rulebook = kit();
    let now = Instant::parse("2026-04-01T12:00:00+09:00").unwrap();
    // Logins a week, key feature used, positive voice → score, band: the articles' table.
    let golden = [
        (3, true, true, 6.0, "green"),
        (3, true, false, 5.0, "green"),
        (3, false, true, 4.0, "yellow"),
        (3, false, false, 3.0, "yellow"),
        (1, true, true, 5.0, "green"),
        (1, true, false, 4.0, "yellow"),
        (1, false, true, 3.0, "yellow"),
        (1, false, false, 2.0, "red"),
        (0, true, true, 4.0, "yellow"),
        (0, true, false, 3.0, "yellow"),
        (0, false, true, 2.0, "red"),
        (0, false, false, 1.0, "red"),
    ];
    for (logins, feature, voice, score, band) in golden {
        let snapshot = account(&rulebook, now, logins, feature, voice);
        let state = explain::current(&snapshot, &World::default(), &rulebook, now);
        let health = state.health.unwrap();
        assert_eq!((health.score, health.band.as_str()), (Some(score), band), "{logins} {feature} {voice}");
        let sum: f64 = health.components.iter().map(|c| c.points).sum();
        assert_eq!(sum, score, "components sum to the score");
    }
}

#[test]
fn an_account_without_any_data_is_unknown_not_red() {
    let rulebook = kit();
    let now = Instant::parse("2026-04-01T12:00:00+09:00").unwrap();
    let mut snapshot = Snapshot::default();
    snapshot.state.now = now;
    let state = explain::current(&snapshot, &World::default(), &rulebook, now);
    assert_eq!(state.health.unwrap().band, "unknown");
}
