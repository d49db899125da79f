//! Folders, processes and a project of the real program to do things to.

use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::Error;

/// Nothing takes longer.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// A folder of its own; gone when it is dropped, unless something failed.
pub struct Folder(PathBuf);

impl Folder {
    /// A new one.
    pub fn new(row: &str) -> Result<Folder, Error> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("torture-{row}-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path)?;
        Ok(Folder(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if std::env::var_os("TORTURE_KEEP").is_none() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

/// Whether a program can be started.
pub fn has(program: &str) -> bool {
    let found =
        std::process::Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    found.is_ok()
}

/// Whether this is root: mounts, and other users.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Sends a signal.
pub fn signal(child: &Child, signal: Signal) {
    let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(pid) = id {
        let _ = kill_process(pid, signal);
    }
}

/// Waits for what must come soon.
pub async fn until(what: &str, mut done: impl FnMut() -> bool) -> Result<(), Error> {
    let began = Instant::now();
    while !done() {
        if began.elapsed() > PATIENCE {
            return Err(format!("{what} did not come").into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// Waits for the end of a process; killed and none when it takes longer.
pub async fn ended(child: &mut Child, within: Duration) -> Result<Option<std::process::ExitStatus>, Error> {
    match tokio::time::timeout(within, child.wait()).await {
        Ok(status) => Ok(Some(status?)),
        Err(_) => {
            child.kill().await?;
            Ok(None)
        }
    }
}

/// A project folder with one playbook that mails everybody, and a relay of ours.
pub struct Project {
    folder: Folder,
    /// Where its daemon answers.
    pub http: u16,
}

const MODEL: &str = "success: [{name: s, says: {ja: 成功, en: Success}, when: account.seats >= 1}]\n\
    workspace: {timezone: Asia/Tokyo, locale: ja}\n";
const LAYOUT: &str = include_str!("../../../tests/data/language-constructs/templates/layouts/standard.mjml");

/// A playbook: its name and what differs from the next one.
pub fn playbook(name: &str, rest: &str) -> String {
    format!(
        "playbook: {name}\ntitle: {{ja: 挨拶, en: Hello}}\npurpose: {{ja: 試す, en: Trying}}\nclass: service\n\
         window: {{days: mon-sun, hours: \"00:00-24:00\", zone: workspace}}\nto: {{role: [admin]}}\nholdout: none\n{rest}"
    )
}

/// Every `go` mails everybody once.
pub const GREETING: &str = "start: {on: go}\nenroll: {again: always, open: parallel}\nhold_at_most: 30d\nsteps: [{id: mail, email: t/hello}]\n";

impl Project {
    /// A project with `customers`, each with one contact, whose mails go to `relay` on this machine.
    pub async fn new(row: &str, customers: usize, relay: u16) -> Result<Project, Error> {
        let folder = Folder::new(row)?;
        let http = free_port()?;
        let project = Project { folder, http };
        let at = project.path();
        for sub in ["playbooks", "templates/t", "templates/layouts"] {
            std::fs::create_dir_all(at.join(sub))?;
        }
        project.write("model.yaml", MODEL)?;
        project.write("templates/layouts/standard.mjml", LAYOUT)?;
        for locale in ["ja", "en"] {
            project.write(&format!("templates/t/hello.{locale}.md"), "---\nsubject: x\ntopic: t\n---\nHello\n")?;
        }
        project.write("playbooks/hello.yaml", &playbook("hello", GREETING))?;
        let config = format!(
            "company: {{name: Example, address: Tokyo}}\nemail: {{transport: \"smtp://127.0.0.1:{relay}?tls=none\", \
             from: \"Example <hello@example.com>\"}}\nhttp: {{listen: \"127.0.0.1:{http}\"}}\n"
        );
        project.write("shirube.yaml", &config)?;
        project.customers(customers).await?;
        Ok(project)
    }

    async fn customers(&self, count: usize) -> Result<(), Error> {
        let lines = |head: &str, line: &dyn Fn(usize) -> String| {
            (0..count).fold(head.to_owned(), |text, n| text + "\n" + &line(n)) + "\n"
        };
        self.write("accounts.csv", &lines("key,name,seats", &|n| format!("a{n},A{n},3")))?;
        let contact = |n: usize| format!("a{n},c{n},u{n}@example.com,N{n},admin");
        self.write("contacts.csv", &lines("account,key,email,name,role", &contact))?;
        for kind in ["accounts", "contacts"] {
            self.must(&["import", kind, &format!("{kind}.csv")]).await?;
        }
        self.must(&["tick"]).await.map(drop)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Its store.
    pub fn url(&self) -> String {
        format!("sqlite:{}", self.path().join("shirube.db").display())
    }

    /// Writes one of its files.
    pub fn write(&self, name: &str, text: &str) -> Result<(), Error> {
        Ok(std::fs::write(self.path().join(name), text)?)
    }

    /// The program, in this folder.
    pub fn program(&self, words: &[&str]) -> Result<Command, Error> {
        let program = std::env::current_exe()?.with_file_name("shirube");
        let mut command = Command::new(program);
        command.current_dir(self.path()).args(words).env("NO_COLOR", "1").env("LANG", "C").env("SHIRUBE_LOG", "error");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        Ok(command)
    }

    /// Runs it to its end.
    pub async fn call(&self, words: &[&str]) -> Result<Output, Error> {
        let mut command = self.program(words)?;
        Ok(command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().await?)
    }

    /// The same, which must succeed.
    pub async fn must(&self, words: &[&str]) -> Result<String, Error> {
        let out = self.call(words).await?;
        if !out.status.success() {
            return Err(format!("shirube {}: {}", words.join(" "), String::from_utf8_lossy(&out.stderr)).into());
        }
        Ok(String::from_utf8_lossy(&out.stdout).into_owned())
    }

    /// Starts the daemon.
    pub fn daemon(&self) -> Result<Child, Error> {
        Ok(self.program(&["run", "--role", "evaluate,dispatch"])?.spawn()?)
    }

    /// Turns the ring until nothing is open, at most `turns` times.
    pub async fn finish(&self, turns: usize) -> Result<(), Error> {
        for _ in 0..turns {
            self.must(&["tick"]).await?;
            if open(&self.url()).await? == 0 {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Messages that still have to go.
pub async fn open(url: &str) -> Result<usize, Error> {
    use shirube::model::message::OutboxState::{Claimed, HandingOver, Queued};
    let rows = crate::oracle::rows(url).await?;
    Ok(rows.iter().filter(|row| [Claimed, HandingOver, Queued].contains(&row.state)).count())
}

fn free_port() -> Result<u16, Error> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Up to the hundredth part: p of the sorted times, in milliseconds.
pub fn percentile(times: &[Duration], percent: usize) -> u128 {
    let mut sorted: Vec<u128> = times.iter().map(Duration::as_millis).collect();
    sorted.sort_unstable();
    let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(index).copied().unwrap_or(0)
}
