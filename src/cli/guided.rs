//! `init --guided`: five questions in the order in which a team decides, then the files and a one-page scope sheet.

use std::{
    collections::BTreeSet,
    io::{BufRead, Write},
    path::Path,
};

use super::{Failure, kit};
use crate::{
    model::{locale::Locale, safe::EmailAddress},
    rulebook::yaml,
    words::guided::{self as say, Answers},
};

/// How often a question is asked again when its answer cannot be used.
const PATIENCE: usize = 5;

/// Asks on the terminal (or any reader); an empty answer takes the suggestion, one that cannot be used is asked again.
pub fn ask(input: &mut impl BufRead, output: &mut impl Write, locale: Locale) -> Result<Answers, Failure> {
    let mut desk = Desk { input, output, locale };
    writeln!(desk.output, "{}\n", say::opening(locale))?;
    let success = desk.ask(say::success(locale), say::success_usual(locale), text)?;
    let churn = desk.ask(say::churn(locale), "3", percent)?;
    let onboarding = desk.ask(say::onboarding(locale), "80", percent)?;
    let large = desk.ask(say::large(locale), "50000", amount)?;
    let tier = desk.ask(say::tier(locale), "tech", |text| one_of(text, &["tech", "low", "high"]))?;
    let name = desk.ask(say::owner(locale), "Kei", text)?;
    let address = desk.ask(say::address(locale), "kei@example.com", address)?;
    let channel = desk.ask(say::channel(locale), "#cs", text)?;
    let offered = playbooks(locale);
    let lines: Vec<String> =
        (1..).zip(&offered).map(|(n, (name, title))| format!("  {n:>2}  {name}  {title}")).collect();
    let question = format!("{}\n{}", say::playbook(locale), lines.join("\n"));
    let playbook = desk.ask(&question, usual_playbook(&tier, &offered), |text| chosen(text, &offered))?;
    let channel = if channel.starts_with('#') { channel } else { format!("#{channel}") };
    Ok(Answers { success, targets: [churn, onboarding], large, tier, owner: [name, address], channel, playbook })
}

/// Where questions are asked and answers read.
struct Desk<'a, R, W> {
    input: &'a mut R,
    output: &'a mut W,
    locale: Locale,
}

impl<R: BufRead, W: Write> Desk<'_, R, W> {
    fn ask<T>(
        &mut self,
        question: &str,
        usual: &str,
        read: impl Fn(&str) -> Result<T, say::Wrong>,
    ) -> Result<T, Failure> {
        let mut why = String::new();
        for _ in 0..PATIENCE {
            write!(self.output, "{question} [{usual}]\n> ")?;
            self.output.flush()?;
            let mut line = String::new();
            let end = self.input.read_line(&mut line)? == 0;
            if end && !why.is_empty() {
                break;
            }
            let given = line.trim();
            match read(if given.is_empty() { usual } else { given }) {
                Ok(answer) => return Ok(answer),
                Err(wrong) => why = say::wrong(self.locale, given, &wrong),
            }
            writeln!(self.output, "{why}")?;
        }
        Err(Failure::usage(why))
    }
}

fn text(text: &str) -> Result<String, say::Wrong> {
    Ok(text.chars().filter(|c| !c.is_control()).collect())
}

fn percent(text: &str) -> Result<f64, say::Wrong> {
    let number = half_width(text).trim_end_matches('%').trim().parse::<f64>().ok();
    number.filter(|n| (0.0..=100.0).contains(n)).ok_or(say::Wrong::Share)
}

fn amount(text: &str) -> Result<f64, say::Wrong> {
    let plain = half_width(text).replace([',', '円', '¥'], "");
    plain.trim().parse::<f64>().ok().filter(|n| (0.0..1e12).contains(n)).ok_or(say::Wrong::Amount)
}

fn address(text: &str) -> Result<String, say::Wrong> {
    EmailAddress::parse(text).map(|_| text.to_owned()).map_err(|_| say::Wrong::Address)
}

fn one_of(text: &str, words: &[&str]) -> Result<String, say::Wrong> {
    let found = words.iter().find(|word| word.eq_ignore_ascii_case(text));
    found.map(|word| (*word).to_owned()).ok_or_else(|| say::Wrong::Word(words.join(", ")))
}

