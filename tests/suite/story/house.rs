//! A project folder, an SMTP sink, a stand-in for Slack, and the built binary between them, on a clock
//! that stands in a file.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use shirube::model::instant::{Instant, MINUTE};

use crate::{fakes::slack::FakeSlack, smtp::sink::Sink};

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";

/// Two steps that answer events: a nudge to the team and a mail to the customer.
const NUDGE: &str = "playbook: nudge\ntitle: {ja: 依頼, en: Asked}\nfor: account\nstart: {on: help.asked}\nenroll: {again: always}\n\
    steps:\n  - {id: tell, slack: story/asked, to: csm, actions: [ack, snooze, assign]}\n";
const LETTER: &str = "playbook: letter\ntitle: {ja: 手紙, en: Letter}\nfor: account\nclass: service\nstart: {on: letter.due}\nenroll: {again: always}\n\
    to: {role: [buyer, admin], first: 1}\nhold_at_most: 10 business days\nsteps:\n  - {id: write, email: onboarding/welcome}\n";

pub struct House {
    pub dir: PathBuf,
    pub smtp: Sink,
    pub slack: FakeSlack,
    pub port: u16,
    /// More environment for what is run.
    pub variables: Vec<(&'static str, String)>,
    client: reqwest::Client,
    /// None: the system's clock.
    clock: Option<PathBuf>,
    _folder: tempfile::TempDir,
}

/// The daemon; ended with the test, whatever happens.
pub struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Daemon {
    /// SIGTERM; it has to drain cleanly.
    pub fn end(mut self) {
        let told = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status().unwrap();
        assert!(told.success());
        assert!(self.0.wait().unwrap().success(), "the daemon did not drain cleanly");
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl House {
    /// The starter kit with three customers, at `at` (none: now, by the system's clock). Windows are
    /// always open, the digest shows every customer without a person of their own.
    pub async fn new(at: Option<&str>) -> House {
        shirube::channel::tls::ready();
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().to_owned();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let house = House {
            clock: at.map(|_| dir.join("now")),
            dir,
            smtp: Sink::start(None).await.unwrap(),
            slack: FakeSlack::start().await,
            port,
            variables: Vec::new(),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            _folder: folder,
        };
        if let Some(at) = at {
            house.at(at);
        }
        house.project();
        house.customers();
        house
    }

    /// Moves the clock.
    pub fn at(&self, moment: &str) {
        let path = self.clock.as_ref().unwrap();
        let new = path.with_extension("new");
        fs::write(&new, moment).unwrap();
        fs::rename(new, path).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shirube"));
        command.arg("--dir").arg(&self.dir).args(args).stdin(Stdio::null());
        command.env("SLACK_BOT", "xoxb-a-token-for-the-stand-in").env("SLACK_SECRET", SECRET);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        if let Some(clock) = &self.clock {
            command.env("SHIRUBE_CLOCK", clock);
        }
        command
    }

    /// Runs a subcommand to its end, whatever it says.
    pub fn output(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs a subcommand as a mail server does, with a mail in its pipe; answers also whether all of it was taken.
    pub fn pipe(&self, args: &[&str], mail: &[u8]) -> (Output, bool) {
        use std::io::Write;
        let mut command = self.command(args);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let whole = child.stdin.take().unwrap().write_all(mail).is_ok();
        (child.wait_with_output().unwrap(), whole)
    }

    /// Runs a subcommand that has to succeed.
    pub fn done(&self, args: &[&str]) -> String {
        let output = self.output(args);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{args:?}\n{out}\n{err}");
        out.into_owned()
    }

    /// Starts the daemon and waits until it listens.
    pub async fn start(&self, args: &[&str]) -> Daemon {
        let all = [&["run"], args].concat();
        let daemon = Daemon(self.command(&all).spawn().unwrap());
        let url = format!("http://127.0.0.1:{}/healthz", self.port);
        until("the daemon listens", async || self.client.get(&url).send().await.is_ok()).await;
        daemon
    }

    /// Outbox rows in `state`.
    pub fn outbox(&self, state: &str) -> Vec<Value> {
        let text = self.done(&["--json", "outbox", "list", "--state", state]);
        serde_json::from_str::<Value>(&text).unwrap().as_array().unwrap().clone()
    }

    /// Posts of one playbook (or `digest:NAME`) so far.
    pub fn posts(&self, playbook: &str) -> Vec<Value> {
        let calls = self.slack.web.calls("/api/chat.postMessage").into_iter().map(|call| call.body);
        calls.filter(|body| body["metadata"]["event_payload"]["playbook"] == playbook).collect()
    }

    /// Waits for the `count`-th post of `playbook`. A clock that was moved while the answer to the post before was on
    /// its way leaves that one `maybe_sent`, to be looked up after a while: so a clock that stands still goes on.
    pub async fn post(&self, playbook: &str, count: usize) -> Value {
        let mut looks = 0;
        let seen = async || {
            looks += 1;
            if looks % 100 == 0 {
                self.goes_on();
            }
            self.posts(playbook).len() >= count
        };
        until(&format!("post {count} of {playbook}"), seen).await;
        self.posts(playbook).remove(count - 1)
    }

    /// Waits until something of each of these playbooks is known to be sent: a daemon that ends, or a clock that moves,
    /// while an answer is on its way leaves the message in doubt.
    pub async fn sent(&self, playbooks: &[&str]) {
        let mut looks = 0;
        let known = async || {
            looks += 1;
            if looks % 100 == 0 {
                self.goes_on();
            }
            let sent = self.outbox("sent");
            playbooks.iter().all(|playbook| sent.iter().any(|message| message["playbook"] == *playbook))
        };
        until(&format!("{playbooks:?} are known to be sent"), known).await;
    }

    /// Moves the clock on by six minutes.
    fn goes_on(&self) {
        let Some(path) = &self.clock else { return };
        let moment = Instant::parse(fs::read_to_string(path).unwrap().trim()).unwrap();
        self.at(&moment.plus(6 * MINUTE).rfc3339(&jiff::tz::TimeZone::UTC));
        println!("still waiting:\n{}", self.done(&["outbox", "list"]));
    }

    /// Asks `/cs text` as U1 in C1; answers the status.
    pub async fn ask(&self, text: &str) -> u16 {
        let body = self.question(text);
        let at = self.seconds();
        self.send("/slack/commands", &body, at, &signature(&body, at)).await
    }

    /// What Slack shows for `/cs text`, as JSON.
    pub async fn answer(&self, text: &str) -> String {
        let before = self.slack.web.calls("/respond").len();
        assert_eq!(self.ask(text).await, 200);
        self.slack.web.wait("/respond", before + 1).await[before].body.to_string()
    }

    /// The body of `/cs text`, each with a trigger of its own.
    pub fn question(&self, text: &str) -> String {
        let respond = self.slack.web.url("/respond");
        let trigger = format!("{}.{}", self.slack.web.calls("/respond").len(), text.len());
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("team_id", "T1"), ("channel_id", "C1"), ("user_id", "U1"), ("command", "/cs")])
            .extend_pairs([("text", text), ("response_url", &respond), ("trigger_id", &trigger)])
            .finish()
    }

    /// Presses the first button of `message` whose value begins with `value`; answers the message as
    /// it was replaced.
    pub async fn press(&self, message: &Value, value: &str) -> Value {
        let blocks = with_ids(&message["blocks"]);
        let (block, button) = find_button(&blocks, value);
        let before = self.slack.web.calls("/respond").len();
        let payload = json!({"type": "block_actions", "team": {"id": "T1"}, "user": {"id": "U1", "team_id": "T1"},
            "trigger_id": format!("press {before}"), "channel": {"id": "C1"}, "response_url": self.slack.web.url("/respond"),
            "message": {"text": message["text"], "blocks": blocks},
            "actions": [{"type": "button", "action_id": button["action_id"], "block_id": block, "value": button["value"]}]});
        let body =
            form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish();
        let at = self.seconds();
        assert_eq!(self.send("/slack/interactions", &body, at, &signature(&body, at)).await, 200);
        let answer = self.slack.web.wait("/respond", before + 1).await[before].body.clone();
        assert_eq!(answer["replace_original"], true, "{answer}");
        answer
    }

    /// A request with Slack's signature headers; answers the status.
    pub async fn send(&self, path: &str, body: &str, at: i64, signature: &str) -> u16 {
        let request = self
            .client
            .post(format!("http://127.0.0.1:{}{path}", self.port))
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-slack-request-timestamp", at.to_string())
            .header("x-slack-signature", signature)
            .body(body.to_owned());
        request.send().await.map_or(0, |answer| answer.status().as_u16())
    }

    /// An interaction of Discord; answers the status and what was said.
    pub async fn interaction(&self, at: &str, signature: &str, body: &str) -> (u16, Value) {
        let request = self
            .client
            .post(format!("http://127.0.0.1:{}/discord/interactions", self.port))
            .header("x-signature-ed25519", signature)
            .header("x-signature-timestamp", at)
            .body(body.to_owned());
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    /// A call of a tracking SDK, with the key of the house; answers the status.
    pub async fn track(&self, call: &str) -> u16 {
        let body = format!("{{\"writeKey\":\"story-write-key-0001\",\"batch\":[{call}]}}");
        let request = self.client.post(format!("http://127.0.0.1:{}/v1/batch", self.port));
        let request = request.header("content-type", "application/json").basic_auth("story-write-key-0001", Some(""));
        request.body(body).send().await.unwrap().status().as_u16()
    }

    /// What a mail program does for its reader's one click (RFC 8058).
    pub async fn one_click(&self, url: &str) -> u16 {
        let request = self.client.post(url).header("content-type", "application/x-www-form-urlencoded");
        request.body("List-Unsubscribe=One-Click").send().await.unwrap().status().as_u16()
    }

    /// The page behind a link, as a Japanese browser sees it; with `form`, what its button sends.
    pub async fn browse(&self, url: &str, form: Option<&str>) -> String {
        let request = match form {
            None => self.client.get(url),
            Some(form) => {
                self.client.post(url).header("content-type", "application/x-www-form-urlencoded").body(form.to_owned())
            }
        };
        let answer = request.header("accept-language", "ja").send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        answer.text().await.unwrap()
    }

    #[expect(clippy::disallowed_methods, reason = "signatures for a real process carry the real time")]
    pub fn seconds(&self) -> i64 {
        match &self.clock {
            Some(path) => Instant::parse(fs::read_to_string(path).unwrap().trim()).unwrap().0 / 1_000_000,
            None => jiff::Timestamp::now().as_second(),
        }
    }

    fn project(&self) {
        self.done(&["init"]);
        for entry in fs::read_dir(self.dir.join("playbooks")).unwrap() {
            let path = entry.unwrap().path();
            edit(&path, |text| text.lines().filter(|l| !l.starts_with("window:")).collect::<Vec<_>>().join("\n"));
        }
        edit(&self.dir.join("model.yaml"), |text| {
            let lines = text.lines().map(|l| {
                if l.starts_with("    where: health.band") { "    where: account.touch == \"tech\"" } else { l }
            });
            lines.collect::<Vec<_>>().join("\n")
        });
        fs::write(self.dir.join("playbooks/nudge.yaml"), NUDGE).unwrap();
        fs::write(self.dir.join("playbooks/letter.yaml"), LETTER).unwrap();
        fs::create_dir_all(self.dir.join("templates/story")).unwrap();
        for locale in ["ja", "en"] {
            let path = self.dir.join(format!("templates/story/asked.{locale}.md"));
            fs::write(path, "---\ntopic: team\n---\n**{{ account.name }}** ?\n").unwrap();
        }
        let config = format!(
            "email: {{transport: \"smtp://{}?tls=none\", from: \"Example <cs@example.com>\"}}\n\
             http: {{listen: \"127.0.0.1:{}\"}}\n\
             slack:\n  mode: http\n  api_url: {}\n  bot_token: ${{env:SLACK_BOT}}\n  signing_secret: ${{env:SLACK_SECRET}}\n\
             \x20 teams: [T1]\n  channels: [C1]\n  users: {{U1: admin}}\n\
             people:\n  kei: {{name: Kei, email: kei@example.com, slack: U1}}\n  mia: {{name: Mia, email: mia@example.com}}\n\
             owners: {{csm: {{fallback: kei}}}}\n",
            self.smtp.at,
            self.port,
            self.slack.api_url()
        );
        fs::write(self.dir.join("shirube.yaml"), config).unwrap();
    }

    /// Two old customers and one whose contract starts today.
    fn customers(&self) {
        let zone = jiff::tz::TimeZone::get("Asia/Tokyo").unwrap();
        let today = jiff::Timestamp::from_second(self.seconds()).unwrap().to_zoned(zone).date();
        let accounts = format!(
            "key,name,contract_start,status,touch\nold1,古株一,2024-01-10,active,tech\nacme,アクメ株式会社,{today},active,tech\nold2,古株二,2023-06-01,active,tech\n"
        );
        let contacts = "account,key,name,email,role,locale\nacme,yui,佐藤 結衣,yui@acme.test,admin,ja\nold1,ken,田中 健,ken@old1.test,admin,ja\nold2,mai,鈴木 舞,mai@old2.test,admin,ja\n";
        for (kind, text) in [("accounts", accounts.as_str()), ("contacts", contacts)] {
            let path = self.dir.join(format!("{kind}.csv"));
            fs::write(&path, text).unwrap();
            self.done(&["import", kind, path.to_str().unwrap()]);
        }
    }
}

fn edit(path: &Path, change: impl Fn(&str) -> String) {
    let text = fs::read_to_string(path).unwrap();
    fs::write(path, change(&text)).unwrap();
}

/// Slack names blocks that came without a name.
fn with_ids(blocks: &Value) -> Value {
    let mut blocks = blocks.clone();
    for (n, block) in blocks.as_array_mut().unwrap().iter_mut().enumerate() {
        if block["block_id"].is_null() {
            block["block_id"] = json!(format!("b{n}"));
        }
    }
    blocks
}

fn find_button(blocks: &Value, value: &str) -> (Value, Value) {
    for block in blocks.as_array().unwrap() {
        for button in block["elements"].as_array().into_iter().flatten() {
            if button["value"].as_str().is_some_and(|v| v.starts_with(value)) {
                return (block["block_id"].clone(), button.clone());
            }
        }
    }
    panic!("no button {value:?} in {blocks}");
}

/// Slack's signature of `body`.
pub fn signature(body: &str, at: i64) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("v0:{at}:{body}").as_bytes());
    let hex: String = mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect();
    format!("v0={hex}")
}

/// Waits until `yes`, looking often, at most a minute.
pub async fn until(what: &str, mut yes: impl AsyncFnMut() -> bool) {
    for _ in 0..600 {
        if yes().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{what} did not happen within a minute");
}
