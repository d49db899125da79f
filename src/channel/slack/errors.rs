//! What Slack's refusals mean for a message.

use slack_morphism::errors::SlackClientError;

use crate::{channel::pace, model::message::SendError};

/// What to do after a call that may have posted a message failed.
pub fn after_post(error: &SlackClientError) -> SendError {
    match error {
        SlackClientError::ApiError(refused) => refusal(&refused.code),
        SlackClientError::RateLimitError(limit) => SendError::RetryAfter {
            reason: "Slack asked to slow down".to_owned(),
            after_micros: limit.retry_after.map(pace::micros),
        },
        SlackClientError::HttpError(http) => status(http.status_code.as_u16()),
        error if never_connected(error) => retry("Slack cannot be reached"),
        // Anything that is no reply: the message may be there.
        _ => unknown("the connection to Slack broke before its answer"),
    }
}

/// What to do after a call that posts nothing failed: nothing was sent, so only our set-up or time can help.
pub fn before_post(error: &SlackClientError) -> SendError {
    match after_post(error) {
        SendError::Unknown { reason } => retry(&reason),
        SendError::Reject { reason, .. } => SendError::Misconfigured { reason },
        other => other,
    }
}

/// The code of an `ok: false` answer.
fn refusal(code: &str) -> SendError {
    match code {
        "ratelimited"
        | "rate_limited"
        | "message_limit_exceeded"
        | "service_unavailable"
        | "request_timeout"
        | "team_added_to_org" => retry(&format!("Slack said {code}")),
        // Slack's own words: some aspect of the operation may have succeeded.
        "fatal_error" | "internal_error" => unknown(&format!("Slack said {code}")),
        "channel_not_found" | "not_in_channel" => SendError::Misdirected {
            reason: format!("Slack said {code}: invite the app to the channel, or mend the channel's id"),
        },
        "is_archived" => SendError::Misdirected { reason: "the Slack channel is archived; name another".to_owned() },
        "invalid_auth"
        | "not_authed"
        | "account_inactive"
        | "token_revoked"
        | "token_expired"
        | "not_allowed_token_type" => {
            SendError::Misconfigured { reason: format!("Slack said {code}: reinstall the app and set slack.bot_token") }
        }
        "missing_scope"
        | "no_permission"
        | "access_denied"
        | "ekm_access_denied"
        | "team_access_not_granted"
        | "org_login_required"
        | "restricted_action"
        | "posting_to_channel_denied"
        | "cannot_dm_bot" => SendError::Misconfigured {
            reason: format!("Slack said {code}: compare the app's scopes with `shirube manifest slack`"),
        },
        _ => SendError::Reject { reason: format!("Slack said {}", word(code)), dead_address: false },
    }
}

/// Whether Slack refused the form of the blocks, not the message.
pub fn is_about_blocks(error: &SendError) -> bool {
    matches!(error, SendError::Reject { reason, .. } if reason.contains("invalid_blocks") || reason.contains("invalid_attachments"))
}

/// An HTTP status without an answer of the API.
fn status(code: u16) -> SendError {
    match code {
        401 | 403 | 404 => SendError::Misconfigured { reason: format!("HTTP {code} from Slack: check slack.api_url") },
        408 | 429 | 503 => retry(&format!("HTTP {code} from Slack")),
        400..=499 => SendError::Reject { reason: format!("HTTP {code} from Slack"), dead_address: false },
        _ => unknown(&format!("HTTP {code} from Slack")),
    }
}

/// Whether the request cannot have left, because there never was a connection.
fn never_connected(error: &SlackClientError) -> bool {
    let SlackClientError::HttpProtocolError(broken) = error else { return false };
    let cause = broken.cause.as_deref().and_then(|c| c.downcast_ref::<hyper_util::client::legacy::Error>());
    cause.is_some_and(hyper_util::client::legacy::Error::is_connect)
}

/// Codes are words; anything else is not repeated.
fn word(code: &str) -> &str {
    let fits = code.len() <= 64 && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if fits { code } else { "something unreadable" }
}

fn retry(reason: &str) -> SendError {
    SendError::RetryAfter { reason: reason.to_owned(), after_micros: None }
}

fn unknown(reason: &str) -> SendError {
    SendError::Unknown { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_to_do_next() {
        assert!(matches!(refusal("ratelimited"), SendError::RetryAfter { .. }));
        assert!(matches!(refusal("channel_not_found"), SendError::Misdirected { .. }));
        assert!(matches!(refusal("invalid_auth"), SendError::Misconfigured { .. }));
        assert!(matches!(refusal("invalid_blocks"), SendError::Reject { dead_address: false, .. }));
        assert!(matches!(refusal("fatal_error"), SendError::Unknown { .. }));
        assert!(matches!(status(502), SendError::Unknown { .. }));
        assert!(matches!(status(503), SendError::RetryAfter { .. }));
        let odd = refusal("<script>\n");
        assert!(!odd.to_string().contains("script"), "{odd}");
    }
}
