//! An answer as a Discord embed with buttons, inside Discord's limits. All data is escaped.

use serde_json::{Value, json};

use crate::{
    channel::plain,
    model::{
        locale::Locale,
        reply::{Button, Part, Press, Reply, Table},
        safe::{DiscordSafe, Markup, clean, shorten},
    },
};

/// Characters over all embeds of a message; some are kept for the line about what was left out.
const TOTAL: usize = 5_800;
const TITLE: usize = 256;
const DESCRIPTION: usize = 4_096;
const FIELDS: usize = 25;
const NAME: usize = 256;
const VALUE: usize = 1_024;
const FOOTER: usize = 2_048;
const CUSTOM_ID: usize = 100;
const LABEL: usize = 80;

/// The embed of `reply`.
pub fn embed(reply: &Reply) -> Value {
    let mut page = Page::default();
    let title = page.take(DiscordSafe::new(&shorten(&clean(&reply.title), TITLE / 2)), TITLE);
    for part in &reply.parts {
        page.part(part);
    }
    buttons(reply).iter().enumerate().filter_map(typed).for_each(|text| page.line(DiscordSafe::text(&text)));
    let mut embed = json!({"title": title, "description": page.description, "fields": page.fields});
    let footer = if page.left_out { left_out(reply.locale) } else { &reply.footer };
    if !footer.is_empty() {
        embed["footer"] = json!({"text": shorten(&clean(footer), FOOTER.min(180))});
    }
    embed
}

/// The buttons of `reply` as action rows: at most five rows of five.
pub fn components(buttons: &[Button]) -> Vec<Value> {
    let fitting: Vec<Value> = buttons.iter().enumerate().filter_map(|(i, b)| component(i, b)).take(25).collect();
    fitting.chunks(5).map(|row| json!({"type": 1, "components": row})).collect()
}

/// Every button of `reply`, from top to bottom.
pub fn buttons(reply: &Reply) -> Vec<Button> {
    let of = |part: &Part| if let Part::Buttons(buttons) = part { buttons.clone() } else { Vec::new() };
    reply.parts.iter().flat_map(of).collect()
}

/// A `custom_id` has at most 100 characters and is unique in the message; a button whose meaning
/// does not fit is not shown, because half a meaning is another one: `typed` says it instead.
fn component(index: usize, button: &Button) -> Option<Value> {
    let id = custom_id(index, button);
    let style = if matches!(button.press, Press::Ask(_)) { 2 } else { 1 };
    let label = plain::labelled(button, LABEL);
    (id.chars().count() <= CUSTOM_ID && !label.is_empty())
        .then(|| json!({"type": 2, "style": style, "label": label, "custom_id": id}))
}

fn custom_id(index: usize, button: &Button) -> String {
    format!("{index} {}", button.press.to_wire())
}

/// What a button that cannot be shown would ask: it can be typed.
fn typed((index, button): (usize, &Button)) -> Option<String> {
    match &button.press {
        Press::Ask(text) if custom_id(index, button).chars().count() > CUSTOM_ID => {
            Some(format!("→ {}: /cs {}", clean(&button.label), clean(text)))
        }
        _ => None,
    }
}

#[derive(Debug, Default)]
struct Page {
    description: String,
    fields: Vec<Value>,
    used: usize,
    left_out: bool,
    /// A heading was written: Discord shows its own fields below the whole text, so what follows is written as lines.
    headed: bool,
}

impl Page {
    /// `text` if it fits into what is left, counting it.
    fn take(&mut self, text: DiscordSafe, most: usize) -> String {
        let length = text.as_str().chars().count();
        if length > most || self.used + length > TOTAL {
            self.left_out = true;
            return String::new();
        }
        self.used += length;
        text.as_str().to_owned()
    }

    fn part(&mut self, part: &Part) {
        match part {
            Part::Heading(text) => {
                self.headed = true;
                self.line(DiscordSafe::text(&clean(text)).bold());
            }
            Part::Text(text) => text.lines().for_each(|line| self.line(DiscordSafe::text(line))),
            Part::Fields(fields) if self.headed => fields.iter().for_each(|f| self.named(&f.label, &f.value)),
            Part::Fields(fields) => fields.iter().for_each(|f| self.field(&f.label, &f.value)),
            Part::Bullets(items) => items.iter().for_each(|i| self.line(DiscordSafe::text(&format!("• {}", clean(i))))),
            Part::Table(table) => self.table(table),
            Part::Buttons(_) | Part::Finder(_) | Part::Chart(_) => {}
        }
    }

    fn line(&mut self, text: DiscordSafe) {
        let room = DESCRIPTION.saturating_sub(self.description.chars().count() + 1);
        if self.left_out {
            return;
        }
        let line = self.take(text, room);
        if !line.is_empty() {
            if !self.description.is_empty() {
                self.description.push('\n');
                self.used += 1;
            }
            self.description.push_str(&line);
        }
    }

    /// A label and its value as a line.
    fn named(&mut self, label: &str, value: &str) {
        let dash = if value.trim().is_empty() { "–" } else { value };
        self.line(DiscordSafe::text(&format!("{}: {}", clean(label), shorten(&clean(dash), VALUE / 2))));
    }

