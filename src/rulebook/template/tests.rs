//! The whole pipeline on small templates, and on hostile data.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    model::{
        diagnostic::Diagnostic,
        money::{Currency, Money},
        safe::is_control,
        survey::Kind,
        value::{Props, Value},
    },
    rulebook::expr::schema::{Schema, Type},
};

const LAYOUT: &str = include_str!("../../../templates/layouts/standard.mjml");

fn schema() -> Schema {
    let mut schema = Schema { start: true, ..Schema::default() };
    let names = [
        ("account.name", Type::Text(None)),
        ("account.mrr", Type::Money),
        ("account.renewal_date", Type::Date),
        ("account.goals", Type::List),
        ("contact.name", Type::Text(None)),
        ("metric.logins_7d", Type::Num),
        ("metric.setup_steps", Type::Num),
        ("health.band", Type::Text(Some(vec!["green".into(), "red".into()]))),
    ];
    for (i, (name, ty)) in names.into_iter().enumerate() {
        schema.slot(name, ty, i as u32);
    }
    schema
}

fn load(ja: &str) -> (Templates, Vec<Diagnostic>) {
    let files = [("templates/t/x.ja.md", ja), ("templates/t/x.en.md", ja), ("templates/layouts/standard.mjml", LAYOUT)];
    Templates::load(&files.map(|(p, t)| (p.to_owned(), t.to_owned())).into(), &schema())
}

fn one(text: &str) -> (Templates, Template) {
    let (templates, found) = load(text);
    assert_eq!(found, [], "{text}");
    let template = templates.get("t/x", Locale::Ja).unwrap().clone();
    (templates, template)
}

fn props(pairs: &[(&str, Value)]) -> Props {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect()
}

fn mail(text: &str, vars: &[(&str, Value)]) -> Result<RenderedMail, RenderError> {
    let (templates, template) = one(text);
    render_mail(&template, &templates.layouts["standard"], &props(vars), &RenderContext::sample(Locale::Ja))
}

fn slack(text: &str, vars: &[(&str, Value)]) -> Result<String, RenderError> {
    let (_, template) = one(text);
    let chat = render_chat(&template, &props(vars), Target::Slack, &RenderContext::sample(Locale::Ja))?;
    match chat.body {
        ChatBody::Slack { mrkdwn, .. } => Ok(mrkdwn.as_str().to_owned()),
        ChatBody::Discord { .. } => unreachable!(),
    }
}

const WELCOME: &str = "---\nsubject: \"{{ account.name }} 様：あと{{ remaining }}歩です\"\npreheader: 10分で終わります\nvars: {remaining: 4 - metric.setup_steps}\n---\n{{ contact.name | honorific }}\n\n先週は **{{ metric.logins_7d }} 回**ご利用いただきました。\n[設定を続ける](https://a.test/setup)\n";

#[test]
fn one_source_gives_mail_and_chat() {
    let vars = [
        ("account.name", Value::text("株式会社アクメ")),
        ("contact.name", Value::text("佐藤結衣")),
        ("metric.logins_7d", Value::Num(3.0)),
        ("remaining", Value::Num(2.0)),
    ];
    let mail = mail(WELCOME, &vars).unwrap();
    assert_eq!(mail.subject.as_str(), "株式会社アクメ 様：あと2歩です");
    assert_eq!(mail.preheader, "10分で終わります");
    assert!(mail.html.contains("佐藤結衣 様") && mail.html.contains("3 回</strong>"), "{}", mail.html);
    assert!(mail.html.contains("lang=\"ja\"") && mail.html.contains("prefers-color-scheme"));
    assert!(!mail.html.contains("{{"));
    let want = "佐藤結衣 様\n\n先週は 3 回ご利用いただきました。\n\n→ 設定を続ける\n  https://a.test/setup\n\n-- \n";
    assert!(mail.text.starts_with(want), "{}", mail.text);
    assert!(mail.text.contains("サンプル株式会社") && mail.text.contains("https://sample.test/u/token"));
    let chat = slack(WELCOME, &vars).unwrap();
    assert_eq!(chat, "佐藤結衣 様\n\n先週は *3 回*ご利用いただきました。\n\n<https://a.test/setup|設定を続ける>");
}

