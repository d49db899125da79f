//! `doctor` on the built binary: what is missing of a Slack app, each with what to do.

use serde_json::json;

use super::house::House;
use crate::fakes::web::Answer;

/// Somebody who set the app up by hand learned of a missing scope from the first message that did not go out.
#[tokio::test(flavor = "multi_thread")]
async fn doctor_names_the_scopes_and_channels_that_a_slack_app_lacks() {
    let house = House::new(Some("2026-04-07T10:00:00+09:00")).await;
    let doctor = |lang: &str| {
        let output = house.output(&["--lang", lang, "doctor"]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let scopes = |list: &str| {
        let body = json!({"ok": true, "user": "shirube", "team": "Home", "team_id": "T1"});
        // The channel asks who it is, then the scopes are looked at.
        house.slack.web.script("/api/auth.test", Answer::ok(body.clone()));
        let headers = vec![("x-oauth-scopes", list.to_owned())];
        house.slack.web.script("/api/auth.test", Answer { headers, ..Answer::ok(body) });
    };
    let all = "app_mentions:read,channels:history,channels:read,chat:write,chat:write.public,commands,groups:history,\
        groups:read,im:history,im:write,users:read";
    scopes(all);
    let said = doctor("en");
    assert!(said.contains("all 11 scopes are granted"), "{said}");
    let channels = said.lines().find(|line| line.contains("slack.channels")).unwrap();
    assert!(channels.contains("not seen in Slack: #") && !channels.contains("#cs-onboarding"), "{channels}");
    scopes(&all.replace(",im:write", "").replace("groups:read,", ""));
    let said = doctor("ja");
    assert!(said.contains("足りない権限: groups:read, im:write") && said.contains("manifest slack"), "{said}");
    house.slack.web.script("/api/auth.test", Answer::ok(json!({"ok": false, "error": "invalid_auth"})));
    house.slack.web.script("/api/auth.test", Answer::ok(json!({"ok": false, "error": "token_revoked"})));
    let said = doctor("en");
    assert!(said.contains("Slack could not be asked: token_revoked") && !said.contains("xoxb"), "{said}");
}
