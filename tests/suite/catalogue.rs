//! `docs/catalogue.md` and `docs/catalogue.ja.md` are made from the files of the kit: this writes them anew in memory and
//! compares. `SHIRUBE_WRITE_CATALOGUE=1` writes them.

use std::{collections::BTreeMap, fmt::Write, fs, path::Path};

use shirube::{
    app::reload::read_project,
    cli::preset,
    model::{
        locale::{Bilingual, Locale},
        message::{ChannelKind, Class},
    },
    rulebook::{
        load,
        playbook::{Body, Playbook, Start, Step, Trigger},
        testfile,
        titles::Titled,
        types::{Phase, Rulebook},
    },
};

type Files = BTreeMap<String, String>;

#[test]
fn the_catalogue_is_what_the_files_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = read_project(root).expect("the repository root");
    let book = load::load(&files).0.expect("a rulebook without errors");
    for (name, locale) in [("docs/catalogue.md", Locale::En), ("docs/catalogue.ja.md", Locale::Ja)] {
        let (path, page) = (root.join(name), page(&book, &files, locale));
        if std::env::var_os("SHIRUBE_WRITE_CATALOGUE").is_some() {
            fs::write(&path, &page).expect(name);
        }
        let there = fs::read_to_string(&path).unwrap_or_default();
        let first = page.lines().zip(there.lines()).find(|(new, old)| new != old);
        let help = "write it anew: SHIRUBE_WRITE_CATALOGUE=1 cargo test --test suite catalogue";
        assert!(page == there, "{name} is not what the kit says ({first:?}); {help}");
    }
}

fn say(locale: Locale, ja: &'static str, en: &'static str) -> &'static str {
    if locale == Locale::Ja { ja } else { en }
}

fn page(book: &Rulebook, files: &Files, locale: Locale) -> String {
    let mut out = String::new();
    let title = say(locale, "スターターキット一覧", "The starter kit");
    let about = say(
        locale,
        "`shirube init` が書き出すプレイブックの一覧です。このページはファイルから作られます。書き換えるときは `playbooks/` を直してください。",
        "What `shirube init` writes. This page is made from the files; to change it, change `playbooks/`.",
    );
    let _ = writeln!(out, "# {title}\n\n{about}\n");
    for phase in &book.model.journey {
        let served: Vec<&Playbook> =
            book.playbooks.iter().filter(|p| p.phase.as_deref() == Some(phase.name.as_str())).collect();
        section(&mut out, book, files, phase, &served, locale);
    }
    presets(&mut out, locale);
    links(&mut out, book, locale);
    out
}

fn section(out: &mut String, book: &Rulebook, files: &Files, phase: &Phase, served: &[&Playbook], locale: Locale) {
    let title = book.title(Titled::Phase, &phase.name, locale);
    let goal = say(locale, "目標", "Goal");
    let _ = writeln!(out, "## {title}\n\n{goal}: {}\n", phase.goal.get(locale));
    let words = [("does", "すること", "does"), ("feels", "気持ち", "feels"), ("stumbles", "つまずき", "stumbles over")];
    for (key, ja, en) in words.into_iter().chain([("wants", "望み", "wants")]) {
        let text = phase.customer.get(key).map(|t| t.get(locale)).unwrap_or_default();
        let _ = writeln!(out, "- {}: {text}", say(locale, ja, en));
    }
    let tasks = |list: &[String]| {
        let titles: Vec<String> = list.iter().map(|t| phase.task_title(t, locale)).collect();
        titles.join(say(locale, "、", ", "))
    };
    let kpis: Vec<String> = phase.kpi.iter().map(|kpi| format!("`{kpi}`")).collect();
    let _ = writeln!(out, "- {}: {}", say(locale, "私たちの作業", "our tasks"), tasks(&phase.tasks_ours));
    let _ = writeln!(out, "- {}: {}", say(locale, "お客様の作業", "their tasks"), tasks(&phase.tasks_theirs));
    let _ = writeln!(out, "- KPI: {}\n", kpis.join(", "));
    for playbook in served {
        one(out, book, files, playbook, locale);
    }
}

