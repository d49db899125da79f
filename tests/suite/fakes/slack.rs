//! Slack: Web API, `response_url` and Socket Mode.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{broadcast, watch},
};
use tokio_tungstenite::tungstenite::Message;

use super::web::{Answer, Web};

/// A workspace on loopback.
pub struct FakeSlack {
    pub web: Web,
    push: broadcast::Sender<String>,
    acks: watch::Receiver<Vec<Value>>,
    connected: watch::Receiver<usize>,
}

impl FakeSlack {
    pub async fn start() -> FakeSlack {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let socket = format!("ws://{}/link", listener.local_addr().unwrap());
        let (push, _) = broadcast::channel(64);
        let (acked, acks) = watch::channel(Vec::new());
        let (count, connected) = watch::channel(0);
        let pushes = push.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(connection(stream, pushes.subscribe(), acked.clone(), count.clone()));
            }
        });
        let web = Web::start(move |call| Answer::ok(answer(&call.path, &call.query, &socket))).await;
        FakeSlack { web, push, acks, connected }
    }

    pub fn api_url(&self) -> String {
        self.web.url("/api")
    }

    /// Waits for a Socket Mode connection.
    pub async fn connected(&self) {
        let mut connected = self.connected.clone();
        let waited = tokio::time::timeout(Duration::from_secs(20), connected.wait_for(|n| *n > 0)).await;
        assert!(waited.is_ok(), "no Socket Mode connection");
    }

    /// Pushes an envelope through Socket Mode.
    pub fn push(&self, envelope: Value) {
        self.push.send(envelope.to_string()).unwrap();
    }

    /// Waits for the acknowledgement of `envelope`: what it carried.
    pub async fn acked(&self, envelope: &str) -> Value {
        let mut acks = self.acks.clone();
        let found = acks.wait_for(|acks| acks.iter().any(|ack| ack["envelope_id"] == envelope));
        let acks = tokio::time::timeout(Duration::from_secs(20), found).await;
        let acks = acks.unwrap_or_else(|_| panic!("{envelope} was not acknowledged")).unwrap();
        acks.iter().find(|ack| ack["envelope_id"] == envelope).unwrap()["payload"].clone()
    }

    /// The next `conversations.info` says this about who reads the channel.
    pub fn channel(&self, flags: Value) {
        self.web.script("/api/conversations.info", Answer::ok(json!({"ok": true, "channel": flags})));
    }
}

fn answer(path: &str, query: &std::collections::HashMap<String, String>, socket: &str) -> Value {
    match path {
        "/api/apps.connections.open" => json!({"ok": true, "url": socket}),
        "/api/auth.test" => json!({"ok": true, "user": "shirube", "team": "Home", "team_id": "T1"}),
        "/api/conversations.info" => json!({"ok": true, "channel": {
            "id": query.get("channel"), "is_ext_shared": false, "is_pending_ext_shared": false}}),
        "/api/conversations.list" => json!({"ok": true, "channels": [{"id": "C1", "name": "cs"},
            {"id": "C2", "name": "cs-onboarding"}],
            "response_metadata": {"next_cursor": ""}}),
        "/api/chat.postMessage" => json!({"ok": true, "channel": "C1", "ts": "1700000000.000100"}),
        _ => json!({"ok": true}),
    }
}

async fn connection(
    stream: TcpStream,
    mut pushes: broadcast::Receiver<String>,
    acks: watch::Sender<Vec<Value>>,
    count: watch::Sender<usize>,
) {
    let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else { return };
    let hello = json!({"type": "hello", "num_connections": 1, "debug_info": {"host": "fake"},
        "connection_info": {"app_id": "A1"}});
    if socket.send(Message::Text(hello.to_string().into())).await.is_err() {
        return;
    }
    count.send_modify(|n| *n += 1);
    loop {
        tokio::select! {
            push = pushes.recv() => {
                let Ok(text) = push else { return };
                if socket.send(Message::Text(text.into())).await.is_err() { return }
            }
            heard = socket.next() => match heard {
                Some(Ok(Message::Text(text))) => {
                    let ack = serde_json::from_str(&text).unwrap_or_default();
                    acks.send_modify(|acks| acks.push(ack));
                }
                Some(Ok(_)) => {}
                _ => return,
            },
        }
    }
}
