//! An answer as Markdown, for a wiki, an issue or a chat that reads it.

use crate::{
    command::reply::{Part, Reply, Table},
    model::safe::clean,
};

/// The answer. Texts of customers stay text: what Markdown would read is escaped.
pub fn render(reply: &Reply) -> String {
    let mut out = format!("# {}\n", plain(&reply.title));
    for part in &reply.parts {
        match part {
            Part::Heading(text) => out += &format!("\n## {}\n", plain(text)),
            Part::Text(text) => out += &format!("\n{}\n", plain(text)),
            Part::Bullets(items) => out += &list(items.iter().map(|item| plain(item))),
            Part::Fields(fields) => {
                out += &list(fields.iter().map(|f| format!("{}: {}", plain(&f.label), plain(&f.value))));
            }
            Part::Table(table) => out += &self::table(table),
            Part::Buttons(_) | Part::Finder(_) | Part::Chart(_) => {}
        }
    }
    if !reply.footer.is_empty() {
        out += &format!("\n{}\n", plain(&reply.footer));
    }
    out
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: String = items.map(|item| format!("- {item}\n")).collect();
    format!("\n{items}")
}

fn table(table: &Table) -> String {
    let row = |cells: &[String]| {
        let cells: Vec<String> =
            (0..table.header.len()).map(|n| plain(cells.get(n).map_or("", String::as_str))).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule = format!("|{}\n", " --- |".repeat(table.header.len()));
    let rows: String = table.rows.iter().map(|cells| row(cells)).collect();
    format!("\n{}{rule}{rows}", row(&table.header))
}

fn plain(text: &str) -> String {
    let mut out = String::new();
    // Readers of Markdown call people and make links of bare text: an invisible mark in between keeps them from it.
    for c in clean(text).replace('@', "@\u{200b}").replace("://", ":\u{200b}//").chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '&') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::locale::Locale;

    #[test]
    fn what_a_customer_is_called_is_no_markup() {
        let table = Table { header: vec!["a".into(), "b".into()], rows: vec![vec!["x|y".into()]] };
        let reply = Reply::new(Locale::En, "T").line("[x](http://y) *b* @all").with(Part::Table(table));
        let text = render(&reply);
        assert!(
            text.contains("\\[x\\](http:\u{200b}//y) \\*b\\* @\u{200b}all") && text.contains("| x\\|y |  |"),
            "{text}"
        );
    }
}
