//! The live daemon with a prompt where `/cs …` works.

use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use crate::{
    chat::text,
    cli::{Cli, Exit, assemble::Running, daemon, desk, exit::Failure},
    command::{self, office::Office},
    model::locale::Locale,
    words::told,
};

/// Serves and answers until the input ends or somebody says `quit`.
pub async fn serve(cli: &Cli, running: Arc<Running>) -> Result<Exit, Failure> {
    let roles = ["evaluate", "dispatch", "http"].map(str::to_owned).to_vec();
    let daemon = tokio::spawn(serve_quietly(Arc::clone(&running), roles, cli.locale()));
    let office = Office(Arc::clone(&running.shell));
    anstream::println!("\n{}", told::demo_live(cli.locale()));
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    loop {
        tokio::io::stdout().write_all("/cs ".as_bytes()).await?;
        tokio::io::stdout().flush().await?;
        let Some(line) = lines.next_line().await? else { break };
        let line = line.trim().trim_start_matches("/cs").trim();
        if matches!(line, "quit" | "exit") {
            break;
        }
        if !line.is_empty() {
            let reply = command::desk::ask(&office, &desk::asker(cli), line).await;
            anstream::println!("{}\n", text::render(&reply));
        }
    }
    daemon.abort();
    Ok(Exit::Done)
}

async fn serve_quietly(running: Arc<Running>, roles: Vec<String>, locale: Locale) {
    if let Err(failure) = daemon::serve(running, &roles, locale).await {
        anstream::eprintln!("shirube: {}", failure.says);
    }
}
