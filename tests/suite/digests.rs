//! Digests on a real store: what is new, gone or as before; wins, topics and results of playbooks.

use std::sync::Arc;

use shirube::{
    app::shell::Shell,
    command::{digest, reply::Reply},
    insight::digest::DigestData,
    model::{
        fact::{Act, FactBody, Incoming},
        instant::{DAY, Instant, MINUTE},
        locale::Locale,
        message::ChannelKind,
        value::{Props, Value},
    },
    rulebook::types::Digest,
};

use crate::{
    desk::{Room, buttons, room, room_of, rows, text},
    foresight::{live_edited, start},
};

fn named(room: &Room, name: &str) -> Digest {
    room.shell.rulebook().model.digests.iter().find(|d| d.name == name).unwrap().clone()
}

async fn data(room: &Room, name: &str, now: Instant) -> DigestData {
    room.shell.digest(&named(room, name), now).await.unwrap()
}

async fn shown(room: &Room, name: &str, now: Instant) -> Reply {
    digest::reply(&data(room, name, now).await, &room.shell.rulebook(), Locale::En)
}

async fn record(room: &Room, account: &str, id: &str, body: FactBody, at: Instant) {
    let (account, source, event_id) = (Some(account.to_owned()), "test".to_owned(), id.to_owned());
    let fact = Incoming { account, contact: None, occurred_at: at, received_at: at, source, event_id, body };
    room.live.store.append(vec![fact]).await.unwrap();
    room.shell.turn(at).await.unwrap();
}

