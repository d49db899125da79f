//! Webhooks out, from the outbox to a receiver on loopback.

use std::{collections::BTreeMap, sync::Arc};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use shirube::{
    app::dispatch::{Dispatcher, Stats},
    channel::{
        Channel,
        webhook::{Endpoint, WebhookChannel, webhook_body},
    },
    clock::{Clock, VirtualClock},
    engine::Recheck,
    model::{
        instant::{DAY, HOUR, Instant, MINUTE},
        message::{Audience, ChannelKind, Delivery, OutboxState, Planned},
        safe::SafeUrl,
    },
    store::api::Store,
};

use crate::{
    dispatch::{Fixed, House, START},
    fakes::web::{Answer, Web},
    seed,
};

const SECRET: &str = "a shared secret of ours";
/// The one before, while the receiver changes to the new one.
const OLDER: &str = "the secret of last year";

fn channel(url: &str, clock: &Arc<VirtualClock>) -> Arc<dyn Channel> {
    let endpoint = Endpoint { url: SafeUrl::new(url).unwrap(), secrets: vec![SECRET.into(), OLDER.into()] };
    let clock = Arc::clone(clock);
    Arc::new(
        WebhookChannel::new(BTreeMap::from([("crm".to_owned(), endpoint)]), Arc::new(move || clock.now())).unwrap(),
    )
}

fn to_crm(planned: &mut Planned) {
    planned.channel = ChannelKind::Webhook;
    planned.address = "crm".into();
    planned.audience = Audience::Team;
    planned.delivery = Delivery::AtLeastOnce;
}

async fn setting(web: &Web, count: usize) -> (House, Arc<dyn Store>, Dispatcher) {
    let house = House::new();
    let store = house.store().await;
    seed::queue(store.as_ref(), count, START, &|p| to_crm(p)).await.unwrap();
    let channel = channel(&web.url("/hook"), &house.clock);
    let bodies = Arc::new(Fixed(webhook_body));
    let (dispatcher, _) = house.start_with(&store, ChannelKind::Webhook, channel, bodies, Recheck::Go).await;
    (house, store, dispatcher)
}

fn answering(status: u16) -> Answer {
    Answer { status, headers: Vec::new(), body: json!({}) }
}

/// As a receiver checks it, by the standard, whichever secret it knows.
fn signed(call: &crate::fakes::web::Call) -> bool {
    [SECRET, OLDER].iter().all(|secret| signed_by(secret, call))
}

fn signed_by(secret: &str, call: &crate::fakes::web::Call) -> bool {
    let part = |name: &str| call.headers[name].clone();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{}.{}.", part("webhook-id"), part("webhook-timestamp")).as_bytes());
    mac.update(&call.raw);
    use base64::Engine;
    let want = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
    part("webhook-signature").split(' ').any(|one| one == format!("v1,{want}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_call_is_repeated_with_the_same_id_and_bytes_and_a_fresh_signature() {
    let web = Web::start(|_| answering(204)).await;
    web.script("/hook", answering(500));
    let (house, store, dispatcher) = setting(&web, 1).await;
    assert_eq!(dispatcher.dispatch_once().await.unwrap(), Stats { retried: 1, ..Stats::default() });
    house.clock.set(START.plus(2 * MINUTE));
    assert_eq!(dispatcher.dispatch_once().await.unwrap(), Stats { sent: 1, ..Stats::default() });
    let calls = web.calls("/hook");
    assert!(calls.len() == 2 && calls.iter().all(signed), "{calls:?}");
    assert_eq!((&calls[0].raw, &calls[0].headers["webhook-id"]), (&calls[1].raw, &calls[1].headers["webhook-id"]));
    let seconds = |n: usize| calls[n].headers["webhook-timestamp"].parse::<i64>().unwrap();
    assert_eq!((seconds(0), seconds(1) - seconds(0)), (START.0 / 1_000_000, 120));
    let row = &store.outbox(None, None, 1).await.unwrap()[0];
    assert_eq!((row.state, row.planned.key.0.as_str()), (OutboxState::Sent, calls[0].headers["webhook-id"].as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_a_failure_and_is_never_followed() {
    let web = Web::start(|_| answering(200)).await;
    let location = vec![("location", web.url("/inside"))];
    web.script("/hook", Answer { status: 307, headers: location, body: json!({}) });
    let (_house, store, dispatcher) = setting(&web, 1).await;
    assert_eq!(dispatcher.dispatch_once().await.unwrap().retried, 1);
    assert!(web.calls("/inside").is_empty());
    assert!(store.outbox(None, None, 1).await.unwrap()[0].detail.contains("307"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_wants_no_more_is_told_once_and_a_busy_one_sets_the_pace() {
    let web = Web::start(|_| answering(200)).await;
    web.script("/hook", answering(410));
    let (house, _store, dispatcher) = setting(&web, 1).await;
    assert_eq!(dispatcher.dispatch_once().await.unwrap().failed, 1);
    let web = Web::start(|_| answering(200)).await;
    web.script("/hook", Answer { status: 429, headers: vec![("retry-after", "600".into())], body: json!({}) });
    let (busy, _store, dispatcher) = setting(&web, 1).await;
    dispatcher.dispatch_once().await.unwrap();
    busy.clock.set(START.plus(9 * MINUTE));
    assert_eq!(dispatcher.dispatch_once().await.unwrap().sent, 0);
    busy.clock.set(START.plus(10 * MINUTE));
    assert_eq!(dispatcher.dispatch_once().await.unwrap().sent, 1);
    drop(house);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_fails_for_five_days_is_off_until_a_daily_try_succeeds() {
    let web = Web::start(|_| answering(500)).await;
    let (house, store, dispatcher) = setting(&web, 1).await;
    let mut accounts = 1;
    let mut at = async |time: Instant| {
        // One more message at this moment.
        accounts += 1;
        seed::queue(store.as_ref(), accounts, time, &|p| to_crm(p)).await.unwrap();
        house.clock.set(time);
        let before = web.calls("/hook").len();
        let stats = dispatcher.dispatch_once().await.unwrap();
        (web.calls("/hook").len() - before, stats)
    };
    for hour in (0..120).step_by(6) {
        assert!(at(START.plus(hour * HOUR)).await.0 > 0, "hour {hour}");
    }
    let (calls, stats) = at(START.plus(5 * DAY)).await;
    assert!(calls == 0 && stats.failed > 0, "off: {calls} {stats:?}");
    web.script("/hook", answering(200));
    let (calls, stats) = at(START.plus(6 * DAY)).await;
    assert!(calls >= 1 && stats.sent == 1, "the daily try: {calls} {stats:?}");
}
