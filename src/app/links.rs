//! Links of mails that are counted: kept with the message when it is rendered, followed by `GET /c/{token}`, judged a
//! little later. A redirect leads to what was kept and nowhere else; it changes nobody's consent.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    heir,
    token::{Claims, Purpose, Tokens},
    unsubscribe::{Html, page},
};
use crate::{
    model::{
        fact::{FactBody, Incoming},
        ids::{AccountId, ContactId, MessageKey},
        instant::{Instant, SECOND},
        locale::Locale,
        message::{OutboxState, Planned},
        value::{Props, Value},
    },
    store::api::{Link, Result, Store, Visit},
    words::links as words,
};

/// Whoever comes so soon after the mail was accepted is a program that looks into it before its reader can.
const TOO_SOON: i64 = 5 * SECOND;
/// Nobody follows two links of a mail within so long.
const TOGETHER: i64 = SECOND;
/// A visit is judged so long after it: by then another link was followed together with it, or was not.
const SETTLED: i64 = 2 * TOGETHER;
/// Visits judged in one go.
const BATCH: usize = 200;
/// The source of clicks.
const SOURCE: &str = "link";
/// The event of a reader's click.
const CLICKED: &str = "message.clicked";
/// The event of a program's: nothing that waits for a reader's click hears it.
const AUTO_CLICKED: &str = "message.auto_clicked";

/// The handler and what it needs.
#[derive(Clone)]
pub struct Links {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The signing keys.
    pub tokens: Arc<Tokens>,
}

impl Links {
    /// Where a link leads, and that somebody followed it (`now`; none: only asked, as HEAD does). None for a link that is
    /// forged, unknown or erased. Error: the store.
    pub async fn follow(&self, token: &str, now: Option<Instant>) -> Result<Option<String>> {
        let Some((claims, key, number)) = self.read(token) else { return Ok(None) };
        let Some(now) = now else {
            let kept = self.store.links(claims.account, &key).await?;
            return Ok(kept.into_iter().find(|link| link.number == number).map(|link| link.url));
        };
        // What came before is judged for itself: a reader's click must not be taken for the scanner's.
        self.judge_message(claims.account, &key, now).await?;
        self.store.visit(claims.account, &key, number, now).await
    }

    fn read(&self, token: &str) -> Option<(Claims, MessageKey, i64)> {
        let claims = self.tokens.read(Purpose::Click, token)?;
        let (key, number) = claims.subject.rsplit_once('/')?;
        let (key, number) = (MessageKey(key.to_owned()), number.parse().ok()?);
        Some((claims, key, number))
    }

    async fn judge_message(&self, account: AccountId, key: &MessageKey, now: Instant) -> Result<()> {
        let due = |link: &&Link| link.visit == Visit::Waiting && link.at <= now.plus(-SETTLED);
        let kept = self.store.links(account, key).await?;
        if kept.iter().any(|link| due(&link)) {
            judge(self.store.as_ref(), kept.iter().filter(due), now).await?;
        }
        Ok(())
    }
}

/// Keeps the links of a message and answers where each leads instead, by the URL written: signed, on `public_url`.
/// Our own pages (unsubscribe, preferences, survey, "done", shared reports) are never counted. Error: the store.
pub async fn count(
    store: &dyn Store,
    tokens: &Tokens,
    public_url: &str,
    (planned, contact): (&Planned, ContactId),
    written: &[String],
) -> Result<BTreeMap<String, String>> {
    let base = public_url.trim_end_matches('/');
    let urls: Vec<String> = written.iter().filter(|url| !is_under(url, base)).cloned().collect();
    if urls.is_empty() {
        return Ok(BTreeMap::new());
    }
    let numbers = store.keep_links((planned.account, &planned.key), contact, urls.clone()).await?;
    let token = |number: i64| {
        let subject = format!("{}/{number}", planned.key.0);
        tokens.mint(Purpose::Click, &Claims { account: planned.account, contact: Some(contact), subject })
    };
    Ok(urls.into_iter().zip(numbers).map(|(url, n)| (url, format!("{base}/c/{}", token(n)))).collect())
}

/// Whether a URL is a page below `base`; schemes and hosts have no case.
fn is_under(url: &str, base: &str) -> bool {
    let start = url.get(..base.len()).is_some_and(|start| start.eq_ignore_ascii_case(base));
    start && matches!(url.as_bytes().get(base.len()), None | Some(b'/' | b'?' | b'#'))
}

/// Makes visits that waited long enough facts: `message.clicked {key, playbook, step, link}` of the reader;
/// where a program came `message.auto_clicked`, with `automatic: true`. Each once for each link and kind. Error: the store.
pub async fn judge_visits(store: &dyn Store, now: Instant) -> Result<()> {
    loop {
        let waiting = store.visits(now.plus(-SETTLED), BATCH).await?;
        judge(store, waiting.iter(), now).await?;
        if waiting.len() < BATCH {
            return Ok(());
        }
    }
}