    fn field(&mut self, label: &str, value: &str) {
        if self.fields.len() >= FIELDS {
            self.left_out = true;
            return;
        }
        let name = self.take(DiscordSafe::text(&shorten(&clean(label), NAME / 2)), NAME);
        let dash = if value.trim().is_empty() { "–" } else { value };
        let value = self.take(DiscordSafe::text(&shorten(dash, VALUE / 2)), VALUE);
        if !name.is_empty() && !value.is_empty() {
            self.fields.push(json!({"name": name, "value": value, "inline": true}));
        }
    }

    fn table(&mut self, table: &Table) {
        for (i, row) in plain::rows(table).iter().enumerate() {
            let text = DiscordSafe::text(&row.join(" │ "));
            self.line(if i == 0 { text.bold() } else { text });
        }
    }
}

fn left_out(locale: Locale) -> &'static str {
    match locale {
        Locale::Ja => "長すぎるため、一部を省略しました。",
        Locale::En => "Part of it was left out: the message would be too long.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{message::Action, reply::Target};

    fn characters(value: &Value) -> usize {
        match value {
            Value::String(text) => text.chars().count(),
            Value::Array(items) => items.iter().map(characters).sum(),
            Value::Object(map) => map.values().map(characters).sum(),
            _ => 0,
        }
    }

    #[test]
    fn a_long_answer_stays_inside_the_limits_and_says_so() {
        let mut reply = Reply::new(Locale::Ja, "あ".repeat(400));
        for i in 0..60 {
            reply = reply.line("*い*".repeat(100)).field(format!("f{i}"), "う".repeat(900));
        }
        let embed = embed(&reply);
        assert!(characters(&embed) <= 6_000);
        assert!(embed["title"].as_str().unwrap().chars().count() <= 256);
        assert!(embed["description"].as_str().unwrap().chars().count() <= 4_096);
        assert!(embed["fields"].as_array().unwrap().len() <= 25);
        assert!(embed["footer"]["text"].as_str().unwrap().contains("省略"));
    }

    #[test]
    fn what_a_button_too_long_to_carry_would_ask_can_be_typed() {
        let (short, long) = (Press::Ask("help".into()), Press::Ask(format!("ask --hand-off {}", "x".repeat(90))));
        let reply = Reply::new(Locale::En, "t").button("Help", short).button("Hand over", long);
        let text = embed(&reply)["description"].as_str().unwrap().to_owned();
        assert_eq!(components(&buttons(&reply))[0]["components"].as_array().unwrap().len(), 1);
        assert!(text.starts_with("→ Hand over") && text.contains("/cs ask") && !text.contains("Help"), "{text}");
    }

    #[test]
    fn what_stands_under_a_heading_stays_under_it() {
        let reply = Reply::new(Locale::En, "KPIs").field("Month", "2026-04").with(Part::Heading("Churn".into()));
        let reply = reply.field("Logo churn", "2.1 %").with(Part::Heading("Revenue".into())).field("NRR", "104 %");
        let embed = embed(&reply);
        assert_eq!(embed["description"], "**Churn**\nLogo churn\\: 2.1 %\n**Revenue**\nNRR\\: 104 %");
        assert_eq!(embed["fields"].as_array().unwrap().len(), 1, "what stands above the first heading");
    }

    #[test]
    fn buttons_of_several_customers_say_whose_they_are() {
        let act = |account: &str| Press::Act(Action::Ack, Target { account: account.into(), what: "digest:x".into() });
        let long = "株式会社".repeat(60);
        let reply = Reply::new(Locale::En, "t")
            .button_about("I am on it", "Acme", act("acme"))
            .button_about("I am on it", &long, act("b"))
            .button("I am on it", act("c"));
        let rows = components(&buttons(&reply));
        let label = |i: usize| rows[0]["components"][i]["label"].as_str().unwrap().to_owned();
        assert_eq!((label(0).as_str(), label(2).as_str()), ("Acme: I am on it", "I am on it"));
        assert!(label(1).ends_with("…: I am on it") && label(1).chars().count() == 80, "{}", label(1));
    }

    #[test]
    fn a_hostile_name_is_escaped_everywhere() {
        let name = "@everyone **b** [x](https://evil.test) <#1>";
        let reply =
            Reply::new(Locale::En, name).line(name).field(name, name).with(Part::Bullets(vec![name.to_owned()]));
        let text = embed(&reply).to_string();
        assert!(!text.contains("@everyone") && !text.contains("**b**") && !text.contains("](https://"), "{text}");
    }

    #[test]
    fn a_button_whose_meaning_does_not_fit_is_not_shown() {
        let press =
            |account: &str| Press::Act(Action::Ack, Target { account: account.into(), what: "digest:x".into() });
        let buttons = [("a", "acme"), ("b", "x".repeat(120).as_str())].map(|(label, account)| Button {
            label: label.into(),
            press: press(account),
            about: String::new(),
        });
        let rows = components(&buttons);
        assert_eq!(rows[0]["components"].as_array().unwrap().len(), 1);
    }
}
