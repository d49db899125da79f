//! `init`: writes the starter kit, never overwrites.

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use super::{Cli, Exit, Failure, guided, preset};
use crate::{
    clock::{Clock, SystemClock},
    model::{instant::Instant, locale::Locale},
    words,
};

/// Options of `init`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The folder to fill (default: --dir).
    folder: Option<PathBuf>,
    /// Ask five questions first, and write a one-page scope sheet.
    #[arg(long)]
    guided: bool,
    /// Exchange a part of the model: three-phases or dear (phases), simple or weighted (health), launch, growth or
    /// maturity (KPIs). Several with a comma; for a folder without a model.yaml.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    preset: Vec<String>,
}

/// What changes while shirube runs, holds mails of customers, or is secret.
const IGNORED: &str = "/*.db*\n/*.journal*\n/*.keys\n/outbox/\n/returned/\n/rejects/\n*.rejects.csv\n";

/// Writes every file of the kit that is not there yet, and the schemas with which editors complete them.
pub fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let folder = args.folder.as_deref().unwrap_or(&cli.dir);
    let presets = preset::chosen(&args.preset, cli.locale())?;
    refused(folder, &presets, args.guided, cli.locale())?;
    let files = stamped(preset::files(&presets), SystemClock.now());
    let (written, kept) = if args.guided {
        let (mut input, mut output) = (std::io::stdin().lock(), std::io::stderr());
        let answers = guided::ask(&mut input, &mut output, cli.locale())?;
        guided::write(folder, &files, &answers, cli.locale())?
    } else {
        write(folder, &files)?
    };
    super::schema::write(folder)?;
    ignore(folder)?;
    let (locale, shown) = (cli.locale(), folder.display().to_string());
    anstream::println!("{}", words::kit::written(locale, &shown, written, kept));
    for preset in &presets {
        anstream::println!("  {}: {}", preset.name, preset.about.get(locale));
    }
    anstream::println!("{}", words::kit::next(locale, &shown));
    Ok(Exit::Done)
}

/// Presets that could not be kept: where files stand already (nothing is overwritten), and targets that are asked for.
fn refused(folder: &Path, presets: &[preset::Preset], guided: bool, locale: Locale) -> Result<(), Failure> {
    let names: Vec<&str> = presets.iter().map(|p| p.name.as_str()).collect();
    let targets = presets.iter().find(|p| p.sections.iter().any(|(key, _)| key == "targets"));
    if let Some(preset) = targets.filter(|_| guided) {
        return Err(Failure::usage(words::kit::targets_are_asked(locale, &preset.name)));
    }
    if preset::cannot_apply(folder, presets) {
        let (shown, names) = (folder.display().to_string(), names.join(","));
        return Err(Failure::refused(words::kit::filled(locale, &shown, &names, &preset::changed(presets))));
    }
    Ok(())
}

/// The kit as adopted today: half a year from now its playbooks want to be looked over.
pub fn stamped(mut files: Vec<(String, String)>, now: Instant) -> Vec<(String, String)> {
    let today = format!("reviewed: {}", now.date(&TimeZone::UTC));
    for (_, text) in files.iter_mut().filter(|(path, _)| path.starts_with("playbooks/")) {
        let dated: Vec<&str> = text.lines().map(|l| if l.starts_with("reviewed: ") { &today } else { l }).collect();
        *text = dated.join("\n") + "\n";
    }
    files
}

/// Writes the kit; answers (written, kept).
pub fn write(folder: &Path, files: &[(String, String)]) -> std::io::Result<(usize, usize)> {
    let (mut written, mut kept) = (0, 0);
    for (path, text) in files {
        match put(&folder.join(path), text)? {
            true => written += 1,
            false => kept += 1,
        }
    }
    Ok((written, kept))
}

/// Keeps out of git what is no text to share, where nobody has decided otherwise.
pub fn ignore(folder: &Path) -> std::io::Result<()> {
    put(&folder.join(".gitignore"), IGNORED).map(|_| ())
}

/// Writes a file unless it is there already; answers whether it was written.
pub fn put(target: &Path, text: &str) -> std::io::Result<bool> {
    if target.exists() {
        return Ok(false);
    }
    if let Some(parent) = target.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(target, text)?;
    Ok(true)
}
