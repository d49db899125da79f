//! DB4: what a bad disk does to database and log.

use std::{collections::BTreeMap, path::Path, sync::atomic::Ordering, time::Duration};

use shirube::model::message::Delivery;

use crate::{
    Error,
    life::{Life, pause},
    oracle::rows,
    rig::Folder,
    row::{Chance, Measured, Size, of},
    sink::Sink,
};

const MESSAGES: usize = 60;

/// DB4.
pub async fn run(size: Size) -> Result<Measured, Error> {
    let (times, mut chance) = (size.pick(40, 1_000), size.chance());
    let sink = Sink::start(None).await?;
    let (half, plan, before) = half_done(&sink).await?;
    let (mut wrong, mut twice, mut crashed, mut refused, mut done) = (0, 0, 0, 0, 0);
    for n in 0..times {
        let folder = Folder::new("damaged")?;
        copy(half.path(), folder.path())?;
        damage(folder.path(), n, &mut chance)?;
        let sink = Sink::start(None).await?;
        let life = Life::on_file(folder.path(), sink.at.port());
        let out = tokio::time::timeout(Duration::from_secs(30), life.begin(&[])?.wait_with_output()).await;
        let Ok(out) = out else {
            // Neither a mail nor an end: it waits for something that will not come, and says so nowhere.
            refused += 1;
            continue;
        };
        let out = out?;
        crashed += usize::from(out.status.code().is_none_or(|code| code == 101));
        if out.status.success() {
            done += 1
        } else {
            refused += 1
        }
        for mail in sink.accepted() {
            let key = key_of(&mail.bytes);
            wrong += usize::from(plan.get(&key) != mail.to.first());
            twice += usize::from(before.contains(&key));
        }
    }
    let says = format!(
        "{}: to the wrong address {wrong}, twice {twice}, crashed {crashed}; harmless {done}, refused {refused}",
        of(wrong + twice + crashed, times)
    );
    Ok(Measured::new(wrong + twice + crashed == 0, says))
}

/// A campaign that was killed halfway: its folder, who is to get what, and what had arrived.
async fn half_done(sink: &Sink) -> Result<(Folder, BTreeMap<String, String>, Vec<String>), Error> {
    let folder = Folder::new("half")?;
    let life = Life::on_file(folder.path(), sink.at.port());
    life.seed(MESSAGES, Delivery::AtMostOnce).await?;
    let plan = rows(&life.store).await?.into_iter().map(|row| (row.planned.key.0, row.planned.address)).collect();
    sink.state.pace.store(50_000, Ordering::Relaxed);
    let mut child = life.begin(&[])?;
    while sink.accepted().len() < MESSAGES / 3 {
        pause(5).await;
    }
    child.kill().await?;
    pause(200).await;
    Ok((folder, plan, sink.accepted().iter().map(|mail| key_of(&mail.bytes)).collect()))
}

fn key_of(mail: &[u8]) -> String {
    let text = String::from_utf8_lossy(mail).into_owned();
    text.lines().find_map(|line| line.strip_prefix("X-Shirube-Key: ")).unwrap_or_default().trim().to_owned()
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    for name in ["campaign.db", "campaign.db-wal", "sent.journal"] {
        if from.join(name).exists() {
            std::fs::copy(from.join(name), to.join(name))?;
        }
    }
    Ok(())
}

/// One bit of the database, one of the log, or the end of either is gone.
fn damage(folder: &Path, n: usize, chance: &mut Chance) -> Result<(), Error> {
    let name = if n.is_multiple_of(2) { "campaign.db" } else { "campaign.db-wal" };
    let path = folder.join(name);
    let mut bytes = std::fs::read(&path).unwrap_or_default();
    if bytes.is_empty() {
        return Ok(());
    }
    let at = chance.index(bytes.len());
    if n % 5 == 4 {
        bytes.truncate(at);
    } else if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << chance.between(0, 8);
    }
    Ok(std::fs::write(path, bytes)?)
}