#[test]
fn the_shared_plan_is_printed_with_signs_days_and_links() {
    let (templates, template) = one("---\nsubject: Plan\n---\n{{ plan_checklist() }}\n");
    assert!(template.checklist);
    let line = |title: &str, ours, done: Option<&str>, url: Option<&str>| super::context::PlanLine {
        title: title.to_owned(),
        ours,
        done: done.map(str::to_owned),
        url: url.map(str::to_owned),
    };
    let mut context = RenderContext::sample(Locale::En);
    context.plan = vec![
        line("kick *off*", true, Some("2026-04-02"), None),
        line("import data", false, None, Some("https://cs.example.com/d/abc_1")),
    ];
    let mail = render_mail(&template, &templates.layouts["standard"], &Props::new(), &context).unwrap();
    assert!(mail.text.contains("✓ kick *off* (2026-04-02)") && mail.text.contains("□ import data"), "{}", mail.text);
    assert!(
        mail.html.contains("https://cs.example.com/d/abc_1") && mail.html.contains("Mark as done"),
        "{}",
        mail.html
    );
    let chat = render_chat(&template, &Props::new(), Target::Slack, &context).unwrap();
    assert!(chat.text.contains("□ import data"), "{}", chat.text);
}

#[test]
fn a_survey_is_a_scale_of_links_in_mail_and_one_link_elsewhere() {
    let (templates, template) = one("---\nsubject: Q\n---\nbefore {{ survey(\"nps\") }} after\n");
    assert_eq!(template.surveys.iter().copied().collect::<Vec<_>>(), [Kind::Nps]);
    let mut context = RenderContext::sample(Locale::Ja);
    context.surveys = [(Kind::Nps, "https://cs.example.com/s/abc_1".to_owned())].into();
    let mail = render_mail(&template, &templates.layouts["standard"], &Props::new(), &context).unwrap();
    for score in 0..=10 {
        let link = format!("href=\"https://cs.example.com/s/abc_1?score={score}\"");
        assert_eq!(mail.html.matches(&link).count(), 1, "{}", mail.html);
    }
    assert!(mail.html.contains("0：まったく勧めない<br>10：とても勧めたい"), "{}", mail.html);
    assert!(mail.text.contains("before\n\n0：まったく勧めない / 10：とても勧めたい\n→ 0〜10で答える\n  https://cs.example.com/s/abc_1\n\nafter"), "{}", mail.text);
    let chat = render_chat(&template, &Props::new(), Target::Slack, &context).unwrap();
    assert!(chat.text.contains("https://cs.example.com/s/abc_1") && !chat.text.contains("?score="), "{}", chat.text);
    // A message that goes to no contact cannot ask one.
    context.surveys.clear();
    let refused = render_chat(&template, &Props::new(), Target::Slack, &context).unwrap_err();
    assert!(refused.to_string().contains("this message goes to none"), "{refused}");
}

#[test]
fn no_data_is_a_survey() {
    let (_, template) = one(
        "---\nsubject: \"{{ account.name }}{{ survey('csat') }}\"\n---\n{{ account.name }}\n\n{{ survey('csat') | upper }}\n",
    );
    let name = Value::text("\u{F0000}csat\u{F0000}");
    for name in [name, Value::text("\0csat\0"), Value::text("{{ survey(\"csat\") }}")] {
        let chat = render_chat(
            &template,
            &props(&[("account.name", name)]),
            Target::Slack,
            &RenderContext::sample(Locale::En),
        )
        .unwrap();
        assert!(!chat.text.contains("/s/token"), "{}", chat.text);
    }
}

#[test]
fn a_survey_nobody_knows_is_a_finding() {
    for (text, message) in [
        ("{{ survey(\"npx\") }}", "there is no survey `npx`"),
        ("{{ survey(account.name) }}", "`survey` needs the kind of survey in quotes"),
    ] {
        let (_, found) = load(text);
        assert_eq!(found.first().map(|f| (f.rule, f.message.as_str())), Some(("unknown-survey", message)));
    }
}

#[test]
fn a_missing_value_refuses_the_message_and_is_named() {
    let got = slack("a\n\nb {{ account.name | upper }}", &[]).unwrap_err();
    assert_eq!(got, RenderError::Missing { file: "templates/t/x.ja.md".into(), line: 3, name: "account.name".into() });
    let got = slack("{{ account.name }}", &[("account.name", Value::Missing)]).unwrap_err();
    assert!(got.to_string().contains("`account.name` has no value"), "{got}");
    assert!(matches!(slack("{% if metric.logins_7d > 1 %}x{% endif %}", &[]), Err(RenderError::Missing { .. })));
    assert_eq!(slack("{{ account.name | default(\"お客様\") }}", &[]).unwrap(), "お客様");
    assert_eq!(slack("a{% if account.name is defined %}{{ account.name }}{% endif %}", &[]).unwrap(), "a");
}

#[test]
fn names_the_text_can_do_without_are_optional() {
    let (_, t) = one(
        "{{ account.name | default(\"x\") }}{% if contact.name is defined %}{{ contact.name }}{% endif %}{{ metric.logins_7d }}",
    );
    assert_eq!(t.optional.iter().collect::<Vec<_>>(), ["account.name", "contact.name"]);
    assert_eq!(
        t.reads.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>(),
        ["account.name", "contact.name", "metric.logins_7d"]
    );
    let (_, t) = one("{{ account.name | default(\"x\") }}{{ account.name }}");
    assert!(t.optional.is_empty(), "the second one needs it");
}

