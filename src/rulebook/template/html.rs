//! The document tree as HTML for a mail. The looks are in the layout's style sheet, by class.

use super::doc::{Block, Inline, Item, Scale};

/// `blocks` as an HTML fragment.
pub fn html(blocks: &[Block]) -> String {
    let mut out = String::new();
    for b in blocks {
        block(b, &mut out);
    }
    out
}

/// `text` for HTML content and attribute values.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

fn block(block: &Block, out: &mut String) {
    match block {
        Block::Paragraph(text) => wrap("p", text, out),
        Block::Heading(level, text) => wrap(&format!("h{}", (*level).clamp(1, 3)), text, out),
        Block::Action { url, label } => {
            *out += &format!(
                "<p class=\"action\"><a class=\"button\" href=\"{}\">{}</a></p>\n",
                escape(url),
                escape(label)
            );
        }
        Block::List { start, items } => list(*start, items, out),
        Block::Quote(inner) => *out += &format!("<blockquote>{}</blockquote>\n", html(inner)),
        Block::Code(code) => *out += &format!("<pre><code>{}</code></pre>\n", escape(code)),
        Block::Table(rows) => table(rows, out),
        Block::Rule => out.push_str("<hr>\n"),
        Block::Scale(scale) => scale_table(scale, out),
    }
}

fn wrap(tag: &str, text: &[Inline], out: &mut String) {
    *out += &format!("<{tag}>");
    inlines(text, out);
    *out += &format!("</{tag}>\n");
}

fn list(start: Option<usize>, items: &[Item], out: &mut String) {
    let (open, close) = match start {
        None => ("<ul>".to_owned(), "</ul>"),
        Some(1) => ("<ol>".to_owned(), "</ol>"),
        Some(n) => (format!("<ol start=\"{n}\">"), "</ol>"),
    };
    *out += &open;
    for item in items {
        out.push_str(match item.done {
            None => "<li>",
            Some(true) => "<li class=\"task\">☑ ",
            Some(false) => "<li class=\"task\">☐ ",
        });
        match item.blocks.as_slice() {
            [Block::Paragraph(text), rest @ ..] => {
                inlines(text, out);
                *out += &html(rest);
            }
            blocks => *out += &html(blocks),
        }
        out.push_str("</li>\n");
    }
    *out += close;
    out.push('\n');
}

fn table(rows: &[Vec<Vec<Inline>>], out: &mut String) {
    out.push_str("<table class=\"data\" role=\"table\">");
    for (i, row) in rows.iter().enumerate() {
        let tag = if i == 0 { "th" } else { "td" };
        out.push_str("<tr>");
        for cell in row {
            *out += &format!("<{tag}>");
            inlines(cell, out);
            *out += &format!("</{tag}>");
        }
        out.push_str("</tr>");
    }
    out.push_str("</table>\n");
}

/// Six numbers stand beside each other on the narrowest phone. Two tables in a row, so that the rest moves below where
/// there is no room: also in clients that read no style sheet. Outlines alone, so that the numbers stay readable in
/// whatever colours a client inverts to. The looks stand here, because layouts of old do not know them.
fn scale_table(scale: &Scale, out: &mut String) {
    out.push_str("<div class=\"scale\" style=\"margin:4px 0 24px;font-size:0;line-height:0\">");
    for half in scale.points.chunks(IN_A_ROW) {
        out.push_str(
            "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"display:inline-table;\
             border-collapse:separate;vertical-align:top\"><tr>",
        );
        for (score, url, aloud) in half {
            *out += &format!(
                "<td style=\"padding:0 4px 6px 0\"><a class=\"score\" href=\"{}\" aria-label=\"{}\" style=\"display:block;\
                 width:38px;border:1px solid #66868c;border-radius:6px;font-size:17px;font-weight:700;line-height:44px;\
                 text-align:center;text-decoration:none\">{score}</a></td>",
                escape(url),
                escape(aloud)
            );
        }
        out.push_str("</tr></table>");
    }
    *out += &format!(
        "<p class=\"ends\" style=\"margin:2px 0 0;font-size:13px;line-height:1.6\">{}<br>{}</p></div>\n",
        escape(&scale.low),
        escape(&scale.high)
    );
}

/// Numbers beside each other.
const IN_A_ROW: usize = 6;

fn inlines(parts: &[Inline], out: &mut String) {
    for part in parts {
        match part {
            Inline::Text(text) => *out += &escape(text),
            Inline::Break => out.push_str("<br>\n"),
            Inline::Bold(inner) => element("strong", inner, out),
            Inline::Italic(inner) => element("em", inner, out),
            Inline::Strike(inner) => element("s", inner, out),
            Inline::Code(code) => *out += &format!("<code>{}</code>", escape(code)),
            Inline::Link { url, label } => {
                *out += &format!("<a href=\"{}\">", escape(url));
                inlines(label, out);
                out.push_str("</a>");
            }
        }
    }
}

fn element(tag: &str, inner: &[Inline], out: &mut String) {
    *out += &format!("<{tag}>");
    inlines(inner, out);
    *out += &format!("</{tag}>");
}

#[cfg(test)]
mod tests {
    use super::{super::doc::parse, *};

    #[test]
    fn markdown_becomes_plain_clean_html() {
        let got = html(&parse(
            "# 題\n\n**太** `a<b` [x](https://a.test/?a=1&b=2) です\n\n- [x] 済\n- [ ] 未\n\n<script>alert(1)</script>",
        ));
        assert_eq!(
            got,
            "<h1>題</h1>\n<p><strong>太</strong> <code>a&lt;b</code> <a href=\"https://a.test/?a=1&amp;b=2\">x</a> です</p>\n\
             <ul><li class=\"task\">☑ 済</li>\n<li class=\"task\">☐ 未</li>\n</ul>\n<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"
        );
    }
}
