//! Tasks completed, which lets playbooks go on.

use super::{
    act::{act, record},
    desk::Asker,
    find,
    find::Found,
    office::quoted,
    reply::{Press, Reply},
};
use crate::{
    app::shell::Shell,
    engine::PLAN_TASK,
    model::{fact::Act, ids::AccountId, run::Task},
    rulebook::types::Phase,
    store::api::{AccountRow, Result},
    words::{faq, sentence},
};

/// Stands for the account in orders about tasks that belong to none.
pub const TEAM: &str = "-";

/// `done ACCOUNT TASK`: the task by its identity, step, reason or playbook. Unknown: the open ones as buttons.
pub async fn done(shell: &Shell, who: &Asker, account: &str, task: &str) -> Result<Reply> {
    if account == TEAM {
        return team_done(shell, who, task).await;
    }
    let row = match find::exact(shell, account).await? {
        Found::One(row) => row,
        Found::Nearest(near) => {
            return Ok(find::unknown(who.locale, account, &near, &format!("done {{}} {}", quoted(task))));
        }
    };
    if let Some(reply) = plan_task(shell, who, &row, task).await? {
        return Ok(reply);
    }
    let open = shell.store.snapshot(row.id).await?.map(|s| s.tasks).unwrap_or_default();
    let Some(found) = named(&open, task) else { return Ok(which_task(who, &row.key, &open)) };
    let reply = Reply::new(who.locale, sentence::task_done(who.locale, &row.name, found.text.get(who.locale)));
    act(shell, who, &row.key, Act::TaskDone { task: found.identity() }).await?;
    Ok(reply)
}

/// A task of our own that is about no account: `done - TASK`.
async fn team_done(shell: &Shell, who: &Asker, task: &str) -> Result<Reply> {
    let open = shell.store.snapshot(AccountId::WORKSPACE).await?.map(|s| s.tasks).unwrap_or_default();
    let Some(found) = named(&open, task) else { return Ok(which_task(who, TEAM, &open)) };
    let title = sentence::task_done(who.locale, faq::team(who.locale), found.text.get(who.locale));
    record(shell, who, None, None, Act::TaskDone { task: found.identity() }).await?;
    Ok(Reply::new(who.locale, title))
}

/// The one open task that `word` means.
fn named<'a>(open: &'a [Task], word: &str) -> Option<&'a Task> {
    let is = |t: &&Task| [&t.identity(), &t.step, &t.reason, &t.playbook].iter().any(|name| *name == word);
    let found: Vec<&Task> = open.iter().filter(is).collect();
    if let [one] = found.as_slice() { Some(*one) } else { None }
}

/// `plan/NAME`: a task of the shared plan.
async fn plan_task(shell: &Shell, who: &Asker, row: &AccountRow, task: &str) -> Result<Option<Reply>> {
    let Some(name) = task.strip_prefix(PLAN_TASK) else { return Ok(None) };
    let rulebook = shell.rulebook();
    let has = |p: &&Phase| p.tasks_ours.iter().chain(&p.tasks_theirs).any(|t| t == name);
    let Some(phase) = rulebook.model.journey.iter().find(has) else { return Ok(None) };
    act(shell, who, &row.key, Act::TaskDone { task: task.to_owned() }).await?;
    Ok(Some(Reply::new(who.locale, sentence::task_done(who.locale, &row.name, &phase.task_title(name, who.locale)))))
}

fn which_task(who: &Asker, key: &str, open: &[Task]) -> Reply {
    let reply = Reply::new(who.locale, sentence::tasks_title(who.locale, open.len()));
    open.iter().take(5).fold(reply, |reply, task| {
        let ask = format!("done {} {}", quoted(key), quoted(&task.identity()));
        reply.button(task.text.get(who.locale).to_owned(), Press::Ask(ask))
    })
}
