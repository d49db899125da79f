//! What mails that came in change, on a real store and journal.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use shirube::{
    app::{
        journal::{Journal, refusal::Suppression, restore::Start},
        preferences::{Asked, Needs, Topic},
        returned::{
            Did, Intake, REST, asked, complaints, is_stopped,
            maildir::{Watched, deliver},
        },
        token::{Claims, Purpose, Tokens},
        unsubscribe::Unsubscribe,
    },
    channel::email::file::FileChannel,
    engine::Recheck,
    model::{
        decision::Outcome,
        fact::{Fact, FactBody},
        ids::{AccountId, stable_hash},
        instant::{DAY, HOUR, Instant},
        message::{Audience, ChannelKind, Class, OutboxState, Planned},
        snapshot::Snapshot,
        world::World,
    },
    source::mail::read,
    store::api::{DEAD, FAILING, Store},
};

use crate::{
    dispatch::{Fixed, House, START},
    seed,
};

/// The first contact that is seeded.
const YUI: &str = "user0@example.com";

/// A store with `count` mails to one address, and what takes mails in beside it.
async fn begun(house: &House, count: usize, change: fn(&mut Planned)) -> (Intake, Vec<Planned>) {
    let store = house.store().await;
    let to_yui = move |p: &mut Planned| {
        p.address = YUI.to_owned();
        change(p);
    };
    seed::queue(store.as_ref(), count, START, &to_yui).await.unwrap();
    let planned = store.outbox(None, None, 100).await.unwrap().into_iter().map(|row| row.planned).collect();
    (intake(house, store), planned)
}

fn intake(house: &House, store: Arc<dyn Store>) -> Intake {
    let (journal, _) = Journal::open(&house.path().join("sent.journal")).unwrap();
    Intake { store, journal: Arc::new(journal), own: Arc::default(), left: Arc::default(), trying_out: false }
}

/// A made mail about a message, as text.
fn made(name: &str, planned: &Planned) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/mail").join(name);
    fs::read_to_string(path)
        .unwrap()
        .replace("abcdefghijklmnopqrstuvwxyz234567", &planned.key.0)
        .replace("hanako@customer.example", YUI)
}

async fn take(intake: &Intake, text: &str, now: Instant) -> Did {
    intake.take(&read(text.as_bytes()), now).await.unwrap()[0]
}

impl crate::dispatch::House {
    fn spool(&self) -> Watched {
        Watched { folder: self.path().join("returned"), own: true }
    }
}

/// The facts that accounts have heard since this was asked last.
async fn heard(store: &dyn Store) -> Vec<Fact> {
    let all = Mutex::new(Vec::new());
    let decide = |account: &Snapshot| {
        all.lock().unwrap().extend(account.inbox.iter().cloned());
        Outcome::Done(Box::new(seed::decision(account, START, &|_| ())))
    };
    while store.evaluate(START.plus(DAY), 10, &decide).await.unwrap().accounts > 0 {}
    all.into_inner().unwrap()
}

