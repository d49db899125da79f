//! `preview`: what a customer would get; or a copy to yourself.

use std::path::PathBuf;

use serde_json::json;

use super::{Cli, Exit, Failure, assemble::Running, bodies::MessageBodies, desk};
use crate::{
    app::dispatch::{Bodies, BodyError},
    channel::Gate,
    engine::explain,
    model::{
        ids::{MessageKey, RunId, stable_hash},
        instant::Instant,
        locale::Locale,
        message::{Audience, ChannelKind, Class, Delivery, Planned},
        snapshot::ContactQuery,
        value::{Props, Value},
    },
    words::{refusal, told},
};

/// Options of `preview`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The template, e.g. `onboarding/welcome`.
    template: String,
    /// For which account.
    #[arg(long)]
    account: String,
    /// ja or en (default: the account's).
    #[arg(long)]
    locale: Option<String>,
    /// Write the mail's HTML here.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Send it to this address (nobody else gets it).
    #[arg(long)]
    send_to: Option<String>,
}

/// Renders one template for one account.
pub async fn run(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let running = desk::open(cli).await?;
    let planned = plan(cli, &running, args).await?;
    let bodies =
        MessageBodies::new(&running.project.config, running.shell.clone(), running.tokens.clone())?.in_process();
    let (mail, slack) = bodies.preview(&planned).await.map_err(|e| Failure::refused(e.to_string()))?;
    if let Some(path) = &args.out {
        std::fs::write(path, &mail.html)?;
    }
    if let Some(to) = &args.send_to {
        send(cli, &running, &bodies, &planned, to).await?;
        anstream::eprintln!("{}", told::sent_to_you(cli.locale()));
    }
    if cli.json {
        desk::json(
            &json!({"subject": mail.subject.as_str(), "html": mail.html, "text": mail.text, "slack": slack, "warnings": []}),
        );
    } else {
        anstream::println!("{}\n\n{}", mail.subject.as_str(), mail.text);
    }
    Ok(Exit::Done)
}

/// A message that no playbook planned: its values are the account's present ones.
async fn plan(cli: &Cli, running: &Running, args: &Args) -> Result<Planned, Failure> {
    let shell = &running.shell;
    let row = super::ask::account(running, &desk::asker(cli), &args.account).await?;
    let now = shell.clock.now();
    let rulebook = shell.rulebook();
    let view = shell.view(row.id, now).await?.ok_or_else(|| Failure::refused(refusal::account_gone(cli.locale())))?;
    let people = shell.store.contacts(row.id, &ContactQuery::first(Vec::new(), 1)).await?;
    let own = people.first().and_then(|c| c.locale()).or_else(|| Locale::parse(view.text("account.locale")?));
    let locale = args.locale.as_deref().and_then(Locale::parse).or(own).unwrap_or(rulebook.model.workspace.locale);
    let Some(template) = rulebook.templates.get(&args.template, locale) else {
        return Err(Failure::usage(refusal::no_template(
            cli.locale(),
            &format!("{}.{}.md", args.template, locale.code()),
        )));
    };
    let snapshot = shell.store.snapshot(row.id).await?.unwrap_or_default();
    let mut vars = Props::new();
    for (name, program) in template.reads.iter().chain(&template.vars) {
        let value = match (name.strip_prefix("contact."), people.first()) {
            (Some(attr), Some(contact)) => contact.attrs.get(attr).cloned().unwrap_or_default(),
            _ => explain::evaluate(&snapshot, &shell.world(), &rulebook, now, program),
        };
        vars.insert(name.clone(), value);
    }
    Ok(planned(args, &view.key, row.id, people.first().map(|c| c.id), locale, vars, template.from.clone(), now, &view))
}

#[expect(clippy::too_many_arguments, reason = "one message, field by field")]
fn planned(
    args: &Args,
    key: &str,
    account: crate::model::ids::AccountId,
    contact: Option<crate::model::ids::ContactId>,
    locale: Locale,
    vars: Props,
    from: String,
    now: Instant,
    view: &crate::insight::view::AccountView,
) -> Planned {
    let sender =
        if from == "csm" { view.text("account.csm").map(|c| format!("csm:{c}")).unwrap_or_default() } else { from };
    Planned {
        key: MessageKey(stable_hash(&["preview", key, &args.template, &now.0.to_string()])),
        account,
        run: RunId("preview".to_owned()),
        playbook: "preview".to_owned(),
        playbook_hash: String::new(),
        step: "preview".to_owned(),
        occurrence: 0,
        contact,
        channel: ChannelKind::Email,
        address: vars.get("contact.email").and_then(Value::as_text).unwrap_or("preview@shirube.test").to_owned(),
        audience: Audience::Customer,
        class: Class::Service,
        template: args.template.clone(),
        topic: String::new(),
        locale,
        vars,
        sender,
        delivery: Delivery::AtMostOnce,
        actions: Vec::new(),
        priority: 50,
        ready_at: now,
        hold_until: None,
        thread: None,
    }
}

struct Open;

#[async_trait::async_trait]
impl Gate for Open {
    async fn hand_over(&self) -> bool {
        true
    }
}

async fn send(
    cli: &Cli,
    running: &Running,
    bodies: &MessageBodies,
    planned: &Planned,
    to: &str,
) -> Result<(), Failure> {
    let planned = Planned { address: to.to_owned(), ..planned.clone() };
    let body = bodies.body(&planned).await.map_err(|e| match e {
        BodyError::Skip(why) | BodyError::Broken(why) | BodyError::Later(why) => Failure::refused(why),
    })?;
    let channels = super::assemble::channels(&running.project, &running.shell.clock)?;
    let Some(mail) = channels.get(&ChannelKind::Email) else {
        return Err(Failure::refused(refusal::no_mail(cli.locale())));
    };
    mail.send(&planned, &body, &Open).await.map(|_| ()).map_err(|e| Failure::unreachable(e.to_string()))
}
