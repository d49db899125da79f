//! Mail providers tell of returned mail by webhook, on the built binary.

use std::{collections::BTreeMap, fs, path::Path};

use axum::{Router, routing::get};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{
    house::{Daemon, House, until},
    returned::{YUI, key, made},
};

const SECRET: &str = "a secret of more than sixteen bytes";
const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:mail";
/// What stands before the point of a P-256 key.
const P256: &str = "3059301306072a8648ce3d020106082a8648ce3d030107034200";

fn hmac(pieces: &[&str]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    pieces.iter().for_each(|piece| mac.update(piece.as_bytes()));
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

type Headers = Vec<(&'static str, String)>;

/// Signs as the providers do.
struct Providers {
    sendgrid: EcdsaKeyPair,
    amazon: RsaKeyPair,
    /// Where Amazon's certificate is.
    at: String,
    /// How often a subscription was confirmed there.
    confirmed: std::sync::Arc<std::sync::atomic::AtomicUsize>,
}

impl Providers {
    async fn new() -> Providers {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let sendgrid = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).unwrap();
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/mail");
        let private = PrivatePkcs8KeyDer::from_pem_file(data.join("sns.key")).unwrap();
        let amazon = RsaKeyPair::from_pkcs8(private.secret_pkcs8_der()).unwrap();
        let pem = fs::read_to_string(data.join("sns.pem")).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = format!("http://{}", listener.local_addr().unwrap());
        let confirmed = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = confirmed.clone();
        let router = Router::new().route("/SimpleNotificationService-1.pem", get(|| async { pem })).route(
            "/",
            get(move || async move {
                count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                "<ConfirmSubscriptionResponse/>"
            }),
        );
        tokio::spawn(async move { axum::serve(listener, router).await });
        Providers { sendgrid, amazon, at, confirmed }
    }

    /// The configuration that believes them.
    fn config(&self) -> String {
        let mut key: Vec<u8> =
            (0..P256.len() / 2).map(|n| u8::from_str_radix(&P256[2 * n..2 * n + 2], 16).unwrap()).collect();
        key.extend(self.sendgrid.public_key().as_ref());
        format!(
            "bounce: {{webhook: {{ses: {{topic: \"{TOPIC}\", api_url: \"{}\"}}, sendgrid: {{public_key: \"{}\"}}, \
             mailgun: {{secret: \"${{env:HOOK}}\"}}, postmark: {{secret: \"${{env:HOOK}}\"}}, resend: {{secret: \"${{env:HOOK}}\"}}}}}}, ",
            self.at,
            STANDARD.encode(key)
        )
    }

    fn sendgrid(&self, at: i64, body: &str) -> Headers {
        let signed = self.sendgrid.sign(&SystemRandom::new(), format!("{at}{body}").as_bytes()).unwrap();
        vec![
            ("x-twilio-email-event-webhook-timestamp", at.to_string()),
            ("x-twilio-email-event-webhook-signature", STANDARD.encode(signed)),
        ]
    }

    /// A message of SNS around `message`.
    fn amazon(&self, kind: &str, at: &str, message: &str) -> Value {
        let mut told = json!({"Type": kind, "MessageId": "m-1", "TopicArn": TOPIC, "Message": message, "Timestamp": at,
            "SignatureVersion": "2", "SigningCertURL": format!("{}/SimpleNotificationService-1.pem", self.at)});
        let mut names = vec!["Message", "MessageId", "Timestamp", "TopicArn", "Type"];
        if kind != "Notification" {
            told["Token"] = json!("t-1");
            told["SubscribeURL"] = json!("https://elsewhere.example/?Action=ConfirmSubscription");
            names = vec!["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
        }
        let text: String = names.iter().map(|n| format!("{n}\n{}\n", told[n].as_str().unwrap())).collect();
        let mut signature = vec![0; self.amazon.public().modulus_len()];
        self.amazon.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
        told["Signature"] = json!(STANDARD.encode(signature));
        told
    }
}

fn resend(at: i64, body: &str) -> Headers {
    let signed = STANDARD.encode(hmac(&[&format!("msg_1.{at}."), body]));
    vec![
        ("svix-id", "msg_1".to_owned()),
        ("svix-timestamp", at.to_string()),
        ("svix-signature", format!("v1,AAAA v1,{signed}")),
    ]
}

fn mailgun(at: i64, token: &str, event: &Value) -> String {
    let at = at.to_string();
    let signature = hex(&hmac(&[&at, token]));
    json!({"signature": {"timestamp": at, "token": token, "signature": signature}, "event-data": event}).to_string()
}

fn postmark(password: &str) -> Headers {
    vec![("authorization", format!("Basic {}", STANDARD.encode(format!("shirube:{password}"))))]
}

/// Posts to a provider's address; answers the status.
async fn tell(house: &House, name: &str, headers: &Headers, body: &str) -> u16 {
    let url = format!("http://127.0.0.1:{}/webhooks/mail/{name}", house.port);
    let mut request = reqwest::Client::builder().no_proxy().build().unwrap().post(url).body(body.to_owned());
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    request.send().await.unwrap().status().as_u16()
}

/// A house that every provider may tell of returned mail, whose daemon has sent its first one.
async fn house_with(providers: &Providers) -> (House, Daemon) {
    let mut house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    house.variables.push(("HOOK", SECRET.to_owned()));
    let config = fs::read_to_string(house.dir.join("shirube.yaml")).unwrap();
    fs::write(house.dir.join("shirube.yaml"), config.replace("email: {", &format!("email: {{{}", providers.config())))
        .unwrap();
    let daemon = house.start(&[]).await;
    until("the first mail", async || house.smtp.accepted().len() == 1).await;
    (house, daemon)
}

/// How often acme's timeline has each event, with its class.
fn heard(house: &House) -> BTreeMap<String, usize> {
    let text = house.done(&["--json", "timeline", "acme"]);
    let mut found = BTreeMap::new();
    for word in ["\"hard\"", "\"soft\"", "\"policy\"", "message.complained", "message.bounced"] {
        found.insert(word.trim_matches('"').to_owned(), text.matches(word).count());
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn providers_tell_of_returned_mail_and_nobody_else_can() {
    let providers = Providers::new().await;
    let (house, daemon) = house_with(&providers).await;
    let (key, now) = (key(&house), house.seconds());

    // The mail carries its key in the form each of them gives back.
    let mail = String::from_utf8_lossy(&house.smtp.accepted()[0].bytes).into_owned();
    for header in [
        format!("X-SMTPAPI: {{\"unique_args\":{{\"shirube_key\":\"{key}\"}}}}"),
        format!("X-Mailgun-Variables: {{\"shirube_key\":\"{key}\"}}"),
        format!("X-PM-Metadata-shirube_key: {key}"),
    ] {
        assert!(mail.contains(&header), "{header}\n{mail}");
    }

    // Resend: refused by policy. Changed, stale, unsigned: nothing.
    let body =
        json!({"type": "email.bounced", "data": {"to": [YUI], "headers": [{"name": "X-Shirube-Key", "value": key}],
        "bounce": {"type": "Transient", "message": "550 5.7.1 rejected by our policy"}}})
        .to_string();
    assert_eq!(tell(&house, "resend", &resend(now, &body), &body.replace("5.7.1", "5.1.1")).await, 401);
    assert_eq!(tell(&house, "resend", &resend(now - 301, &body), &body).await, 401);
    assert_eq!(tell(&house, "resend", &Vec::new(), &body).await, 401);
    assert_eq!(tell(&house, "nobody", &resend(now, &body), &body).await, 401, "one that is not configured");
    assert_eq!(heard(&house)["message.bounced"], 0);
    assert_eq!(tell(&house, "resend", &resend(now, &body), &body).await, 200);
    assert_eq!(heard(&house)["policy"], 1);

    // Mailgun signs no body: a token is good once.
    let event = |class: &str| {
        json!({"event": "failed", "severity": class, "reason": "bounce", "recipient": YUI,
        "user-variables": {"shirube_key": key}, "delivery-status": {"code": 552, "message": "5.2.2 mailbox full"}})
    };
    assert_eq!(tell(&house, "mailgun", &Vec::new(), &mailgun(now - 10 * 3_600, "t0", &event("permanent"))).await, 401);
    assert_eq!(tell(&house, "mailgun", &Vec::new(), &mailgun(now, "t1", &event("permanent"))).await, 200);
    assert_eq!(heard(&house)["soft"], 1, "a full mailbox, whatever the provider calls it");
    assert_eq!(
        tell(&house, "mailgun", &Vec::new(), &mailgun(now, "t1", &event("permanent"))).await,
        200,
        "tried again"
    );
    assert_eq!(heard(&house)["soft"], 1, "and counted once");
    let forged =
        mailgun(now, "t1", &json!({"event": "complained", "recipient": YUI, "user-variables": {"shirube_key": key}}));
    assert_eq!(tell(&house, "mailgun", &Vec::new(), &forged).await, 401, "the token of another request");
    assert_eq!(heard(&house)["message.complained"], 0);

    // Postmark: a password.
    let body = json!({"RecordType": "Bounce", "Type": "HardBounce", "Email": YUI, "Metadata": {"shirube_key": key},
        "Details": "smtp;550 5.1.1 The email account that you tried to reach does not exist"})
    .to_string();
    for wrong in [postmark(""), postmark("another secret of that many bytes"), Vec::new()] {
        assert_eq!(tell(&house, "postmark", &wrong, &body).await, 401);
    }
    assert_eq!(heard(&house)["hard"], 0);
    assert_eq!(tell(&house, "postmark", &postmark(SECRET), &body).await, 200);
    assert_eq!(tell(&house, "postmark", &postmark(SECRET), &body).await, 200, "told twice");
    assert_eq!(heard(&house)["hard"], 1, "and counted once");

    // SendGrid: several events at once.
    let body = json!([{"event": "open", "email": YUI}, {"event": "spamreport", "email": YUI, "smtp-id": format!("<{key}@example.com>")}]).to_string();
    assert_eq!(tell(&house, "sendgrid", &providers.sendgrid(now, &body), &body.replace("open", "click")).await, 401);
    assert_eq!(tell(&house, "sendgrid", &providers.sendgrid(now - 90_001, &body), &body).await, 401);
    assert_eq!(tell(&house, "sendgrid", &providers.sendgrid(now, &body), &body).await, 200);
    assert_eq!(heard(&house)["message.complained"], 1);

    // A body larger than is read is refused before its signature is looked at.
    let large = "x".repeat((1 << 20) + 1);
    assert_eq!(tell(&house, "sendgrid", &providers.sendgrid(now, &large), &large).await, 413);
    daemon.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_with_an_attachment_comes_in_by_postmark() {
    let providers = Providers::new().await;
    let (house, daemon) = house_with(&providers).await;
    let raw = made("reply.eml", &key(&house), YUI) + &"attached\n".repeat(1 << 18);
    let body = json!({"RawEmail": raw}).to_string();
    assert!(body.len() > 2 << 20);
    assert_eq!(tell(&house, "postmark", &postmark("another secret of that many bytes"), &body).await, 401);
    assert_eq!(tell(&house, "postmark", &postmark(SECRET), &body).await, 200);
    until("the reply is a task", async || house.done(&["--lang", "ja", "cs", "tasks"]).contains("返信")).await;
    daemon.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn amazons_topic_is_confirmed_and_believed_only_with_its_own_signature() {
    let providers = Providers::new().await;
    let (house, daemon) = house_with(&providers).await;
    let (key, at) = (key(&house), "2026-04-07T01:00:00.000Z");
    let ses = async |told: &Value| tell(&house, "ses", &Vec::new(), &told.to_string()).await;

    // The address to confirm at is made here, never taken from the request.
    let asks = providers.amazon("SubscriptionConfirmation", at, "You have chosen to subscribe");
    assert_eq!(ses(&asks).await, 200);
    assert_eq!(providers.confirmed.load(std::sync::atomic::Ordering::SeqCst), 1);

    let bounce = json!({"notificationType": "Bounce", "bounce": {"bounceType": "Permanent", "bounceSubType": "General",
        "bouncedRecipients": [{"emailAddress": YUI, "action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}]},
        "mail": {"headers": [{"name": "X-Shirube-Key", "value": key}]}}).to_string();
    let told = providers.amazon("Notification", at, &bounce);
    let changed = |name: &str, value: &str| {
        let mut other = told.clone();
        other[name] = json!(value);
        other
    };
    for (name, value) in [
        ("Message", "{}"),
        ("TopicArn", "arn:aws:sns:eu-west-1:999999999999:mail"),
        ("SigningCertURL", "https://evil.example/SimpleNotificationService-1.pem"),
        ("SignatureVersion", "3"),
        ("SigningCertURL", &format!("{}/SimpleNotificationService-2.pem", providers.at)),
        ("Signature", ""),
        ("Timestamp", "2026-04-07T01:00:01.000Z"),
    ] {
        assert_eq!(ses(&changed(name, value)).await, 401, "{name}");
    }
    assert_eq!(ses(&providers.amazon("Notification", "2026-04-06T22:00:00.000Z", &bounce)).await, 401, "stale");
    assert_eq!(heard(&house)["message.bounced"], 0);
    assert_eq!(ses(&told).await, 200);
    assert_eq!(ses(&told).await, 200, "told twice");
    assert_eq!(heard(&house)["hard"], 1, "and counted once");
    daemon.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_empty_or_short_lets_nothing_start() {
    let mut house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    house.variables.push(("HOOK", "short".to_owned()));
    let config = fs::read_to_string(house.dir.join("shirube.yaml")).unwrap();
    let hook = "email: {bounce: {webhook: {mailgun: {secret: \"${env:HOOK}\"}}}, ";
    fs::write(house.dir.join("shirube.yaml"), config.replace("email: {", hook)).unwrap();
    let output = house.output(&["tick"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("email.bounce.webhook.mailgun.secret"), "{said}");
    assert!(!said.contains("short"), "{said}");
}
