//! An answer as Block Kit blocks, inside Slack's limits. Data stands in `plain_text` and `raw_text`
//! objects, which Slack never reads as markup; only our own labels are mrkdwn.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    channel::plain,
    model::{
        locale::Locale,
        reply::{Button, Chart, Field, Part, Reply, Table},
        safe::{Markup, MrkdwnSafe, clean, clean_lines, shorten},
    },
};

/// Characters over all blocks of one message. Slack refuses at about 13,200, whatever its pages say.
pub const BUDGET: usize = 12_000;
/// Blocks of one message; one of Slack's 50 is kept for the line about what was left out.
const BLOCKS: usize = 49;
const TEXT: usize = 3_000;
const HEADER: usize = 150;
/// Charts of one message, points of one, and characters of a point's or a series' name.
const CHARTS: usize = 2;
const POINTS: usize = 20;
const LABEL: usize = 20;
const CHART: &str = "data_visualization";

/// The blocks of `reply`.
pub fn reply(reply: &Reply) -> Vec<Value> {
    let mut page = Page::default();
    let title = clean(&reply.title);
    if title.chars().count() <= HEADER {
        page.push(header(&title))
    } else {
        page.text(&title)
    }
    for part in &reply.parts {
        page.part(part);
    }
    if !reply.footer.is_empty() {
        page.push(context(&reply.footer));
    }
    page.finish(reply.locale)
}

/// Blocks being gathered, and what they cost so far.
#[derive(Debug, Default)]
pub struct Page {
    blocks: Vec<Value>,
    characters: usize,
    buttons: usize,
    tables: usize,
    charts: usize,
    left_out: usize,
    below: Vec<Value>,
}

impl Page {
    /// Adds `block`, or counts it as left out.
    pub fn push(&mut self, block: Value) {
        if self.left_out == 0 && self.has_room_for(std::slice::from_ref(&block)) {
            self.characters += characters(&block);
            self.blocks.push(block);
        } else {
            self.left_out += 1;
        }
    }

    /// A page that ends in these buttons, however long the rest is.
    pub fn with_buttons_below(buttons: &[Button]) -> Page {
        let mut page = Page::default();
        page.buttons(buttons);
        page.below = std::mem::take(&mut page.blocks);
        page
    }

    /// Whether all of `blocks` still fit.
    pub fn has_room_for(&self, blocks: &[Value]) -> bool {
        let cost: usize = blocks.iter().map(characters).sum();
        self.blocks.len() + self.below.len() + blocks.len() <= BLOCKS && self.characters + cost <= BUDGET - 200
    }

    /// Adds buttons under what came before.
    pub fn buttons(&mut self, buttons: &[Button]) {
        for chunk in buttons.chunks(25) {
            let elements: Vec<Value> = chunk.iter().filter_map(|b| self.button(b)).collect();
            if !elements.is_empty() {
                self.push(json!({"type": "actions", "elements": elements}));
            }
        }
    }

    /// Adds mrkdwn that is already safe, in sections of at most 3,000 characters.
    pub fn mrkdwn(&mut self, text: &MrkdwnSafe) {
        for piece in pieces(text.as_str(), TEXT) {
            self.push(json!({"type": "section", "text": {"type": "mrkdwn", "text": piece, "verbatim": true}}));
        }
    }

    /// The blocks, with a last line if something was left out.
    pub fn finish(mut self, locale: Locale) -> Vec<Value> {
        if self.left_out > 0 {
            self.blocks.push(context(match locale {
                Locale::Ja => "長すぎるため、この先は省略しました。",
                Locale::En => "The rest was left out: the message would be too long.",
            }));
        }
        self.blocks.append(&mut self.below);
        self.blocks
    }

    fn part(&mut self, part: &Part) {
        match part {
            Part::Heading(text) => self.push(header(text)),
            Part::Text(text) => self.text(text),
            Part::Fields(fields) => fields.chunks(5).for_each(|chunk| self.push(section(chunk))),
            Part::Bullets(items) => {
                let lines: Vec<String> = items.iter().map(|item| format!("• {}", clean(item))).collect();
                self.text(&lines.join("\n"));
            }
            Part::Table(table) => self.table(table),
            Part::Buttons(buttons) => self.buttons(buttons),
            Part::Finder(label) => self.push(finder(label)),
            Part::Chart(chart) => self.chart(chart),
        }
    }

