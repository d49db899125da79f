//! `export stories`: candidates for customer stories and what may be quoted, as a sheet or a page for marketing.

use std::path::Path;

use super::{
    assemble::Running,
    exit::Failure,
    export::{Sheet, csv},
};
use crate::{
    insight::stories::{Candidate, Said, Sign},
    model::{
        instant::{DAY, Instant},
        locale::Locale,
        safe::CsvCell,
    },
    rulebook::{titles::Titled, types::Rulebook},
    words::{quoted, stories as say},
};

/// Days looked back on.
const DAYS: i64 = 365;

/// The file's bytes (a page where its name ends in `.md`), and what to tell whoever asked.
pub async fn written(running: &Running, path: Option<&Path>, locale: Locale) -> Result<(Vec<u8>, String), Failure> {
    let shell = &running.shell;
    let now = shell.clock.now();
    let all = shell.stories(now.plus(-DAYS * DAY), now).await?;
    let rulebook = shell.rulebook();
    let bytes = match path.and_then(Path::extension).is_some_and(|e| e == "md") {
        true => page(&all, &rulebook, now, locale).into_bytes(),
        false => {
            let (header, rows) = sheet(&all, &rulebook, locale);
            csv(&header, &rows)?
        }
    };
    let quotes = all.iter().map(|c| c.said.len()).sum();
    let withheld = all.iter().map(|c| c.withheld).sum();
    let name = path.map_or_else(|| "-".to_owned(), |p| p.display().to_string());
    Ok((bytes, say::written(locale, &name, all.len(), quotes, withheld)))
}

/// One row a quote; one of a candidate without any.
fn sheet(all: &[Candidate], rulebook: &Rulebook, locale: Locale) -> Sheet {
    let zone = &rulebook.model.workspace.zone;
    let mut rows = Vec::new();
    for c in all {
        let next = say::next(locale, c.may_name, c.said.len(), c.withheld);
        let row = |said: Option<&Said>| {
            let text = |value: Option<String>| value.map_or_else(CsvCell::empty, |text| CsvCell::text(&text));
            vec![
                CsvCell::text(&c.account),
                CsvCell::text(&c.name),
                text(c.csm.clone()),
                c.mrr.map_or_else(CsvCell::empty, |m| CsvCell::number(m.major())),
                CsvCell::text(&why(c, rulebook, locale)),
                text(said.map(|s| s.text.clone())),
                text(said.and_then(|s| s.person.clone())),
                text(said.map(|s| say::source(locale, s.source).to_owned())),
                text(said.map(|s| s.at.date(zone).to_string())),
                CsvCell::text(&next),
            ]
        };
        rows.extend(c.said.iter().map(|said| row(Some(said))));
        if c.said.is_empty() {
            rows.push(row(None));
        }
    }
    (say::columns(locale).map(str::to_owned).to_vec(), rows)
}

fn page(all: &[Candidate], rulebook: &Rulebook, now: Instant, locale: Locale) -> String {
    let zone = &rulebook.model.workspace.zone;
    let mut out = format!("# {}\n\n{}\n", say::title(locale, &now.date(zone).to_string()), say::note(locale));
    if all.is_empty() {
        out.push_str(&format!("\n{}\n", say::none(locale)));
    }
    for c in all {
        let money = c.mrr.map(|m| format!(" · MRR {m}")).unwrap_or_default();
        let owner = c.csm.as_ref().map(|csm| format!(" · @{csm}")).unwrap_or_default();
        out.push_str(&format!("\n## {}\n\n{}{money}{owner}\n", plain(&c.name), why(c, rulebook, locale)));
        for said in &c.said {
            let who = said.person.as_deref().map(|name| format!(" — {}", plain(name))).unwrap_or_default();
            let text = quoted(locale, &plain(&said.text));
            let source = say::source(locale, said.source);
            out.push_str(&format!("\n> {text}{who} ({source}, {})\n", said.at.date(zone)));
        }
        out.push_str(&format!("\n- {}\n", say::next(locale, c.may_name, c.said.len(), c.withheld)));
    }
    out
}

fn why(c: &Candidate, rulebook: &Rulebook, locale: Locale) -> String {
    let sign = |sign: &Sign| match sign {
        Sign::Success(name) => say::sign(locale, "success", rulebook.title(Titled::Milestone, name, locale)),
        Sign::Promoter => say::sign(locale, "promoter", ""),
        Sign::GoodWord => say::sign(locale, "good_word", ""),
        Sign::Renewed => say::sign(locale, "renewed", ""),
        Sign::Upgraded => say::sign(locale, "upgraded", ""),
    };
    c.signs.iter().map(sign).collect::<Vec<String>>().join(" / ")
}

/// On one line, and no markup of a page: what customers write is text.
fn plain(text: &str) -> String {
    let one = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let escaped = |c: char| if "\\`*_[]<>#|!".contains(c) { vec!['\\', c] } else { vec![c] };
    one.chars().flat_map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_customers_wrote_is_no_markup() {
        assert_eq!(plain("# a\n*b* <script> [x](y)"), "\\# a \\*b\\* \\<script\\> \\[x\\](y)");
    }
}
