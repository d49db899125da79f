//! Mail that comes in: dead mailboxes, refusals, complaints and replies, on the built binary.

use std::{fs, path::Path};

use serde_json::Value;

use super::house::{House, until};

const KEY: &str = "abcdefghijklmnopqrstuvwxyz234567";
pub const YUI: &str = "yui@acme.test";

/// The key of the last mail that left.
pub fn key(house: &House) -> String {
    let mails = house.smtp.accepted();
    let text = String::from_utf8_lossy(&mails.last().unwrap().bytes).into_owned();
    text.lines().find_map(|l| l.strip_prefix("X-Shirube-Key: ")).unwrap().trim().to_owned()
}

/// A made mail about the message `key` to `to`, as bytes.
pub fn made(name: &str, key: &str, to: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/mail").join(name);
    let text = fs::read_to_string(path).unwrap().replace(KEY, key).replace("hanako@customer.example", to);
    text.replace("@customer.example>", &format!(".{}@customer.example>", &key[..6]))
}

/// Records a made mail; answers what was done.
pub fn record(house: &House, name: &str, key: &str, to: &str) -> String {
    let path = house.dir.join("came-in.eml");
    fs::write(&path, made(name, key, to)).unwrap();
    let said = house.done(&["--json", "bounce", "--record", path.to_str().unwrap()]);
    let said: Value = serde_json::from_str(&said).unwrap();
    said[0]["done"].as_str().unwrap().to_owned()
}

/// Another letter to acme on the day `day` of April 2026; answers whether it left.
fn letter(house: &House, day: u32) -> bool {
    let before = house.smtp.accepted().len();
    house.at(&format!("2026-04-{day:02}T10:00:00+09:00"));
    house.done(&["event", "letter.due", "acme"]);
    house.done(&["tick"]);
    house.smtp.accepted().len() > before
}

/// The house after its first mail.
async fn begun() -> House {
    let house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    house.done(&["tick"]);
    assert_eq!(house.smtp.accepted().len(), 1);
    house
}

