//! Templates, layouts and links.

use super::Sentence;

pub(super) const SENTENCES: &[Sentence] = &[
    ("unknown name `{}`", "`{}` という名前はありません"),
    ("unknown function `{}`", "`{}` という関数はありません"),
    ("unknown {} `{}`", "`{1}` という{0}はありません"),
    (
        "`{}` asks a survey, and `{}` goes to no contact",
        "`{}` はアンケートですが、`{}` の宛先は先方担当者ではありません",
    ),
    (
        "send it `to: contact` or to roles of the customer's people: an answer is one person's",
        "回答は一人ひとりのものです。`to: contact` か、お客様側の役割を宛先にしてください",
    ),
    ("there is no survey `{}`", "`{}` というアンケートはありません"),
    ("`survey` needs the kind of survey in quotes", "`survey` にはアンケートの種類を引用符で囲んで渡します"),
    (
        r##"write survey("nps") for 0 to 10, survey("csat") for 1 to 5, survey("ces") for 1 to 7"##,
        r##"0〜10は survey("nps")、1〜5は survey("csat")、1〜7は survey("ces") と書きます"##,
    ),
    ("`{}` cannot be called", "`{}` は関数として使えません"),
    ("use a filter: `value | filter`", "フィルターを使います：`値 | フィルター`"),
    (
        "`{}` is a group: write one of its names, e.g. `{}`",
        "`{}` はまとまりです。その中の名前を書いてください。例：`{}`",
    ),
    (
        "declare it in model.yaml, or compute it under `vars:` in the front matter",
        "model.yaml で定義するか、先頭の `vars:` で計算してください",
    ),
    ("mend the {{ }} or {% %} here", "ここの {{ }} か {% %} を直してください"),
    ("the front matter has no end", "先頭の設定（---）が閉じられていません"),
    ("end the front matter with a line that is exactly ---", "先頭の設定は --- だけの行で終えてください"),
    ("the front matter cannot be read: {}", "先頭の設定が読めません：{}"),
    (
        "front matter takes: subject, preheader, topic, layout, from, vars; quote a text that contains `: `",
        "先頭に書けるのは subject、preheader、topic、layout、from、vars です。`: ` を含む文章は引用符で囲みます",
    ),
    ("`{}` already means something else", "`{}` は別の意味で使われています"),
    ("give the value another name", "別の名前を付けてください"),
    ("`{}` is not a name", "`{}` は名前に使えません"),
    (
        "begin with a small letter; then small letters, digits and _",
        "英小文字で始め、英小文字・数字・_ だけで付けてください",
    ),
    ("a template's file name ends in .ja.md or .en.md", "テンプレートのファイル名は .ja.md か .en.md で終わります"),
    ("rename the file, one for each language", "言語ごとに一つずつ、名前を変えてください"),
    (
        "this template has no subject, its translation has one",
        "このテンプレートには件名がありません。もう一方の言語にはあります",
    ),
    ("add `subject:` to the front matter", "先頭に `subject:` を足してください"),
    ("the template `{}` has no translation `{}`", "テンプレート `{}` に `{}` の訳がありません"),
    ("there is no layout `{}`", "`{}` というレイアウトはありません"),
    ("no link `{}` in content.yaml", "content.yaml に `{}` というリンクがありません"),
    ("add `{}` to content.yaml", "content.yaml に `{}` を足してください"),
    ("the layout is not valid MJML: {}", "レイアウトが MJML として読めません：{}"),
    (
        "mend the MJML; slots are plain {{ name }}, without conditions or filters",
        "MJML を直してください。差し込みは {{ 名前 }} だけで、条件やフィルターは使えません",
    ),
    ("the layout has no {{ body }}", "レイアウトに {{ body }} がありません"),
    ("add {{ body }} in an mj-text", "mj-text の中に {{ body }} を足してください"),
    ("unknown slot `{}`", "差し込み `{}` はありません"),
    ("slots are: {}", "使える差し込み：{}"),
    ("the template does not render with sample values: {}", "見本の値で文面を作れません：{}"),
    ("mend the template; `preview` shows the result", "テンプレートを直してください。結果は `preview` で見られます"),
    ("the mail is {} kB large: Gmail cuts it off at 102 kB", "メールが {} kB あります。Gmail では 102 kB で切られます"),
    ("shorten the body or the layout", "本文かレイアウトを短くしてください"),
    ("the link `{}` is dead: {}", "リンク `{}` が切れています：{}"),
    ("mend the address in content.yaml", "content.yaml の URL を直してください"),
];