async fn judge<'l>(store: &dyn Store, waiting: impl Iterator<Item = &'l Link>, now: Instant) -> Result<()> {
    // All of one look before any is written down: what came together is seen together.
    let mut verdicts = Vec::new();
    for link in waiting {
        let Some((row, _)) = store.outbox_row(&link.key).await? else {
            verdicts.push((link, Visit::Automatic, None));
            continue;
        };
        let accepted = matches!(row.state, OutboxState::Sent | OutboxState::MaybeSent).then_some(row.at);
        let others = store.links(link.account, &link.key).await?;
        let visit = verdict(link, &others, accepted);
        verdicts.push((link, visit, fact(store, link, &row.planned, visit, now).await?));
    }
    // The fact first: told twice it counts once, forgotten it would be gone.
    store.append(verdicts.iter().filter_map(|(_, _, fact)| fact.clone()).collect()).await?;
    for (link, visit, _) in verdicts {
        store.judged(link, visit).await?;
    }
    Ok(())
}

/// Who came: a program, where the mail was not accepted yet or only just (5 s), or another link of it was followed
/// within a second.
fn verdict(link: &Link, all: &[Link], accepted: Option<Instant>) -> Visit {
    let early = accepted.is_none_or(|accepted| link.at.since(accepted) < TOO_SOON);
    let followed = |other: &&Link| other.number != link.number && other.visit != Visit::None;
    let together = all.iter().filter(followed).any(|other| link.at.since(other.at).abs() <= TOGETHER);
    if early || together { Visit::Automatic } else { Visit::Person }
}

async fn fact(
    store: &dyn Store,
    link: &Link,
    planned: &Planned,
    visit: Visit,
    now: Instant,
) -> Result<Option<Incoming>> {
    let Some((account, person)) = heir::reader(store, link.account, link.contact).await? else { return Ok(None) };
    let Some(account) = store.snapshot(account).await? else { return Ok(None) };
    let texts = [("key", &link.key.0), ("playbook", &planned.playbook), ("step", &planned.step)];
    let mut props: Props = texts.map(|(name, text)| (name.to_owned(), Value::text(text))).into();
    props.insert("link".to_owned(), Value::Num(link.number as f64));
    let automatic = visit == Visit::Automatic;
    if automatic {
        props.insert("automatic".to_owned(), Value::Bool(true));
    }
    let (name, end) = if automatic { (AUTO_CLICKED, ":automatic") } else { (CLICKED, "") };
    Ok(Some(Incoming {
        account: Some(account.key),
        contact: Some(person.key),
        occurred_at: link.at,
        received_at: now,
        source: SOURCE.to_owned(),
        event_id: format!("{}/{}{end}", link.key.0, link.number),
        body: FactBody::event(name, props),
    }))
}

/// The page behind a link that leads nowhere: the same whatever is wrong with it.
pub fn nowhere_page(locale: Locale) -> Html {
    page(locale, words::nowhere_title(locale), words::nowhere(locale), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(number: i64, visit: Visit, at: i64) -> Link {
        Link {
            account: AccountId(1),
            key: MessageKey("k".into()),
            number,
            contact: ContactId(2),
            url: format!("https://a.test/{number}"),
            visit,
            at: Instant(at),
        }
    }

    #[test]
    fn who_comes_at_once_or_everywhere_is_no_person() {
        let of = |at: i64, others: &[Link], accepted: Option<i64>| {
            let one = link(1, Visit::Waiting, at);
            let all: Vec<Link> = std::iter::once(one.clone()).chain(others.iter().cloned()).collect();
            verdict(&one, &all, accepted.map(Instant))
        };
        assert_eq!(of(5 * SECOND, &[], Some(0)), Visit::Person);
        assert_eq!(of(5 * SECOND - 1, &[], Some(0)), Visit::Automatic);
        assert_eq!(of(3_600 * SECOND, &[], None), Visit::Automatic, "nobody knows that it was accepted");
        let minute = 60 * SECOND;
        for (visit, apart, want) in [
            (Visit::Waiting, SECOND, Visit::Automatic),
            (Visit::Waiting, -SECOND, Visit::Automatic),
            (Visit::Automatic, SECOND / 2, Visit::Automatic),
            (Visit::Waiting, SECOND + 1, Visit::Person),
            (Visit::None, 0, Visit::Person),
        ] {
            assert_eq!(of(minute, &[link(2, visit, minute + apart)], Some(0)), want, "{visit:?} {apart}");
        }
    }

    #[test]
    fn our_own_pages_are_told_from_look_alikes() {
        let ours = |url: &str| is_under(url, "https://cs.our.example");
        assert!(
            ours("https://cs.our.example/u/x") && ours("HTTPS://CS.our.example") && ours("https://cs.our.example?x")
        );
        for other in
            ["https://cs.our.example.evil.test/u/x", "https://cs.our.example@evil.test/", "https://our.example/"]
        {
            assert!(!ours(other), "{other}");
        }
    }
}
