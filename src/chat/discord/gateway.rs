//! Gateway mode: interactions over a connection that we open, so no port is open to the world.

use std::sync::Arc;

use async_trait::async_trait;
use secrecy::SecretString;
use serde_json::{Value, json};
use serenity::{
    all::{Context, Event, GatewayIntents, Interaction, RawEventHandler, ShardManager},
    client::ClientBuilder,
};

use super::{DiscordFront, inbound};
use crate::channel::discord::http;

/// A connection being held; `stop` closes it.
pub struct Gateway(Arc<ShardManager>);

impl Gateway {
    /// Opens the connection and keeps it open, in the background. The error says what to mend.
    pub async fn listen(front: &Arc<DiscordFront>, api_url: &str, token: &SecretString) -> Result<Gateway, String> {
        crate::channel::tls::ready();
        let client = http(api_url.trim_end_matches('/'), token);
        client.set_application_id(front.settings.application_id.into());
        // No intents: interactions come without any, and nothing else is read.
        let builder = ClientBuilder::new_with_http(client, GatewayIntents::empty());
        let made = builder.raw_event_handler(Ear(Arc::clone(front))).await;
        let mut client = made.map_err(|e| crate::channel::discord::before_post(&e).to_string())?;
        let shards = Arc::clone(&client.shard_manager);
        tokio::spawn(async move {
            if client.start().await.is_err() {
                tracing::error!("the connection to Discord's gateway ended; check discord.token and restart");
            }
        });
        Ok(Gateway(shards))
    }

    /// Closes the connection.
    pub async fn stop(&self) {
        self.0.shutdown_all().await;
    }
}

struct Ear(Arc<DiscordFront>);

#[async_trait]
impl RawEventHandler for Ear {
    async fn raw_event(&self, _: Context, event: Event) {
        let Event::InteractionCreate(event) = event else { return };
        let Some(inbound) = inbound::read(&read(&event.interaction)) else { return };
        let (front, id) = (Arc::clone(&self.0), event.interaction.id());
        tokio::spawn(async move {
            if !front.first_time(&inbound.id).await {
                return;
            }
            let token = inbound.token.clone();
            let answer = front.reply(inbound).await;
            if let Err(error) = front.http.create_interaction_response(id, &token, &answer, Vec::new()).await {
                let error = crate::channel::discord::before_post(&error).to_string();
                tracing::warn!(error, "an answer could not be given to Discord");
            }
        });
    }
}

/// Back to JSON, so that both modes are read by the same code. serenity leaves the kind out.
fn read(interaction: &Interaction) -> Value {
    let mut value = serde_json::to_value(interaction).unwrap_or_default();
    value["type"] = json!(u8::from(interaction.kind()));
    value
}
