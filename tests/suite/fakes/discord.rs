//! Discord: the REST API, and interactions signed with a key of our own.

use ed25519_dalek::{Signer, SigningKey};
use serde_json::json;

use super::web::{Answer, Web};

/// Discord on loopback.
pub struct FakeDiscord {
    pub web: Web,
    key: SigningKey,
}

impl FakeDiscord {
    pub async fn start() -> FakeDiscord {
        let web = Web::start(|call| {
            Answer::ok(match call.path.as_str() {
                "/api/v10/users/@me/channels" => json!({"id": "900", "type": 1, "recipients": [
                    {"id": "77", "username": "kei", "discriminator": "0001"}]}),
                _ => json!({"id": "1"}),
            })
        })
        .await;
        let seed: Vec<u8> = (0..32).collect();
        FakeDiscord { web, key: SigningKey::from_bytes(&seed.try_into().unwrap()) }
    }

    /// The application's public key.
    pub fn public_key(&self) -> String {
        hex(self.key.verifying_key().as_bytes())
    }

    /// The signature over `body` at `timestamp`.
    pub fn sign(&self, timestamp: &str, body: &str) -> String {
        hex(&self.key.sign(format!("{timestamp}{body}").as_bytes()).to_bytes())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
