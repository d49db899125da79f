//! The shell around the core on a real store: announcements, versions across restarts, ranks, approvals.

use std::{path::Path, sync::Arc};

use shirube::{
    app::{
        reload::{go_live, read_project},
        shell::Shell,
        versions::keep_versions,
    },
    clock::{Clock, VirtualClock},
    command::{
        approval,
        desk::Asker,
        enroll,
        roles::{Place, Role},
        runs,
    },
    model::{
        fact::{FactBody, Incoming},
        ids::{AccountId, MessageKey},
        instant::{DAY, HOUR, Instant},
        locale::Locale,
        value::{Props, Value},
    },
    rulebook::load,
    store::{Mode, open},
};

pub struct House {
    pub folder: tempfile::TempDir,
    pub clock: Arc<VirtualClock>,
}

pub fn start() -> Instant {
    Instant::parse("2026-04-01T10:00:00+09:00").unwrap()
}

impl House {
    /// A project folder with the constructs' model and templates and these playbooks.
    pub fn new(playbooks: &[(&str, &str)]) -> House {
        let house = House { folder: tempfile::tempdir().unwrap(), clock: Arc::new(VirtualClock::at(start())) };
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/language-constructs");
        for name in ["model.yaml", "templates/t/team.ja.md", "templates/t/team.en.md", "templates/t/hello.ja.md"] {
            house.write(name, &std::fs::read_to_string(from.join(name)).unwrap());
        }
        for name in ["templates/t/hello.en.md", "templates/layouts/standard.mjml"] {
            house.write(name, &std::fs::read_to_string(from.join(name)).unwrap());
        }
        playbooks.iter().for_each(|(name, text)| house.playbook(name, text));
        house
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn playbook(&self, name: &str, rest: &str) {
        self.write(&format!("playbooks/{name}.yaml"), &format!("playbook: {name}\ntitle: t\npurpose: p\n{rest}"));
    }

    /// A daemon's shell on the folder as it stands, as after a start.
    pub async fn shell(&self) -> Shell {
        let store = open(&format!("sqlite:{}", self.folder.path().join("s.db").display()), Mode::Tool).await.unwrap();
        let files = read_project(self.folder.path()).unwrap();
        let (rulebook, found) = load::load(&files);
        let rulebook = rulebook.unwrap_or_else(|| panic!("{found:#?}"));
        let mut rulebook = go_live(store.as_ref(), rulebook, &files, self.clock.now()).await.unwrap();
        keep_versions(store.as_ref(), &mut rulebook, &files, None).await.unwrap();
        Shell::new(store, Arc::clone(&self.clock) as Arc<dyn Clock>, rulebook).await.unwrap()
    }

    /// Lets `length` pass, turn by turn each hour.
    pub async fn pass(&self, shell: &Shell, length: i64) {
        let until = self.clock.now().plus(length);
        while self.clock.now() < until {
            self.clock.set(self.clock.now().plus(HOUR).min(until));
            shell.turn(self.clock.now()).await.unwrap();
        }
    }

    pub async fn record(&self, shell: &Shell, account: Option<&str>, id: &str, body: FactBody) {
        self.write_down(shell, account, id, body).await;
        shell.turn(self.clock.now()).await.unwrap();
    }

    /// As while no daemon runs: nothing is decided yet.
    async fn write_down(&self, shell: &Shell, account: Option<&str>, id: &str, body: FactBody) {
        let now = self.clock.now();
        let account = account.map(str::to_owned);
        let (source, event_id) = ("test".to_owned(), id.to_owned());
        let fact = Incoming { account, contact: None, occurred_at: now, received_at: now, source, event_id, body };
        shell.store.append(vec![fact]).await.unwrap();
    }

    pub async fn account(&self, shell: &Shell, key: &str, attrs: &[(&str, Value)]) {
        let attrs: Props = attrs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        self.record(shell, Some(key), &format!("account:{key}"), FactBody::AccountAttrs { attrs }).await;
    }
}

pub fn event(name: &str, props: &[(&str, Value)]) -> FactBody {
    FactBody::event(name, props.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

/// Account keys that have a run of this playbook.
async fn with_runs(shell: &Shell, playbook: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for row in shell.store.accounts(Default::default(), 100).await.unwrap() {
        if !shell.store.runs(Some(row.id), Some(playbook), 9).await.unwrap().is_empty() {
            keys.push(row.key);
        }
    }
    keys
}

/// Steps and addresses in the outbox, oldest first.
async fn outbox(shell: &Shell) -> Vec<(String, String)> {
    let rows = shell.store.outbox(None, None, 100).await.unwrap();
    rows.into_iter().rev().map(|r| (r.planned.step, r.planned.address)).collect()
}

#[tokio::test]
async fn an_announcement_reaches_every_account_that_matches_once() {
    let rest = "start: {on: seminar.announced, where: account.plan == event.plan}\nenroll: {again: always}\n\
                steps:\n  - {id: tell, slack: t/team, to: \"#cs\"}\n";
    let house = House::new(&[("seminar", rest)]);
    let shell = house.shell().await;
    for (key, plan) in [("a", "pro"), ("b", "free"), ("c", "pro")] {
        house.account(&shell, key, &[("plan", Value::text(plan))]).await;
    }
    house.record(&shell, None, "s1", event("seminar.announced", &[("plan", Value::text("pro"))])).await;
    assert_eq!(with_runs(&shell, "seminar").await, ["a", "c"]);
    // Told once, also when the ring turns on and after a restart.
    house.pass(&shell, 3 * HOUR).await;
    let again = house.shell().await;
    house.pass(&again, 3 * HOUR).await;
    assert_eq!(outbox(&again).await.len(), 2);
    // It is nothing the account did: the last thing heard of it is not an event of its metrics.
    let a = again.store.account_by_key("a").await.unwrap().unwrap();
    let told = again.store.timeline(a.id, 50).await.unwrap();
    assert!(told.iter().any(|f| f.source == "announcement"));
}

#[tokio::test]
async fn an_announcement_made_while_nothing_ran_is_told_later_and_one_of_long_ago_is_not() {
    let rest = "start: {on: seminar.announced}\nenroll: {again: always}\n\
                steps:\n  - {id: tell, slack: t/team, to: \"#cs\"}\n";
    let house = House::new(&[("seminar", rest)]);
    let shell = house.shell().await;
    house.account(&shell, "a", &[]).await;
    house.write_down(&shell, None, "s1", event("seminar.announced", &[])).await;
    house.clock.set(house.clock.now().plus(3 * DAY));
    shell.turn(house.clock.now()).await.unwrap();
    assert_eq!(outbox(&shell).await.len(), 1, "a weekend without a daemon loses nobody");
    house.write_down(&shell, None, "s2", event("seminar.announced", &[])).await;
    house.write_down(&shell, None, "other", event("nobody.waits", &[])).await;
    house.clock.set(house.clock.now().plus(8 * DAY));
    shell.turn(house.clock.now()).await.unwrap();
    assert_eq!(outbox(&shell).await.len(), 1, "longer ago than it may be down");
    let newest = shell.store.timeline(AccountId::WORKSPACE, 1).await.unwrap()[0].seq;
    let looked_through = shell.store.cursor("announce").await.unwrap();
    assert_eq!(looked_through, Some(newest.to_string()), "what nobody awaits is not read again and again");
}

#[tokio::test]
async fn a_new_metric_of_messages_counts_those_that_went_out_before() {
    let house = House::new(&[]);
    let shell = house.shell().await;
    house.account(&shell, "a", &[]).await;
    let receipt = FactBody::Receipt {
        key: MessageKey("k".to_owned()),
        run: None,
        playbook: "p".to_owned(),
        step: "s".to_owned(),
        outcome: "sent".to_owned(),
        detail: String::new(),
    };
    house.record(&shell, Some("a"), "r", receipt).await;
    let model = std::fs::read_to_string(house.folder.path().join("model.yaml")).unwrap();
    house.write("model.yaml", &model.replacen("metrics:\n", "metrics:\n  told: {count: message.sent}\n", 1));
    let again = house.shell().await;
    house.record(&again, Some("a"), "e", event("anything", &[])).await;
    let a = again.store.account_by_key("a").await.unwrap().unwrap();
    let view = again.view(a.id, house.clock.now()).await.unwrap().unwrap();
    assert_eq!(view.number("metric.told"), Some(1.0));
}

#[tokio::test]
async fn runs_finish_on_their_version_across_an_edit_and_a_restart() {
    let steps = |channel: &str, days: u32| {
        format!(
            "start: {{on: go}}\nsteps:\n  - {{id: wait, wait: {days}d}}\n  - {{id: tell, slack: t/team, to: \"{channel}\"}}\n"
        )
    };
    let house = House::new(&[("p", &steps("#old", 2))]);
    let shell = house.shell().await;
    house.account(&shell, "a", &[("plan", Value::text("pro"))]).await;
    house.record(&shell, Some("a"), "go", event("go", &[])).await;
    house.playbook("p", &steps("#new", 4));
    assert!(shell.reload(house.folder.path(), house.clock.now()).await.unwrap().unwrap());
    house.pass(&shell, DAY).await;
    let shell = house.shell().await;
    assert_eq!(shell.rulebook().versions.len(), 1);
    house.pass(&shell, 2 * DAY).await;
    assert_eq!(outbox(&shell).await, [("tell".to_owned(), "#old".to_owned())]);
    // Nobody needs the old version any more.
    assert!(house.shell().await.rulebook().versions.is_empty());
}

/// While the articles could not be read, an edit of the rulebook counted as seen and never went live.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_edit_made_while_an_article_cannot_be_read_goes_live_later() {
    let steps = |wait: u32| format!("start: {{on: go}}\nsteps: [{{id: wait, wait: {wait}d}}]\n");
    let house = House::new(&[("p", &steps(2))]);
    let (shell, folder) = (house.shell().await, house.folder.path());
    let (mut seen, now) = (None, start());
    assert!(!shell.reload_changed(folder, &mut seen, now).await.unwrap().unwrap());
    house.write("knowledge/a.md", "# A\n");
    // A file that opens and cannot be read, whoever asks.
    std::os::unix::fs::symlink("/proc/self/mem", folder.join("knowledge/b.md")).unwrap();
    house.playbook("p", &steps(4));
    assert!(shell.reload_changed(folder, &mut seen, now).await.unwrap().is_err());
    std::fs::remove_file(folder.join("knowledge/b.md")).unwrap();
    assert!(shell.reload_changed(folder, &mut seen, now).await.unwrap().unwrap());
    assert!(!shell.reload_changed(folder, &mut seen, now).await.unwrap().unwrap());
    house.playbook("p", "start: {on: go}\nsteps: [{id: wait, wait: never}]\n");
    assert!(shell.reload_changed(folder, &mut seen, now).await.unwrap().is_err());
    house.playbook("p", &steps(3));
    assert!(shell.reload_changed(folder, &mut seen, now).await.unwrap().unwrap());
}

#[tokio::test]
async fn the_daily_pass_ranks_accounts_among_their_like() {
    let house = House::new(&[]);
    let shell = house.shell().await;
    for (key, plan, logins) in [("a", "pro", 1), ("b", "pro", 2), ("c", "pro", 3), ("d", "free", 9)] {
        house.account(&shell, key, &[("plan", Value::text(plan)), ("import_as", Value::text("new"))]).await;
        for n in 0..logins {
            house.record(&shell, Some(key), &format!("{key}{n}"), event("login", &[])).await;
        }
    }
    house.pass(&shell, DAY).await;
    let mut ranks = Vec::new();
    for view in shell.views(None, house.clock.now()).await.unwrap() {
        ranks.push((view.key.clone(), view.number("metric.peers")));
    }
    ranks.sort_by(|a, b| a.0.cmp(&b.0));
    let got: Vec<(&str, Option<f64>)> = ranks.iter().map(|(key, rank)| (key.as_str(), *rank)).collect();
    assert_eq!(got, [("a", Some(0.0)), ("b", Some(0.5)), ("c", Some(1.0)), ("d", None)]);
}

#[tokio::test]
async fn a_kpi_beyond_its_bound_starts_a_workspace_playbook_once_a_day_at_most() {
    let rest = "for: workspace\nstart: {when: kpi.logo_churn > 0.3}\nenroll: {again: always}\n\
                steps:\n  - {id: tell, slack: t/team, to: \"#cs\"}\n";
    let house = House::new(&[("churn_alert", rest)]);
    let shell = house.shell().await;
    let long_ago = Value::Date(start().day(&jiff::tz::TimeZone::UTC) - 400);
    for key in ["a", "b", "c"] {
        house.account(&shell, key, &[("contract_start", long_ago.clone())]).await;
    }
    house.pass(&shell, 2 * DAY).await;
    assert!(outbox(&shell).await.is_empty(), "nobody has left yet");
    let left = Props::from([("status".to_owned(), Value::text("churned"))]);
    house.record(&shell, Some("a"), "left", FactBody::AccountAttrs { attrs: left }).await;
    // The next day's count sees one of three; it stays true and starts nothing again.
    house.pass(&shell, 5 * DAY).await;
    assert_eq!(outbox(&shell).await, [("tell".to_owned(), "#cs".to_owned())]);
}

#[tokio::test]
async fn nothing_begins_before_it_is_approved_and_nobody_is_lost() {
    let rest = "start: {on: go}\napprove: true\nsteps:\n  - {id: tell, slack: t/team, to: \"#cs\"}\n";
    let house = House::new(&[("p", rest)]);
    let shell = house.shell().await;
    house.account(&shell, "a", &[("plan", Value::text("pro"))]).await;
    house.record(&shell, Some("a"), "go", event("go", &[])).await;
    house.pass(&shell, 2 * DAY).await;
    assert!(outbox(&shell).await.is_empty());
    let who = Asker {
        who: "terminal:kei".into(),
        role: Role::Operator,
        place: Place::Direct,
        locale: Locale::En,
        account: None,
    };
    let said = approval::approve(&shell, &who, "p", true).await.unwrap();
    assert!(said.title.contains("approved"), "{}", said.title);
    house.pass(&shell, HOUR).await;
    assert_eq!(outbox(&shell).await, [("tell".to_owned(), "#cs".to_owned())]);
}

#[tokio::test]
async fn a_reply_is_answered_with_done_or_unenroll() {
    let rest = "start: {on: go}\nsteps:\n  - {id: ask, slack: t/team, to: customer}\n  - {id: wait, wait: 1d}\n  - {id: tell, slack: t/team, to: \"#cs\"}\n";
    let house = House::new(&[("p", rest)]);
    let shell = house.shell().await;
    for key in ["a", "b"] {
        house.account(&shell, key, &[("slack_channel", Value::text("C1")), ("csm", Value::text("kei"))]).await;
        house.record(&shell, Some(key), &format!("go{key}"), event("go", &[])).await;
        house.record(&shell, Some(key), &format!("re{key}"), event("message.replied", &[])).await;
    }
    house.pass(&shell, 3 * DAY).await;
    assert_eq!(outbox(&shell).await.len(), 2, "both runs are held");
    let who = Asker {
        who: "terminal:kei".into(),
        role: Role::Operator,
        place: Place::Direct,
        locale: Locale::En,
        account: None,
    };
    let which = runs::done(&shell, &who, "a", "nothing").await.unwrap();
    assert!(which.title.contains('1'), "{}", which.title);
    runs::done(&shell, &who, "a", "reply").await.unwrap();
    enroll::enroll(&shell, &who, "b", "p", None, enroll::Order::End).await.unwrap();
    house.pass(&shell, HOUR).await;
    assert_eq!(outbox(&shell).await.len(), 3);
    assert!(shell.store.open_tasks(None).await.unwrap().is_empty());
    enroll::set_band(&shell, &who, "a", "red", Some("14d"), "they told us").await.unwrap();
    house.pass(&shell, HOUR).await;
    let a = shell.store.account_by_key("a").await.unwrap().unwrap();
    assert_eq!(a.band, "red");
}
