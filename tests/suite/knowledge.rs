//! The kit's `knowledge/`: questions that must find their section, and questions that must find nothing; the page of it.

use std::{collections::BTreeMap, fs, path::Path};

use shirube::{
    knowledge::{
        Library,
        page::{Owner, page},
        units::is_japanese,
    },
    model::locale::Locale,
};

const PARAPHRASED: &str = include_str!("../data/knowledge/paraphrased.tsv");
const QUESTIONS: &str = include_str!("../data/knowledge/questions.tsv");

fn library() -> Library {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("knowledge");
    let names = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files: BTreeMap<String, String> =
        names.map(|name| (format!("knowledge/{name}"), fs::read_to_string(folder.join(&name)).unwrap())).collect();
    Library::new(&files)
}

#[test]
fn every_question_finds_its_section_or_nothing() {
    let library = library();
    let mut wrong = Vec::new();
    for row in QUESTIONS.lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        let (question, article, heading) = (cells[0], cells[1], cells.get(2).copied().unwrap_or_default());
        let hit = library.answer(question, Locale::En, false);
        let found = hit.map_or(("-", "-"), |hit| (hit.article.name.as_str(), hit.section.heading.as_str()));
        if found != (article, heading) {
            wrong.push(format!(
                "{question}: {article}/{heading} expected, {found:?} found ({:?})",
                hit.map(|h| h.coverage)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(QUESTIONS.lines().filter(|row| row.ends_with("\t-\t-")).count() >= 20);
}

/// Questions in words of their own, right as often as this: (language is Japanese, of those with an answer, of those without).
const FLOOR: [(bool, f64, f64); 2] = [(true, 0.9, 0.9), (false, 0.9, 0.9)];

#[test]
fn questions_in_other_words_find_their_section_as_often_as_promised() {
    let library = library();
    let rows: Vec<Vec<&str>> = PARAPHRASED.lines().skip(1).map(|row| row.split('\t').collect()).collect();
    assert!(rows.len() >= 40);
    for (japanese, least, least_none) in FLOOR {
        let (mut wrong, mut all) = ([Vec::new(), Vec::new()], [0, 0]);
        for row in rows.iter().filter(|row| is_japanese(row[0]) == japanese) {
            let none = usize::from(row[1] == "-");
            let hit = library.answer(row[0], Locale::En, false);
            let found = hit.map_or(("-", "-"), |hit| (hit.article.name.as_str(), hit.section.heading.as_str()));
            all[none] += 1;
            if found.0 != row[1] || !row[2].split('|').any(|heading| heading == found.1) {
                wrong[none].push(format!("{}: {found:?}", row[0]));
            }
        }
        let share = |i: usize| 1.0 - wrong[i].len() as f64 / f64::from(all[i]);
        println!("ja: {japanese}: {:.3} of {} answered, {:.3} of {} refused", share(0), all[0], share(1), all[1]);
        assert!(share(0) >= least && share(1) >= least_none, "{wrong:#?}");
    }
}

#[test]
fn the_answer_is_in_the_language_of_the_question() {
    let library = library();
    let locale = |question| library.answer(question, Locale::Ja, true).map(|hit| hit.article.locale);
    assert_eq!((locale("領収書はどこ"), locale("receipts")), (Some(Locale::Ja), Some(Locale::En)));
    assert_eq!(locale("hearing sheet"), None, "what is for the team is not told to customers");
}

#[test]
fn the_page_is_well_formed_in_both_languages_and_links_lead_into_it() {
    let library = library();
    for locale in Locale::ALL {
        let owner = Owner { name: "Shirube Cloud".into(), url: "https://www.shirube-cloud.example".into() };
        let page = page(&library, locale, &owner, Some("other.html"));
        let ids: Vec<&str> = page.split("id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        for link in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(ids.contains(&link), "{link}");
        }
        assert_eq!(page.matches("<h1").count(), 1);
        for tag in ["section", "ul", "ol", "li", "main", "nav", "h2", "h3", "p", "a", "table", "tr", "td"] {
            let opened = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
        }
        assert_eq!(
            library.articles.iter().filter(|a| a.public && a.locale == locale).count(),
            page.matches("<h2").count()
        );
    }
}
