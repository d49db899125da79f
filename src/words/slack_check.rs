//! What `doctor` says of a Slack app.

use super::pick;
use crate::model::locale::Locale;

/// All scopes of the manifest are granted.
pub fn scopes(locale: Locale, n: usize) -> String {
    pick(locale, format!("{n}個の権限がそろっています"), format!("all {n} scopes are granted"))
}

/// Scopes that are missing.
pub fn missing_scopes(locale: Locale, missing: &str) -> String {
    pick(
        locale,
        format!(
            "Slack アプリに足りない権限: {missing}。`shirube manifest slack` の内容をアプリの App Manifest に貼り、ワークスペースに再インストールしてください"
        ),
        format!(
            "the Slack app lacks {missing}: paste `shirube manifest slack` into the app's App Manifest and reinstall it to the workspace"
        ),
    )
}

/// Slack did not say which scopes there are.
pub fn scopes_unsaid(locale: Locale) -> &'static str {
    pick(locale, "Slack は権限を返しませんでした", "Slack does not say which scopes are granted")
}

/// Socket Mode opens.
pub fn socket(locale: Locale) -> &'static str {
    pick(locale, "Socket Mode で接続できます", "Socket Mode connects")
}

/// Socket Mode does not open.
pub fn no_socket(locale: Locale, why: &str) -> String {
    pick(
        locale,
        format!(
            "Socket Mode で接続できません（{why}）。Basic Information → App-Level Tokens で connections:write のトークン（xapp-…）を作り、slack.app_token に設定してください"
        ),
        format!(
            "Socket Mode does not connect ({why}): under Basic Information → App-Level Tokens make a token with connections:write (xapp-…) and set slack.app_token"
        ),
    )
}

/// Channels that exist.
pub fn channels(locale: Locale, n: usize) -> String {
    pick(locale, format!("{n}個のチャンネルがあります"), format!("all {n} channels are there"))
}

/// Channels that the bot does not see.
pub fn missing_channels(locale: Locale, missing: &str) -> String {
    pick(
        locale,
        format!(
            "Slack に見つからないチャンネル: {missing}。名前を確かめて作成してください。非公開なら、そのチャンネルでアプリを招待してください"
        ),
        format!("not seen in Slack: {missing}. Check the name or create it; into a private channel invite the app"),
    )
}

/// Slack was not reached, or refused.
pub fn no_answer(locale: Locale, why: &str) -> String {
    pick(locale, format!("Slack に確かめられませんでした: {why}"), format!("Slack could not be asked: {why}"))
}
