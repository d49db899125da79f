//! SQLite's one writer: every write is a job in a lane; the jobs of about 20 ms share one durable commit
//! and are answered after it, each with its own result.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::{Notify, oneshot};

use super::{
    api::{Result, StoreError},
    db::{Pool, Tx},
};

/// Longest work before the commit.
const BUDGET: Duration = Duration::from_millis(20);

/// Who goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Claims, hand-overs and outcomes.
    HandOver,
    /// What a person waits for.
    Chat,
    /// Facts coming in.
    Inbox,
    /// Decisions.
    Evaluate,
    /// Imports and sweeps.
    Import,
}

/// What a job does inside the transaction; called again only when the engine asks to retry.
pub type Work<'c, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'c>>;

/// Hands jobs to the writer task, which ends when this is dropped.
pub struct Writer(Arc<Shared>);

struct Shared {
    queues: Mutex<Queues>,
    wake: Notify,
}

#[derive(Default)]
struct Queues {
    lanes: [VecDeque<Box<dyn Job>>; 5],
    closed: bool,
}

trait Job: Send {
    fn run<'c>(&'c mut self, tx: &'c mut Tx) -> Work<'c, ()>;
    fn finish(self: Box<Self>, committed: Result<()>);
}

struct OneJob<T, F> {
    work: F,
    answer: Option<T>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T, F> Job for OneJob<T, F>
where
    T: Send,
    F: for<'c> Fn(&'c mut Tx) -> Work<'c, T> + Send + Sync,
{
    fn run<'c>(&'c mut self, tx: &'c mut Tx) -> Work<'c, ()> {
        let future = (self.work)(tx);
        let answer = &mut self.answer;
        Box::pin(async move {
            *answer = Some(future.await?);
            Ok(())
        })
    }

    fn finish(self: Box<Self>, committed: Result<()>) {
        let gone = || StoreError::Engine("the write was not finished".into());
        let OneJob { answer, reply, .. } = *self;
        // If nobody waits any more, the write stands all the same.
        let _ = reply.send(committed.and_then(|()| answer.ok_or_else(gone)));
    }
}

impl Writer {
    /// Starts the writer task on a pool of one connection.
    pub fn start(pool: Pool) -> Writer {
        let shared = Arc::new(Shared { queues: Mutex::default(), wake: Notify::new() });
        tokio::spawn(serve(pool, Closer(shared.clone())));
        Writer(shared)
    }

    /// Runs `work` in the next group commit of its lane; answers after the commit.
    pub async fn write<T, F>(&self, lane: Lane, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> Fn(&'c mut Tx) -> Work<'c, T> + Send + Sync + 'static,
    {
        let (reply, answer) = oneshot::channel();
        {
            let mut queues = self.0.lock();
            if queues.closed {
                return Err(stopped());
            }
            queues.lanes[lane as usize].push_back(Box::new(OneJob { work, answer: None, reply }));
        }
        self.0.wake.notify_one();
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.wake.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<Box<dyn Job>> {
        self.lock().lanes.iter_mut().find_map(VecDeque::pop_front)
    }

    async fn wait(&self) -> Option<Box<dyn Job>> {
        loop {
            if let Some(job) = self.next() {
                return Some(job);
            }
            if self.lock().closed {
                return None;
            }
            self.wake.notified().await;
        }
    }
}

/// Whatever ends the task, nobody may wait for it afterwards.
struct Closer(Arc<Shared>);

impl Drop for Closer {
    fn drop(&mut self) {
        let mut queues = self.0.lock();
        queues.closed = true;
        queues.lanes.iter_mut().for_each(VecDeque::clear);
    }
}

async fn serve(pool: Pool, shared: Closer) {
    while let Some(first) = shared.0.wait().await {
        if !group(&pool, &shared.0, first).await {
            return;
        }
    }
}

/// One group commit; `false` when a commit failed: after an error of fsync nobody knows what is on disk,
/// so nothing more is written until a restart.
async fn group(pool: &Pool, shared: &Shared, first: Box<dyn Job>) -> bool {
    let mut tx = match pool.begin(true).await {
        Ok(tx) => tx,
        Err(e) => {
            first.finish(Err(e));
            return true;
        }
    };
    let (started, mut first) = (Instant::now(), first);
    if let Err(e) = first.run(&mut tx).await {
        // Nothing else was written yet: dropping the transaction undoes it.
        first.finish(Err(e));
        return true;
    }
    let mut done = vec![first];
    while started.elapsed() < BUDGET
        && let Some(mut job) = shared.next()
    {
        match isolated(&mut tx, job.as_mut()).await {
            Ok(()) => done.push(job),
            Err(e) => job.finish(Err(e)),
        }
    }
    let committed = tx.commit().await.map_err(|e| e.to_string());
    let fine = committed.is_ok();
    for job in done {
        job.finish(committed.clone().map_err(StoreError::Engine));
    }
    fine
}

/// Runs a job beside others so that its failure undoes only its own writes.
async fn isolated(tx: &mut Tx, job: &mut dyn Job) -> Result<()> {
    tx.script("SAVEPOINT job".into()).await?;
    let outcome = job.run(tx).await;
    let end = if outcome.is_ok() { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" };
    tx.script(end.into()).await?;
    outcome
}

fn stopped() -> StoreError {
    StoreError::Engine("the writer has stopped after a failed commit; check the disk and restart".into())
}

#[cfg(test)]
mod tests {
    use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

    use super::{super::db::args, *};

    /// A job that writes `n` and, where it is bad, then fails.
    async fn job(writer: &Writer, n: i64, bad: bool) -> bool {
        let written = writer.write(Lane::Chat, move |tx| {
            Box::pin(async move {
                tx.run("INSERT INTO t (n) VALUES ($1)", args![n]).await?;
                let rest = if bad { "INSERT INTO nowhere VALUES (1)" } else { "SELECT 1" };
                tx.rows(rest, args![]).await.map(|_| ())
            })
        });
        written.await.is_ok()
    }

    async fn written(pool: &Pool) -> Vec<i64> {
        let rows = pool.glance().await.unwrap().rows("SELECT n FROM t ORDER BY n", args![]).await.unwrap();
        rows.iter().map(|row| row.int(0).unwrap()).collect()
    }

    #[tokio::test]
    async fn a_job_that_fails_undoes_its_own_writes_wherever_it_stands_in_a_group() {
        let folder = tempfile::tempdir().unwrap();
        let options = SqliteConnectOptions::new().filename(folder.path().join("t.db")).create_if_missing(true);
        let pool = Pool::Lite(SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap());
        let mut tx = pool.begin(true).await.unwrap();
        tx.run("CREATE TABLE t (n BIGINT)", args![]).await.unwrap();
        tx.commit().await.unwrap();
        let writer = Writer::start(pool.clone());
        // All three wait before the writer's task runs: one group.
        let fine = tokio::join!(job(&writer, 1, false), job(&writer, 2, true), job(&writer, 3, false));
        assert_eq!((fine, written(&pool).await), ((true, false, true), vec![1, 3]));
        let fine = tokio::join!(job(&writer, 4, true), job(&writer, 5, false), job(&writer, 6, true));
        assert_eq!((fine, written(&pool).await), ((false, true, false), vec![1, 3, 5]));
    }
}
