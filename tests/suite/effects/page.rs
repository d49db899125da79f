//! `effect PLAYBOOK --out`: the page says what `effect` says, and draws the same customers.

use std::fs;

use super::{A_WEEK, WEEKS, leaves, share, story};

/// Cells of the rows of a Markdown table whose first cell is `first`.
fn row(page: &str, first: &str) -> Vec<String> {
    let line = page.lines().find(|line| line.starts_with(&format!("| {first} |"))).unwrap_or_default();
    line.split('|').map(|cell| cell.trim().to_owned()).filter(|cell| !cell.is_empty()).collect()
}

#[test]
fn the_page_says_the_verdict_first_and_draws_who_stays_and_the_way() {
    let room = story();
    let out = room.dir().join("e.md");
    let (_, said, _) = room.run(&["--lang", "en", "effect", "helps", "--out", out.to_str().unwrap()]);
    assert!(said.contains("e.md"), "{said}");
    let page = fs::read_to_string(&out).unwrap();
    assert!(page.starts_with("# “First help” helps."), "{page}");
    // All were followed for the whole 30 days: the curve ends at the plain share of those who stayed.
    let mut counts = [(0_u64, 0_u64); 2];
    for n in 0..WEEKS * A_WEEK {
        let arm = &mut counts[usize::from(share("first", &format!("c{n}")) < 0.5)];
        *arm = (arm.0 + 1, arm.1 + u64::from(!leaves(n)));
    }
    let stay = counts.map(|(n, stay)| format!("{:.1} %", stay as f64 / n as f64 * 100.0));
    let wanted =
        vec!["30".to_owned(), stay[0].clone(), counts[0].1.to_string(), stay[1].clone(), counts[1].1.to_string()];
    assert_eq!(row(&page, "30"), wanted, "{page}");
    assert_eq!(row(&page, "0")[1..], ["100.0 %", &counts[0].0.to_string(), "100.0 %", &counts[1].0.to_string()]);
    // Its one step is a task for everybody whom it ran for; nobody reached the goal.
    let treated = counts[0].0.to_string();
    assert_eq!(row(&page, "Began"), ["Began", &treated, "–", "–", &treated, "0", "0"], "{page}");
    assert_eq!(row(&page, "Explain it"), ["Explain it", &treated, "–", "–", "0", "0", &treated], "{page}");
    assert_eq!(row(&page, "Goal reached")[1], "0", "{page}");
    assert!(row(&page, "opt-outs").last().is_some_and(|said| said == "within"), "{page}");
    for (lang, playbook, drawn) in [("ja", "helps", 2), ("en", "declared", 2), ("en", "alone", 2)] {
        let out = room.dir().join("e.html");
        room.done(&["--lang", lang, "effect", playbook, "--out", out.to_str().unwrap()]);
        let page = fs::read_to_string(out).unwrap();
        assert!(page.contains(&format!("<html lang=\"{lang}\">")) && page.matches("<svg").count() == drawn, "{page}");
        assert!(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"), "{page}");
    }
    let (code, _, err) = room.run(&["--lang", "en", "effect", "helps", "--out", "e.pdf"]);
    assert!(code == 2 && err.contains(".html or .md"), "{code} {err}");
    assert_eq!(room.run(&["effect", "--all", "--out", "e.html"]).0, 2, "one page is of one playbook");
}
