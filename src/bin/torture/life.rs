//! One life of the process under torture.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use shirube::{
    clock::{Clock, SystemClock},
    model::message::{Delivery, Planned},
    store::{self, api::Mode},
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::{Error, rig::PATIENCE, seed};

/// How a life is to be.
#[derive(Clone, Debug)]
pub struct Life {
    /// Its journal, and its store unless `store` says otherwise.
    pub folder: PathBuf,
    /// The store.
    pub store: String,
    /// The relay on this machine.
    pub port: u16,
    /// Seconds within which the relay drops repeats; 0 = it does not.
    pub window: u64,
    /// Seconds by which its clock is ahead.
    pub ahead: i64,
    /// Seconds of the lease.
    pub lease: i64,
}

impl Life {
    /// On a file in a folder, as the defaults are.
    pub fn on_file(folder: &Path, port: u16) -> Life {
        let store = format!("sqlite:{}", folder.join("campaign.db").display());
        Life { folder: folder.to_owned(), store, port, window: 0, ahead: 0, lease: 60 }
    }

    /// Plans `count` messages in a store that has none.
    pub async fn seed(&self, count: usize, delivery: Delivery) -> Result<(), Error> {
        let store = store::open(&self.store, Mode::Daemon).await?;
        let change = move |planned: &mut Planned| planned.delivery = delivery;
        seed::queue(store.as_ref(), count, SystemClock.now(), &change).await?;
        store.close().await;
        Ok(())
    }

    /// The words on the command line.
    pub fn words(&self) -> Vec<String> {
        let numbers = [self.port.into(), self.window as i64, self.ahead, self.lease].map(|n: i64| n.to_string());
        let mut words = vec!["campaign".to_owned(), self.folder.display().to_string(), self.store.clone()];
        words.extend(numbers);
        words
    }

    /// Begins it, behind another program (`strace …`) if one is given.
    pub fn begin(&self, behind: &[String]) -> Result<Child, Error> {
        let own = std::env::current_exe()?.display().to_string();
        let words: Vec<String> = behind.iter().cloned().chain([own]).chain(self.words()).collect();
        let (program, rest) = words.split_first().ok_or("no program")?;
        let mut command = Command::new(program);
        command.args(rest).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        Ok(command.spawn()?)
    }

    /// To its end, undisturbed.
    pub async fn live(&self) -> Result<(), Error> {
        let out =
            timeout(PATIENCE, self.begin(&[])?.wait_with_output()).await.map_err(|_| "the campaign did not end")??;
        if out.status.success() {
            return Ok(());
        }
        Err(format!("the campaign failed: {}", String::from_utf8_lossy(&out.stderr)).into())
    }
}

/// Waits for `ready N`: it begins to send; N messages of its predecessor are of unknown fate.
pub async fn ready(child: &mut Child) -> Result<usize, Error> {
    let output = child.stdout.take().ok_or("no output")?;
    let mut line = String::new();
    timeout(PATIENCE, BufReader::new(output).read_line(&mut line)).await??;
    let count = line.trim().strip_prefix("ready ").ok_or_else(|| format!("the campaign said {line:?}"))?;
    Ok(count.parse()?)
}

/// A pause of chance's length.
pub async fn pause(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}
