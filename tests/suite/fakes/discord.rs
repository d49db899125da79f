//! Discord: the REST API, interactions signed with a key of our own, and the gateway.

use std::time::Duration;

use ed25519_dalek::{Signer, SigningKey};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{broadcast, watch},
};
use tokio_tungstenite::tungstenite::Message;

use super::web::{Answer, Web};

/// Discord on loopback.
pub struct FakeDiscord {
    pub web: Web,
    key: SigningKey,
    push: broadcast::Sender<Value>,
    connected: watch::Receiver<usize>,
}

impl FakeDiscord {
    pub async fn start() -> FakeDiscord {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let gateway = format!("ws://{}", listener.local_addr().unwrap());
        let (push, _) = broadcast::channel(64);
        let (count, connected) = watch::channel(0);
        let (pushes, url) = (push.clone(), gateway.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(connection(stream, pushes.subscribe(), count.clone(), url.clone()));
            }
        });
        let web = Web::start(move |call| {
            Answer::ok(match call.path.as_str() {
                "/api/v10/users/@me/channels" => json!({"id": "900", "type": 1, "recipients": [
                    {"id": "77", "username": "kei", "discriminator": "0001"}]}),
                "/api/v10/gateway" => json!({"url": gateway}),
                "/api/v10/gateway/bot" => json!({"url": gateway, "shards": 1, "session_start_limit":
                    {"total": 1000, "remaining": 999, "reset_after": 1000, "max_concurrency": 1}}),
                path if path.ends_with("/commands") => json!([]),
                _ => json!({"id": "1"}),
            })
        })
        .await;
        let seed: Vec<u8> = (0..32).collect();
        FakeDiscord { web, key: SigningKey::from_bytes(&seed.try_into().unwrap()), push, connected }
    }

    /// The application's public key.
    pub fn public_key(&self) -> String {
        hex(self.key.verifying_key().as_bytes())
    }

    /// The signature over `body` at `timestamp`.
    pub fn sign(&self, timestamp: &str, body: &str) -> String {
        hex(&self.key.sign(format!("{timestamp}{body}").as_bytes()).to_bytes())
    }

    /// Waits until a bot has identified itself at the gateway.
    pub async fn connected(&self) {
        let mut connected = self.connected.clone();
        let waited = tokio::time::timeout(Duration::from_secs(20), connected.wait_for(|n| *n > 0)).await;
        assert!(waited.is_ok(), "nobody came to the gateway");
    }

    /// Pushes an interaction through the gateway.
    pub fn push(&self, interaction: Value) {
        self.push.send(interaction).unwrap();
    }
}

async fn connection(
    stream: TcpStream,
    mut pushes: broadcast::Receiver<Value>,
    count: watch::Sender<usize>,
    url: String,
) {
    let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else { return };
    let say = |value: Value| Message::Text(value.to_string().into());
    let _ = socket.send(say(json!({"op": 10, "d": {"heartbeat_interval": 41_250}}))).await;
    let mut number = 0;
    loop {
        tokio::select! {
            push = pushes.recv() => {
                let Ok(interaction) = push else { return };
                number += 1;
                let _ = socket.send(say(json!({"op": 0, "s": number, "t": "INTERACTION_CREATE", "d": interaction}))).await;
            }
            heard = socket.next() => {
                let Some(Ok(heard)) = heard else { return };
                let Ok(text) = heard.to_text() else { continue };
                let heard: Value = serde_json::from_str(text).unwrap_or_default();
                match heard["op"].as_i64() {
                    Some(1) => drop(socket.send(say(json!({"op": 11}))).await),
                    Some(2) => {
                        number += 1;
                        let ready = json!({"v": 10, "guilds": [], "session_id": "s", "resume_gateway_url": url, "shard": [0, 1],
                            "user": {"id": "42", "username": "shirube", "discriminator": "0", "avatar": null, "bot": true,
                                "verified": true, "mfa_enabled": false, "email": null, "flags": 0},
                            "application": {"id": "42", "flags": 0}});
                        let _ = socket.send(say(json!({"op": 0, "s": number, "t": "READY", "d": ready}))).await;
                        count.send_modify(|n| *n += 1);
                    }
                    _ => {}
                }
            }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
