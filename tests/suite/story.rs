//! The built binary as a newcomer runs it, between an SMTP sink and a stand-in for Slack.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{fakes::slack::FakeSlack, smtp::sink::Sink};

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";

fn shirube(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shirube"));
    command
        .arg("--dir")
        .arg(dir)
        .args(args)
        .env("SLACK_BOT", "xoxb-a-token-for-the-stand-in")
        .env("SLACK_SECRET", SECRET);
    command
}

fn done(dir: &Path, args: &[&str]) -> String {
    let output = shirube(dir, args).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{args:?}\n{out}\n{err}");
    out.into_owned()
}

/// The starter kit with a window that is always open: the test may run on a Sunday.
fn project(dir: &Path, smtp: &Sink, slack: &FakeSlack, port: u16) {
    done(dir, &["init"]);
    for entry in fs::read_dir(dir.join("playbooks")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let open: Vec<&str> = text.lines().filter(|l| !l.starts_with("window:")).collect();
        fs::write(&path, open.join("\n")).unwrap();
    }
    let config = format!(
        "email: {{transport: \"smtp://{}?tls=none\", from: \"Example <cs@example.com>\"}}\n\
         http: {{listen: \"127.0.0.1:{port}\"}}\n\
         slack:\n  mode: http\n  api_url: {}\n  bot_token: ${{env:SLACK_BOT}}\n  signing_secret: ${{env:SLACK_SECRET}}\n\
         \x20 teams: [T1]\n  channels: [C1]\n  users: {{U1: operator}}\n\
         people: {{kei: {{name: Kei, email: kei@example.com}}}}\nowners: {{csm: {{fallback: kei}}}}\n",
        smtp.at,
        slack.api_url()
    );
    fs::write(dir.join("shirube.yaml"), config).unwrap();
}

/// Two old customers and one whose contract starts today.
fn customers(dir: &Path) {
    let today = jiff::Timestamp::from_second(now_seconds())
        .unwrap()
        .to_zoned(jiff::tz::TimeZone::get("Asia/Tokyo").unwrap())
        .date();
    let accounts = format!(
        "key,name,contract_start,status,touch\nold1,古株一,2024-01-10,active,tech\nacme,アクメ株式会社,{today},active,tech\nold2,古株二,2023-06-01,active,tech\n"
    );
    fs::write(dir.join("accounts.csv"), accounts).unwrap();
    let contacts = "account,key,name,email,role,locale\nacme,yui,佐藤 結衣,yui@acme.test,admin,ja\nold1,ken,田中 健,ken@old1.test,admin,ja\nold2,mai,鈴木 舞,mai@old2.test,admin,ja\n";
    fs::write(dir.join("contacts.csv"), contacts).unwrap();
    done(dir, &["import", "accounts", dir.join("accounts.csv").to_str().unwrap()]);
    done(dir, &["import", "contacts", dir.join("contacts.csv").to_str().unwrap()]);
}

#[expect(clippy::disallowed_methods, reason = "signatures for a real process carry the real time")]
fn now_seconds() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap()
}

fn signature(body: &str, at: i64) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("v0:{at}:{body}").as_bytes());
    let hex: String = mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect();
    format!("v0={hex}")
}

async fn ask(port: u16, body: &str, at: i64, signature: &str) -> u16 {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client
        .post(format!("http://127.0.0.1:{port}/slack/commands"))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-slack-request-timestamp", at.to_string())
        .header("x-slack-signature", signature)
        .body(body.to_owned());
    request.send().await.map_or(0, |answer| answer.status().as_u16())
}

/// Waits until `yes`, looking often, at most a minute.
async fn until(what: &str, mut yes: impl AsyncFnMut() -> bool) {
    for _ in 0..600 {
        if yes().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{what} did not happen within a minute");
}

fn end(mut daemon: Child) {
    let told = Command::new("kill").args(["-TERM", &daemon.id().to_string()]).status().unwrap();
    assert!(told.success());
    assert!(daemon.wait().unwrap().success(), "the daemon did not drain cleanly");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_customer_gets_the_first_mail_and_slack_its_answer() {
    shirube::channel::tls::ready();
    let folder = tempfile::tempdir().unwrap();
    let (smtp, slack) = (Sink::start(None).await.unwrap(), FakeSlack::start().await);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let dir = folder.path();
    project(dir, &smtp, &slack, port);
    customers(dir);
    let daemon = shirube(dir, &["run"]).stderr(Stdio::inherit()).spawn().unwrap();

    // Only the customer whose contract starts today gets the first step mail.
    until("the first mail", async || !smtp.accepted().is_empty()).await;
    let to: Vec<String> = smtp.accepted().iter().flat_map(|m| m.to.clone()).collect();
    assert_eq!(to, ["yui@acme.test"]);

    // A signed question is answered; the same request again, a forged and a stale one are refused.
    let respond = slack.web.url("/respond");
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("team_id", "T1"),
            ("channel_id", "C1"),
            ("user_id", "U1"),
            ("command", "/cs"),
            ("text", "health アクメ"),
        ])
        .extend_pairs([("response_url", respond.as_str()), ("trigger_id", "1.2.3")])
        .finish();
    let at = now_seconds();
    assert_eq!(ask(port, &body, at, &signature(&body, at)).await, 200);
    let answers = slack.web.wait("/respond", 1).await;
    let said = answers[0].body.to_string();
    assert!(said.contains("アクメ株式会社"), "{said}");
    assert_eq!(ask(port, &body, at, &signature(&body, at)).await, 401, "a replayed request");
    assert_eq!(ask(port, &body, at, &signature("other", at)).await, 401, "a forged request");
    assert_eq!(ask(port, &body, at - 400, &signature(&body, at - 400)).await, 401, "a stale request");

    end(daemon);
    let sent = done(dir, &["--json", "outbox", "list", "--state", "sent"]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&sent).unwrap().as_array().unwrap().len(), 1);
    let unsure = done(dir, &["--json", "outbox", "list", "--state", "maybe_sent"]);
    assert_eq!(unsure.trim(), "[]");
    assert_eq!(smtp.accepted().len(), 1, "nothing twice");
}
