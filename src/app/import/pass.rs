//! One pass over a file: chunks of rows compared with what is known, and staged.

use std::{
    collections::BTreeSet,
    io::{Read, Seek, Write},
};

use super::{ImportError, Progress, Report, Settings, Summary, contract, present::Present, tell};
use crate::{
    model::fact::{FactBody, Incoming},
    source::table::{
        Draft, Inspection, Kind, Options, Reject, RejectsWriter, Rows, Settled, SubscriptionRow, Warnings, preview,
        rows, settle,
    },
    store::api::{Staged, Store, Subscription},
};

/// Rows compared and staged at once.
const CHUNK: usize = 2_000;
/// Rows and rejects shown in a preview.
const SHOWN: usize = 3;

/// The state of one pass.
pub(super) struct Pass<'a> {
    store: &'a dyn Store,
    import: i64,
    found: &'a Inspection,
    options: &'a Options,
    settings: Settings<'a>,
    present: Present,
    warnings: Warnings,
    first: Vec<Draft>,
    first_rejects: Vec<Reject>,
    chunks: i64,
    /// The counts so far.
    pub(super) summary: Summary,
    /// Facts and subscriptions staged.
    pub(super) items: u64,
}

impl<'a> Pass<'a> {
    /// A pass that stages into `import`.
    pub(super) fn new(
        store: &'a dyn Store,
        import: i64,
        found: &'a Inspection,
        options: &'a Options,
        settings: Settings<'a>,
    ) -> Pass<'a> {
        Pass {
            store,
            import,
            found,
            options,
            settings,
            present: Present::default(),
            warnings: found.warnings.clone(),
            first: Vec::new(),
            first_rejects: Vec::new(),
            chunks: 0,
            summary: Summary::default(),
            items: 0,
        }
    }

    /// Takes every row of `reader`.
    pub(super) async fn all<R: Read + Seek + Send, W: Write + Send>(
        &mut self,
        reader: &mut R,
        writer: &mut RejectsWriter<W>,
    ) -> Result<(), ImportError> {
        let mut source = rows(reader, self.found, self.options)?;
        loop {
            let (drafts, more) = self.chunk(&mut source, writer)?;
            self.take(drafts, writer).await?;
            tell(self.settings, Progress::Reading(source.read, self.found.rows));
            if !more {
                break;
            }
        }
        self.summary.read = source.read;
        self.warnings.merge(&source.warnings);
        Ok(())
    }

    /// What it comes to.
    pub(super) fn report(self) -> Report {
        let mut summary = self.summary;
        summary.warnings = self.warnings.list();
        let (found, locale) = (self.found, self.settings.locale);
        let preview = preview(found, &self.first, &self.first_rejects, summary.warnings.clone(), locale);
        Report { summary, preview }
    }

    fn chunk<R: Read + Seek, W: Write>(
        &mut self,
        source: &mut Rows<'_, R>,
        writer: &mut RejectsWriter<W>,
    ) -> Result<(Vec<Draft>, bool), ImportError> {
        let mut drafts = Vec::new();
        while drafts.len() < CHUNK {
            match source.next()? {
                None => return Ok((drafts, false)),
                Some(Ok(draft)) => drafts.push(draft),
                Some(Err(reject)) => self.reject(reject, writer)?,
            }
        }
        Ok((drafts, true))
    }

    fn reject<W: Write>(&mut self, reject: Reject, writer: &mut RejectsWriter<W>) -> Result<(), ImportError> {
        writer.write(&reject).map_err(ImportError::Rejects)?;
        self.summary.rejected += 1;
        if self.first_rejects.len() < SHOWN {
            self.first_rejects.push(reject);
        }
        Ok(())
    }

    async fn take<W: Write>(&mut self, drafts: Vec<Draft>, writer: &mut RejectsWriter<W>) -> Result<(), ImportError> {
        let room = SHOWN.saturating_sub(self.first.len());
        self.first.extend(drafts.iter().take(room).cloned());
        self.present.load(self.store, &drafts, self.options.kind).await?;
        let mut settled = Vec::with_capacity(drafts.len());
        for draft in drafts {
            self.present.judging(draft.repeated);
            match settle(&draft, &self.present, self.options, &mut self.warnings) {
                Ok(row) if self.present.knows_whom(&row, self.options.kind) => {
                    if !row.facts.is_empty() && self.present.brings_back(self.store, &draft) {
                        self.warnings.add("erased_address", draft.line, "");
                    }
                    self.present.apply(&row);
                    settled.push((row, draft));
                }
                Ok(row) => {
                    let known = self.present.has_account(row.account.as_deref().unwrap_or_default());
                    let code = if known { "unknown_contact" } else { "unknown_account" };
                    let whom = if known { draft.contact } else { draft.account };
                    self.reject(Reject::new(row.line, code, &whom.unwrap_or_default(), draft.cells), writer)?;
                }
                Err(reject) => self.reject(reject, writer)?,
            }
        }
        match self.options.kind {
            Kind::Subscriptions => self.subscriptions(settled).await,
            _ => self.facts(settled).await,
        }
    }

    /// Counts rows and stages their facts, but not those recorded before.
    async fn facts(&mut self, settled: Vec<(Settled, Draft)>) -> Result<(), ImportError> {
        let events = settled.iter().flat_map(|(row, _)| &row.facts).filter(|f| is_event(f));
        let ids: BTreeSet<(String, String)> = events.map(|f| (f.source.clone(), f.event_id.clone())).collect();
        self.present.load_seen(self.store, ids).await?;
        let mut items = Vec::new();
        for (row, draft) in settled {
            self.present.judging(draft.repeated);
            let before = items.len();
            let fresh = row.facts.into_iter().filter(|fact| !is_event(fact) || self.present.first_time(fact));
            items.extend(fresh.map(Staged::Fact));
            match (items.len() > before, row.new) {
                (false, _) => self.summary.unchanged += 1,
                (true, true) => self.summary.inserted += 1,
                (true, false) => self.summary.updated += 1,
            }
        }
        self.stage(items).await
    }

    /// Subscriptions with the changes of their contracts as events. They may come before their accounts:
    /// those begin with nothing but their key.
    async fn subscriptions(&mut self, settled: Vec<(Settled, Draft)>) -> Result<(), ImportError> {
        let mut items = Vec::new();
        for (row, draft) in settled {
            let Some(row) = row.subscription else { continue };
            self.present.judging(draft.repeated);
            let (account, row) = stored(row);
            let old = self.present.subscription_row(&row.key);
            if old.is_some_and(|(of, known)| of == self.present.means(&account) && same(known, &row)) {
                self.summary.unchanged += 1;
                continue;
            }
            match old {
                None => self.summary.inserted += 1,
                Some(_) => self.summary.updated += 1,
            }
            let events = contract::changes(old.map(|(_, row)| row), &row, &draft, self.options);
            if self.present.begins(&account) {
                items.push(Staged::Fact(contract::bare(&account, self.options)));
            }
            items.extend(
                events.into_iter().map(|fact| Staged::Fact(Incoming { account: Some(account.clone()), ..fact })),
            );
            self.present.put_subscription(&account, &row);
            items.push(Staged::Subscription { account, row });
        }
        self.stage(items).await
    }

    async fn stage(&mut self, items: Vec<Staged>) -> Result<(), ImportError> {
        self.items += items.len() as u64;
        if items.is_empty() {
            return Ok(());
        }
        self.chunks += 1;
        if self.store.stage(self.import, self.chunks, items, self.options.now).await? {
            return Ok(());
        }
        Err(ImportError::TakenOver)
    }
}

fn is_event(fact: &Incoming) -> bool {
    matches!(fact.body, FactBody::Event { .. })
}

/// The same but for the account's number, which is not known before it is applied.
fn same(known: &Subscription, row: &Subscription) -> bool {
    *row == Subscription { account: row.account, ..known.clone() }
}

fn stored(row: SubscriptionRow) -> (String, Subscription) {
    let stored = Subscription {
        key: row.key,
        account: Default::default(),
        plan: row.plan,
        start: row.start,
        end: row.end,
        mrr_minor: row.mrr_minor,
        currency: row.currency,
        seats: row.seats,
    };
    (row.account, stored)
}