    fn text(&mut self, text: &str) {
        for piece in pieces(&clean_lines(text), TEXT) {
            self.push(json!({"type": "section", "text": plain_text(&piece)}));
        }
    }

    /// Slack takes one table a message; a second one becomes lines.
    fn table(&mut self, table: &Table) {
        let rows = plain::rows(table);
        self.tables += 1;
        if self.tables > 1 || table.header.is_empty() || table.header.len() > 20 {
            let lines: Vec<String> = rows.iter().map(|row| row.join(" | ")).collect();
            return self.text(&lines.join("\n"));
        }
        let mut room = (BUDGET - 400).saturating_sub(self.characters);
        let fitting = rows.iter().take(100).take_while(|row| {
            let cost: usize = row.iter().map(|cell| cell.chars().count() + 8).sum();
            room = room.saturating_sub(cost);
            room > 0
        });
        let cells: Vec<Value> =
            fitting.map(|row| row.iter().map(|c| json!({"type": "raw_text", "text": c})).collect()).collect();
        let cut = rows.len() - cells.len();
        self.push(json!({"type": "table", "rows": cells}));
        self.left_out += cut;
    }

    /// A chart repeats what is written: one too many is no loss.
    fn chart(&mut self, chart: &Chart) {
        if let Some(block) = line_chart(chart).filter(|_| self.charts < CHARTS)
            && self.has_room_for(std::slice::from_ref(&block))
        {
            self.charts += 1;
            self.push(block);
        }
    }

    fn button(&mut self, button: &Button) -> Option<Value> {
        let value = button.press.to_wire();
        self.buttons += 1;
        let label = shorten(&clean(&button.label), 75);
        (value.chars().count() <= 2_000 && !label.is_empty()).then(|| {
            let mut made = json!({"type": "button", "action_id": format!("cs:{}", self.buttons), "value": value,
                "text": {"type": "plain_text", "text": label, "emoji": false}});
            // The row above says whose it is; a screen reader that goes from button to button needs it here.
            if !button.about.is_empty() {
                made["accessibility_label"] = json!(plain::labelled(button, 75));
            }
            made
        })
    }
}

/// A line of the last 20 figures; none where there are fewer than two, or labels would be the same.
fn line_chart(chart: &Chart) -> Option<Value> {
    let label = |text: &str, most| shorten(&clean(text), most);
    let finite = chart.points.iter().filter(|(_, figure)| figure.is_finite());
    let points: Vec<(String, f64)> = finite.map(|(at, figure)| (label(at, LABEL), *figure)).collect();
    let points = &points[points.len().saturating_sub(POINTS)..];
    let names: BTreeSet<&str> = points.iter().map(|(at, _)| at.as_str()).collect();
    if points.len() < 2 || names.len() < points.len() || names.contains("") {
        return None;
    }
    let data: Vec<Value> = points.iter().map(|(at, figure)| json!({"label": at, "value": figure})).collect();
    let mut axis = json!({"categories": points.iter().map(|(at, _)| at).collect::<Vec<_>>()});
    for (key, text) in [("x_label", &chart.over), ("y_label", &chart.unit)] {
        if !text.is_empty() {
            axis[key] = Value::String(label(text, 50));
        }
    }
    let series = json!([{"name": label(&chart.title, LABEL), "data": data}]);
    Some(json!({"type": CHART, "title": label(&chart.title, 50),
        "chart": {"type": "line", "series": series, "axis_config": axis}}))
}

/// The request with every table as lines of text, and no charts.
pub fn without_tables(request: &Value) -> Value {
    let mut request = request.clone();
    if let Some(blocks) = request["blocks"].as_array_mut() {
        blocks.retain(|block| block["type"] != CHART);
        for block in blocks.iter_mut().filter(|block| block["type"] == "table") {
            let rows = block["rows"].as_array().map_or(&[][..], Vec::as_slice);
            let lines: Vec<String> = rows.iter().map(line).collect();
            let text = shorten(&lines.join("\n"), TEXT);
            *block = json!({"type": "section", "text": plain_text(&text)});
        }
    }
    request
}