#[test]
fn values_are_written_for_people() {
    let text = "{{ account.renewal_date }} {{ account.renewal_date | date(\"weekday\") }} {{ account.mrr }} {{ metric.logins_7d | number }} {{ 0.6 | percent }} {{ health.band | band }} {{ account.goals }} {{ today | date(\"short\") }} {{ 2 | plural(\"a\", \"b\") }} {{ 1200 | money }}";
    let vars = [
        ("account.renewal_date", Value::Date(20_544)),
        ("account.mrr", Value::Money(Money { amount_minor: 120_000, currency: Currency::JPY })),
        ("metric.logins_7d", Value::Num(12_345.0)),
        ("health.band", Value::text("red")),
        ("account.goals", Value::List(vec![Value::text("一"), Value::text("二")].into())),
    ];
    assert_eq!(slack(text, &vars).unwrap(), "2026年4月1日 4月1日(水) ¥120,000 12,345 60% 危険 一、二 4/1 b ¥1,200");
}

fn rules(text: &str) -> Vec<(String, u32, u32, String)> {
    let found = load(text).1.into_iter().filter(|d| d.place.file.contains(".ja."));
    found.map(|d| (d.rule.to_owned(), d.place.line, d.place.column, d.help)).collect()
}

#[test]
fn unknown_things_are_found_at_load_with_place_and_suggestion() {
    let cases = [
        ("あ {{ acount.name }}", "unknown-name", 6, "did you mean `account.name`?"),
        ("{{ contact.name | honorfic }}", "unknown-filter", 19, "did you mean `honorific`?"),
        ("{% if contact.name is defned %}{% endif %}", "unknown-test", 23, "did you mean `defined`?"),
        (
            "{% include \"x\" %}",
            "unknown-tag",
            4,
            "there are: if, elif, else, endif, for, endfor, set, raw, endraw, break, continue",
        ),
        (
            "{{ range(9) }}",
            "unknown-function",
            4,
            "compute it in the front matter (`vars: {x: range(…)}`) and write {{ x }}",
        ),
        ("{{ account }}", "unknown-name", 4, "`account` is a group: write one of its names, e.g. `account.goals`"),
    ];
    for (text, rule, column, help) in cases {
        let got = rules(&format!("first\n{text}"));
        assert_eq!(got, [(rule.to_owned(), 2, column, help.to_owned())], "{text}");
    }
    assert_eq!(rules("---\nsubject: \"ab {{ x }}\"\n---\n{{ y | upper")[0].0, "unknown-name");
    let got = rules("a\n{{ y | upper");
    assert_eq!((got[0].0.as_str(), got[0].1), ("template-syntax", 2));
}

#[test]
fn languages_layouts_and_vars_are_checked() {
    let files = BTreeMap::from([
        (
            "templates/t/x.ja.md".to_owned(),
            "---\nsubject: s\nlayout: standrd\nvars: {A: 1, b: acount.name}\n---\nx".to_owned(),
        ),
        ("templates/t/y.md".to_owned(), "x".to_owned()),
        ("templates/layouts/standard.mjml".to_owned(), LAYOUT.to_owned()),
    ]);
    let found = Templates::load(&files, &schema()).1;
    let mut names: Vec<&str> = found.iter().map(|d| d.rule).collect();
    names.sort_unstable();
    for rule in ["missing-translation", "template-name", "unknown-layout", "var-name"] {
        assert!(names.contains(&rule), "{rule} in {names:?}");
    }
    assert!(found.iter().any(|d| d.place.line == 4 && d.message.contains("acount")), "{found:?}");
}

#[test]
fn every_link_is_known_by_name_and_place() {
    let (templates, _) = one("x\n[a]({{ link(\"setup\") }})");
    let found = templates.check_links(&["settings".to_owned(), "setups".to_owned()].into());
    assert_eq!(
        (found[0].rule, found[0].place.line, found[0].help.as_str()),
        ("unknown-link", 2, "did you mean link(\"setups\")?")
    );
    assert!(templates.check_links(&["setup".to_owned()].into()).is_empty());
    assert!(matches!(slack("[a]({{ link(\"setup\") }})", &[]), Err(RenderError::Template { .. })));
}

#[test]
fn samples_render_in_both_moods_and_say_what_does_not() {
    let (templates, _) = one(WELCOME);
    assert_eq!(templates.sample_jobs().len(), 2 * 2 * 3);
    assert_eq!(templates.sample_check(), []);
    let (templates, _) = one("{% if metric.logins_7d > 0 %}{{ account.name | date }}{% endif %}");
    assert_eq!(templates.sample_check()[0].rule, "template-render");
}

