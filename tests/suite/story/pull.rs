//! Sheets that are pulled and folders that are watched, on the built binary.

use std::{
    fs,
    io::{Read, Write},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::house::{House, until};

const SHEET: &str = "key,name,status,plan\nnagoya,名古屋商会,active,light\nsendai,仙台工業,active,light\n";

/// What the stand-in answers.
#[derive(Clone)]
enum Says {
    /// A table, with an ETag; 304 to whoever has it.
    Table(&'static str, String),
    /// A redirect.
    To(String),
    /// A web page.
    Page,
    /// A status.
    Status(u16),
}

#[derive(Clone)]
struct Sheets {
    at: String,
    says: Arc<Mutex<Says>>,
    /// The status of each answer.
    answered: Arc<Mutex<Vec<u16>>>,
    /// The key each question came with.
    keys: Arc<Mutex<Vec<Option<String>>>>,
}

impl Sheets {
    async fn start(says: Says) -> Sheets {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = format!("http://{}", listener.local_addr().unwrap());
        let sheets = Sheets { at, says: Arc::new(Mutex::new(says)), answered: Arc::default(), keys: Arc::default() };
        let router = Router::new().fallback(answer).with_state(sheets.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        sheets
    }

    fn say(&self, says: Says) {
        *self.says.lock().unwrap() = says;
    }

    fn answered(&self) -> Vec<u16> {
        std::mem::take(&mut self.answered.lock().unwrap())
    }
}

async fn answer(State(sheets): State<Sheets>, uri: Uri, headers: HeaderMap) -> Response {
    let key = headers.get("x-api-key").map(|key| key.to_str().unwrap().to_owned());
    sheets.keys.lock().unwrap().push(key);
    let says = if uri.path() == "/table" { table(SHEET) } else { sheets.says.lock().unwrap().clone() };
    let answer = match says {
        Says::Table(etag, _) if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known == etag) => {
            StatusCode::NOT_MODIFIED.into_response()
        }
        Says::Table(etag, text) => ([(header::ETAG, etag), (header::CONTENT_TYPE, "text/csv")], text).into_response(),
        Says::To(to) => (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to)]).into_response(),
        Says::Page => ([(header::CONTENT_TYPE, "text/csv")], "\n<!DOCTYPE html><title>Sign in</title>").into_response(),
        Says::Status(code) => StatusCode::from_u16(code).unwrap().into_response(),
    };
    sheets.answered.lock().unwrap().push(answer.status().as_u16());
    answer
}

/// A server that says how long a table is, and closes in its middle.
fn half() -> std::net::SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut line in listener.incoming().flatten() {
            let mut asked = [0; 4_096];
            let _ = line.read(&mut asked);
            let _ = write!(line, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{SHEET}", SHEET.len() + 500);
        }
    });
    at
}

fn table(text: &str) -> Says {
    Says::Table("\"one\"", text.to_owned())
}

/// A house with `source` below `sources:`, whose address is the stand-in's.
async fn house(sheets: &Sheets, source: &str) -> House {
    let mut house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    house.variables.push(("SHEET", format!("{}/sheet?token=hidden", sheets.at)));
    let path = house.dir.join("shirube.yaml");
    let config = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{config}\nsources: {{crm: {source}}}\n")).unwrap();
    house
}

const URL: &str = "{url: '${env:SHEET}', fills: accounts, every: 1h}";

fn has(house: &House, account: &str) -> bool {
    let all: Value = serde_json::from_str(&house.done(&["--json", "accounts"])).unwrap();
    all.as_array().unwrap().iter().any(|one| one["key"] == account)
}

/// What `pull --json` says of the first table.
fn pull(house: &House, args: &[&str]) -> Value {
    let output = house.output(&[&["--json", "--lang", "ja", "pull"], args].concat());
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let all: Value =
        serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(output.status.success(), all[0]["state"] != "failed", "{said}");
    all[0].clone()
}

/// How often the team was told that data do not come.
fn told(house: &House) -> usize {
    house.done(&["outbox", "list"]).matches("data_stopped").count()
}

