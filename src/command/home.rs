//! The asker's own page (Slack's App Home): their accounts, the most pressing first, and their tasks.

use super::{
    act,
    desk::Asker,
    digest as rows,
    office::quoted,
    reply::{Form, Part, Press, Reply, Target},
    tasks,
    today::standing_in,
};
use crate::{
    app::{roll::Which, shell::Shell},
    insight::digest,
    model::instant::Instant,
    store::api::Result,
    words::{desk, forms},
};

/// Accounts shown.
const ACCOUNTS: usize = 12;
/// Tasks shown.
const TASKS: usize = 8;

/// The page.
pub async fn home(shell: &Shell, who: &Asker, now: Instant) -> Result<Reply> {
    let (locale, rulebook, world) = (who.locale, shell.rulebook(), shell.world());
    let me = act::key_of(shell, who);
    if !world.people.contains_key(&me) {
        return Ok(Reply::new(locale, desk::my_tasks(locale)).line(forms::no_person(locale, &me)));
    }
    let name = world.called(&me, locale);
    let instead = world.fallbacks.get("csm").map(String::as_str);
    let today = now.day(&rulebook.model.workspace.zone);
    let (mut mine, _) = shell.picked(Which::Csm(&me, instead == Some(me.as_str())), now).await?;
    for absent in world.acts_for(&me, today) {
        mine.extend(shell.picked(Which::Csm(absent, instead == Some(absent)), now).await?.0);
    }
    let count = mine.len();
    let data = digest::build("home", mine.iter().collect(), count, ACCOUNTS, now);
    let mut reply = Reply::new(locale, forms::home(locale, name, count));
    reply = standing_in(reply, shell, &me, today);
    reply = reply.with(Part::Finder(forms::find(locale).to_owned()));
    for (i, row) in data.rows.iter().enumerate() {
        let target = Target { account: row.account.clone(), what: "account".to_owned() };
        reply = reply
            .line(rows::line(i + 1, row, data.order, &rulebook, locale))
            .button(forms::open(locale), Press::Ask(format!("health {}", quoted(&row.account))))
            .button(forms::note(locale), Press::Form(Form::Note, target.clone()))
            .button(forms::title(locale, Form::Snooze), Press::Form(Form::Snooze, target));
    }
    if data.more > 0 {
        reply = reply.line(desk::more_accounts(locale, data.more));
    }
    let open = tasks::open_of(shell, &me, now).await?;
    if !open.is_empty() {
        let heading = reply.with(Part::Heading(desk::my_tasks(locale).to_owned()));
        reply = tasks::listed(heading, &open, TASKS, shell, now).await?;
    }
    reply.footer = forms::as_of(locale, &now.short(&rulebook.model.workspace.zone));
    Ok(reply)
}
