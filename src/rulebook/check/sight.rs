//! What a colleague may see (`people.X.sees`) names segments that there are.

use super::Book;
use crate::{
    model::{diagnostic::Diagnostic, world::OWN},
    rulebook::yaml::{self, values},
};

/// The file in which it stands.
const FILE: &str = "shirube.yaml";

/// A segment that does not exist lets nobody be seen.
pub fn check(book: &Book<'_>, out: &mut Vec<Diagnostic>) {
    let Some(text) = book.files.get(FILE) else { return };
    let trees = yaml::parse(FILE, text, &mut Vec::new());
    let Some(people) = trees.first().and_then(|tree| tree.get("people")) else { return };
    let segments = || book.rulebook.model.segments.iter().map(|segment| segment.name.as_str());
    for sees in super::keys(people).iter().filter_map(|key| people.get(key)?.get("sees")) {
        for word in values::list(sees).into_iter().filter_map(|node| node.scalar()) {
            let name = &*word.text;
            if name == "all" || name == OWN || segments().any(|segment| segment == name) {
                continue;
            }
            let known: Vec<&str> = ["all", OWN].into_iter().chain(segments()).collect();
            let says = format!("no segment is called `{name}`");
            let help = format!("known are {}", known.join(", "));
            let found = Diagnostic::error("unknown-segment", &word.content, says, help);
            out.push(found.mended_if_typo(name, known.iter().copied()));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rulebook::{check::tests::MODEL, load::load};

    #[test]
    fn what_somebody_sees_is_everybody_their_own_or_a_segment_of_the_model() {
        let model = format!("{MODEL}\nsegments: {{large: {{when: account.mrr > 1000}}}}\n");
        let told = |sees: &str| -> Vec<String> {
            let people = format!("people:\n  kei: {{sees: {sees}}}\n");
            let files = [("model.yaml", model.clone()), ("shirube.yaml", people)];
            let found = load(&files.map(|(path, text)| (path.to_owned(), text)).into()).1;
            let own = found.iter().filter(|d| d.rule == "unknown-segment");
            own.map(|d| format!("{}:{} {}; {}", d.place.line, d.place.column, d.message, d.help)).collect()
        };
        for right in ["all", "own", "large", "[own, large]"] {
            assert!(told(right).is_empty(), "{right}: {:?}", told(right));
        }
        let help = "known are all, own, large";
        assert_eq!(told("[own, lage]"), [format!("2:21 no segment is called `lage`; {help}")]);
        assert_eq!(told("mine"), [format!("2:15 no segment is called `mine`; {help}")]);
    }
}
