//! The answer to a pressed button, put under it in the message itself: everybody sees who took what.

use serde_json::{Value, json};

use super::inbound::Pressed;
use crate::{
    channel::slack::blocks,
    model::reply::{Part, Reply},
};

/// Slack's limit of blocks in a message.
const BLOCKS: usize = 50;
/// Marks the blocks that were put under a row: what was said, and the choice that is asked for.
const SAID: &str = "cs:said:";
const PICK: &str = "cs:pick:";

/// The body that replaces the message with itself and `reply` under the pressed row. None where the
/// message is not known or has no room left.
pub fn replacement(pressed: &Pressed, reply: &Reply) -> Option<Value> {
    let row = pressed.block.strip_prefix(PICK).unwrap_or(&pressed.block);
    let (said, pick) = (format!("{SAID}{row}"), format!("{PICK}{row}"));
    let mut list: Vec<Value> = pressed
        .blocks
        .iter()
        .filter(|b| b["block_id"] != said.as_str() && b["block_id"] != pick.as_str())
        .cloned()
        .collect();
    let at = list.iter().position(|b| b["block_id"] == row).map(|at| at + 1)?;
    let mut under = vec![named(blocks::context(&reply.title), &said)];
    let buttons = reply.parts.iter().find_map(|part| if let Part::Buttons(list) = part { Some(list) } else { None });
    under.extend(buttons.and_then(|list| blocks::choice(list)).map(|block| named(block, &pick)));
    list.splice(at..at, under);
    (list.len() <= BLOCKS).then(|| json!({"replace_original": true, "text": pressed.text, "blocks": list}))
}

fn named(mut block: Value, id: &str) -> Value {
    block["block_id"] = Value::String(id.chars().take(255).collect());
    block
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{locale::Locale, reply::Press};

    fn digest() -> Pressed {
        let row = |id: &str| json!({"type": "actions", "block_id": id, "elements": []});
        let text = |id: &str| json!({"type": "section", "block_id": id});
        let blocks = vec![text("t1"), row("a1"), text("t2"), row("a2")];
        Pressed { text: "the digest".into(), blocks, block: "a1".into() }
    }

    fn ids(body: &Value) -> Vec<String> {
        body["blocks"].as_array().unwrap().iter().map(|b| b["block_id"].as_str().unwrap().to_owned()).collect()
    }

    fn after(body: &Value, block: &str) -> Pressed {
        let blocks = body["blocks"].as_array().unwrap().clone();
        Pressed { text: body["text"].as_str().unwrap().into(), blocks, block: block.into() }
    }

    #[test]
    fn a_choice_stands_under_its_row_and_gives_way_to_what_was_chosen() {
        let ask = Reply::new(Locale::En, "Who takes it?").button("Kei", Press::Ask("assign acme kei".into()));
        let asked = replacement(&digest(), &ask).unwrap();
        assert_eq!(ids(&asked), ["t1", "a1", "cs:said:a1", "cs:pick:a1", "t2", "a2"]);
        assert_eq!(asked["blocks"][3]["elements"][0]["value"], "ask assign acme kei");
        let done = Reply::new(Locale::En, "acme is now with Kei.");
        let settled = replacement(&after(&asked, "cs:pick:a1"), &done).unwrap();
        assert_eq!(ids(&settled), ["t1", "a1", "cs:said:a1", "t2", "a2"]);
        assert_eq!(settled["blocks"][2]["elements"][0]["text"], "acme is now with Kei.");
        assert_eq!((&settled["text"], &settled["replace_original"]), (&json!("the digest"), &json!(true)));
    }

    #[test]
    fn a_message_without_room_or_without_the_row_stays_as_it_is() {
        let reply = Reply::new(Locale::En, "x");
        assert_eq!(replacement(&Pressed { block: "gone".into(), ..digest() }, &reply), None);
        let full = (0..50).map(|n| json!({"type": "divider", "block_id": format!("b{n}")})).collect();
        assert_eq!(replacement(&Pressed { blocks: full, block: "b0".into(), text: String::new() }, &reply), None);
    }
}
