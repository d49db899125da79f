//! `init`: writes the starter kit, never overwrites.

use std::path::{Path, PathBuf};

use super::{Cli, Exit, Failure, guided, kit};

/// Options of `init`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The folder to fill (default: --dir).
    folder: Option<PathBuf>,
    /// Ask five questions first, and write a one-page scope sheet.
    #[arg(long)]
    guided: bool,
}

/// Writes every file of the kit that is not there yet.
pub fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let folder = args.folder.as_deref().unwrap_or(&cli.dir);
    let (written, kept) = if args.guided {
        let (mut input, mut output) = (std::io::stdin().lock(), std::io::stderr());
        let answers = guided::ask(&mut input, &mut output, cli.locale())?;
        guided::write(folder, &answers, cli.locale())?
    } else {
        write(folder)?
    };
    anstream::println!("{written} files written to {}, {kept} already there", folder.display());
    anstream::println!("next: shirube --dir {} check", folder.display());
    Ok(Exit::Done)
}

/// Writes the kit; answers (written, kept).
pub fn write(folder: &Path) -> std::io::Result<(usize, usize)> {
    let (mut written, mut kept) = (0, 0);
    for (path, text) in kit::FILES {
        let target = folder.join(path);
        if target.exists() {
            kept += 1;
            continue;
        }
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(target, text)?;
        written += 1;
    }
    Ok((written, kept))
}
