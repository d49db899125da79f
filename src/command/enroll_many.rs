//! A playbook started by hand for many customers: what would become of each, before anything is changed.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{
    desk::Asker,
    enroll,
    foretold::{self, Coming, Preview, Verdict},
    reply::Reply,
};
use crate::{
    app::shell::Shell,
    insight::view::AccountView,
    model::locale::Locale,
    rulebook::titles::Titled,
    store::api::Result,
    words::{outlook as say, reasons::reason},
};

/// What an order for many would do.
#[derive(Clone, Debug, Default)]
pub struct Many {
    playbook: String,
    /// Keys of those for whom something is recorded, in the order asked for.
    begin: Vec<String>,
    waits: usize,
    held_out: usize,
    /// Those for whom nothing begins, by the reason.
    refused: BTreeMap<String, usize>,
    /// What the first ones get.
    messages: Vec<Coming>,
}

/// Looks at each; the messages of the first few are foretold.
pub async fn look(shell: &Shell, views: &[AccountView], playbook: &str) -> Result<Many> {
    let mut many = Many { playbook: playbook.to_owned(), ..Many::default() };
    let mut shown = 0;
    for view in views {
        let Some(row) = shell.store.account_by_key(&view.key).await? else { continue };
        let ahead = if shown < foretold::ROWS { foretold::AHEAD } else { 0 };
        let Some(preview) = foretold::start(shell, &row, None, playbook, ahead).await? else { continue };
        shown += usize::from(preview.verdict == Verdict::Starts);
        many.count(&view.key, preview);
    }
    many.messages.sort_by_key(Coming::at);
    Ok(many)
}

impl Many {
    fn count(&mut self, key: &str, preview: Preview) {
        match preview.verdict {
            Verdict::Refused => *self.refused.entry(preview.because).or_default() += 1,
            Verdict::HeldOutAlready => *self.refused.entry("held_out".to_owned()).or_default() += 1,
            verdict => {
                self.waits += usize::from(verdict == Verdict::Waits);
                self.held_out += usize::from(verdict == Verdict::HeldOut);
                self.begin.push(key.to_owned());
                self.messages.extend(preview.messages);
            }
        }
    }

    /// Whether it would change nothing at all.
    pub fn is_empty(&self) -> bool {
        self.begin.is_empty()
    }

    /// Records the order for everybody for whom something begins.
    pub async fn order(&self, shell: &Shell, who: &Asker) -> Result<()> {
        for key in &self.begin {
            enroll::record(shell, who, key, None, &self.playbook, true).await?;
        }
        Ok(())
    }

    /// As `--json` prints it.
    pub fn data(&self, done: bool) -> Json {
        let messages: Vec<Json> = self.messages.iter().map(Coming::data).collect();
        json!({
            "playbook": self.playbook, "done": done, "accounts": self.begin, "waits": self.waits,
            "held_out": self.held_out, "refused": self.refused, "messages": messages,
        })
    }

    /// What would be done, or (`done`) was.
    pub fn reply(&self, shell: &Shell, locale: Locale, done: bool) -> Reply {
        let rulebook = shell.rulebook();
        let title = rulebook.title(Titled::Playbook, &self.playbook, locale);
        let says = match done {
            true => say::enrolled_many(locale, self.begin.len(), title, true),
            false => say::would_enroll(locale, self.begin.len(), title),
        };
        let mut reply = if self.is_empty() { Reply::refusal(locale, says) } else { Reply::new(locale, says) };
        if self.held_out > 0 {
            reply = reply.line(say::of_them_held_out(locale, self.held_out));
        }
        if self.waits > 0 {
            reply = reply.line(say::of_them_wait(locale, self.waits));
        }
        let title_of = |name: &str| rulebook.title(Titled::Playbook, name, locale).to_owned();
        for (because, n) in &self.refused {
            reply = reply.line(say::do_not_begin(locale, *n, &reason(locale, because, &title_of)));
        }
        if done || self.is_empty() {
            return reply;
        }
        let mut reply = foretold::listed(reply, &self.messages, true, shell);
        reply.footer = say::nothing_started_yet(locale).to_owned();
        reply
    }
}
