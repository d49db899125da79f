//! The SMTP driver against a relay that misbehaves in every phase.

mod protected;
mod secure;
pub mod sink;
mod token;

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use shirube::{
    channel::{
        Channel, Gate,
        email::smtp::{
            SmtpChannel,
            settings::{Limits, SmtpSettings},
        },
    },
    model::message::{Planned, Receipt, SendError},
};
use sink::{At, Fault, Sink};

/// A gate that counts and answers always the same.
struct Count(AtomicUsize, bool);

#[async_trait]
impl Gate for Count {
    async fn hand_over(&self) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed);
        self.1
    }
}

pub fn settings(sink: &Sink) -> SmtpSettings {
    settings_to(sink.at.port())
}

/// The same for whoever listens there.
pub fn settings_to(port: u16) -> SmtpSettings {
    let short = Duration::from_millis(150);
    let mut settings = SmtpSettings::parse(&format!("smtp://127.0.0.1:{port}"), "bounce@example.com").unwrap();
    settings.limits = Limits { connect: short, command: short, data: short, reply: short };
    settings
}

fn mail(n: i64) -> (Planned, Vec<u8>) {
    let planned = crate::made::planned(n);
    let body = format!("X-Shirube-Key: {}\r\nSubject: x\r\n\r\n.hello\r\n..\r\n", planned.key.0);
    (planned, body.into_bytes())
}

async fn send(channel: &SmtpChannel, n: i64, open: bool) -> (Result<Option<Receipt>, SendError>, usize) {
    let (planned, body) = mail(n);
    let gate = Count(AtomicUsize::new(0), open);
    let result = channel.send(&planned, &body, &gate).await;
    (result, gate.0.into_inner())
}

#[derive(Debug, PartialEq, Eq)]
enum Next {
    Sent,
    Retry,
    RelayDown,
    Misconfigured,
    Reject,
    Unknown,
}

fn next(result: &Result<Option<Receipt>, SendError>) -> Next {
    match result {
        Ok(_) => Next::Sent,
        Err(SendError::RetryAfter { after_micros: None, .. }) => Next::Retry,
        Err(SendError::RetryAfter { .. }) => Next::RelayDown,
        Err(SendError::Misconfigured { .. } | SendError::Misdirected { .. }) => Next::Misconfigured,
        Err(SendError::Reject { .. }) => Next::Reject,
        Err(SendError::Unknown { .. }) => Next::Unknown,
    }
}

