//! A PostgreSQL of our own, as long as the row runs.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::process::Command;

use crate::{
    Error,
    rig::{Folder, is_root},
};

/// A private cluster on a port of this machine.
pub struct Postgres {
    folder: Folder,
    binaries: PathBuf,
    port: u16,
}

impl Postgres {
    /// A new one; none where PostgreSQL is not installed.
    pub async fn start() -> Result<Option<Postgres>, Error> {
        let Some(binaries) = binaries() else { return Ok(None) };
        let folder = Folder::new("postgres")?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let cluster = Postgres { folder, binaries, port };
        if is_root() {
            run(&mut owner("chown", &["nobody".as_ref(), cluster.folder.path().as_os_str()], false)).await?;
        }
        let data = cluster.data();
        let words = ["-D", &data, "-U", "shirube", "-A", "trust", "-E", "UTF8", "--no-locale"];
        run(&mut cluster.tool("initdb", &words)).await?;
        cluster.begin().await?;
        Ok(Some(cluster))
    }

    /// A second server that follows this one; nothing is committed that both do not have.
    pub async fn follower(&self) -> Result<Postgres, Error> {
        let folder = Folder::new("standby")?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let standby = Postgres { folder, binaries: self.binaries.clone(), port };
        if is_root() {
            run(&mut owner("chown", &["nobody".as_ref(), standby.folder.path().as_os_str()], false)).await?;
        }
        let from = format!("host=127.0.0.1 port={} user=shirube application_name=standby", self.port);
        let words = ["-D", &standby.data(), "-d", &from, "-R", "-X", "stream", "-c", "fast"];
        run(&mut standby.tool("pg_basebackup", &words)).await?;
        standby.begin().await?;
        self.say("ALTER SYSTEM SET synchronous_standby_names = 'standby'").await?;
        self.say("SELECT pg_reload_conf()").await?;
        let following = "DO $$ BEGIN WHILE NOT EXISTS (SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync') LOOP \
                         PERFORM pg_sleep(0.05); PERFORM pg_stat_clear_snapshot(); END LOOP; END $$";
        self.say(following).await?;
        Ok(standby)
    }

    /// It follows nobody any more.
    pub async fn promote(&self) -> Result<(), Error> {
        run(&mut self.tool("pg_ctl", &["-D", &self.data(), "-w", "-t", "60", "promote"])).await
    }

    async fn say(&self, text: &str) -> Result<(), Error> {
        let port = self.port.to_string();
        let words =
            ["-h", "127.0.0.1", "-p", &port, "-U", "shirube", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-c", text];
        run(&mut self.tool("psql", &words)).await
    }

    /// Where it listens, on this machine.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How to reach it.
    pub fn url(&self) -> String {
        format!("postgres://shirube@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts the server.
    pub async fn begin(&self) -> Result<(), Error> {
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories={} -c max_connections=200",
            self.port,
            self.folder.path().display()
        );
        let log = self.folder.path().join("server.log").display().to_string();
        run(&mut self.tool("pg_ctl", &["-D", &self.data(), "-w", "-t", "60", "-l", &log, "-o", &options, "start"]))
            .await
    }

    /// Kills the server as a power cut would, as far as it is concerned.
    pub async fn kill(&self) -> Result<(), Error> {
        run(&mut self.tool("pg_ctl", &["-D", &self.data(), "-m", "immediate", "-w", "stop"])).await
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn tool(&self, name: &str, words: &[&str]) -> Command {
        let program = self.binaries.join(name);
        let mut command = owner(&program.display().to_string(), &[], is_root());
        command.args(words).current_dir(self.folder.path());
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let command = self.tool("pg_ctl", &["-D", &self.data(), "-m", "immediate", "-w", "stop"]);
        let _ = command.into_std().status();
    }
}

/// The server refuses to run as root.
fn owner(program: &str, words: &[&std::ffi::OsStr], other: bool) -> Command {
    let mut command = if other { Command::new("runuser") } else { Command::new(program) };
    if other {
        command.args(["-u", "nobody", "--", program]);
    }
    command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

async fn run(command: &mut Command) -> Result<(), Error> {
    let status = command.status().await?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} failed").into()) }
}

/// The newest server's folder.
fn binaries() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .collect::<Vec<_>>()
        .into_iter()
        .map(|entry| entry.path().join("bin"))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let named = || std::env::split_paths(&path).find(|folder: &PathBuf| Path::new(folder).join("initdb").exists());
    found.pop().or_else(named)
}
