//! What Discord's refusals mean for a message.

use std::time::Duration;

use serde_json::Value;
use serenity::http::HttpError;

use crate::{channel::pace, model::message::SendError};

/// The answer to a post that was refused.
pub fn refusal(status: u16, answer: &Value) -> SendError {
    let code = answer["code"].as_i64().unwrap_or(0);
    match status {
        429 => SendError::RetryAfter {
            reason: "Discord asked to slow down".to_owned(),
            after_micros: answer["retry_after"].as_f64().map(|s| pace::micros(seconds(s))),
        },
        408 | 503 => retry(&format!("HTTP {status} from Discord")),
        // 50007: this person takes no direct messages from the bot.
        403 if code == 50007 => reject(status, code),
        401 => mend("Discord refused the token: set discord.token"),
        403 => elsewhere("the bot may not write there: invite it to the channel, with Send Messages"),
        404 => elsewhere("there is no such Discord channel: mend its id"),
        400..=499 => reject(status, code),
        _ => SendError::Unknown { reason: format!("HTTP {status} from Discord") },
    }
}

/// A post without an answer: surely not sent only when there never was a connection.
pub fn no_answer(error: &reqwest::Error) -> SendError {
    if error.is_connect() || error.is_builder() {
        retry("Discord cannot be reached")
    } else {
        SendError::Unknown { reason: "the connection to Discord broke before its answer".to_owned() }
    }
}

/// A call that posts nothing failed: only our set-up or time can help.
pub fn before_post(error: &serenity::Error) -> SendError {
    let serenity::Error::Http(HttpError::UnsuccessfulRequest(answer)) = error else {
        return retry("Discord cannot be reached");
    };
    match answer.status_code.as_u16() {
        401 => mend("Discord refused the token: set discord.token"),
        429 | 500.. => retry(&format!("HTTP {} from Discord", answer.status_code.as_u16())),
        status => elsewhere(&format!("HTTP {status} from Discord: mend the id")),
    }
}

/// Seconds as Discord gives them; nonsense is half a minute.
pub fn seconds(asked: f64) -> Duration {
    Duration::try_from_secs_f64(asked).unwrap_or(Duration::from_secs(30))
}

/// Later, by the schedule.
pub fn retry(reason: &str) -> SendError {
    SendError::RetryAfter { reason: reason.to_owned(), after_micros: None }
}

fn elsewhere(reason: &str) -> SendError {
    SendError::Misdirected { reason: reason.to_owned() }
}

fn mend(reason: &str) -> SendError {
    SendError::Misconfigured { reason: reason.to_owned() }
}

fn reject(status: u16, code: i64) -> SendError {
    SendError::Reject { reason: format!("HTTP {status} from Discord, code {code}"), dead_address: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_refusal_says_what_to_do_next() {
        let wait = refusal(429, &json!({"retry_after": 1.5, "global": false}));
        assert!(matches!(wait, SendError::RetryAfter { after_micros: Some(1_500_000), .. }));
        assert!(matches!(refusal(403, &json!({"code": 50007})), SendError::Reject { .. }));
        assert!(matches!(refusal(403, &json!({"code": 50001})), SendError::Misdirected { .. }));
        assert!(matches!(refusal(500, &Value::Null), SendError::Unknown { .. }));
        assert_eq!(seconds(f64::NAN), Duration::from_secs(30));
    }
}
