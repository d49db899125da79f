//! A login by token (XOAUTH2), as Microsoft 365 and Google Workspace want it.

use std::fs;

use shirube::{
    channel::email::smtp::{SmtpChannel, settings::SmtpSettings},
    model::safe::SafeUrl,
    net::oauth::{Grant, Tokens},
};

use super::{
    Next, next,
    secure::{Relay, Ways},
    send,
};
use crate::fakes::web::{Answer, Web};

fn granted(token: &str, lasts: u64) -> Answer {
    Answer::ok(serde_json::json!({"access_token": token, "token_type": "Bearer", "expires_in": lasts}))
}

async fn grants(default: Answer) -> Web {
    Web::start(move |_| default.clone()).await
}

fn channel(relay: &Relay, web: &Web, refresh: Option<&str>) -> SmtpChannel {
    let url = format!("smtp://cs%40example.com@127.0.0.1:{}?tls=starttls", relay.at.port());
    let grant = Grant {
        token_url: SafeUrl::new(&web.url("/token")).unwrap(),
        client_id: "app".to_owned(),
        client_secret: Some("app-secret".to_owned().into()),
        refresh_token: refresh.map(|text| text.to_owned().into()),
        scope: Some("https://mail.example/.default".to_owned()),
    };
    let mut settings = SmtpSettings::parse(&url, "bounce@example.com").unwrap();
    settings.ca = Some(fs::read("tests/data/tls/ca.pem").unwrap());
    settings.per_connection = 1;
    settings.tokens = Some(Tokens::new(grant).unwrap());
    SmtpChannel::new(settings)
}

fn form(web: &Web, call: usize) -> String {
    String::from_utf8(web.calls("/token")[call].raw.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_token_serves_many_logins_until_it_ends() {
    let relay = Relay::start(Ways { login: "XOAUTH2", password: "first", ..Ways::starttls() });
    let web = grants(granted("first", 3_600)).await;
    let channel = channel(&relay, &web, None);
    for n in 1..=3 {
        let (result, _) = send(&channel, n, true).await;
        assert_eq!(next(&result), Next::Sent, "{result:?}");
    }
    assert_eq!((relay.seen().logins, web.calls("/token").len()), (3, 1));
    let asked = form(&web, 0);
    assert!(asked.contains("grant_type=client_credentials") && asked.contains("client_id=app"), "{asked}");
    assert!(asked.contains("client_secret=app-secret") && asked.contains("scope=https"), "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_ends_within_two_minutes_is_not_used_again() {
    let relay = Relay::start(Ways { login: "XOAUTH2", password: "short", ..Ways::starttls() });
    let web = grants(granted("short", 60)).await;
    let channel = channel(&relay, &web, Some("consent"));
    for n in 1..=2 {
        assert_eq!(next(&send(&channel, n, true).await.0), Next::Sent);
    }
    assert_eq!(web.calls("/token").len(), 2);
    let asked = form(&web, 1);
    assert!(asked.contains("grant_type=refresh_token") && asked.contains("refresh_token=consent"), "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_taken_back_is_asked_for_anew_and_a_new_one_refused_stops_the_sender() {
    let relay = Relay::start(Ways { login: "XOAUTH2", password: "one", ..Ways::starttls() });
    let web = grants(granted("two", 3_600)).await;
    web.script("/token", granted("one", 3_600));
    let channel = channel(&relay, &web, None);
    assert_eq!(next(&send(&channel, 1, true).await.0), Next::Sent);
    // Taken back: time mends it, nothing is counted against the message.
    relay.change(|ways| ways.password = "two");
    let (result, _) = send(&channel, 2, true).await;
    assert_eq!(next(&result), Next::RelayDown, "{result:?}");
    assert_eq!(next(&send(&channel, 2, true).await.0), Next::Sent);
    // Another application's token: a person must look.
    relay.change(|ways| ways.password = "three");
    assert_eq!(next(&send(&channel, 3, true).await.0), Next::RelayDown);
    let (result, _) = send(&channel, 3, true).await;
    assert_eq!(next(&result), Next::Misconfigured, "{result:?}");
    assert!(!format!("{result:?}").contains("two"), "no secret in what is told: {result:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_grants_nothing_is_told_apart_from_one_that_is_away() {
    let relay = Relay::start(Ways { login: "XOAUTH2", ..Ways::starttls() });
    let refused =
        Answer { status: 400, headers: Vec::new(), body: serde_json::json!({"error": "invalid_grant\r\nX: y"}) };
    let web = grants(refused).await;
    web.script("/token", Answer { status: 503, headers: Vec::new(), body: serde_json::json!({}) });
    let channel = channel(&relay, &web, None);
    assert_eq!(next(&send(&channel, 1, true).await.0), Next::RelayDown);
    let (result, _) = send(&channel, 1, true).await;
    assert_eq!(next(&result), Next::Misconfigured);
    let told = format!("{result:?}");
    assert!(
        told.contains("400 invalid_grantXy") && told.contains("check oauth") && !told.contains("app-secret"),
        "{told}"
    );
    assert_eq!(relay.seen().mails.len(), 0);
}