#[test]
fn a_template_that_loops_forever_runs_out_of_fuel() {
    let text = format!("{}x{}", "{% for a in account.goals %}".repeat(6), "{% endfor %}".repeat(6));
    let goals = Value::List(vec![Value::text("g"); 20].into());
    let got = slack(&text, &[("account.goals", goals)]).unwrap_err();
    assert!(got.to_string().contains("shorten its loops"), "{got}");
}

const HOSTILE: [&str; 14] = [
    "<!channel>",
    "{{ 7 * 7 }}{% raw %}",
    "a\r\nBcc: evil@evil.test",
    "\u{202e}gnp.exe",
    "[x](http://evil.test)",
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "*b* _i_ ~s~ `c` **bb**",
    "# h\n- l\n1. n\n> q\n---",
    "@everyone <@123> <#1> <https://evil.test|x>",
    "\"><img src=x onerror=alert(1)>",
    "![x](https://evil.test/p.png)",
    "&lt;b&gt; &#60; {{ body }} {{ footer }}",
    "http://evil.test/",
];

fn text_nodes(html: &str) -> String {
    html2text::from_read(html.as_bytes(), 10_000).unwrap_or_default()
}

/// The page without the attribute that repeats the subject, where `<` is only a character.
fn outside_label(html: &str) -> String {
    let (before, rest) = html.split_once("aria-label=\"").unwrap_or((html, ""));
    format!("{before}{}", rest.split_once('"').map_or("", |(_, after)| after)).to_lowercase()
}

#[test]
fn hostile_names_stay_text_in_mail_slack_and_discord() {
    for hostile in HOSTILE {
        let vars = [("contact.name", Value::text(hostile))];
        let text = "---\nsubject: \"{{ contact.name }} x\"\npreheader: \"{{ contact.name }}\"\n---\n**{{ contact.name }}** さん `{{ contact.name }}`\n\n{{ contact.name }}\n\n[l](https://a.test/)";
        let mail = mail(text, &vars).unwrap();
        let clean = crate::model::safe::clean(hostile);
        assert!(mail.text.replace('\n', " ").contains(&clean), "{}", mail.text);
        assert!(!mail.subject.as_str().chars().any(is_control));
        let shown = text_nodes(&mail.html).replace("**", "");
        assert!(shown.contains(&clean.replace("**", "")), "{shown}");
        for bad in ["<script", "<img src=x", "evil.test/p.png\"", "javascript:alert(1)\"", "href=\"http://evil"] {
            assert!(!outside_label(&mail.html).contains(bad), "{bad} in {}", mail.html);
        }
        let chat = slack(text, &vars).unwrap();
        assert_eq!(chat.matches('<').count(), 1, "only our own link: {chat}");
        assert!(chat.ends_with("<https://a.test/|l>"), "{chat}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn any_name_is_harmless_everywhere(name in "[\\PC\r\n\t<>\\[\\]()*_`{}%#!@|&:/.\u{202e}]{1,40}") {
        prop_assume!(!crate::model::safe::clean(&name).is_empty());
        let vars = props(&[("contact.name", Value::text(&name))]);
        let (templates, template) = one("---\nsubject: \"s {{ contact.name }}\"\n---\n**{{ contact.name }}** [l](https://a.test/)");
        let ctx = RenderContext::sample(Locale::Ja);
        let mail = render_mail(&template, &templates.layouts["standard"], &vars, &ctx).unwrap();
        prop_assert!(!mail.subject.as_str().chars().any(is_control));
        prop_assert!(mail.text.lines().all(|l| plain::width(l) <= 80), "{}", mail.text);
        prop_assert_eq!(mail.html.matches("<a ").count(), 2, "our link and the footer's");
        let ChatBody::Slack { mrkdwn, blocks } = render_chat(&template, &vars, Target::Slack, &ctx).unwrap().body else {
            unreachable!()
        };
        prop_assert_eq!(mrkdwn.as_str().matches('<').count(), 1);
        prop_assert_eq!(serde_json::to_string(&blocks).unwrap().matches("\"type\":\"link\"").count(), 1);
        let ChatBody::Discord { markdown } = render_chat(&template, &vars, Target::Discord, &ctx).unwrap().body else {
            unreachable!()
        };
        prop_assert_eq!(markdown.as_str().matches("](<").count(), 1);
    }

    #[test]
    fn no_template_text_stops_the_check(body in "[-{}%# a-z.|()\"\\[\\]*日\n]{0,120}") {
        load(&body);
    }
}
