//! The Slack client: slack-morphism over hyper, at a base URL of our choice.

use std::time::Duration;

use hyper_util::client::legacy::connect::HttpConnector;
use slack_morphism::prelude::{SlackApiToken, SlackApiTokenValue, SlackClient, SlackClientHyperHttpsConnector};

use crate::channel::tls;

/// Slack's own address.
pub const API_URL: &str = "https://slack.com/api";

/// The client every part of the product uses.
pub type Client = SlackClient<SlackClientHyperHttpsConnector>;

/// A client for `api_url` (`https://slack.com/api`, or a stand-in such as `http://127.0.0.1:4000/api`).
/// The error says what to mend.
pub fn client(api_url: &str) -> Result<Client, String> {
    tls::ready();
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    // Below the limit of the whole call: a host that does not answer is then known not to have had the message.
    tcp.set_connect_timeout(Some(Duration::from_secs(5)));
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_native_roots()
        .map_err(|e| format!("no CA certificates were found; install ca-certificates ({e})"))?
        .https_or_http()
        .enable_http1()
        .enable_http2()
        .wrap_connector(tcp);
    let connector = SlackClientHyperHttpsConnector::with_connector(connector);
    Ok(SlackClient::new(connector.with_slack_api_url(api_url.trim_end_matches('/'))))
}

/// `secret` as slack-morphism takes it.
pub fn token(secret: &str) -> SlackApiToken {
    SlackApiToken::new(SlackApiTokenValue(secret.to_owned()))
}