fn one(out: &mut String, book: &Rulebook, files: &Files, playbook: &Playbook, locale: Locale) {
    let title = book.title(Titled::Playbook, &playbook.name, locale);
    let _ = writeln!(out, "### {title}\n\n{}\n", playbook.purpose.get(locale));
    let _ = writeln!(out, "- {}: [`{}`](../playbooks/{1}.yaml)", say(locale, "ファイル", "file"), playbook.name);
    let _ = writeln!(out, "- {}: {}", say(locale, "開始", "starts"), start(&playbook.start, locale));
    if let Some(goal) = &playbook.goal {
        let on = match &goal.on {
            Trigger::When(cond) => format!("`{}`", one_line(cond.source())),
            Trigger::On { event, .. } => format!("`{event}`"),
        };
        let _ = writeln!(out, "- {}: {on}", say(locale, "目標", "goal"));
    }
    let class = match playbook.class {
        Class::Service => say(locale, "サービス", "service"),
        Class::Marketing => say(locale, "案内（同意が必要）", "marketing (needs consent)"),
        Class::Notice => say(locale, "契約の連絡", "notice"),
    };
    let _ = writeln!(
        out,
        "- {}: {class}, {}: {}",
        say(locale, "種類", "class"),
        say(locale, "優先度", "priority"),
        playbook.priority
    );
    let _ = writeln!(out, "- {}:", say(locale, "すること", "does"));
    for step in &playbook.steps {
        if let Some(text) = step_text(book, step, locale) {
            let _ = writeln!(out, "  - {text}");
        }
    }
    let path = format!("playbooks/{}.test.yaml", playbook.name);
    let (tests, _) = testfile::parse(&path, files.get(&path).map_or("", String::as_str));
    let _ = writeln!(out, "- {}: {}\n", say(locale, "テスト", "tests"), tests.len());
}

fn start(start: &Start, locale: Locale) -> String {
    match start {
        Start::When { cond, .. } => format!("`{}`", one_line(cond.source())),
        Start::On { event, where_ } => {
            let which = where_.as_ref().map(|w| format!(" (`{}`)", one_line(w.source()))).unwrap_or_default();
            format!("{} `{event}`{which}", say(locale, "イベント", "event"))
        }
        Start::Cron { schedule, where_, .. } => {
            let which = where_.as_ref().map(|w| format!(" (`{}`)", one_line(w.source()))).unwrap_or_default();
            format!("{} `{}`{which}", say(locale, "定期", "schedule"), schedule.text())
        }
        Start::Dated { date, before, .. } => {
            let side = if *before { say(locale, "より前", "before") } else { say(locale, "より後", "after") };
            format!("`{}` {side}", date.base.source())
        }
        Start::Manual => say(locale, "手動", "by hand").to_owned(),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a step does, where people see something of it.
fn step_text(book: &Rulebook, step: &Step, locale: Locale) -> Option<String> {
    let message = match &step.body {
        Body::Message(message) => message,
        Body::Task(task) => {
            return Some(format!("{}: {}", say(locale, "タスク", "task"), task.text.get(locale)));
        }
        _ => return None,
    };
    let channel = match message.channel {
        ChannelKind::Email => say(locale, "メール", "e-mail"),
        ChannelKind::Slack => "Slack",
        ChannelKind::Discord => "Discord",
        ChannelKind::Webhook => "webhook",
    };
    let subject = book.templates.get(&message.template, locale).map(|t| t.subject.clone()).unwrap_or_default();
    let subject = if subject.is_empty() { String::new() } else { format!(" “`{}`”", subject.replace('`', "'")) };
    let file = format!("../templates/{}.{}.md", message.template, locale.code());
    Some(format!("{channel}: [{}]({file}){subject}", message.template))
}

fn presets(out: &mut String, locale: Locale) {
    let _ = writeln!(out, "## {}\n", say(locale, "プリセット", "Presets"));
    let about = say(
        locale,
        "`shirube init --preset three-phases,weighted,launch` のように選びます。フェーズ、ヘルススコア、KPIから一つずつ選べます。何も選ばなければ、4フェーズと解約、基本のスコア、解約率とオンボーディング完了率の2つのKPIです。",
        "Choose with `shirube init --preset three-phases,weighted,launch`: one for phases, one for health, one for KPIs. Without any: four phases and churn, the basic score, and two KPIs (churn, onboarding completed).",
    );
    let _ = writeln!(
        out,
        "{about}\n\n| {} | | {} |\n|---|---|---|",
        say(locale, "名前", "name"),
        say(locale, "置き換える箇所", "part of `model.yaml`")
    );
    let get = |text: &Bilingual| text.get(locale).to_owned();
    for one in preset::all() {
        let parts: Vec<String> = one.sections.iter().map(|(key, _)| format!("`{key}`")).collect();
        let _ = writeln!(out, "| `{}` | {}. {} | {} |", one.name, get(&one.title), get(&one.about), parts.join(", "));
    }
    out.push('\n');
}

fn links(out: &mut String, book: &Rulebook, locale: Locale) {
    let _ = writeln!(out, "## {}\n", say(locale, "差し替えるリンク", "Links to replace"));
    let about = say(
        locale,
        "`content.yaml` の名前付きリンクです。自社のページに書き換えてください。",
        "The named links of `content.yaml`: put the pages of your own product there.",
    );
    let _ = writeln!(
        out,
        "{about}\n\n| {} | {} |\n|---|---|",
        say(locale, "名前", "name"),
        say(locale, "使うテンプレート", "templates that use it")
    );
    for name in book.links.keys() {
        let of = book.templates.all.iter().filter(|((_, l), t)| *l == locale && t.links.iter().any(|(n, _)| n == name));
        let of: Vec<&str> = of.map(|((template, _), _)| template.as_str()).collect();
        let _ = writeln!(out, "| `{name}` | {} |", of.join(", "));
    }
}
