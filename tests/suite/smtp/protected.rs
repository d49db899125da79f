//! The driver against a relay behind TLS with a login.

use std::{fs, time::Duration};

use shirube::{
    app::dispatch::{Stats, alarm},
    channel::email::smtp::{
        SmtpChannel,
        settings::{Limits, SmtpSettings},
    },
    engine::Recheck,
    model::instant::{HOUR, MINUTE},
};

use super::{
    Next, next,
    secure::{Relay, Ways},
    send,
};
use crate::{
    dispatch::{House, START},
    seed,
};

/// Settings for `relay`; the test CA vouches for it if `trusted`.
fn settings(relay: &Relay, tls: &str, host: &str, trusted: bool) -> SmtpSettings {
    let url = format!("smtp://cs%40example.com:right@{host}:{}?tls={tls}", relay.at.port());
    let mut settings = SmtpSettings::parse(&url, "bounce@example.com").unwrap();
    settings.ca = trusted.then(|| fs::read("tests/data/tls/ca.pem").unwrap());
    let patience = Duration::from_secs(10);
    settings.limits = Limits { connect: patience, command: patience, data: patience, reply: patience };
    settings
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_goes_through_tls_with_either_login_and_one_handshake() {
    for (ways, tls) in [(Ways::implicit(), "implicit"), (Ways::starttls(), "starttls")] {
        for (login, host) in [("PLAIN", "127.0.0.1"), ("LOGIN", "localhost")] {
            let relay = Relay::start(Ways { login, ..ways });
            let channel = SmtpChannel::new(settings(&relay, tls, host, true));
            for n in 1..=3 {
                let (result, asked) = send(&channel, n, true).await;
                assert_eq!((next(&result), asked), (Next::Sent, 1), "{tls} {login}: {result:?}");
            }
            channel.close().await;
            let seen = relay.seen();
            assert_eq!((seen.connections, seen.logins, seen.mails.len()), (1, 1, 3), "{tls} {login}");
            assert_eq!(seen.plain, [""; 0], "nothing crosses a plain line");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_nobody_vouches_for_or_of_another_host_is_refused() {
    for (certificate, trusted) in [("relay", false), ("other", true)] {
        for (ways, tls) in [(Ways::implicit(), "implicit"), (Ways::starttls(), "starttls")] {
            let relay = Relay::start(Ways { certificate, ..ways });
            let channel = SmtpChannel::new(settings(&relay, tls, "127.0.0.1", trusted));
            let (result, asked) = send(&channel, 1, true).await;
            assert_eq!((next(&result), asked), (Next::Misconfigured, 0), "{certificate} {tls}: {result:?}");
            assert!(format!("{result:?}").contains("email.ca_file"), "{result:?}");
            let seen = relay.seen();
            assert!(seen.mails.is_empty() && seen.logins == 0 && seen.plain.is_empty(), "{seen:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_login_stops_the_sender_counts_no_attempt_says_so_once_and_loses_nothing() {
    let relay = Relay::start(Ways { password: "changed", ..Ways::starttls() });
    let house = House::new();
    let store = house.store().await;
    seed::queue(store.as_ref(), 20, START, &|_| ()).await.unwrap();
    let channel = || std::sync::Arc::new(SmtpChannel::new(settings(&relay, "starttls", "127.0.0.1", true)));
    let (dispatcher, _) = house.start(&store, channel(), Recheck::Go).await;
    for minute in [0, 6, 20, 50] {
        house.clock.set(START.plus(minute * MINUTE));
        assert_eq!(dispatcher.dispatch_once().await.unwrap().sent, 0);
    }
    let rows = store.outbox(None, None, 100).await.unwrap();
    assert!(rows.iter().all(|row| row.attempts == 0 && row.detail.contains("535")), "{rows:?}");
    let alarms = alarm::read(store.as_ref()).await.unwrap();
    assert_eq!((alarms.len(), alarms[0].name.as_str(), alarms[0].since), (1, "email/sender:", START));
    let told = store.timeline(shirube::model::ids::AccountId::WORKSPACE, 100).await.unwrap();
    let told: Vec<_> = told.iter().filter(|f| format!("{:?}", f.body).contains(alarm::STOPPED)).collect();
    assert_eq!(told.len(), 1, "said once, not at every try: {told:?}");

    // Mended: everything goes, and nothing alarms any more.
    relay.change(|ways| ways.password = "right");
    house.clock.set(START.plus(3 * HOUR));
    let mut sent = 0;
    while sent < 20 {
        let stats = dispatcher.dispatch_once().await.unwrap();
        assert!(stats.sent > 0, "{stats:?}");
        sent += stats.sent;
    }
    assert_eq!(dispatcher.dispatch_once().await.unwrap(), Stats::default());
    assert_eq!(relay.seen().mails.len(), 20);
    assert!(alarm::read(store.as_ref()).await.unwrap().is_empty());
}
