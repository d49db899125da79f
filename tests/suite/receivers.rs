//! Every example of `docs/connect/webhooks-out.md` is accepted as it stands, and the relay's payload is what is sent.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::json;
use shirube::{
    channel::webhook::webhook_body,
    model::{
        message::{ChannelKind, Planned},
        value::{Props, Value},
    },
};

use crate::score::Room;

const PAGE: &str = "docs/connect/webhooks-out.md";

/// Texts of the blocks in that language.
fn blocks(language: &str) -> Vec<String> {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE)).unwrap();
    let parts = page.split("```").skip(1).step_by(2).map(str::to_owned);
    parts.filter_map(|part| Some(part.strip_prefix(language)?.strip_prefix('\n')?.to_owned())).collect()
}

#[test]
fn each_receiver_of_the_page_is_accepted_by_check() {
    let yaml = blocks("yaml");
    let (configs, playbooks): (Vec<_>, Vec<_>) = yaml.iter().partition(|text| text.starts_with("webhooks:"));
    assert_eq!((configs.len(), playbooks.len()), (5, 1), "{yaml:#?}");
    for config in configs {
        let name = config.lines().nth(1).unwrap().trim().split(':').next().unwrap();
        let room = Room::new("workspace: {timezone: Asia/Tokyo, locale: ja}\ntargets: {logo_churn: 3%}\n");
        room.at("2026-06-01T09:00:00+09:00");
        fs::create_dir_all(room.dir().join("playbooks")).unwrap();
        let playbook = playbooks[0].replace("webhook: relay", &format!("webhook: {name}"));
        fs::write(room.dir().join("playbooks/at_risk_call.yaml"), playbook).unwrap();
        // What stands in the environment there is in a file here.
        fs::write(room.dir().join("secret"), "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=").unwrap();
        let (before, after) = config.split_once("${env:").unwrap();
        let config = format!("{before}${{file:secret{}", after.trim_start_matches(|c: char| c != '}'));
        fs::write(room.dir().join("shirube.yaml"), config).unwrap();
        let (code, out, err) = room.run(&["--lang", "en", "check"]);
        assert!(code == 0 && !format!("{out}{err}").contains("error["), "{name}: {out}{err}");
        // Without the endpoint the same playbook is refused: the check reads these lines.
        fs::write(room.dir().join("shirube.yaml"), "").unwrap();
        assert!(room.run(&["check"]).0 != 0, "{name}");
    }
}

#[test]
fn the_payload_on_the_page_is_what_its_playbook_sends() {
    let shown: serde_json::Value = serde_json::from_str(&blocks("json")[0]).unwrap();
    let values = [("customer", Value::text("Acme")), ("score", Value::Num(42.0)), ("csm", Value::text("kei"))];
    let vars: Props = values.into_iter().map(|(name, value)| (format!("vars.{name}"), value)).collect();
    let (playbook, step) = ("at_risk_call".to_owned(), "tell".to_owned());
    let plan = Planned { channel: ChannelKind::Webhook, playbook, step, vars, ..crate::made::planned(1) };
    let sent: serde_json::Value = serde_json::from_slice(&webhook_body(&plan)).unwrap();
    assert_eq!((&sent["type"], &sent["data"]), (&shown["type"], &shown["data"]));
    let keys = |json: &serde_json::Value| json.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&sent), keys(&shown), "{}", json!(BTreeMap::<String, u8>::new()));
}