fn line(row: &Value) -> String {
    let cells = row.as_array().map_or(&[][..], Vec::as_slice);
    cells.iter().filter_map(|cell| cell["text"].as_str()).collect::<Vec<_>>().join(" | ")
}

/// The request with its text alone.
pub fn without_blocks(request: &Value) -> Value {
    let mut request = request.clone();
    if let Some(fields) = request.as_object_mut() {
        fields.remove("blocks");
    }
    request
}

fn header(text: &str) -> Value {
    json!({"type": "header", "text": plain_text(&shorten(&clean(text), HEADER))})
}

/// At most 25 buttons in one block; none where none can be shown.
pub fn choice(buttons: &[Button]) -> Option<Value> {
    let mut page = Page::default();
    page.buttons(buttons);
    page.blocks.into_iter().next()
}

/// The `action_id` of the field that completes names.
pub const FIND: &str = "cs:find";

/// A field that asks us for names while somebody types.
fn finder(label: &str) -> Value {
    let element = json!({"type": "external_select", "action_id": FIND, "min_query_length": 1,
        "placeholder": plain_text(&shorten(&clean(label), 150))});
    json!({"type": "actions", "elements": [element]})
}

/// Small print.
pub fn context(text: &str) -> Value {
    json!({"type": "context", "elements": [plain_text(&shorten(&clean(text), 300))]})
}

/// Label beside value: two columns of a section.
fn section(fields: &[Field]) -> Value {
    let cells: Vec<Value> = fields
        .iter()
        .flat_map(|field| {
            let label = MrkdwnSafe::text(&shorten(&clean(&field.label), 300)).bold();
            let label = if label.is_empty() { MrkdwnSafe::text("–") } else { label };
            [
                json!({"type": "mrkdwn", "text": label.as_str(), "verbatim": true}),
                plain_text(&shorten(&clean_lines(&field.value), 2_000)),
            ]
        })
        .collect();
    json!({"type": "section", "fields": cells})
}

/// Slack refuses empty texts.
fn plain_text(text: &str) -> Value {
    let text = if text.trim().is_empty() { "–" } else { text };
    json!({"type": "plain_text", "text": text, "emoji": false})
}

/// `text` in pieces of at most `max` characters: cut at line ends where possible, never inside an
/// entity or a link.
pub fn pieces(text: &str, max: usize) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut used = 0;
    for atom in text.split_inclusive('\n').flat_map(|line| atoms(line, max)) {
        let length = atom.chars().count();
        if used + length > max {
            out.push(String::new());
            used = 0;
        }
        used += length;
        if let Some(last) = out.last_mut() {
            last.push_str(atom);
        }
    }
    out.into_iter().map(|piece| piece.trim_end().to_owned()).filter(|piece| !piece.is_empty()).collect()
}

/// A line, or where it is too long for one piece its characters, entities and links.
fn atoms(line: &str, max: usize) -> Vec<&str> {
    if line.chars().count() <= max {
        return vec![line];
    }
    let mut out = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '<' => rest.find('>').map(|i| i + 1),
            '&' => rest.find(';').map(|i| i + 1).filter(|i| *i <= 6),
            _ => None,
        };
        let end = end.filter(|i| *i <= max).unwrap_or(first.len_utf8());
        let (atom, tail) = rest.split_at(end);
        out.push(atom);
        rest = tail;
    }
    out
}

