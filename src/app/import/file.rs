//! Files: the table itself or standard input, and the rejects beside it.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use super::{ImportError, Settings, Waiting, prepare};
use crate::{
    source::table::{Options, TableError},
    store::api::Store,
};

/// Reads and stages the file at `path` (`-` = standard input). Bad rows go to `PATH.rejects.csv`, which is
/// only created when there are some; its path is returned then.
pub async fn prepare_file(
    store: &dyn Store,
    path: &Path,
    options: &Options,
    settings: Settings<'_>,
) -> Result<(Waiting, Option<PathBuf>), ImportError> {
    let stdin = path.as_os_str() == "-";
    let mut rejects = path.as_os_str().to_owned();
    if stdin {
        rejects = "stdin".into();
    }
    rejects.push(".rejects.csv");
    let mut late = LateFile { path: PathBuf::from(rejects), file: None, dry: settings.dry_run };
    let full = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = format!("{}:{}", options.kind.word(), full.display());
    let settings = Settings { name: &name, ..settings };
    let waiting = if stdin {
        let mut spooled = spool(&mut io::stdin().lock()).map_err(TableError::Io)?;
        prepare(store, &mut spooled.file, options, settings, &mut late).await?
    } else {
        let mut file = File::open(path).map_err(TableError::Io)?;
        prepare(store, &mut file, options, settings, &mut late).await?
    };
    Ok((waiting, late.file.is_some().then_some(late.path)))
}

/// The same for a file that is open already; `name` is what the import is called, bad rows go to `rejects`, where the
/// ones of the last time are removed. Answers whether there were some.
pub async fn prepare_open(
    store: &dyn Store,
    file: &mut File,
    rejects: &Path,
    options: &Options,
    settings: Settings<'_>,
) -> Result<(Waiting, bool), ImportError> {
    let mut late = LateFile { path: rejects.to_owned(), file: None, dry: settings.dry_run };
    if !settings.dry_run {
        match std::fs::remove_file(rejects) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(ImportError::Rejects(error)),
            _ => {}
        }
    }
    let waiting = prepare(store, file, options, settings, &mut late).await?;
    Ok((waiting, late.file.is_some()))
}

/// A temporary copy that disappears with this value.
pub struct Spooled {
    /// The copy, at its start.
    pub file: File,
    path: PathBuf,
}

impl Drop for Spooled {
    fn drop(&mut self) {
        // Nothing can be done about a file that cannot be removed.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Copies what cannot be read twice into a temporary file.
pub fn spool(reader: &mut impl Read) -> io::Result<Spooled> {
    let (path, mut file) = create()?;
    let copied = io::copy(reader, &mut file).and_then(|_| file.seek(SeekFrom::Start(0)));
    let spooled = Spooled { file, path };
    copied.map(|_| spooled)
}

/// An empty temporary file.
pub fn temporary() -> io::Result<Spooled> {
    create().map(|(path, file)| Spooled { file, path })
}

fn create() -> io::Result<(PathBuf, File)> {
    let folder = std::env::temp_dir();
    for n in 0..1_000 {
        let path = folder.join(format!("shirube-import-{}-{n}.csv", std::process::id()));
        let mut open = OpenOptions::new();
        open.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
        match open.open(&path) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
            Ok(file) => return Ok((path, file)),
        }
    }
    Err(io::Error::other("no free name for a temporary file"))
}

/// A file that is created by its first byte; in a dry run never.
struct LateFile {
    path: PathBuf,
    file: Option<BufWriter<File>>,
    dry: bool,
}

impl Write for LateFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.dry {
            return Ok(bytes.len());
        }
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                if let Some(folder) = self.path.parent() {
                    std::fs::create_dir_all(folder)?;
                }
                let mut file = BufWriter::new(File::create(&self.path)?);
                // Spreadsheets take UTF-8 for what it is only after a byte order mark.
                file.write_all("\u{feff}".as_bytes())?;
                file
            }
        };
        self.file.insert(file).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), Write::flush)
    }
}