async fn why(store: &dyn Store, topic: &str) -> Option<String> {
    store.suppression(&store.address_hash(YUI), topic).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_may_pass_never_stops_an_address_for_good() {
    let house = House::new();
    let (intake, mails) = begun(&house, 3, |_| ()).await;
    let hard = |n: usize| made("dsn-hard.eml", &mails[n]);
    let by_status = hard(0).replace("5.1.1", "4.1.1").replace("550 ", "450 ");
    assert_eq!(take(&intake, &by_status, START).await, Did::Counted);
    let by_reply = hard(1).replace("550 ", "450 ");
    assert_eq!(take(&intake, &by_reply, START).await, Did::Counted);
    assert_eq!(why(intake.store.as_ref(), DEAD).await, None);
    assert_eq!(take(&intake, &hard(2), START).await, Did::Suppressed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_stays_full_is_no_opt_out_and_no_opt_in_ends_it() {
    let house = House::new();
    let (intake, mails) = begun(&house, 6, |_| ()).await;
    let mut done = Vec::new();
    for mail in &mails[..5] {
        done.push(take(&intake, &made("dsn-full.eml", mail), START).await);
    }
    assert_eq!(done.last(), Some(&Did::Stopped));
    let store = intake.store.clone();
    assert_eq!(
        (why(store.as_ref(), "*").await, why(store.as_ref(), FAILING).await),
        (None, Some("soft_bounces".into()))
    );
    // The reader stops everything and takes that back.
    let tokens = Arc::new(Tokens::new([(1, vec![7; 32])].into()).unwrap());
    let own = stable_hash(&["seed", "account0", "contact0"]);
    let yui = mails.iter().find(|mail| mail.key.0 == own).unwrap();
    let claims = Claims { account: yui.account, contact: yui.contact, subject: "onboarding".into() };
    let token = tokens.mint(Purpose::Unsub, &claims);
    let leaving = Unsubscribe { store: store.clone(), tokens, journal: Some(intake.journal.clone()) };
    let topics = || vec![Topic { name: "onboarding".into(), title: "Onboarding".into(), consent: Needs::Nothing }];
    let choice = leaving.choice(&token, topics()).await.unwrap().unwrap();
    assert!(choice.topics[0].1, "a full mailbox is no choice of the reader's");
    leaving.choose(&token, &Asked::Nothing, topics(), START).await.unwrap();
    leaving.choose(&token, &Asked::Only(["onboarding".into()].into()), topics(), START).await.unwrap();
    assert_eq!(why(store.as_ref(), "*").await, None);
    let hash = store.address_hash(YUI);
    assert_eq!(store.suppressed(&hash, "onboarding").await.unwrap().as_deref(), Some("soft_bounces"));
    heard(store.as_ref()).await;
    // A notice would go; what is no notice is skipped.
    let (dispatcher, report) = {
        let Intake { journal, .. } = intake;
        drop((journal, leaving));
        let folder = Arc::new(FileChannel::new(house.path().join("outbox")));
        house.start(&store, folder, Recheck::Go).await
    };
    assert_eq!(report.start, Start::Agrees, "the last word of the journal is looked up exactly");
    assert_eq!(dispatcher.dispatch_once().await.unwrap().skipped, 6);
}

/// After a complaint the page promised mail that never came: the consent stayed withdrawn.
#[tokio::test(flavor = "multi_thread")]
async fn who_ticks_a_marketing_topic_on_the_page_agrees_to_it() {
    let house = House::new();
    let (intake, mails) = begun(&house, 1, |_| ()).await;
    take(&intake, &made("arf.eml", &mails[0]), START).await;
    let tokens = Arc::new(Tokens::new([(1, vec![7; 32])].into()).unwrap());
    let claims = Claims { account: mails[0].account, contact: mails[0].contact, subject: "news".into() };
    let token = tokens.mint(Purpose::Unsub, &claims);
    let leaving = Unsubscribe { store: intake.store.clone(), tokens, journal: Some(intake.journal.clone()) };
    let topic = |name: &str, consent| Topic { name: name.into(), title: name.into(), consent };
    let topics = || vec![topic("news", Needs::All), topic("onboarding", Needs::Nothing)];
    let consents = async || {
        let said = heard(intake.store.as_ref()).await.into_iter().filter_map(|fact| match fact.body {
            FactBody::Consent { given } => Some(given),
            _ => None,
        });
        said.collect::<Vec<_>>()
    };
    let choose = async |names: &[&str], at: Instant| {
        let only = Asked::Only(names.iter().map(|n| (*n).to_owned()).collect());
        leaving.choose(&token, &only, topics(), at).await.unwrap().unwrap()
    };
    choose(&["onboarding"], START.plus(HOUR)).await;
    assert_eq!(consents().await, [false], "another topic is no consent");
    let choice = leaving.choice(&token, topics()).await.unwrap().unwrap();
    assert_eq!(choice.topics.iter().map(|(_, comes)| *comes).collect::<Vec<_>>(), [false, true]);
    choose(&["onboarding", "news"], START.plus(2 * HOUR)).await;
    assert_eq!(consents().await, [true]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_mailbox_is_still_told_from_an_opt_out_after_a_restore() {
    let house = House::new();
    let (intake, _) = begun(&house, 1, |_| ()).await;
    let hash = intake.store.address_hash(YUI);
    let word = Suppression { address: &hash, topic: FAILING, reason: "soft_bounces", on: true };
    word.say(intake.store.as_ref(), Some(&intake.journal), START).await.unwrap();
    drop(intake);
    let store = house.open("restored.db").await;
    let folder = Arc::new(FileChannel::new(house.path().join("outbox")));
    let (_, report) = house.start(&store, folder, Recheck::Go).await;
    assert!(matches!(report.start, Start::Replayed { .. }), "{report:?}");
    let all = store.suppression(&hash, FAILING).await.unwrap();
    assert_eq!(all.as_deref(), Some("soft_bounces"), "not `unsubscribed`");
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_a_mail_again_undoes_nothing_people_have_decided() {
    let house = House::new();
    let (intake, mails) = begun(&house, 3, |_| ()).await;
    let dead = made("dsn-hard.eml", &mails[0]);
    assert_eq!(take(&intake, &dead, START).await, Did::Suppressed);
    assert!(intake.release(YUI, START).await.unwrap());
    assert_eq!(take(&intake, &dead, START).await, Did::Again);
    assert!(!is_stopped(intake.store.as_ref(), YUI).await.unwrap());

    let refused = made("dsn-policy.eml", &mails[1]);
    assert_eq!(take(&intake, &refused, START).await, Did::Rests);
    assert_eq!(take(&intake, &refused, START.plus(23 * HOUR)).await, Did::Again);
    let rests = intake.store.world().await.unwrap().rests;
    assert_eq!(rests.into_values().collect::<Vec<_>>(), [START.plus(REST)], "not for another day");

    let complaint = made("arf.eml", &mails[2]);
    assert_eq!(take(&intake, &complaint, START).await, Did::Complained);
    intake.store.suppress(&intake.store.address_hash(YUI), "*", "", false, START).await.unwrap();
    assert_eq!(take(&intake, &complaint, START).await, Did::Again);
    assert_eq!(why(intake.store.as_ref(), "*").await, None, "the reader has taken it back");
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_returned_for_a_colleague_tells_the_team_and_touches_no_customer() {
    let house = House::new();
    let (intake, mails) = begun(&house, 4, |p| p.audience = Audience::Team).await;
    assert_eq!(take(&intake, &made("dsn-hard.eml", &mails[0]), START).await, Did::Told);
    assert_eq!(take(&intake, &made("dsn-policy.eml", &mails[1]), START).await, Did::Again, "once a day");
    assert_eq!(take(&intake, &made("dsn-full.eml", &mails[2]), START).await, Did::Nothing);
    assert_eq!(take(&intake, &made("arf.eml", &mails[3]), START).await, Did::Nothing);
    let store = intake.store.as_ref();
    assert!(!is_stopped(store, YUI).await.unwrap() && why(store, "*").await.is_none());
    assert!(store.world().await.unwrap().rests.is_empty());
    let heard = heard(store).await;
    assert!(heard.iter().all(|fact| fact.account == AccountId::WORKSPACE), "no customer hears of it: {heard:?}");
    assert_eq!(heard.len(), 1);
}

/// A crash after the fact left the mailbox alive, and the fact kept it from being heard of again.
#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_refused_at_the_door_is_suppressed_before_anything_says_so() {
    let house = House::new();
    let (intake, mails) = begun(&house, 1, |_| ()).await;
    assert!(intake.refused(&mails[0], "dot 550 5.1.1 user unknown", true, START).await.unwrap());
    assert_eq!(why(intake.store.as_ref(), DEAD).await.as_deref(), Some("dead_address"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_stands_still_is_not_counted_again() {
    let house = House::new();
    let (intake, mails) = begun(&house, 8, |_| ()).await;
    let cursor = async || intake.store.cursor("bounces:onboarding").await.unwrap().unwrap_or_default();
    for mail in &mails[..5] {
        assert!(intake.refused(mail, "rcpt 550 5.1.1 user unknown", true, START).await.unwrap());
    }
    assert!(intake.store.world().await.unwrap().pauses.contains_key("playbook:onboarding"));
    let before = cursor().await;
    assert!(!before.is_empty() && intake.refused(&mails[5], "rcpt 550 5.1.1 x", true, START).await.unwrap());
    assert_eq!(cursor().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_our_own_people_answer_is_no_customers_reply() {
    let house = House::new();
    let (mut intake, mails) = begun(&house, 1, |_| ()).await;
    let reply = made("reply.eml", &mails[0]);
    intake.own = Arc::new(BTreeSet::from([YUI.to_owned()]));
    assert_eq!(take(&intake, &reply.replace("user0@", "User0@"), START).await, Did::Nothing);
    assert_eq!(take(&intake, &made("away.eml", &mails[0]), START).await, Did::Nothing);
    intake.own = Arc::default();
    assert_eq!(take(&intake, &reply, START).await, Did::Replied);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_complaints_pause_the_marketing_of_that_sender_and_nothing_else() {
    let house = House::new();
    let store = house.store().await;
    // The last two: another sender, and no marketing.
    let news = |p: &mut Planned| {
        (p.class, p.sender) = (Class::Marketing, "new_s".into());
        match p.address.as_str() {
            "user5@example.com" => p.sender = "newXs".into(),
            "user6@example.com" => p.class = Class::Service,
            _ => (),
        }
    };
    let dispatch = async |store: &Arc<dyn Store>| {
        heard(store.as_ref()).await;
        let folder = Arc::new(FileChannel::new(house.path().join("outbox")));
        let (dispatcher, _) = house.start(store, folder, Recheck::Go).await;
        dispatcher.dispatch_once().await.unwrap()
    };
    seed::queue(store.as_ref(), 4, START, &news).await.unwrap();
    assert_eq!(dispatch(&store).await.sent, 4);
    assert_eq!(store.marketing_sent("new_s", START, 100).await.unwrap(), 4);
    assert_eq!(store.marketing_sent("newXs", START, 100).await.unwrap(), 0);
    assert_eq!(store.marketing_sent("new_s", START, 3).await.unwrap(), 3, "counted as far as asked");
    let sent: Vec<Planned> = store.outbox(None, None, 100).await.unwrap().into_iter().map(|row| row.planned).collect();
    let intake = intake(&house, store.clone());
    for (n, mail) in sent.iter().enumerate() {
        assert_eq!(take(&intake, &made("arf.eml", mail), START).await, Did::Complained);
        let paused = store.world().await.unwrap().pauses.contains_key("sender:new_s");
        assert_eq!(paused, n >= 2, "two say nothing about the others");
    }
    drop(intake);
    let told = heard(store.as_ref()).await;
    assert_eq!(told.iter().filter(|fact| fact.account == AccountId::WORKSPACE).count(), 1, "the team, once");

    seed::queue(store.as_ref(), 7, START, &news).await.unwrap();
    let stats = dispatch(&store).await;
    assert_eq!((stats.sent, stats.held), (2, 1));
    let waits = store.outbox(Some(OutboxState::Queued), None, 10).await.unwrap();
    assert_eq!((waits[0].planned.sender.as_str(), waits[0].detail.as_str()), ("new_s", "too_many_complaints"));
    // Somebody has looked into it.
    complaints::forget(store.as_ref(), "new_s").await.unwrap();
    let mut world = store.world().await.unwrap();
    world.pauses.clear();
    store.put_world(world.version, &world).await.unwrap();
    house.clock.set(START.plus(2 * HOUR));
    assert_eq!(dispatch(&store).await.sent, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_mail_rests() {
    let house = House::new();
    let store = house.store().await;
    let slack = |p: &mut Planned| (p.channel, p.address) = (ChannelKind::Slack, "@kei".into());
    seed::queue(store.as_ref(), 1, START, &slack).await.unwrap();
    let rests = [(store.address_hash("@kei"), START.plus(HOUR))].into();
    assert!(store.put_world(store.world().await.unwrap().version, &World { rests, ..World::default() }).await.unwrap());
    let folder = Arc::new(FileChannel::new(house.path().join("outbox")));
    let bodies = Arc::new(Fixed(|_| b"Subject: x\r\n\r\nhi\r\n".to_vec()));
    let (dispatcher, _) = house.start_with(&store, ChannelKind::Slack, folder, bodies, Recheck::Go).await;
    assert_eq!(dispatcher.dispatch_once().await.unwrap().sent, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_that_cannot_be_put_away_do_not_keep_the_others_waiting() {
    let house = House::new();
    let (intake, _) = begun(&house, 0, |_| ()).await;
    let mailbox = Watched { folder: house.path().join("mailbox"), own: false };
    for n in 0..101 {
        deliver(&mailbox.folder, format!("From: a@b.example\n\n{n}\n").as_bytes()).unwrap();
    }
    fs::remove_dir(mailbox.folder.join("cur")).unwrap();
    fs::write(mailbox.folder.join("cur"), "in the way").unwrap();
    let folders = [mailbox];
    let mut taken = Vec::new();
    for _ in 0..3 {
        taken.push(intake.collect(&folders, START).await.unwrap());
    }
    assert_eq!(taken, [100, 1, 0]);
    assert_eq!(fs::read_dir(folders[0].folder.join("new")).unwrap().count(), 101, "nothing is lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_ended_the_program_is_set_aside_unread() {
    let house = House::new();
    let (intake, mails) = begun(&house, 1, |_| ()).await;
    let spool = house.spool();
    deliver(&spool.folder, made("dsn-hard.eml", &mails[0]).as_bytes()).unwrap();
    let name = fs::read_dir(spool.folder.join("new")).unwrap().next().unwrap().unwrap().file_name();
    let name = name.to_str().unwrap();
    fs::write(spool.folder.join("tmp/.shirube-reading"), format!("2 {name}")).unwrap();
    assert_eq!(intake.collect(std::slice::from_ref(&spool), START).await.unwrap(), 0);
    assert!(spool.folder.join(format!("cur/{name}:2,")).is_file());
    assert!(!is_stopped(intake.store.as_ref(), YUI).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_holds_the_journal_releases_an_address_for_others() {
    let house = House::new();
    let (intake, mails) = begun(&house, 1, |_| ()).await;
    take(&intake, &made("dsn-hard.eml", &mails[0]), START).await;
    let spool = house.spool();
    asked::release(&spool.folder, YUI).unwrap();
    intake.collect(std::slice::from_ref(&spool), START).await.unwrap();
    assert!(!is_stopped(intake.store.as_ref(), YUI).await.unwrap());
    assert_eq!(fs::read_dir(spool.folder.join("release")).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn the_spool_is_for_its_owners_eyes() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    deliver(folder.path(), b"From: a@b.example\n\nsecret\n").unwrap();
    asked::release(folder.path(), YUI).unwrap();
    for part in ["new", "release"] {
        let file = fs::read_dir(folder.path().join(part)).unwrap().next().unwrap().unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{part}");
    }
}