/// What each cell of the table must lead to. Only a lost or missing answer to the dot is ambiguous.
fn expected(at: At, fault: &Fault) -> Next {
    match (at, fault) {
        (At::Dot, Fault::Drop | Fault::Stall) => Next::Unknown,
        (At::Connect | At::Ehlo, Fault::Reply(text)) if text.starts_with('5') => Next::Misconfigured,
        (At::Connect | At::Ehlo, _) => Next::RelayDown,
        (At::Mail, Fault::Reply(text)) if text.starts_with('5') => Next::Misconfigured,
        (At::Rcpt | At::Data | At::Dot, Fault::Reply(text)) if text.starts_with('5') => Next::Reject,
        (At::Mail | At::Rcpt | At::Data | At::Dot, _) => Next::Retry,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_in_every_phase_leads_to_the_right_next_state() {
    let faults = [
        Fault::Reply("451 4.3.0 later".into()),
        Fault::Reply("421 4.3.2 closing".into()),
        Fault::Reply("550 5.1.1 <user@example.com> unknown".into()),
        Fault::Reply("554-5.7.1 no\r\n554 5.7.1 really not".into()),
        Fault::Drop,
        Fault::Stall,
        Fault::Reply("hello?".into()),
    ];
    for at in At::ALL {
        for fault in &faults {
            let sink = Sink::start(None).await.unwrap();
            let channel = SmtpChannel::new(settings(&sink));
            sink.fault(at, fault.clone(), 1);
            let (result, asked) = send(&channel, 1, true).await;
            let want = match fault {
                // Garbage is no reply: as if the line had been lost.
                Fault::Reply(text) if text == "hello?" => expected(at, &Fault::Drop),
                _ => expected(at, fault),
            };
            assert_eq!(next(&result), want, "{at:?} {fault:?}: {result:?}");
            assert_eq!(asked, usize::from(at == At::Dot), "the gate is asked only before the body: {at:?} {fault:?}");
            let (again, _) = send(&channel, 2, true).await;
            assert_eq!(next(&again), Next::Sent, "the next mail goes: {at:?} {fault:?}: {again:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shut_gate_sends_nothing_and_leaves_no_half_mail() {
    let sink = Sink::start(None).await.unwrap();
    let channel = SmtpChannel::new(settings(&sink));
    assert_eq!(send(&channel, 1, false).await, (Ok(None), 1));
    assert_eq!(next(&send(&channel, 2, true).await.0), Next::Sent);
    let accepted = sink.accepted();
    assert_eq!(accepted.len(), 1);
    assert_eq!(accepted[0].bytes, mail(2).1, "dots are stuffed and unstuffed");
    assert_eq!(
        (accepted[0].from.as_str(), accepted[0].to.as_slice()),
        ("bounce@example.com", &["user2@example.com".to_owned()][..])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_carries_many_mails_and_survives_a_refused_recipient() {
    let sink = Sink::start(None).await.unwrap();
    let channel = SmtpChannel::new(settings(&sink));
    assert_eq!(next(&send(&channel, 1, true).await.0), Next::Sent);
    sink.fault(At::Rcpt, Fault::Reply("550 5.1.1 unknown".into()), 1);
    assert_eq!(next(&send(&channel, 2, true).await.0), Next::Reject);
    assert_eq!(next(&send(&channel, 3, true).await.0), Next::Sent);
    assert_eq!(sink.state.connections.load(Ordering::Relaxed), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_the_relay_closed_meanwhile_is_replaced_without_a_lost_try() {
    let sink = Sink::start(None).await.unwrap();
    let channel = SmtpChannel::new(settings(&sink));
    assert_eq!(next(&send(&channel, 1, true).await.0), Next::Sent);
    sink.fault(At::Mail, Fault::Reply("421 4.4.2 idle too long".into()), 1);
    assert_eq!(next(&send(&channel, 2, true).await.0), Next::Sent);
    assert_eq!(sink.state.connections.load(Ordering::Relaxed), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_verp_each_mail_is_returned_to_an_address_that_names_it() {
    let sink = Sink::start(None).await.unwrap();
    let channel = SmtpChannel::new(SmtpSettings { verp: true, ..settings(&sink) });
    send(&channel, 1, true).await.0.unwrap();
    let plain = SmtpChannel::new(settings(&sink));
    send(&plain, 2, true).await.0.unwrap();
    let from: Vec<String> = sink.accepted().into_iter().map(|m| m.from).collect();
    let (user, domain) = from[1].split_once('@').unwrap();
    assert_eq!(from[0], format!("{user}+{}@{domain}", mail(1).0.key.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_trying_out_the_envelope_goes_to_one_address_too() {
    let sink = Sink::start(None).await.unwrap();
    let mut settings = settings(&sink);
    settings.redirect_all_to = Some("me@example.com".parse().unwrap());
    let channel = SmtpChannel::new(settings);
    assert_eq!(next(&send(&channel, 1, true).await.0), Next::Sent);
    assert_eq!(sink.accepted()[0].to, ["me@example.com"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_starttls_nothing_goes_over_a_plain_line() {
    let sink = Sink::start(None).await.unwrap();
    let url = format!("smtp://u:secret@127.0.0.1:{}?tls=starttls", sink.at.port());
    let mut settings = SmtpSettings::parse(&url, "bounce@example.com").unwrap();
    settings.limits = Limits { connect: Duration::from_secs(1), ..self::settings(&sink).limits };
    let (result, asked) = send(&SmtpChannel::new(settings), 1, true).await;
    assert_eq!((next(&result), asked), (Next::Misconfigured, 0), "{result:?}");
}