/// By its number or its name.
fn chosen(text: &str, offered: &[(String, String)]) -> Result<String, say::Wrong> {
    let number = half_width(text).parse::<usize>().ok().and_then(|n| offered.get(n.checked_sub(1)?));
    let found = number.or_else(|| offered.iter().find(|(name, _)| name == text));
    found.map(|(name, _)| name.clone()).ok_or(say::Wrong::Number(offered.len()))
}

/// `８０％` is typed as easily as `80%`.
fn half_width(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    text.nfkc().collect()
}

/// What a tier begins with.
fn usual_playbook<'p>(tier: &str, offered: &'p [(String, String)]) -> &'p str {
    let wanted = if tier == "high" { "renewal" } else { "onboarding" };
    let found = offered.iter().find(|(name, _)| name == wanted).or(offered.first());
    found.map_or("", |(name, _)| name.as_str())
}

/// Playbooks of the kit with their titles.
fn playbooks(locale: Locale) -> Vec<(String, String)> {
    let name = |path: &str| path.strip_prefix("playbooks/")?.strip_suffix(".yaml").map(str::to_owned);
    let titled = |text: &str| {
        let tree = yaml::parse("", text, &mut Vec::new()).into_iter().next()?;
        let title = tree.get("title")?;
        title.get(locale.code()).unwrap_or(title).scalar().map(|s| s.text.clone())
    };
    let all = kit::FILES.iter().filter_map(|(path, text)| Some((name(path)?, titled(text).unwrap_or_default())));
    all.filter(|(name, _)| !name.ends_with(".test")).collect()
}

/// The playbook of a file, or of its test.
pub fn playbook(path: &str) -> Option<&str> {
    let name = path.strip_prefix("playbooks/")?.strip_suffix(".yaml")?;
    Some(name.strip_suffix(".test").unwrap_or(name))
}

/// The playbook to begin with, and those its conditions ask about (`playbook.NAME`).
fn first<'f>(files: &'f [(String, String)], name: &str) -> BTreeSet<&'f str> {
    let (mut found, mut open) = (BTreeSet::new(), vec![name]);
    while let Some(name) = open.pop() {
        let path = format!("playbooks/{name}.yaml");
        let Some((path, text)) = files.iter().find(|(p, _)| *p == path) else { continue };
        if playbook(path).is_some_and(|name| found.insert(name)) {
            let word = |rest: &'f str| rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next();
            open.extend(text.split("playbook.").skip(1).filter_map(word));
        }
    }
    found
}

/// Writes the kit as answered; never overwrites. The other playbooks wait in `later/`.
pub fn write(
    folder: &Path,
    files: &[(String, String)],
    answers: &Answers,
    locale: Locale,
) -> Result<(usize, usize), Failure> {
    let first = first(files, &answers.playbook);
    let placed = |(path, text): &(String, String)| {
        let later = playbook(path).is_some_and(|name| !first.contains(name));
        let text = match path.as_str() {
            "model.yaml" => model(text, answers),
            "shirube.yaml" => installation(text, answers),
            _ => text.clone(),
        };
        (if later { format!("later/{path}") } else { path.clone() }, text)
    };
    let scope = (say::SCOPE_FILE.to_owned(), say::scope(locale, answers));
    let all: Vec<(String, String)> = files.iter().map(placed).chain([scope]).collect();
    Ok(super::init::write(folder, &all)?)
}

/// The model with what was answered; everything else as the kit has it.
fn model(text: &str, answers: &Answers) -> String {
    let quoted = serde_json::to_string(&answers.success).unwrap_or_default();
    let mut lines = Vec::new();
    for line in text.lines() {
        let indent = &line[..line.len() - line.trim_start().len()];
        let trimmed = line.trim_start();
        lines.push(match trimmed.split_once(':').map_or("", |(key, _)| key) {
            "ja" | "en" if indent.len() == 6 && !lines.iter().any(|l: &String| l.starts_with("attributes")) => {
                format!("{indent}{}: {quoted}", &trimmed[..2])
            }
            "logo_churn" => format!("{indent}logo_churn: {}%", answers.targets[0]),
            "onboarding_completion" if !trimmed.contains('{') => {
                format!("{indent}onboarding_completion: {}%", answers.targets[1])
            }
            "when" if trimmed.contains("account.mrr > 50000") => {
                line.replace("account.mrr > 50000", &format!("account.mrr > {}", answers.large))
            }
            "slack" => format!("{indent}slack: \"{}\"", answers.channel.replace('"', "")),
            _ => line.to_owned(),
        });
    }
    lines.join("\n") + "\n"
}

