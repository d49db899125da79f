//! Wrong usage, said in the language of whoever types.

use clap::{
    Parser as _,
    error::{ContextKind, ContextValue, ErrorKind},
};

use super::{Cli, Exit};
use crate::model::locale::Locale;

/// Reads the command line; help, version and mistakes are printed here, and the exit code is the error.
pub fn parse() -> Result<Cli, u8> {
    Cli::try_parse().map_err(|error| {
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
    let valid = said(ContextKind::ValidValue);
    let mut lines = vec![format!("shirube: {what}")];
    if !near.is_empty() {
        lines.push(format!("  もしかして: {}", near.join("、")));
    }
    if !valid.is_empty() {
        lines.push(format!("  選べるのは: {valid}"));
    }
    lines.push("  使い方は shirube --help、コマンドごとの使い方は shirube help コマンド名 で見られます。".to_owned());
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
    fn the_language_is_found_in_a_line_that_cannot_be_read() {
        let args = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        assert_eq!(language(&args(&["shirube", "--lang", "ja", "helth"])), Locale::Ja);
        assert_eq!(language(&args(&["shirube", "--lang=en", "helth"])), Locale::En);
    }
}
