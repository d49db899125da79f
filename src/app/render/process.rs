//! The parent's end of one child process.

use std::{io, path::Path, process::Stdio};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use super::{SUBCOMMAND, wire};

/// A running child.
pub(super) struct Process {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
}

impl Process {
    /// Starts `program render-child` without environment: templates can leak no secret that is not there.
    pub fn start(program: &Path) -> io::Result<Process> {
        let mut command = Command::new(program);
        command.arg(SUBCOMMAND).env_clear().kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let input = child.stdin.take().ok_or_else(|| io::Error::other("no pipe to the render process"))?;
        let output = child.stdout.take().ok_or_else(|| io::Error::other("no pipe from the render process"))?;
        Ok(Process { child, input, output })
    }

    /// One job in, one answer out.
    pub async fn ask(&mut self, job: &[u8]) -> io::Result<Vec<u8>> {
        self.input.write_all(&wire::header(job.len())?).await?;
        self.input.write_all(job).await?;
        self.input.flush().await?;
        let mut head = [0; 4];
        self.output.read_exact(&mut head).await?;
        let mut body = vec![0; wire::length(head)?];
        self.output.read_exact(&mut body).await?;
        Ok(body)
    }

    /// Ends it and collects it, so that no zombie stays.
    pub async fn end(mut self) {
        drop(self.input);
        let _ = self.child.kill().await;
    }
}
