//! A report that others may read by its link.

use std::{collections::BTreeMap, fs, sync::Arc};

use serde_json::Value;
use shirube::{
    app::{
        share::Shares,
        token::{Claims, Purpose, Tokens},
    },
    clock::VirtualClock,
    http::{self, share as routes},
    model::{ids::AccountId, locale::Locale},
};

use crate::{
    effects::Room,
    store::fixture::{Fixture, at},
};

#[tokio::test]
async fn a_link_shows_the_page_as_it_was_and_one_that_is_over_looks_like_one_that_never_was() {
    let f = Fixture::sqlite().await;
    let tokens = Arc::new(Tokens::new(BTreeMap::from([(1, vec![7; 32])])).unwrap());
    let shares = Shares { store: f.store.clone(), tokens: tokens.clone() };
    let (id, token) = shares.make("Monthly", "<p>July</p>".into(), "terminal:cli", at(1), at(100)).await.unwrap();
    let (_, over) = shares.make("Monthly", "<p>June</p>".into(), "terminal:cli", at(1), at(4)).await.unwrap();
    let sharing = routes::Sharing { shares, clock: Arc::new(VirtualClock::at(at(5))), locale: Locale::Ja };
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let router = http::outside(vec![routes::routes(sharing)]);
    let (bound, _task) = http::serve("127.0.0.1:0".parse().unwrap(), router, stopped).await.unwrap();
    shirube::channel::tls::ready();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = async |token: &str| {
        let page = client.get(format!("http://{bound}/share/{token}")).send().await.unwrap();
        let headers = ["referrer-policy", "x-robots-tag", "cache-control", "content-security-policy"];
        let headers = headers.map(|name| page.headers()[name].to_str().unwrap().to_owned());
        assert_eq!(headers[..3], ["no-referrer", "noindex, nofollow, noarchive", "no-store"]);
        assert!(headers[3].starts_with("default-src 'none'"), "{headers:?}");
        (page.status().as_u16(), page.text().await.unwrap())
    };
    assert_eq!(get(&token).await, (200, "<p>July</p>".to_owned()));
    let nothing = get("forged").await;
    assert!(nothing.0 == 404 && nothing.1.contains("このリンクは使えません"), "{nothing:?}");
    let claims = Claims { account: AccountId(0), contact: None, subject: id.clone() };
    for other in [over, tokens.mint(Purpose::Survey, &claims), token.to_uppercase()] {
        assert_eq!(get(&other).await, nothing);
    }
    assert!(f.store.unshare(&id, "terminal:cli", at(5)).await.unwrap());
    assert_eq!(get(&token).await, nothing);
    let post = client.post(format!("http://{bound}/share/{token}")).send().await.unwrap();
    assert_eq!(post.status(), 405);
}

#[test]
fn a_report_is_shared_listed_and_taken_back_on_the_command_line() {
    let room = Room::new();
    room.at(0);
    room.import("accounts", "key,name,contract_start\nacme,Acme Works,2025-01-01\n");
    room.done(&["tick"]);
    let (code, _, said) = room.run(&["report", "monthly", "--share", "30d"]);
    assert!(code == 1 && said.contains("http.public_url"), "{said}");
    fs::write(room.dir().join("shirube.yaml"), "http: {public_url: https://cs.ours.example}\n").unwrap();
    for wrong in ["0d", "400d", "soon"] {
        assert_eq!(room.run(&["report", "monthly", "--share", wrong]).0, 2, "{wrong}");
    }
    let made = room.json(&["--json", "report", "monthly", "--share", "30d"]);
    assert!(made["url"].as_str().unwrap().starts_with("https://cs.ours.example/share/"), "{made}");
    assert_eq!(made["until"], "2026-04-01T10:00:00+09:00");
    let id = made["id"].as_str().unwrap();
    let list = room.json(&["--json", "share", "list"]);
    assert_eq!((list.as_array().map(Vec::len), &list[0]["id"]), (Some(1), &made["id"]));
    let said = room.done(&["share", "revoke", id, "--lang", "en"]);
    assert!(said.contains("was taken back"), "{said}");
    assert_eq!(room.run(&["share", "revoke", id]).0, 1);
    assert_eq!(room.json(&["--json", "share", "list"]), Value::Array(Vec::new()));
    let log = room.done(&["audit", "list"]);
    assert!(log.contains("unshare") && log.contains(id), "{log}");
}
