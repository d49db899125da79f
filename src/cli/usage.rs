//! Wrong usage, said in the language of whoever types.

use std::ffi::OsString;

use clap::{
    Parser as _,
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::{Cli, Exit};
use crate::model::locale::Locale;

/// Reads the command line; help, version and mistakes are printed here, and the exit code is the error.
pub fn parse() -> Result<Cli, u8> {
    Cli::try_parse_from(hoisted(std::env::args_os().collect())).map_err(|error| {
        if !error.use_stderr() {
            let _ = error.print();
            return Exit::Done.code();
        }
        let args: Vec<String> = std::env::args().collect();
        match language(&args) {
            Locale::Ja => anstream::eprintln!("{}", japanese(&error)),
            Locale::En => {
                let _ = error.print();
            }
        }
        Exit::Usage.code()
    })
}

/// A language there are words in.
pub(super) fn known_language(text: &str) -> Result<String, String> {
    Locale::parse(text).map(|_| text.to_owned()).ok_or_else(|| "there are ja and en".to_owned())
}

/// Options of the whole program, and `--as` of `cs`.
const OPTIONS: [&str; 4] = ["--lang", "--dir", "--clock", "--as"];

/// The line with options behind the text of `cs` put before it: everything after `cs` is text, and whoever types
/// `cs health acme --as slack` means the option.
fn hoisted(line: Vec<OsString>) -> Vec<OsString> {
    let Some(at) = cs(&line) else { return line };
    let mut rest = line;
    let mut text = rest.split_off(at + 1);
    let mut options = Vec::new();
    loop {
        let word = |from_end: usize| text.len().checked_sub(from_end).and_then(|i| text.get(i)?.to_str());
        let joined = |w: &str| OPTIONS.iter().any(|o| w.strip_prefix(o).is_some_and(|value| value.starts_with('=')));
        let taken = match (word(2), word(1)) {
            (_, Some("--json")) => 1,
            (_, Some(last)) if joined(last) => 1,
            (Some(option), Some(_)) if OPTIONS.contains(&option) => 2,
            _ => break,
        };
        options.splice(0..0, text.split_off(text.len() - taken));
    }
    rest.extend(options);
    rest.extend(text);
    rest
}

/// Where the subcommand `cs` stands: the first word that is no option and no value of one.
fn cs(line: &[OsString]) -> Option<usize> {
    let mut at = 1;
    loop {
        match line.get(at)?.to_str()? {
            "cs" => return Some(at),
            option if OPTIONS.contains(&option) => at += 2,
            option if option.starts_with("--") => at += 1,
            _ => return None,
        }
    }
}

/// The language asked for, although the rest of the line cannot be read.
fn language(args: &[String]) -> Locale {
    let after = args.iter().position(|arg| arg == "--lang").and_then(|at| args.get(at + 1));
    let joined = || args.iter().find_map(|arg| arg.strip_prefix("--lang="));
    super::language(after.map(String::as_str).or_else(joined))
}

/// What is wrong, and what to type instead.
fn japanese(error: &clap::Error) -> String {
    let said = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(list)) => list.join("、"),
        _ => String::new(),
    };
    let what = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            format!("「{}」というコマンドはありません。", said(ContextKind::InvalidSubcommand))
        }
        ErrorKind::UnknownArgument => format!("「{}」という指定はできません。", said(ContextKind::InvalidArg)),
        ErrorKind::MissingRequiredArgument => format!("必要な指定がありません: {}", said(ContextKind::InvalidArg)),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "コマンドを指定してください。".to_owned()
        }
        ErrorKind::ArgumentConflict => {
            format!("「{}」と「{}」は一緒に使えません。", said(ContextKind::InvalidArg), said(ContextKind::PriorArg))
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let (arg, value) = (said(ContextKind::InvalidArg), said(ContextKind::InvalidValue));
            if value.is_empty() {
                format!("「{arg}」の値がありません。")
            } else {
                format!("「{value}」は {arg} の値として使えません。")
            }
        }
        _ => "指定の書き方が正しくありません。".to_owned(),
    };
    let near = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue].map(said);
    let near: Vec<String> = near.into_iter().filter(|text| !text.is_empty()).collect();
    let mut valid = said(ContextKind::ValidValue);
    if said(ContextKind::InvalidArg).starts_with("--lang") {
        valid = "ja、en".to_owned();
    }
    let mut lines = vec![format!("shirube: {what}")];
    if !near.is_empty() {
        lines.push(format!("  もしかして: {}", near.join("、")));
    }
    if !valid.is_empty() {
        lines.push(format!("  選べるのは: {valid}"));
    }
    lines.push("  使い方は shirube --help、各コマンドは shirube help コマンド名 で見られます。".to_owned());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(args: &[&str]) -> String {
        japanese(&Cli::try_parse_from(args).unwrap_err())
    }

    #[test]
    fn mistakes_are_explained_in_japanese() {
        let text = says(&["shirube", "helth", "acme"]);
        assert!(text.contains("「helth」というコマンドはありません") && text.contains("health"), "{text}");
        let text = says(&["shirube", "import", "accounts", "x.csv", "--dry-rnu"]);
        assert!(text.contains("--dry-rnu") && text.contains("--dry-run"), "{text}");
        let text = says(&["shirube", "health"]);
        assert!(text.contains("必要な指定がありません") && text.contains("ACCOUNT"), "{text}");
        let text = says(&["shirube", "import", "things", "x.csv"]);
        assert!(text.contains("「things」は") && text.contains("accounts"), "{text}");
    }

    #[test]
    fn a_language_without_words_is_refused_and_those_there_are_named() {
        let error = Cli::try_parse_from(["shirube", "--lang", "xx", "today"]).unwrap_err();
        assert!(error.to_string().contains("there are ja and en"), "{error}");
        let text = japanese(&error);
        assert!(text.contains("「xx」") && text.contains("選べるのは: ja、en"), "{text}");
        assert!(Cli::try_parse_from(["shirube", "--lang", "ja_JP.UTF-8", "today"]).is_ok());
    }

    #[test]
    fn options_behind_the_text_of_cs_are_options_and_text_stays_text() {
        let line = |words: &str| -> String {
            let hoisted = hoisted(words.split(' ').map(OsString::from).collect());
            hoisted.iter().map(|w| w.to_str().unwrap()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(line("shirube cs health acme --as slack"), "shirube cs --as slack health acme");
        assert_eq!(
            line("shirube --dir demo cs health acme --json --lang=ja"),
            "shirube --dir demo cs --json --lang=ja health acme"
        );
        for same in ["shirube cs resume x --yes", "shirube note acme --as slack", "shirube cs note a --as b said", "x"]
        {
            assert_eq!(line(same), same);
        }
        assert!(
            Cli::try_parse_from(hoisted(["x", "cs", "health", "a", "--as", "slack"].map(OsString::from).into()))
                .is_ok()
        );
    }

    #[test]
    fn the_language_is_found_in_a_line_that_cannot_be_read() {
        let args = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        assert_eq!(language(&args(&["shirube", "--lang", "ja", "helth"])), Locale::Ja);
        assert_eq!(language(&args(&["shirube", "--lang=en", "helth"])), Locale::En);
    }
}