/// Characters of every text inside `value`.
pub fn characters(value: &Value) -> usize {
    match value {
        Value::String(text) => text.chars().count(),
        Value::Array(items) => items.iter().map(characters).sum(),
        Value::Object(map) => map.values().map(characters).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::reply::{Press, Reply};

    #[test]
    fn hostile_names_stand_in_plain_text_only() {
        let name = "<!channel> *Acme* <https://evil.test|x> @everyone";
        let reply = Reply::new(Locale::En, name)
            .line(name)
            .field("Owner", name)
            .with(Part::Bullets(vec![name.to_owned()]))
            .with(Part::Table(Table { header: vec!["a".into()], rows: vec![vec![name.to_owned()]] }))
            .button(name, Press::Ask("help".into()));
        for block in super::reply(&reply) {
            visit(&block);
        }
    }

    fn visit(value: &Value) {
        match value {
            Value::Object(map) => {
                let kind = map.get("type").and_then(Value::as_str).unwrap_or("");
                let text = map.get("text").and_then(Value::as_str).unwrap_or("");
                assert!(!text.contains("evil") || ["plain_text", "raw_text"].contains(&kind), "{map:?}");
                map.values().for_each(visit);
            }
            Value::Array(items) => items.iter().for_each(visit),
            _ => {}
        }
    }

    #[test]
    fn a_long_answer_stays_inside_the_budget_and_says_so() {
        let long = "あ".repeat(2_900);
        let reply = (0..60).fold(Reply::new(Locale::Ja, "一覧"), |r, i| r.line(format!("{i} {long}")));
        let blocks = super::reply(&reply);
        assert!(blocks.len() <= 50);
        assert!(blocks.iter().map(characters).sum::<usize>() <= BUDGET);
        assert!(blocks.last().unwrap().to_string().contains("省略"));
    }

    #[test]
    fn a_long_table_is_cut_at_whole_rows() {
        let rows = (0..300).map(|i| vec![format!("顧客{i}"), "x".repeat(100)]).collect();
        let table = Table { header: vec!["a".into(), "b".into()], rows };
        let blocks = super::reply(&Reply::new(Locale::En, "t").with(Part::Table(table)));
        assert_eq!(blocks[1]["type"], "table");
        assert!(blocks[1]["rows"].as_array().unwrap().len() <= 100);
        assert!(blocks.iter().map(characters).sum::<usize>() <= BUDGET);
        assert!(blocks.last().unwrap().to_string().contains("left out"));
    }

    fn rising(title: &str, points: usize) -> Part {
        let points = (0..points).map(|i| (format!("−{i}"), i as f64)).collect();
        Part::Chart(Chart { title: title.into(), unit: "%".into(), over: "posts".into(), points })
    }

    #[test]
    fn a_chart_holds_the_last_twenty_figures_and_a_message_two_charts() {
        let reply = Reply::new(Locale::En, "t").with(rising("NRR", 30)).with(rising("GRR", 1)).with(rising("ARPA", 2));
        let blocks = super::reply(&reply.with(rising("LTV", 2)));
        let charts: Vec<_> = blocks.iter().filter(|block| block["type"] == CHART).collect();
        assert_eq!(charts.iter().map(|c| c["title"].as_str().unwrap()).collect::<Vec<_>>(), ["NRR", "ARPA"]);
        let chart = &charts[0]["chart"];
        assert_eq!((&chart["type"], &chart["series"][0]["name"]), (&json!("line"), &json!("NRR")));
        let labels = |list: &Value| list.as_array().unwrap().len();
        assert_eq!((labels(&chart["axis_config"]["categories"]), labels(&chart["series"][0]["data"])), (20, 20));
        assert_eq!(chart["series"][0]["data"][19], json!({"label": "−29", "value": 29.0}));
        assert!(without_tables(&json!({"blocks": blocks}))["blocks"].as_array().unwrap().len() < blocks.len());
    }

    #[test]
    fn a_chart_slack_would_refuse_is_not_drawn() {
        let of = |points: Vec<(String, f64)>| {
            line_chart(&Chart { title: "t".into(), unit: String::new(), over: String::new(), points })
        };
        assert_eq!(of(vec![("a".into(), 1.0), ("a".into(), 2.0)]), None);
        assert_eq!(of(vec![("a".into(), f64::NAN), ("b".into(), 2.0)]), None);
        assert_eq!(of(vec![("".into(), 1.0), ("b".into(), 2.0)]), None);
        assert!(of(vec![("a".into(), 1.0), ("b".into(), 2.0)]).is_some());
    }

    #[test]
    fn a_piece_never_ends_inside_an_entity_or_a_link() {
        let text = "&amp;".repeat(10) + "<https://a.test/|go>" + &"x".repeat(20);
        for max in 20..40 {
            let cut = pieces(&text, max);
            assert_eq!(cut.concat(), text);
            for piece in cut {
                assert!(piece.chars().count() <= max);
                assert_eq!(piece.matches('&').count(), piece.matches(';').count());
                assert_eq!(piece.matches('<').count(), piece.matches('>').count());
            }
        }
    }
}
