//! `merge ACCOUNT CONTACT INTO`: two records are one person.

use super::{Cli, Exit, Failure, ask, desk};
use crate::{
    app::shell::Shell,
    command::{act, person},
    model::{
        contact::Contact,
        fact::{FactBody, Incoming},
        ids::{ContactId, stable_hash},
    },
    store::api::AccountRow,
    words::{refusal, told},
};

/// Options of `merge`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The account (key, name or domain).
    account: String,
    /// The record that goes (key, address or name).
    contact: String,
    /// The record that stays (key, address or name).
    into: String,
}

/// Records that the one contact is the other; with the account's next decision only the other is left.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let (who, shell) = (desk::asker(cli), &running.shell);
    let row = ask::account_to_change(&running, &who, &args.account).await?;
    let gone = contact(cli, shell, &row, &args.contact).await?;
    let kept = contact(cli, shell, &row, &args.into).await?;
    if gone.id == kept.id {
        return Err(Failure::refused(refusal::same_contact(cli.locale(), &gone.key)));
    }
    let now = shell.clock.now();
    let fact = Incoming {
        account: Some(row.key.clone()),
        contact: Some(kept.key.clone()),
        occurred_at: now,
        received_at: now,
        source: who.who.clone(),
        event_id: stable_hash(&["merge", &row.key, &gone.key, &kept.key, &now.0.to_string()]),
        body: FactBody::Absorbed { key: gone.key.clone(), other: ContactId::default() },
    };
    shell.store.append(vec![fact]).await?;
    act::audit(shell, &who, "merge contacts", &row.key).await?;
    anstream::println!("{}", told::merged(cli.locale(), &gone.key, &kept.key));
    Ok(Exit::Done)
}

async fn contact(cli: &Cli, shell: &Shell, row: &AccountRow, typed: &str) -> Result<Contact, Failure> {
    let unknown = |near: Vec<String>| refusal::no_contact(cli.locale(), &row.name, typed, &near.join(", "));
    person::find(shell, row, typed).await?.map_err(|near| Failure::refused(unknown(near)))
}
