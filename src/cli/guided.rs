//! `init --guided`: five questions in the order in which a team decides, then the files and a one-page scope sheet.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, Write},
    path::Path,
};

use super::{Failure, kit};
use crate::{
    model::locale::Locale,
    words::guided::{self as say, Answers},
};

/// Asks on the terminal (or any reader); an empty answer takes the suggestion.
pub fn ask(input: &mut impl BufRead, output: &mut impl Write, locale: Locale) -> Result<Answers, Failure> {
    let mut asked = |question: &str, usual: &str| -> std::io::Result<String> {
        write!(output, "{question} [{usual}]\n> ")?;
        output.flush()?;
        let mut line = String::new();
        input.read_line(&mut line)?;
        let line = line.trim();
        Ok(if line.is_empty() { usual.to_owned() } else { line.to_owned() })
    };
    let success = asked(say::success(locale), say::success_usual(locale))?;
    let churn = percent(&asked(say::churn(locale), "3")?)?;
    let onboarding = percent(&asked(say::onboarding(locale), "80")?)?;
    let tier = one_of(&asked(say::tier(locale), "tech")?, &["tech", "low", "high"])?;
    let name = asked(say::owner(locale), "Kei")?;
    let address = asked(say::address(locale), "kei@example.com")?;
    let channel = asked(say::channel(locale), "#cs")?;
    let names = playbooks();
    let list: Vec<&str> = names.iter().map(String::as_str).collect();
    let question = format!("{}\n  {}", say::playbook(locale), list.join(" "));
    let playbook = one_of(&asked(&question, "onboarding")?, &list)?;
    let channel = if channel.starts_with('#') { channel } else { format!("#{channel}") };
    Ok(Answers { success, targets: [churn, onboarding], tier, owner: [name, address], channel, playbook })
}

fn percent(text: &str) -> Result<f64, Failure> {
    let number = text.trim_end_matches(['%', '％']).trim().parse::<f64>().ok();
    number
        .filter(|n| (0.0..=100.0).contains(n))
        .ok_or_else(|| Failure::usage(format!("`{text}` is no share: write a number from 0 to 100")))
}

fn one_of(text: &str, words: &[&str]) -> Result<String, Failure> {
    let found = words.iter().find(|word| **word == text);
    found
        .map(|word| (*word).to_owned())
        .ok_or_else(|| Failure::usage(format!("`{text}` is not one of {}", words.join(", "))))
}

/// Playbooks of the kit.
fn playbooks() -> Vec<String> {
    let name = |path: &str| path.strip_prefix("playbooks/")?.strip_suffix(".yaml").map(str::to_owned);
    kit::FILES.iter().filter_map(|(path, _)| name(path)).filter(|n| !n.ends_with(".test")).collect()
}

/// The playbook of a file, or of its test.
fn playbook(path: &str) -> Option<&str> {
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
    let (mut written, mut kept) = (0, 0);
    let first = first(files, &answers.playbook);
    for (path, text) in files {
        let later = playbook(path).is_some_and(|name| !first.contains(name));
        let target = folder.join(if later { format!("later/{path}") } else { path.clone() });
        let text = match path.as_str() {
            "model.yaml" => model(text, answers),
            "shirube.yaml" => installation(text, answers),
            _ => text.clone(),
        };
        put(&target, &text, &mut written, &mut kept)?;
    }
    put(&folder.join(say::SCOPE_FILE), &say::scope(locale, answers), &mut written, &mut kept)?;
    Ok((written, kept))
}

fn put(target: &Path, text: &str, written: &mut usize, kept: &mut usize) -> Result<(), Failure> {
    if target.exists() {
        *kept += 1;
        return Ok(());
    }
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(target, text)?;
    *written += 1;
    Ok(())
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
            "onboarding_completion" => format!("{indent}onboarding_completion: {}%", answers.targets[1]),
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

    fn answered(lines: &str) -> Result<Answers, Failure> {
        ask(&mut lines.as_bytes(), &mut Vec::new(), Locale::Ja)
    }

    #[test]
    fn five_answers_make_a_project_without_errors_and_a_scope_sheet() {
        let answers =
            answered("毎朝の点検が10分で終わる\n2%\n90\nlow\n\"花\" 田中\nhana@our.test\nsuccess\nno_login\n").unwrap();
        assert_eq!((answers.targets, answers.channel.as_str()), ([2.0, 90.0], "#success"));
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
        let playbooks: Vec<&String> = files.keys().filter(|p| p.starts_with("playbooks/")).collect();
        assert_eq!(playbooks, ["playbooks/no_login.test.yaml", "playbooks/no_login.yaml"]);
        let config = crate::cli::project::read_config(&folder).unwrap();
        assert_eq!(config.people["kei"].name.as_deref(), Some("\"花\" 田中"));
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
    fn silence_takes_the_suggestions_and_nonsense_is_refused() {
        let answers = answered("").unwrap();
        assert_eq!((answers.tier.as_str(), answers.playbook.as_str()), ("tech", "onboarding"));
        assert!(answered("x\nmany\n").is_err() && answered("x\n\n\nmiddle\n").is_err());
    }
}
