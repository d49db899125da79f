//! Rows of a product's own PostgreSQL: read-only, from a cursor on. Where `SHIRUBE_TEST_PG` names a cluster.

use std::sync::atomic::{AtomicU32, Ordering};

use shirube::{
    app::pull::{End, Feed, Place, Pulls, Schedule, standing},
    source::{pull::Query, table::Kind},
};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::House;

const TABLES: &str = "CREATE TABLE logins (id BIGINT PRIMARY KEY, company TEXT, at TIMESTAMPTZ); \
    INSERT INTO logins VALUES (1, 'acme', '2027-02-01T00:00:00Z'), (2, 'acme', '2027-02-02T00:00:00Z'), \
    (3, 'bolt', '2027-02-02T00:00:00Z');";
const QUERY: &str = "SELECT id AS event_id, company AS account, 'login' AS event, at FROM logins; ";

/// A new database with `TABLES`; its address.
async fn database() -> Option<String> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let Ok(admin) = std::env::var("SHIRUBE_TEST_PG") else {
        println!("skipped: SHIRUBE_TEST_PG names no PostgreSQL");
        return None;
    };
    let name = format!("product_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    run(&admin, &format!("CREATE DATABASE {name}")).await;
    let url = format!("{}/{name}", admin.rsplit_once('/').unwrap().0);
    run(&url, TABLES).await;
    Some(url)
}

async fn run(url: &str, text: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(text.to_owned())).execute(&mut connection).await.unwrap();
}

fn pulls(url: &str, text: &str, cursor: Option<&str>) -> Pulls {
    let query = Query { dsn: url.to_owned().into(), text: text.to_owned(), cursor: cursor.map(Into::into) };
    let feed = Feed {
        rows: Vec::new(),
        name: "logins".into(),
        place: Place::Query(query),
        kind: Kind::Events,
        map: None,
        assume: None,
        schedule: Schedule::Every(3_600_000_000),
        most: 1 << 20,
        rejects: std::env::temp_dir().join(format!("rejects-{}", std::process::id())),
    };
    Pulls::new(vec![feed], Vec::new())
}

async fn pull(house: &House, pulls: &Pulls) -> Result<[u64; 3], String> {
    match &pulls.one(&house.shell, &pulls.feeds[0], false).await.unwrap().remove(0).end {
        End::Taken(report, _) => {
            Ok([report.summary.read, report.summary.inserted + report.summary.updated, report.summary.rejected])
        }
        End::Unchanged => Ok([0; 3]),
        other => Err(format!("{other:?}")),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_come_once_and_only_those_from_the_cursor_on_are_asked_for() {
    let Some(url) = database().await else { return };
    let house = House::new().await;
    let pulls = pulls(&url, QUERY, Some("at"));
    assert_eq!(pull(&house, &pulls).await, Ok([3, 3, 0]));
    assert_eq!(standing(house.store(), "logins").await.unwrap().mark.etag.as_deref(), Some("2027-02-02 00:00:00+00"));
    run(&url, "INSERT INTO logins VALUES (4, 'acme', '2027-02-02T00:00:00Z'), (5, 'acme', '2027-02-03T00:00:00Z')")
        .await;
    // Those of the last moment come again, and are known.
    assert_eq!(pull(&house, &pulls).await, Ok([4, 2, 0]));
    assert_eq!(pull(&house, &pulls).await, Ok([1, 0, 0]));
    assert_eq!(pull(&house, &pulls).await, Ok([0, 0, 0]), "nothing is new");
    house.turn().await;
    let acme = house.store().account_by_key("acme").await.unwrap().unwrap();
    let facts = house.store().timeline(acme.id, 99).await.unwrap();
    assert_eq!(facts.iter().filter(|fact| fact.source != "shirube").count(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_stands_in_a_query_it_can_only_read() {
    let Some(url) = database().await else { return };
    let house = House::new().await;
    run(&url, "CREATE FUNCTION spoil() RETURNS bigint LANGUAGE sql AS 'DELETE FROM logins RETURNING 1::bigint'").await;
    let evil = [
        "DELETE FROM logins RETURNING id AS event_id",
        "SELECT spoil() AS event_id, 'a' AS account, 'login' AS event, now() AS at",
        "SELECT 1 AS event_id) AS t; DELETE FROM logins; SELECT row_to_json(t)::text FROM (SELECT 1",
        "SELECT nothing FROM nowhere",
    ];
    for text in evil {
        let refused = pull(&house, &pulls(&url, text, None)).await.unwrap_err();
        assert!(refused.contains("Database"), "{text}: {refused}");
    }
    let all = "SELECT count(*) AS event_id, 'acme' AS account, 'login' AS event, max(at) AS at FROM logins";
    assert_eq!(pull(&house, &pulls(&url, all, None)).await, Ok([1, 1, 0]));
    let pulls = pulls(&url.replace("/product_", "/nowhere_"), QUERY, None);
    assert!(pull(&house, &pulls).await.unwrap_err().contains("does not exist"));
}

/// Each look read the same rows again, for ever, and nobody was told.
#[tokio::test(flavor = "multi_thread")]
async fn more_rows_of_one_moment_than_may_be_read_at_once_are_told() {
    let Some(url) = database().await else { return };
    let house = House::new().await;
    let mut pulls = pulls(&url, QUERY, Some("at"));
    // Room for two of three rows; the cursor comes to the moment that the other two share.
    pulls.feeds[0].most = 200;
    assert_eq!(pull(&house, &pulls).await, Ok([2, 2, 0]));
    run(&url, "INSERT INTO logins VALUES (4, 'acme', '2027-02-02T00:00:00Z')").await;
    assert!(pull(&house, &pulls).await.unwrap_err().contains("TooLarge"));
}

/// PostgreSQL repeats the value that it cannot read, and it went into the log.
#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_cannot_be_read_is_not_repeated() {
    let Some(url) = database().await else { return };
    let house = House::new().await;
    let text = "SELECT (company || '@customer.example')::bigint AS event_id, company AS account, 'login' AS event, at FROM logins";
    let refused = pull(&house, &pulls(&url, text, None)).await.unwrap_err();
    assert!(refused.contains("22P02") && !refused.contains("customer.example"), "{refused}");
}

#[test]
fn a_new_password_is_no_new_database() {
    let place = |dsn: &str| Query { dsn: dsn.to_owned().into(), text: String::new(), cursor: None }.place();
    assert_eq!(place("postgres://cs:old@db.example:5433/app"), "cs@db.example:5433/app");
    assert_eq!(place("postgres://cs:new@db.example:5433/app"), place("postgres://cs:old@db.example:5433/app"));
}