fn event(name: &str, props: &[(&str, &str)]) -> FactBody {
    let props: Props = props.iter().map(|(n, v)| ((*n).to_owned(), Value::text(*v))).collect();
    FactBody::event(name, props)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_digest_says_what_is_new_and_gone_and_is_short_when_nothing_changed() {
    let room = room().await;
    let renewals = named(&room, "renewals");
    let first = data(&room, "renewals", start()).await;
    assert_eq!((first.since, first.rows.len()), (None, 8), "{:?}", first.rows.len());
    room.shell.post_digest_now(&renewals, start()).await.unwrap();
    let same = shown(&room, "renewals", start().plus(MINUTE)).await;
    assert!(
        text(&same).contains("Nothing has changed since 2026-05-20.\n8 accounts nobody has taken yet:"),
        "{}",
        text(&same)
    );
    assert_eq!(buttons(&same).len(), 9, "three rows with three buttons each");
    // After 25 days the first has had its renewal, and three more come within 90 days.
    let later = data(&room, "renewals", start().plus(25 * DAY)).await;
    assert_eq!((later.left, later.gone.as_slice(), later.unchanged), (1, ["Customer 0".to_owned()].as_slice(), false));
    let fresh: Vec<&str> = later.rows.iter().filter(|r| r.fresh).map(|r| r.account.as_str()).collect();
    assert_eq!(fresh, ["a8", "a9", "a10"], "by date");
    let words = text(&shown(&room, "renewals", start().plus(25 * DAY)).await);
    assert!(words.contains(&format!("Since 2026-05-20: {} new, 1 gone (Customer 0)", fresh.len())), "{words}");
    assert!(words.contains("NEW Customer") && words.contains("Ranked by the day of the renewal"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_took_a_row_is_not_asked_for_again_while_nothing_changes() {
    let room = room().await;
    room.shell.post_digest_now(&named(&room, "renewals"), start()).await.unwrap();
    let ack = Act::Ack { what: "digest:renewals".into(), by: "Kei".into() };
    record(&room, "a0", "ack", FactBody::Command(ack), start().plus(MINUTE)).await;
    let reply = text(&shown(&room, "renewals", start().plus(2 * MINUTE)).await);
    assert!(reply.contains("7 accounts nobody has taken yet:") && !reply.contains("Customer 0 "), "{reply}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_left_a_digest_and_is_back_is_asked_for_again_whoever_took_it_then() {
    let room = room().await;
    let renewals = named(&room, "renewals");
    let moved = |day: &str| FactBody::AccountAttrs { attrs: Props::from([("renewal_date".into(), Value::text(day))]) };
    let post = async |at: Instant| room.shell.post_digest_now(&renewals, at).await.unwrap();
    post(start()).await;
    let ack = Act::Ack { what: "digest:renewals".into(), by: "Kei".into() };
    record(&room, "a0", "ack", FactBody::Command(ack), start().plus(MINUTE)).await;
    record(&room, "a0", "off", moved("2027-06-01"), start().plus(2 * MINUTE)).await;
    post(start().plus(3 * MINUTE)).await;
    record(&room, "a0", "on", moved("2026-06-09"), start().plus(4 * MINUTE)).await;
    let back = data(&room, "renewals", start().plus(5 * MINUTE)).await;
    assert_eq!((back.rows[0].account.as_str(), back.rows[0].fresh, &back.rows[0].acked), ("a0", true, &None));
    post(start().plus(6 * MINUTE)).await;
    let reply = text(&shown(&room, "renewals", start().plus(7 * MINUTE)).await);
    assert!(reply.contains("8 accounts nobody has taken yet:\n1. Customer 0 "), "{reply}");
}

/// The messages of a turn about rows nobody took: (address, accounts, words).
async fn late(room: &Room, shell: &Shell, at: Instant) -> Vec<(String, Vec<String>, String)> {
    let planned = shell.turn(at).await.unwrap().planned;
    let ours = planned.into_iter().filter(|p| p.playbook == "digest:renewals" && p.step == "late");
    let told = ours.map(|p| {
        let data: DigestData = serde_json::from_str(p.vars["data"].as_text().unwrap()).unwrap();
        let accounts = data.rows.iter().map(|row| row.account.clone()).collect();
        (p.address, accounts, text(&digest::reply(&data, &room.shell.rulebook(), Locale::En)))
    });
    let mut told: Vec<_> = told.collect();
    told.sort();
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_nobody_took_in_time_are_told_once_to_whoever_is_named() {
    let keys = "order: renewal\n    ack_within: 2 business days\n    escalate: csm\n";
    let room = room_of(live_edited("order: renewal\n", keys).await).await;
    let own = Props::from([("csm".to_owned(), Value::text("mio"))]);
    record(&room, "a5", "own", FactBody::AccountAttrs { attrs: own }, start().plus(MINUTE)).await;
    let posted = start().plus(2 * MINUTE);
    room.shell.post_digest_now(&named(&room, "renewals"), posted).await.unwrap();
    let what = || "digest:renewals".to_owned();
    let taken = [
        ("a0", Act::Ack { what: what(), by: "Kei".into() }),
        ("a1", Act::Note { text: "called them".into(), tags: Vec::new(), positive: false }),
        ("a2", Act::Assign { what: what(), to: "mio".into() }),
        ("a3", Act::Snooze { what: what(), until: start().plus(3 * DAY), reason: "Kei".into() }),
        ("a4", Act::TaskDone { task: "some/task".into() }),
    ];
    for (account, act) in taken {
        record(&room, account, &format!("took:{account}"), FactBody::Command(act), start().plus(3 * MINUTE)).await;
    }
    // Who only sets a switch has not taken the row.
    let pause = Act::Pause { playbook: None, until: None, reason: "x".into() };
    record(&room, "a6", "pause", FactBody::Command(pause), start().plus(3 * MINUTE)).await;
    // Wednesday 9:32 and two business days: Friday 9:32.
    let due = posted.plus(2 * DAY);
    assert_eq!(room.shell.next_digest().await.unwrap(), Some(Instant::parse("2026-05-21T09:00:00+09:00").unwrap()));
    assert_eq!(late(&room, &room.shell, due.plus(-1)).await, []);
    assert_eq!(room.shell.next_digest().await.unwrap(), Some(due));
    let told = late(&room, &room.shell, due).await;
    let seen: Vec<(&str, Vec<&str>)> =
        told.iter().map(|(to, rows, _)| (to.as_str(), rows.iter().map(String::as_str).collect())).collect();
    assert_eq!(seen, [("@kei", vec!["a7", "a6"]), ("@mio", vec!["a5"])]);
    let words = &told[0].2;
    for line in [
        "Renewals within 90 days: 2 accounts nobody has taken",
        "Asked: #cs (2026-05-20 09:32). Nothing was done by 2026-05-22 09:32.",
        "Customer 7",
        "@kei",
        "This is told once.",
    ] {
        assert!(words.contains(line), "{line}: {words}");
    }
    // Neither the next turn, nor a daemon that starts, nor the next post says it again.
    assert_eq!(late(&room, &room.shell, due.plus(MINUTE)).await, []);
    let book = room.shell.rulebook().as_ref().clone();
    let again = Shell::new(Arc::clone(&room.live.store), Arc::clone(&room.shell.clock), book).await.unwrap();
    assert_eq!(late(&room, &again, due.plus(2 * MINUTE)).await, []);
    again.post_digest_now(&named(&room, "renewals"), due.plus(3 * MINUTE)).await.unwrap();
    let told = late(&room, &again, due.plus(6 * DAY)).await;
    assert_eq!((told.len(), &told[0].1), (1, &vec!["a8".to_owned()]), "only who came in with that post: {told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_died_between_telling_and_settling_tells_nobody_twice() {
    let keys = "order: renewal\n    ack_within: 2d\n    escalate: \"#heads\"\n";
    let room = room_of(live_edited("order: renewal\n", keys).await).await;
    room.shell.post_digest_now(&named(&room, "renewals"), start()).await.unwrap();
    let cursor = "digest-asked:renewals";
    let before = room.live.store.cursor(cursor).await.unwrap();
    let told = late(&room, &room.shell, start().plus(2 * DAY)).await;
    assert_eq!((told.len(), told[0].0.as_str(), told[0].1.len()), (1, "#heads", 8));
    let after = room.live.store.cursor(cursor).await.unwrap();
    assert_ne!(before, after);
    room.live.store.move_cursor(cursor, after.as_deref(), &before.unwrap()).await.unwrap();
    assert_eq!(late(&room, &room.shell, start().plus(2 * DAY + MINUTE)).await, []);
    // What no longer matches, and what came in later, is another matter.
    let renewed = Props::from([("renewal_date".to_owned(), Value::text("2027-06-01"))]);
    let later = start().plus(3 * DAY);
    record(&room, "a0", "renewed", FactBody::AccountAttrs { attrs: renewed }, later).await;
    room.shell.post_digest_now(&named(&room, "renewals"), start().plus(25 * DAY)).await.unwrap();
    let told = late(&room, &room.shell, start().plus(27 * DAY)).await;
    let rows: Vec<&Vec<String>> = told.iter().map(|t| &t.1).collect();
    assert_eq!(rows, [&["a10", "a9", "a8"].map(str::to_owned).to_vec()], "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn results_leave_out_our_own_test_accounts() {
    let room = room().await;
    room.ask("enroll a4 renewal --yes").await;
    room.shell.turn(start().plus(MINUTE)).await.unwrap();
    let began = async |at| {
        let data = data(&room, "playbook-results", at).await;
        data.playbooks.iter().find(|p| p.playbook == "renewal").map_or(0, |row| row.started)
    };
    let before = began(start().plus(2 * MINUTE)).await;
    let own = FactBody::AccountAttrs { attrs: Props::from([("internal".into(), Value::Bool(true))]) };
    record(&room, "a4", "own", own, start().plus(3 * MINUTE)).await;
    assert_eq!(began(start().plus(4 * MINUTE)).await, before - 1);
    let empty = text(&shown(&room, "wins", start().plus(MINUTE)).await);
    assert!(empty.contains("No good news of a customer in this time yet."), "{empty}");
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_feed_the_wishes_ranked_by_customers_and_the_wins() {
    let room = room().await;
    room.ask("note a4 wants CSV export #Export").await;
    room.ask("note a5 also CSV #export").await;
    room.ask("note a5 faster #speed").await;
    room.ask("note a4 love the new screen #praise --positive").await;
    room.shell.turn(start().plus(MINUTE)).await.unwrap();
    let now = start().plus(2 * MINUTE);
    let wishes = data(&room, "wishes", now).await;
    let seen: Vec<(&str, usize)> = wishes.wants.iter().map(|t| (t.topic.as_str(), t.accounts)).collect();
    assert_eq!(seen, [("export", 2), ("speed", 1)], "praise is no wish");
    let words = text(&shown(&room, "wishes", now).await);
    assert!(words.contains("1. export — 2 customers · MRR ¥9,000"), "{words}");
    assert!(words.contains("2 notes (before: 0) · since 2026-05-20"), "{words}");
    assert!(words.contains("“wants CSV export” Customer 4 (note 2026-05-20)"), "{words}");
    let wins = shown(&room, "wins", now).await;
    let words = text(&wins);
    assert!(words.contains("Customer 4") && words.contains("said “love the new screen”"), "{words}");
    assert!(!buttons(&wins).is_empty());
    assert!(text(&shown(&room, "questions", now).await).contains("Nothing was said in this time."));
    record(&room, "a4", "t", event("ticket.opened", &[("ticket_id", "1"), ("subject", "Login")]), now).await;
    let words = text(&shown(&room, "questions", now.plus(MINUTE)).await);
    assert!(words.contains("1. login — 1 (before: 0)"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_playbooks_did_is_counted_and_the_digest_goes_out_by_its_cron() {
    let room = room().await;
    room.ask("enroll a4 renewal --yes").await;
    room.shell.turn(start().plus(MINUTE)).await.unwrap();
    let results = shown(&room, "playbook-results", start().plus(2 * MINUTE)).await;
    let row = rows(&results).into_iter().find(|row| row[0] == "The 90 days before a renewal").unwrap();
    let began = room.live.store.runs(None, Some("renewal"), 99).await.unwrap().len();
    assert_eq!(row[1..], [began.to_string(), "0".into(), "0".into(), began.to_string(), "0".into()]);
    let quiet = room.shell.rulebook().playbooks.len() - rows(&results).len();
    assert!(text(&results).contains(&format!("{quiet} without any movement")), "{}", text(&results));
    // The next first of a month is 2026-06-01.
    let june = Instant::parse("2026-06-01T09:00:00+09:00").unwrap();
    let planned = room.shell.turn(june).await.unwrap().planned;
    let posts: Vec<_> = planned.iter().filter(|p| p.playbook == "digest:playbook-results").collect();
    assert_eq!((posts.len(), posts[0].channel, posts[0].address.as_str()), (1, ChannelKind::Slack, "#cs"));
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_show_the_score_and_the_words_the_lowest_first() {
    let room = room().await;
    let now = start().plus(DAY);
    assert!(text(&shown(&room, "voices", now).await).contains("No answers to surveys in this time."));
    let answer = |kind: &str, score: f64, comment: &str| {
        let props = [("kind", Value::text(kind)), ("score", Value::Num(score)), ("comment", Value::text(comment))];
        FactBody::event("survey.responded", props.into_iter().map(|(n, v)| (n.to_owned(), v)).collect())
    };
    record(&room, "a1", "s1", answer("nps", 9.0, "fast *answers*"), start().plus(MINUTE)).await;
    record(&room, "a2", "s2", answer("nps", 3.0, "slow"), start().plus(2 * MINUTE)).await;
    record(&room, "a3", "s3", answer("nps", 10.0, ""), start().plus(3 * MINUTE)).await;
    record(&room, "a4", "s4", answer("csat", 5.0, "kind"), start().plus(4 * MINUTE)).await;
    record(&room, "a5", "s5", answer("nps", 11.0, "nonsense"), start().plus(5 * MINUTE)).await;
    let words = text(&shown(&room, "voices", now).await);
    let places = [
        "NPS 33 · 3 answers",
        "CSAT 100% (4 and 5 of 5) · 1 answer",
        "NPS 3/10 · Customer 2: “slow”",
        "NPS 9/10 · Customer 1: “fast *answers*”",
        "The lowest numbers first",
    ]
    .map(|line| words.find(line).unwrap_or_else(|| panic!("{line}: {words}")));
    assert!(places.is_sorted(), "{words}");
    assert!(!words.contains("nonsense"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn kpis_that_fell_come_first_and_the_last_posts_stand_beside_them() {
    let room = room().await;
    let first = shown(&room, "kpi-changes", start()).await;
    assert!(text(&first).contains("No KPI is clearly worse"), "{}", text(&first));
    let digest = named(&room, "kpi-changes");
    room.shell.post_digest_now(&digest, start()).await.unwrap();
    for key in ["a1", "a2", "a3", "a4", "a5"] {
        let attrs = Props::from([("status".to_owned(), Value::text("churned"))]);
        record(&room, key, &format!("left:{key}"), FactBody::AccountAttrs { attrs }, start().plus(DAY)).await;
    }
    let later = start().plus(3 * DAY);
    room.shell.post_digest_now(&digest, later).await.unwrap();
    let data = data(&room, "kpi-changes", later.plus(DAY)).await;
    let told = text(&digest::reply(&data, &room.shell.rulebook(), Locale::En));
    assert_eq!((data.kpis[0].kpi.as_str(), data.kpis[0].past.len()), ("logo_churn", 3), "{data:?}");
    assert!(told.contains("⚠ worse Churn rate 50.0% (before: 0.0%)"), "{told}");
    assert!(told.contains("target 3.0%, missed ▁"), "{told}");
}
