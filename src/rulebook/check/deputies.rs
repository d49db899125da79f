//! Whoever acts for somebody who is away is away, too.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::Book;
use crate::{
    model::{
        diagnostic::{Diagnostic, Place},
        instant::{date_of, day_number},
        world::{Away, StandIn, World},
    },
    rulebook::yaml::{self, Node, values},
};

/// The file in which absences stand.
const FILE: &str = "shirube.yaml";

/// `people.X.away` of `shirube.yaml`, of those that are not over on `today`.
pub fn check(book: &Book<'_>, today: Date, out: &mut Vec<Diagnostic>) {
    let Some(text) = book.files.get(FILE) else { return };
    let trees = yaml::parse(FILE, text, &mut Vec::new());
    let Some(people) = trees.first().and_then(|tree| tree.get("people")) else { return };
    let found: BTreeMap<String, (Away, Place)> =
        super::keys(people).into_iter().filter_map(|key| Some((key.clone(), absence(people.get(&key)?)?))).collect();
    let away = found.iter().map(|(key, (away, _))| (key.clone(), away.clone())).collect();
    let (world, today) = (World { away, ..World::default() }, day_number(today));
    for (person, (away, place)) in &found {
        let deputy = &away.deputy;
        let until = world.away.get(deputy).map(|away| date_of(away.until).to_string()).unwrap_or_default();
        let (says, help) = match world.deputy_away(person, today) {
            None => continue,
            Some(StandIn::Nobody) => (
                format!("`{deputy}` is away until {until}, too, and whoever acts for them: nobody acts for `{person}`"),
                "name a colleague who is there".to_owned(),
            ),
            Some(StandIn::Another(acting)) => (
                format!("`{deputy}` is away until {until}, too: meanwhile `{acting}` acts for `{person}`"),
                format!("if that is meant, name `{acting}` here"),
            ),
        };
        out.push(Diagnostic::warning("deputy-away", place, says, help));
    }
}

fn absence(person: &Node) -> Option<(Away, Place)> {
    let away = person.get("away")?;
    let deputy = away.get("deputy")?;
    let until = day_number(values::date(&away.get("until")?.scalar()?.text)?);
    let name = deputy.scalar()?;
    Some((Away { until, deputy: name.text.to_string() }, name.content.clone()))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use crate::{
        model::instant::Instant,
        rulebook::{check::tests::MODEL, load::load_at},
    };

    fn told(people: &str, today: jiff::civil::Date) -> Vec<String> {
        let files = [("model.yaml", MODEL.to_owned()), ("shirube.yaml", format!("people:\n{people}"))];
        let now = Instant::parse(&format!("{today}T00:00:00Z")).unwrap();
        let found = load_at(&files.map(|(path, text)| (path.to_owned(), text)).into(), now).1;
        let own = found.iter().filter(|d| d.rule == "deputy-away");
        own.map(|d| format!("{}:{} {}", d.place.line, d.place.column, d.message)).collect()
    }

    #[test]
    fn a_deputy_who_is_away_too_is_told_until_one_of_them_is_back() {
        let mutual =
            "  kei: {away: {until: 2026-12-05, deputy: mio}}\n  mio: {away: {until: 2026-12-03, deputy: kei}}\n";
        let nobody = |who: &str, deputy: &str, until: &str| {
            format!("`{deputy}` is away until {until}, too, and whoever acts for them: nobody acts for `{who}`")
        };
        let both = [
            format!("2:43 {}", nobody("kei", "mio", "2026-12-03")),
            format!("3:43 {}", nobody("mio", "kei", "2026-12-05")),
        ];
        assert_eq!(told(mutual, date(2026, 12, 3)), both);
        assert!(told(mutual, date(2026, 12, 4)).is_empty(), "mio is back");
        let chain = "  kei: {away: {until: 2026-12-05, deputy: mio}}\n  mio: {away: {until: 2026-12-03, deputy: ren}}\n  ren: {}\n";
        let other = "2:43 `mio` is away until 2026-12-03, too: meanwhile `ren` acts for `kei`";
        assert_eq!(told(chain, date(2026, 12, 1)), [other]);
    }
}