fn timeline(house: &House) -> String {
    house.done(&["--lang", "ja", "timeline", "acme"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_mailbox_is_written_to_no_more_until_a_person_says_so() {
    let house = begun().await;
    let first = key(&house);
    assert_eq!(
        record(&house, "dsn-hard.eml", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", YUI),
        "not_ours",
        "forged: no such message"
    );
    assert_eq!(record(&house, "dsn-hard.eml", &first, "somebody@else.test"), "counted", "an alias, not our address");
    assert_eq!(record(&house, "dsn-delayed.eml", &first, YUI), "nothing");
    assert_eq!(record(&house, "dsn-hard.eml", &first, YUI), "suppressed");
    assert_eq!(record(&house, "dsn-hard.eml", &first, YUI), "again");
    assert!(!letter(&house, 9));
    let skipped = house.outbox("skipped");
    assert!(skipped[0]["detail"].as_str().unwrap().contains("dead_address"), "{skipped:?}");
    assert!(timeline(&house).contains("不達"), "{}", timeline(&house));

    // A restored backup remembers it: the journal says so.
    let journal = fs::read_to_string(house.dir.join("sent.journal")).unwrap();
    assert!(journal.lines().any(|l| l.starts_with("u ")), "{journal}");
    house.done(&["bounce", "--release", YUI]);
    assert!(letter(&house, 10));
    assert!(!house.output(&["bounce", "--release", YUI]).status.success(), "there is nothing to lift");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_mailbox_stops_the_mail_when_it_stays_full() {
    let house = begun().await;
    for day in [10, 14, 18, 22] {
        assert_eq!(record(&house, "dsn-full.eml", &key(&house), YUI), "counted");
        assert!(letter(&house, day), "day {day}");
    }
    assert_eq!(record(&house, "dsn-full.eml", &key(&house), YUI), "stopped");
    assert!(!letter(&house, 26));
    house.done(&["bounce", "--release", YUI]);
    assert!(letter(&house, 30));
    assert_eq!(record(&house, "dsn-full.eml", &key(&house), YUI), "counted", "counted anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_by_policy_rests_for_a_day_and_the_team_is_told() {
    let house = begun().await;
    house.at("2026-04-08T09:00:00+09:00");
    assert_eq!(record(&house, "dsn-policy.eml", &key(&house), YUI), "rests");
    assert!(!letter(&house, 8));
    let queued = house.outbox("queued");
    assert!(queued.iter().any(|m| m["detail"] == "refused_by_policy"), "{queued:?}");
    house.at("2026-04-09T12:00:00+09:00");
    house.done(&["tick"]);
    assert_eq!(house.smtp.accepted().iter().filter(|m| m.to.contains(&YUI.to_owned())).count(), 2);
    let list = house.done(&["outbox", "list"]);
    assert!(list.contains("sending_stopped/by_chat"), "the kit's alert: {list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_ends_everything_but_notices() {
    let house = begun().await;
    assert_eq!(record(&house, "arf.eml", &key(&house), YUI), "complained");
    assert!(!letter(&house, 9));
    let playbook = house.dir.join("playbooks/letter.yaml");
    let text = fs::read_to_string(&playbook).unwrap().replace("class: service", "class: notice");
    fs::write(&playbook, text).unwrap();
    assert!(letter(&house, 10), "a notice goes on: {}", house.done(&["outbox", "list"]));
    let said = timeline(&house);
    assert!(said.contains("迷惑メール報告") && said.contains("配信停止"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_in_a_mail_folder_hold_the_run_and_automatic_answers_do_not() {
    let house = begun().await;
    let config = fs::read_to_string(house.dir.join("shirube.yaml")).unwrap();
    fs::write(house.dir.join("shirube.yaml"), config.replace("email: {", "email: {bounce: {maildir: mailbox}, "))
        .unwrap();
    let arrives = |name: &str, text: String| {
        fs::create_dir_all(house.dir.join("mailbox/new")).unwrap();
        fs::write(house.dir.join("mailbox/new").join(name), text).unwrap();
        house.done(&["tick"]);
    };
    arrives("1.away", made("away.eml", &key(&house), YUI));
    let tasks = || house.done(&["--lang", "ja", "cs", "tasks"]);
    assert!(!tasks().contains("返信"), "{}", tasks());
    assert!(timeline(&house).contains("自動返信"));
    arrives("2.reply", made("reply.eml", &key(&house), YUI));
    assert!(tasks().contains("返信"), "{}", tasks());
    arrives("3.letter", made("letter.eml", &key(&house), YUI));
    let mut cur: Vec<String> = fs::read_dir(house.dir.join("mailbox/cur"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    cur.sort();
    assert_eq!(cur, ["1.away:2,S", "2.reply:2,S", "3.letter:2,"], "what is not ours stays unread");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_servers_pipe_loses_nothing_whatever_is_broken() {
    let house = begun().await;
    let ignored = fs::read_to_string(house.dir.join(".gitignore")).unwrap();
    assert!(ignored.lines().any(|line| line == "/returned/"), "mails of customers are nothing for git");
    let waiting = || fs::read_dir(house.dir.join("returned/new")).map_or(0, Iterator::count);
    let config = fs::read_to_string(house.dir.join("shirube.yaml")).unwrap();
    let piped = |text: &str| {
        let (output, whole) = house.pipe(&["bounce", "--record", "-"], text.as_bytes());
        assert!(whole, "the mail server must not see a broken pipe");
        output.status.code()
    };
    // A mistake in the configuration, a mail larger than is read: both wait in the spool.
    fs::write(house.dir.join("shirube.yaml"), format!("{config}\nno_such_section: 1\n")).unwrap();
    let large = made("dsn-hard.eml", &key(&house), YUI) + &"x\n".repeat(1 << 20);
    assert_eq!((piped(&large), waiting()), (Some(0), 1));
    fs::write(house.dir.join("shirube.yaml"), config).unwrap();
    // A store that cannot be opened too.
    let (store, sound) = (house.dir.join("shirube.db"), house.dir.join("sound.db"));
    fs::rename(&store, &sound).unwrap();
    fs::create_dir(&store).unwrap();
    assert_eq!((piped(&made("away.eml", &key(&house), YUI)), waiting()), (Some(0), 2));
    // Where not even the spool can be written the mail server keeps the mail: EX_TEMPFAIL.
    fs::rename(house.dir.join("returned"), house.dir.join("kept")).unwrap();
    fs::write(house.dir.join("returned"), "in the way").unwrap();
    assert_eq!(piped("From: a@b.example\n\nhi\n"), Some(75));
    // Mended, everything is taken in.
    fs::remove_file(house.dir.join("returned")).unwrap();
    fs::rename(house.dir.join("kept"), house.dir.join("returned")).unwrap();
    fs::remove_dir(&store).unwrap();
    fs::rename(&sound, &store).unwrap();
    house.done(&["tick"]);
    assert_eq!(waiting(), 0);
    assert!(timeline(&house).contains("不達") && timeline(&house).contains("自動返信"));
    // Nor is a mail left in a folder that nobody looks into.
    for name in ["shirube.yaml", "model.yaml"] {
        fs::remove_file(house.dir.join(name)).unwrap();
    }
    assert_eq!((piped("From: a@b.example\n\nhi\n"), waiting()), (Some(75), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_servers_pipe_works_while_the_daemon_runs() {
    let house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    let daemon = house.start(&[]).await;
    until("the first mail", async || house.smtp.accepted().len() == 1).await;
    assert_eq!(record(&house, "dsn-hard.eml", &key(&house), YUI), "queued");
    until("the daemon records it", async || timeline(&house).contains("不達")).await;
    assert_eq!(fs::read_dir(house.dir.join("returned/new")).unwrap().count(), 0);
    // It alone writes the journal: also what lets mail go again is done by it.
    house.done(&["bounce", "--release", YUI]);
    until("the daemon releases it", async || !house.output(&["bounce", "--release", YUI]).status.success()).await;
    daemon.end();
    assert!(letter(&house, 9));
}