/// The first colleague of the kit becomes the owner who was named.
fn installation(text: &str, answers: &Answers) -> String {
    let [name, address] = [&answers.owner[0], &answers.owner[1]].map(|t| serde_json::to_string(t).unwrap_or_default());
    let line = |line: &str| match line.trim_start().starts_with("kei: {name:") {
        true => format!("  kei: {{name: {name}, email: {address}}}"),
        false => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn answered(lines: &str) -> Result<Answers, Failure> {
        ask(&mut lines.as_bytes(), &mut Vec::new(), Locale::Ja)
    }

    #[test]
    fn five_answers_make_a_project_without_errors_and_a_scope_sheet() {
        let answers = answered(
            "毎朝の点検が10分で終わる\n２％\n90\n80,000円\nlow\n\"花\" 田中\nhana@our.test\nsuccess\nno_login\n",
        )
        .unwrap();
        assert_eq!((answers.targets, answers.channel.as_str()), ([2.0, 90.0], "#success"));
        assert_eq!(answers.large, 80_000.0);
        let folder = std::env::temp_dir().join(format!("shirube-guided-{}", std::process::id()));
        let kit = crate::cli::preset::files(&[]);
        let (written, kept) = write(&folder, &kit, &answers, Locale::Ja).unwrap();
        assert!(written > 10 && kept == 0);
        assert_eq!(write(&folder, &kit, &answers, Locale::En).unwrap().0, 0, "nothing is overwritten");
        let files = crate::app::reload::read_project(&folder).unwrap();
        let (rulebook, findings) = crate::rulebook::load::load(&files);
        let model = rulebook.unwrap_or_else(|| panic!("{findings:#?}")).model;
        assert_eq!(model.success[0].says.get(Locale::Ja), "毎朝の点検が10分で終わる");
        assert_eq!((model.targets["logo_churn"], model.targets["onboarding_completion"]), (0.02, 0.9));
        assert_eq!(model.digests[0].slack.as_deref(), Some("#success"));
        let risk = model.segments.iter().find(|s| s.name == "at_risk").unwrap();
        assert!(risk.when.source().ends_with("account.mrr > 80000"), "{}", risk.when.source());
        let playbooks: Vec<&String> = files.keys().filter(|p| p.starts_with("playbooks/")).collect();
        assert_eq!(playbooks, ["playbooks/no_login.test.yaml", "playbooks/no_login.yaml"]);
        let config = crate::cli::project::read_config(&folder).unwrap();
        assert_eq!(config.people["kei"].called("kei", Locale::Ja), "\"花\" 田中");
        let scope = fs::read_to_string(folder.join("scope.md")).unwrap();
        assert!(scope.contains("毎朝の点検が10分で終わる") && scope.contains("no_login") && scope.lines().count() < 40);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_playbook_brings_along_those_it_asks_about() {
        let kit = crate::cli::preset::files(&[]);
        assert_eq!(first(&kit, "usage_decline"), BTreeSet::from(["no_login", "usage_decline"]));
        assert_eq!(first(&kit, "renewal"), BTreeSet::from(["renewal"]));
    }

    #[test]
    fn silence_takes_the_suggestions_and_nonsense_is_asked_again() {
        let answers = answered("").unwrap();
        assert_eq!((answers.tier.as_str(), answers.playbook.as_str()), ("tech", "onboarding"));
        let mut asked = Vec::new();
        let lines = "x\nmany\n4\n\n\nmiddle\nHIGH\n\nnobody\nmio@our.test\n\n99\n1\n";
        let answers = ask(&mut lines.as_bytes(), &mut asked, Locale::En).unwrap();
        assert_eq!((answers.targets[0], answers.tier.as_str()), (4.0, "high"));
        assert_eq!((answers.owner[1].as_str(), answers.playbook), ("mio@our.test", playbooks(Locale::En)[0].0.clone()));
        let asked = String::from_utf8(asked).unwrap();
        for said in ["`many` is no share", "`middle`", "`nobody` is no e-mail address", "`99`"] {
            assert!(asked.contains(said), "{asked}");
        }
        assert!(answered("x\nmany\n").is_err(), "nothing more comes");
    }

    #[test]
    fn every_playbook_is_offered_with_its_title() {
        for locale in Locale::ALL {
            assert!(playbooks(locale).iter().all(|(name, title)| !name.is_empty() && !title.is_empty()));
        }
    }
}