fn doctor(house: &House) -> String {
    String::from_utf8_lossy(&house.output(&["--lang", "ja", "doctor"]).stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_is_pulled_and_the_same_sheet_is_no_news() {
    let sheets = Sheets::start(table(SHEET)).await;
    let house = house(&sheets, URL).await;
    let dry = pull(&house, &["crm", "--dry-run"]);
    assert_eq!((&dry["state"], &dry["inserted"]), (&"dry_run".into(), &2.into()), "{dry}");
    assert!(!has(&house, "nagoya"));
    let first = pull(&house, &[]);
    assert_eq!((&first["state"], &first["inserted"], &first["rejected"]), (&"imported".into(), &2.into(), &0.into()));
    assert!(has(&house, "nagoya"));
    let facts = house.done(&["timeline", "nagoya"]);
    // The server knows that nothing changed; one that does not gets its bytes compared; new bytes their rows.
    assert_eq!(pull(&house, &[])["state"], "unchanged");
    sheets.say(Says::Table("\"two\"", SHEET.to_owned()));
    assert_eq!(pull(&house, &[])["state"], "unchanged");
    sheets.say(Says::Table("\"three\"", SHEET.replace('\n', "\r\n")));
    let same = pull(&house, &[]);
    assert_eq!((&same["state"], &same["unchanged"], &same["updated"]), (&"imported".into(), &2.into(), &0.into()));
    assert_eq!(sheets.answered(), [200, 200, 304, 200, 200]);
    assert_eq!(house.done(&["timeline", "nagoya"]), facts);
    // By the schedule: not before an hour has gone.
    sheets.say(Says::Table("\"four\"", SHEET.replace("仙台工業,active,light", "仙台工業,active,pro")));
    house.done(&["tick"]);
    assert_eq!(sheets.answered(), Vec::<u16>::new());
    house.at("2026-04-07T11:00:00+09:00");
    house.done(&["tick"]);
    assert_eq!(sheets.answered(), [200]);
    assert!(house.done(&["--json", "health", "sendai"]).contains("\"pro\""));
    assert!(doctor(&house).contains("source crm"), "{}", doctor(&house));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_within_an_answer_is_asked_for_with_a_key_that_no_other_host_learns() {
    let rows = r#"[{"key": "nagoya", "name": "名古屋]商会"}, {"key": "sendai", "plan": "light"}]"#;
    let answer = format!(r#"{{"meta": {{"items": [0]}}, "data": {{"items": {rows}, "more": false}}}}"#);
    let sheets = Sheets::start(table(&answer)).await;
    let source = "{url: '${env:SHEET}', fills: accounts, rows: data.items, headers: {X-Api-Key: '${env:KEY}'}}";
    let mut house = house(&sheets, source).await;
    house.variables.push(("KEY", "opens the door".to_owned()));
    let first = pull(&house, &[]);
    assert_eq!((&first["state"], &first["inserted"], &first["rejected"]), (&"imported".into(), &2.into(), &0.into()));
    assert_eq!(sheets.keys.lock().unwrap()[..], [Some("opens the door".to_owned())]);
    let other = Sheets::start(Says::Table("\"two\"", answer.replace("\"light\"", "\"pro\""))).await;
    sheets.say(Says::To(format!("{}/elsewhere", other.at)));
    assert_eq!(pull(&house, &[])["updated"], 1);
    assert_eq!(other.keys.lock().unwrap()[..], [None]);
    // Another form of answer is told, and nothing of it is taken.
    sheets.say(Says::Table("\"three\"", r#"{"items": [{"key": "akita"}]}"#.to_owned()));
    let wrong = pull(&house, &[]);
    assert!(wrong["why"].as_str().unwrap().contains("data.items"), "{wrong}");
    assert!(!has(&house, "akita"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_page_is_recognised_and_the_team_is_told_once() {
    let sheets = Sheets::start(table(SHEET)).await;
    let house = house(&sheets, URL).await;
    pull(&house, &[]);
    for (n, says) in [
        Says::To("https://accounts.google.com/ServiceLogin?continue=x".into()),
        Says::Page,
        Says::To(format!("{}/login", sheets.at)),
    ]
    .into_iter()
    .enumerate()
    {
        sheets.say(says);
        let said = pull(&house, &[]);
        assert!(said["why"].as_str().unwrap().contains("ログイン画面"), "{n}: {said}");
        house.done(&["tick"]);
    }
    assert_eq!(told(&house), 1, "{}", house.done(&["outbox", "list"]));
    assert!(has(&house, "nagoya"), "the last good data stay");
    let said = doctor(&house);
    assert!(said.contains("要対応 source crm") && said.contains("リンクを知っている全員"), "{said}");
    assert!(!said.contains("hidden"), "the address is a secret");
    // Back, and wrong again: told anew.
    sheets.say(table(SHEET));
    pull(&house, &[]);
    assert!(doctor(&house).contains("良好   source crm"), "{}", doctor(&house));
    house.at("2026-04-07T12:00:00+09:00");
    sheets.say(Says::Page);
    pull(&house, &[]);
    house.done(&["tick"]);
    assert_eq!(told(&house), 2, "{}", house.done(&["outbox", "list"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_passes_by_itself_is_tried_again_later_and_later_and_told_when_it_stays() {
    let sheets = Sheets::start(Says::Status(500)).await;
    let house = house(&sheets, URL).await;
    let mut asked = Vec::new();
    for minute in 0..8 {
        house.at(&format!("2026-04-07T10:{minute:02}:00+09:00"));
        house.done(&["tick"]);
        asked.push(sheets.answered().len());
        assert_eq!(told(&house), usize::from(minute >= 3), "minute {minute}");
    }
    assert_eq!(asked, [1, 1, 0, 1, 0, 0, 0, 1], "after 1, 2, 4 minutes");
    // Half a table is no table: nothing of it comes in.
    sheets.say(Says::To(format!("http://{}/half", half())));
    assert!(pull(&house, &[])["why"].as_str().unwrap().contains("途中で切れました"));
    assert!(!has(&house, "nagoya"));
    sheets.say(table(SHEET));
    house.at("2026-04-07T12:00:00+09:00");
    house.done(&["tick"]);
    assert!(has(&house, "nagoya") && told(&house) == 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_followed_to_the_data_and_nowhere_else() {
    let sheets = Sheets::start(Says::To("/table".into())).await;
    let house = house(&sheets, "{url: '${env:SHEET}', fills: accounts, max_mib: 1}").await;
    assert_eq!(pull(&house, &[])["inserted"], 2);
    for (to, says) in [
        (format!("{}/round", sheets.at), "転送"),
        ("http://192.168.0.1/secret".into(), "転送"),
        ("file:///etc/passwd".into(), "転送"),
        ("https://example.com/x".into(), "社内ネットワーク"),
    ] {
        sheets.say(Says::To(to.clone()));
        let said = pull(&house, &[]);
        assert!(said["why"].as_str().unwrap().contains(says), "{to}: {said}");
    }
    // A body without an end is not read to it.
    sheets.say(Says::Table("\"large\"", format!("{SHEET}{}", "x,y,active,light\n".repeat(100_000))));
    assert!(pull(&house, &[])["why"].as_str().unwrap().contains("1 MiB"));
    sheets.say(Says::Table("\"odd\"", "plan,mrr\nlight,1\n".to_owned()));
    assert!(pull(&house, &[])["why"].as_str().unwrap().contains("顧客のIDか名前の列"));
    sheets.say(Says::Status(403));
    assert!(pull(&house, &[])["why"].as_str().unwrap().contains("権限"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_not_taken_are_written_down_and_a_list_in_json_is_a_table() {
    let sheets = Sheets::start(table(
        "key,name,status,contract_start\nnagoya,名古屋商会,active,2026-13-45\nsendai,仙台工業,active,2026-01-10\n",
    ))
    .await;
    let house = house(&sheets, URL).await;
    let said = pull(&house, &[]);
    assert_eq!(said["read"], 2, "{said}");
    let rejected = said["rejected"].as_u64().unwrap();
    let path = house.dir.join("rejects/crm.rejects.csv");
    assert_eq!((rejected, path.is_file()), (1, true), "{said}");
    assert!(fs::read_to_string(&path).unwrap().contains("2026-13-45"));
    assert!(doctor(&house).contains("1行を取り込めていません"), "{}", doctor(&house));
    sheets.say(Says::Table(
        "\"list\"",
        "[{\"key\": \"nagoya\", \"name\": \"名古屋商会\"},\n {\"key\": \"kobe\", \"name\": \"神戸, [本店]\"}]"
            .to_owned(),
    ));
    let said = pull(&house, &[]);
    assert_eq!((&said["read"], &said["rejected"]), (&2.into(), &0.into()), "{said}");
    assert!(has(&house, "kobe") && !path.is_file(), "mended: no rejects are left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_watched_and_each_content_comes_in_once() {
    let sheets = Sheets::start(Says::Status(404)).await;
    let house = house(&sheets, "{folder: inbox, fills: accounts}").await;
    let inbox = house.dir.join("inbox");
    assert!(pull(&house, &[])["why"].as_str().unwrap().contains("inbox"), "there is no such folder yet");
    fs::create_dir(&inbox).unwrap();
    fs::write(inbox.join("a.csv"), SHEET).unwrap();
    fs::write(inbox.join("b.csv.part"), SHEET).unwrap();
    fs::write(inbox.join("page.csv"), "<!DOCTYPE html><html>").unwrap();
    let output = house.output(&["--json", "pull"]);
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said.as_array().unwrap().len(), 2, "{said}");
    assert_eq!((&said[0]["file"], &said[0]["state"]), (&"a.csv".into(), &"imported".into()), "{said}");
    assert_eq!((&said[1]["file"], &said[1]["state"]), (&"page.csv".into(), &"failed".into()), "{said}");
    assert!(has(&house, "nagoya"));
    // Known by its content: not after a restart, and not when it is only touched.
    assert_eq!(pull(&house, &[])["state"], "unchanged");
    fs::write(inbox.join("a.csv"), SHEET).unwrap();
    let touched = pull(&house, &[]);
    assert_eq!((&touched["file"], &touched["state"]), (&"a.csv".into(), &"unchanged".into()));
    house.done(&["tick"]);
    assert_eq!(told(&house), 2, "the missing folder and the page, once each: {}", house.done(&["outbox", "list"]));
    assert!(doctor(&house).contains("page.csv：表として読めません。ウェブページです"), "{}", doctor(&house));
    fs::remove_file(inbox.join("page.csv")).unwrap();

    // The daemon takes what has stopped growing.
    let daemon = house.start(&[]).await;
    fs::write(inbox.join("c.csv"), "key,name,status\nkobe,神戸").unwrap();
    fs::write(inbox.join("c.csv"), "key,name,status\nkobe,神戸商店,active\n").unwrap();
    until("the daemon takes the file", async || has(&house, "kobe")).await;
    until("and decides on it", async || house.done(&["--json", "health", "kobe"]).contains("神戸商店")).await;
    daemon.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_no_source_is_answered_with_those_there_are() {
    let sheets = Sheets::start(table(SHEET)).await;
    let house = house(&sheets, URL).await;
    let output = house.output(&["pull", "cmr"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("crm"));
}

/// Pulled by name, the people came before their customers: every row was refused, and the sheet counted as known.
#[tokio::test(flavor = "multi_thread")]
async fn customers_are_there_before_their_people_whatever_the_sheets_are_called() {
    let house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    let path = house.dir.join("shirube.yaml");
    let config = fs::read_to_string(&path).unwrap();
    let sources = "sources:\n  a_people: {file: people.csv, fills: contacts}\n  b_customers: {file: customers.csv, fills: accounts}\n";
    fs::write(&path, format!("{config}\n{sources}")).unwrap();
    fs::write(house.dir.join("customers.csv"), "key,name,status\nkobe,神戸商店,active\n").unwrap();
    fs::write(house.dir.join("people.csv"), "account_key,key,name,email\nkobe,hana,花,hana@example.test\n").unwrap();
    let output = house.output(&["--json", "pull"]);
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rejected: Vec<&Value> = said.as_array().unwrap().iter().map(|one| &one["rejected"]).collect();
    assert_eq!(rejected, [&Value::from(0), &Value::from(0)], "{said}");
}

/// A row about a customer who came later than the sheet was read: refused once, and the sheet counted as known for good.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_was_refused_comes_in_when_its_customer_is_there() {
    let sheets = Sheets::start(table("account_key,key,name,email\nkobe,hana,花,hana@example.test\n")).await;
    let house = house(&sheets, "{url: '${env:SHEET}', fills: contacts}").await;
    assert_eq!(pull(&house, &[])["rejected"], 1);
    let sheet = house.dir.join("customers.csv");
    fs::write(&sheet, "key,name,status\nkobe,神戸商店,active\n").unwrap();
    house.done(&["import", "accounts", sheet.to_str().unwrap()]);
    let again = pull(&house, &[]);
    assert_eq!((&again["rejected"], &again["inserted"]), (&0.into(), &1.into()), "{again}");
    assert_eq!(pull(&house, &[])["state"], "unchanged");
}
