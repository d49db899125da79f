//! Socket Mode: Slack's requests over a connection that we open, so no port is open to the world.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value;
use slack_morphism::{errors::SlackClientError, listener::SlackClientEventsListenerEnvironment, prelude::*};

use super::{SlackFront, inbound};
use crate::channel::slack::client;

/// A second connection covers the gap while the first is renewed: never fewer.
const CONNECTIONS: u32 = 2;

/// Connections being held; `stop` closes them.
pub struct Socket {
    listener: SlackClientSocketModeListener<SlackClientHyperHttpsConnector>,
    greetings: Arc<AtomicU64>,
}

impl Socket {
    /// Opens the connections and keeps them open, in the background. Needs the app-level token (xapp-…).
    pub async fn listen(front: &Arc<SlackFront>, app_token: &SecretString) -> Result<Socket, String> {
        if app_token.expose_secret().is_empty() {
            return Err("slack.app_token is empty; create an app-level token with connections:write".to_owned());
        }
        let greetings = Arc::new(AtomicU64::new(0));
        let environment =
            Arc::new(SlackClientEventsListenerEnvironment::new(Arc::clone(&front.client)).with_error_handler(on_error));
        let config = SlackClientSocketModeConfig::new().with_max_connections_count(CONNECTIONS);
        let listener = SlackClientSocketModeListener::new(&config, environment, callbacks(front, &greetings));
        let token = client::token(app_token.expose_secret());
        listener.listen_for(&token).await.map_err(|_| "Socket Mode could not be started".to_owned())?;
        listener.start().await;
        Ok(Socket { listener, greetings })
    }

    /// How many connections Slack has greeted so far; 0 = none ever stood (for `/readyz` and `doctor`).
    pub fn greetings(&self) -> u64 {
        self.greetings.load(Ordering::Relaxed)
    }

    /// Closes the connections.
    pub async fn stop(&self) {
        self.listener.shutdown().await;
    }
}

type Callbacks = SlackSocketModeListenerCallbacks<SlackClientHyperHttpsConnector>;

/// Each hands the work on and returns, because the acknowledgement is sent only after the callback.
fn callbacks(front: &Arc<SlackFront>, greetings: &Arc<AtomicU64>) -> Callbacks {
    let mut callbacks = Callbacks::new();
    callbacks.hello_callback = Box::new(Count(Arc::clone(greetings)));
    let to = Arc::clone(front);
    callbacks.command_callback =
        Box::new(move |event: SlackCommandEvent, _: Arc<client::Client>, _: SlackClientEventsUserState| {
            take(&to, inbound::slash(&inbound::texts(&json(&event))));
            std::future::ready(Ok(SlackCommandEventResponse::new(SlackMessageContent::new())))
        });
    let to = Arc::clone(front);
    callbacks.interaction_callback =
        Box::new(move |event: SlackInteractionEvent, _: Arc<client::Client>, _: SlackClientEventsUserState| {
            let (front, event) = (Arc::clone(&to), json(&event));
            async move {
                take(&front, inbound::interaction(&event));
                Ok(front.options(&event).await.map_or(SlackInteractionResponse::Empty, chosen))
            }
        });
    let to = Arc::clone(front);
    callbacks.push_events_callback =
        Box::new(move |event: SlackPushEventCallback, _: Arc<client::Client>, _: SlackClientEventsUserState| {
            take(&to, inbound::event(&json(&event)));
            std::future::ready(Ok(()))
        });
    callbacks
}

/// Options as the crate sends them back.
fn chosen(options: Value) -> SlackInteractionResponse {
    let read = serde_json::from_value::<SlackBlockSuggestionOptions>(options);
    read.map_or(SlackInteractionResponse::Empty, |options| SlackBlockSuggestionResponse::Options(options).into())
}

/// Counts greetings. A struct, because the crate does not export the greeting's type.
struct Count(Arc<AtomicU64>);

impl<E: Send + Sync + 'static> SlackSocketModeListenerCallback<SlackClientHyperHttpsConnector, E, ()> for Count {
    fn call(
        &self,
        _: E,
        _: Arc<client::Client>,
        _: SlackClientEventsUserState,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(std::future::ready(()))
    }
}

fn take(front: &Arc<SlackFront>, question: Option<inbound::Inbound>) {
    if let Some(question) = question {
        front.take(question);
    }
}

/// Back to JSON, so that both transports are read by the same code.
fn json(event: &impl Serialize) -> Value {
    serde_json::to_value(event).unwrap_or_default()
}

/// Only the kind is logged: the error itself repeats what people wrote. What cannot be read is
/// acknowledged, since it reads no better the second time.
fn on_error(
    error: Box<dyn std::error::Error + Send + Sync>,
    _: Arc<client::Client>,
    _: slack_morphism::listener::SlackClientEventsUserState,
) -> slack_morphism::listener::HttpStatusCode {
    let kind = match error.downcast_ref::<SlackClientError>() {
        Some(SlackClientError::ProtocolError(_)) => "an event in an unknown shape",
        Some(SlackClientError::SocketModeProtocolError(_)) => "the connection broke",
        _ => "a connection error",
    };
    tracing::warn!(kind, "Slack Socket Mode");
    slack_morphism::listener::HttpStatusCode::OK
}
