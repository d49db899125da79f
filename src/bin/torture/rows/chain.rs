//! X8: somebody rewrites the audit log.

use shirube::{
    model::instant::Instant,
    store::{
        self,
        api::{AuditEntry, Mode},
    },
};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};

use crate::{
    Error,
    rig::Folder,
    row::{Chance, Measured, Size, of},
};

const LINES: u64 = 40;

/// X8.
pub async fn run(size: Size) -> Result<Measured, Error> {
    let (times, mut chance) = (size.pick(60, 1_000), size.chance());
    let folder = Folder::new("chain")?;
    let (whole, copy) = (folder.path().join("whole.db"), folder.path().join("copy.db"));
    let store = store::open(&whole.display().to_string(), Mode::Tool).await?;
    for n in 0..LINES {
        let entry = AuditEntry {
            at: Instant(n as i64 * 1_000_000),
            who: format!("slack:U{}", n % 3),
            what: ["pause", "note", "erase"].into_iter().nth(n as usize % 3).unwrap_or_default().into(),
            object: format!("account:a{n}"),
            result: "done".into(),
        };
        store.audit(entry).await?;
    }
    store.close().await;
    let mut missed = 0;
    for _ in 0..times {
        std::fs::copy(&whole, &copy)?;
        let mut connection = SqliteConnectOptions::new().filename(&copy).connect().await?;
        sqlx::raw_sql(AssertSqlSafe(forged(&mut chance))).execute(&mut connection).await?;
        connection.close().await?;
        let store = store::open(&copy.display().to_string(), Mode::Tool).await?;
        missed += usize::from(store.audit_verify().await?.broken.is_none());
        store.close().await;
        for end in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(folder.path().join(format!("copy.db{end}")));
        }
    }
    let says = format!("not noticed {}; edited, deleted (the newest ones too), exchanged", of(missed, times));
    Ok(Measured::new(missed == 0, says))
}

fn forged(chance: &mut Chance) -> String {
    let (one, other) = (chance.between(1, LINES + 1), chance.between(1, LINES));
    let other = if other >= one { other + 1 } else { other };
    match chance.index(4) {
        0 => format!("UPDATE audit SET who = 'slack:U9' WHERE seq = {one}"),
        1 => format!("UPDATE audit SET object = object || '0' WHERE seq = {one}"),
        2 => format!("DELETE FROM audit WHERE seq >= {one} AND seq <= {}", one + chance.between(0, 3)),
        _ => format!(
            "UPDATE audit SET seq = -1 WHERE seq = {one}; UPDATE audit SET seq = {one} WHERE seq = {other}; \
             UPDATE audit SET seq = {other} WHERE seq = -1"
        ),
    }
}
