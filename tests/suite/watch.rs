//! What an operator sees of a running daemon: `/metrics`, `/readyz`, and the files made from them.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

use shirube::http::metrics::NAMES;

/// A daemon of its own on the starter kit, and where it answers.
struct Daemon {
    child: Child,
    at: String,
    folder: tempfile::TempDir,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn shirube(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shirube"));
    command.current_dir(folder).env("LANG", "C").env("NO_COLOR", "1").env("SHIRUBE_HTTP__LISTEN", "127.0.0.1:0");
    command
}

fn daemon(more: &str) -> Daemon {
    let folder = tempfile::tempdir().unwrap();
    assert!(shirube(folder.path()).arg("init").output().unwrap().status.success());
    let config = folder.path().join("shirube.yaml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{text}\n{more}")).unwrap();
    let mut child = shirube(folder.path()).arg("run").stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let at = lines.by_ref().map(|l| l.unwrap()).find_map(|l| l.strip_prefix("listening on http://").map(str::to_owned));
    // Whoever stops reading makes the daemon wait for its log.
    std::thread::spawn(move || lines.for_each(drop));
    Daemon { child, at: at.unwrap(), folder }
}

impl Daemon {
    fn get(&self, path: &str) -> (u16, String) {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
    }

    fn ask(&self, request: &str) -> (u16, String) {
        let mut line = TcpStream::connect(&self.at).unwrap();
        line.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        line.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    /// Asks until the answer is as it should be.
    fn until(&self, path: &str, right: impl Fn(u16, &str) -> bool) -> String {
        for _ in 0..200_000 {
            let (status, body) = self.get(path);
            if right(status, &body) {
                return body;
            }
        }
        panic!("{path} never became right: {:?}", self.get(path));
    }

    fn sql(&self, text: &str) {
        let path = self.folder.path().join("shirube.db");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};
            let mut line = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(&mut line).await.unwrap();
            line.close().await.unwrap();
        });
    }
}

fn value(metrics: &str, name: &str) -> f64 {
    let line = metrics.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')));
    line.unwrap_or_else(|| panic!("no {name} in\n{metrics}")).rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn metrics_say_what_waits_and_a_daemon_that_cannot_turn_is_not_ready() {
    let daemon = daemon("");
    assert_eq!(daemon.get("/healthz"), (200, "ok\n".to_owned()));
    daemon.until("/readyz", |status, _| status == 200);
    let fresh = daemon.until("/metrics", |_, body| body.contains("\nshirube_decisions_total "));
    for (name, zero) in [("shirube_ready", 1.0), ("shirube_held", 0.0), ("shirube_sending_stopped", 0.0)] {
        assert_eq!(value(&fresh, name), zero, "{name}");
    }
    assert!(value(&fresh, "shirube_store_bytes") > 100_000.0, "{fresh}");
    assert_eq!(value(&fresh, "shirube_messages_waiting{channel=\"email\",stage=\"waiting\"}"), 0.0);
    // What decides cannot read its accounts: the store answers, and yet nothing goes on.
    daemon.sql("ALTER TABLE hot RENAME TO elsewhere");
    let said = daemon.until("/readyz", |status, _| status == 503);
    assert!(said.contains("the last turn failed"), "{said}");
    assert_eq!(value(&daemon.get("/metrics").1, "shirube_ready"), 0.0);
    daemon.sql("ALTER TABLE elsewhere RENAME TO hot");
    daemon.until("/readyz", |status, _| status == 200);
}

#[test]
fn a_broken_file_and_a_hold_are_seen_by_whoever_watches() {
    let daemon = daemon("");
    daemon.until("/metrics", |_, body| body.contains("\nshirube_rulebook_broken 0"));
    let model = daemon.folder.path().join("model.yaml");
    let good = std::fs::read_to_string(&model).unwrap();
    std::fs::write(&model, "success: [").unwrap();
    daemon.until("/metrics", |_, body| body.contains("\nshirube_rulebook_broken 1"));
    // It is said until it is mended, however often the same file is looked at.
    std::fs::write(&model, good).unwrap();
    daemon.until("/metrics", |_, body| body.contains("\nshirube_rulebook_broken 0"));
    assert!(shirube(daemon.folder.path()).args(["pause", "--all"]).output().unwrap().status.success());
    daemon.until("/metrics", |_, body| body.contains("\nshirube_held 1"));
    assert_eq!(daemon.get("/readyz").0, 200, "held is no fault of the daemon");
}

/// Every name in a text that could be a metric of ours.
fn named(text: &str) -> Vec<String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let names = text.match_indices("shirube_").filter(|(at, _)| !text[..*at].ends_with(word));
    names.map(|(at, _)| text[at..].chars().take_while(|c| word(*c)).collect()).collect()
}

fn document(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn dashboard_and_alerts_name_only_metrics_that_exist_and_every_alert_has_its_paragraph() {
    let guide = document("docs/operations.md");
    for path in ["docs/operations/grafana.json", "docs/operations/alerts.yaml", "docs/operations.md"] {
        let names = named(&document(path));
        assert!(names.len() > 10, "{path}");
        for name in names {
            assert!(NAMES.iter().any(|(known, _)| *known == name), "{path} names {name}, which no daemon tells");
        }
    }
    let _: serde_json::Value = serde_json::from_str(&document("docs/operations/grafana.json")).unwrap();
    for (name, _) in NAMES {
        assert!(guide.contains(&format!("`{name}`")), "docs/operations.md does not explain {name}");
    }
    let alerts = document("docs/operations/alerts.yaml");
    for alert in alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        assert!(guide.contains(&format!("**{alert}**")), "docs/operations.md has no paragraph for {alert}");
    }
}

#[test]
fn every_metric_that_is_told_has_a_name_in_the_list() {
    let sources = ["src/cli/watch.rs", "src/http/hook.rs"].map(document).concat();
    for name in named(&sources) {
        assert!(NAMES.iter().any(|(known, _)| *known == name), "{name} is not in NAMES");
    }
    for (name, _) in NAMES {
        assert!(sources.contains(&format!("\"{name}\"")), "nobody tells {name}");
    }
}
