//! The starter kit at the repository root: no findings at all, every playbook test passes, also under every preset,
//! and its mails can be sent as they are.

use std::{collections::BTreeMap, path::Path};

use shirube::{
    app::reload::read_project,
    cli::{preset, project},
    model::{
        locale::Locale,
        message::{ChannelKind, Class},
        world::World,
    },
    rulebook::{
        load,
        playbook::{Body, MessageStep, Playbook, Subject, To},
        template::{Kind, PlanLine, Rendered, render},
        testfile,
        types::Rulebook,
    },
    simulate::playbook_test::run_all,
};

fn root() -> BTreeMap<String, String> {
    read_project(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn book() -> Rulebook {
    load::load(&root()).0.unwrap()
}

/// The people of the kit's `shirube.yaml`, as `shirube test` knows them.
fn world() -> World {
    let config = project::read_config(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    World { fallbacks: config.owners, ..World::default() }
}

/// No finding and no failed test, or all of them as one text.
fn holds(files: &BTreeMap<String, String>) -> Result<Rulebook, String> {
    let (rulebook, findings) = load::load(files);
    let told: Vec<String> = findings.iter().map(|f| format!("{:?} {} {}", f.place, f.rule, f.message)).collect();
    let rulebook = rulebook.filter(|_| told.is_empty()).ok_or_else(|| told.join("\n"))?;
    let (verdicts, wrong) = run_all(files, &rulebook, &world(), None);
    let failed = verdicts.iter().filter(|v| !v.passed).map(|v| format!("{}: {}\n{}", v.file, v.test, v.diff));
    let failed: Vec<String> = failed.chain(wrong.iter().map(|w| format!("{w:?}"))).collect();
    if failed.is_empty() { Ok(rulebook) } else { Err(failed.join("\n")) }
}

#[test]
fn the_kit_has_no_findings_and_its_playbooks_do_what_they_say() {
    holds(&root()).unwrap_or_else(|told| panic!("{told}"));
}

#[test]
fn the_example_that_sends_notes_to_a_webhook_does_what_it_says_beside_the_kit() {
    let mut files = root();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/notes-to-webhook/playbooks");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("playbooks/{}", path.file_name().unwrap().to_str().unwrap());
        files.insert(name, std::fs::read_to_string(path).unwrap());
    }
    let config = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("shirube.yaml")).unwrap();
    let hook =
        "\nwebhooks:\n  product: {url: \"https://product.example/hook\", secret: \"a secret of twenty letters\"}\n";
    files.insert("shirube.yaml".to_owned(), config + hook);
    let book = holds(&files).unwrap_or_else(|told| panic!("{told}"));
    let Some(Body::Message(hook)) = book.playbook("wish_to_product").and_then(|p| p.step("send")).map(|s| &s.body)
    else {
        panic!("no webhook");
    };
    assert_eq!((hook.channel, hook.vars.len()), (ChannelKind::Webhook, 4));
    let (verdicts, _) = run_all(&files, &book, &world(), Some("wish_to_product"));
    assert_eq!(verdicts.len(), 2);
}

#[test]
fn every_playbook_is_tested_and_one_of_its_tests_shows_when_nothing_is_sent() {
    let files = root();
    for playbook in &book().playbooks {
        let path = format!("playbooks/{}.test.yaml", playbook.name);
        let (tests, _) = testfile::parse(&path, files.get(&path).map_or("", String::as_str));
        assert!(tests.len() >= 2, "{path}: {} tests are too few", tests.len());
        let silent =
            |t: &testfile::PlaybookTest| t.then.sent.as_ref().is_some_and(Vec::is_empty) || !t.then.not_sent.is_empty();
        assert!(tests.iter().any(silent), "{path}: no test shows when nothing is sent");
        assert!(tests.iter().any(|t| t.then.sent.as_ref().is_some_and(|s| !s.is_empty())), "{path}: nothing is sent");
    }
}

#[test]
fn every_preset_passes_check_and_tests() {
    let (repository, count) = (root(), book().playbooks.len());
    let one = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    let together = [one(&["dear", "weighted", "growth"]), one(&["three-phases", "simple", "maturity"])];
    let sets = preset::all().into_iter().map(|p| vec![p.name]).chain(together);
    std::thread::scope(|scope| {
        for names in sets {
            let repository = &repository;
            scope.spawn(move || {
                let presets = preset::chosen(&names, Locale::En).unwrap();
                let kit = preset::files(&presets);
                let files: BTreeMap<String, String> =
                    kit.into_iter().filter(|(path, _)| repository.contains_key(path)).collect();
                assert_eq!(files.len(), repository.len(), "build again: the kit in the binary is an older one");
                let rulebook = holds(&files).unwrap_or_else(|told| panic!("{names:?}:\n{told}"));
                assert_eq!(rulebook.playbooks.len(), count, "{names:?}");
                let unrendered = rulebook.templates.sample_render_all(render::render);
                assert!(unrendered.is_empty(), "{names:?}: {unrendered:#?}");
            });
        }
    });
}

#[test]
fn a_preset_s_own_targets_are_those_its_kpi_alert_watches_and_names() {
    for one in preset::all() {
        let files: BTreeMap<String, String> = preset::files(std::slice::from_ref(&one)).into_iter().collect();
        let targets = load::load(&files).0.unwrap().model.targets;
        for kpi in targets.keys() {
            for path in ["playbooks/kpi_alert.yaml", "templates/alerts/kpi.ja.md", "templates/alerts/kpi.en.md"] {
                assert!(files[path].contains(&format!("target.{kpi}")), "{}: {path} leaves out {kpi}", one.name);
            }
        }
    }
}

#[test]
fn a_preset_for_a_folder_that_is_filled_is_refused_instead_of_silently_left_out() {
    let folder = std::env::temp_dir().join(format!("shirube-preset-{}", std::process::id()));
    let chosen = |name: &str| preset::chosen(&[name.to_owned()], Locale::En).unwrap();
    assert!(!preset::cannot_apply(&folder, &chosen("growth")), "an empty folder takes any");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("model.yaml"), "targets: {logo_churn: 3%}\n").unwrap();
    assert!(preset::cannot_apply(&folder, &chosen("growth")));
    let same = preset::files(&chosen("growth"));
    std::fs::write(folder.join("model.yaml"), &same.iter().find(|(p, _)| p == "model.yaml").unwrap().1).unwrap();
    assert!(!preset::cannot_apply(&folder, &chosen("growth")), "it was written with this preset");
    assert!(preset::cannot_apply(&folder, &chosen("launch")));
    std::fs::remove_dir_all(&folder).unwrap();
    let changed = preset::changed(&chosen("growth"));
    assert!(changed.contains(&"model.yaml `targets:`".to_owned()), "{changed:?}");
    assert!(changed.contains(&"playbooks/kpi_alert.yaml".to_owned()), "{changed:?}");
}

#[test]
fn phases_say_what_the_customer_does_feels_stumbles_over_and_wants_and_who_has_which_task() {
    for one in std::iter::once(preset::Preset::default()).chain(preset::all()) {
        let files = preset::files(std::slice::from_ref(&one)).into_iter().collect();
        for phase in &load::load(&files).0.expect("a rulebook").model.journey {
            let customer: Vec<&str> = phase.customer.keys().map(String::as_str).collect();
            assert_eq!(customer, ["does", "feels", "stumbles", "wants"], "{} {}", one.name, phase.name);
            let both = |text: &shirube::model::locale::Bilingual| text.ja.is_some() && text.en.is_some();
            assert!(phase.customer.values().all(both) && both(&phase.goal), "{} {}", one.name, phase.name);
            assert!(!phase.tasks_ours.is_empty() && !phase.tasks_theirs.is_empty(), "{} {}", one.name, phase.name);
            let titled = |task: &String| phase.task_titles.get(task).is_some_and(both);
            let bare: Vec<&String> =
                phase.tasks_ours.iter().chain(&phase.tasks_theirs).filter(|t| !titled(t)).collect();
            assert!(bare.is_empty(), "{} {}: no titles for {bare:?}", one.name, phase.name);
            let unknown: Vec<&String> = phase.kpi.iter().filter(|k| !load::names::is_kpi(k)).collect();
            assert!(unknown.is_empty() && !phase.kpi.is_empty(), "{} {}: {unknown:?}", one.name, phase.name);
        }
    }
}

#[test]
fn every_playbook_says_what_it_is_for_and_when_it_was_looked_over() {
    for playbook in &book().playbooks {
        let said = [&playbook.title, &playbook.purpose].map(|t| t.ja.is_some() && t.en.is_some());
        assert_eq!(said, [true, true], "{}", playbook.name);
        assert!(
            playbook.phase.is_some() && playbook.reviewed.is_some() && !playbook.tags.is_empty(),
            "{}",
            playbook.name
        );
        assert!(playbook.holdout.is_none(), "{}: the kit ships with holdouts off", playbook.name);
    }
    assert_eq!(book().model.holdout.percent, 0.0);
}

fn messages(playbook: &Playbook) -> impl Iterator<Item = (&shirube::rulebook::playbook::Step, &MessageStep)> {
    playbook.steps.iter().filter_map(|step| match &step.body {
        Body::Message(message) => Some((step, message)),
        _ => None,
    })
}

/// The playbooks' mails to customers.
fn to_customers(playbook: &Playbook) -> impl Iterator<Item = (&shirube::rulebook::playbook::Step, &MessageStep)> {
    messages(playbook).filter(|(_, m)| {
        let to = m.to.as_ref().or(playbook.to.as_ref());
        m.channel == ChannelKind::Email && !matches!(to, Some(To::Team(_) | To::Channel(_)))
    })
}

#[test]
fn marketing_asks_each_time_whether_the_moment_is_right() {
    let book = book();
    let mut seen = 0;
    for playbook in &book.playbooks {
        for (step, message) in to_customers(playbook) {
            if message.class.unwrap_or(playbook.class) == Class::Marketing {
                let asks = step.cond.as_ref().is_some_and(|c| c.source().contains("segment.undisturbed"));
                assert!(asks, "{}/{}: add `if: segment.undisturbed`", playbook.name, step.id);
                seen += 1;
            }
        }
    }
    assert!(seen >= 6, "{seen}");
}

#[test]
fn whoever_is_written_to_again_and_again_is_so_at_most_so_often() {
    use shirube::rulebook::playbook::{Again, Start};
    for playbook in book().playbooks.iter().filter(|p| p.subject == Subject::Account) {
        let by_itself = matches!(playbook.start, Start::When { .. });
        let endless = by_itself && playbook.enroll.again == Again::Always;
        assert!(!endless, "{}: a condition that comes and goes needs `again: {{after: …}}`", playbook.name);
        assert!(!playbook.enroll.existing, "{}: nobody is written to because it goes live", playbook.name);
    }
}

#[test]
fn every_template_of_the_kit_renders_in_both_languages() {
    let book = book();
    let findings = book.templates.sample_render_all(render::render);
    assert!(findings.is_empty(), "{findings:#?}");
    assert!(book.templates.sample_jobs().len() >= book.templates.all.len());
}

#[test]
fn mails_about_the_shared_plan_show_what_is_done_and_what_is_open() {
    let book = book();
    let phase = book.model.journey.iter().find(|p| p.name == "onboarding").unwrap();
    let mut seen = 0;
    for mut job in book.templates.sample_jobs() {
        let about_it = ["onboarding/kickoff.", "onboarding/together."].iter().any(|name| job.file.contains(name));
        if !about_it || !matches!(job.kind, Kind::Mail { .. }) {
            continue;
        }
        let locale = if job.file.ends_with(".ja.md") { Locale::Ja } else { Locale::En };
        let line = |task: &String, ours: bool| PlanLine {
            title: phase.task_title(task, locale).to_owned(),
            ours,
            done: (task == "kickoff").then(|| "2026-04-02".to_owned()),
            url: (!ours).then(|| "https://cs.example.com/d/abc_1".to_owned()),
        };
        let ours = phase.tasks_ours.iter().map(|task| line(task, true));
        job.context.plan = ours.chain(phase.tasks_theirs.iter().map(|task| line(task, false))).collect();
        let Ok(Rendered::Mail(mail)) = render::render(&job) else { panic!("{}", job.file) };
        let (done, open, button) = match locale {
            Locale::Ja => ("✓ キックオフ", "□ 会社情報の登録", "完了にする"),
            Locale::En => ("✓ Kick-off", "□ Company profile", "Mark as done"),
        };
        assert!(mail.text.contains(done) && mail.text.contains(open), "{}:\n{}", job.file, mail.text);
        assert!(mail.html.contains("https://cs.example.com/d/abc_1") && mail.html.contains(button), "{}", job.file);
        assert!(!mail.text.contains("✓ 会社情報") && !mail.text.contains("✓ Company"), "{}", mail.text);
        seen += 1;
    }
    assert!(seen >= 4, "{seen}");
}

#[test]
fn every_template_is_used_and_its_links_stand_in_content_yaml() {
    let book = book();
    let used: Vec<&str> = book.playbooks.iter().flat_map(messages).map(|(_, m)| m.template.as_str()).collect();
    let idle: Vec<&String> =
        book.templates.all.keys().map(|(name, _)| name).filter(|n| !used.contains(&n.as_str())).collect();
    assert!(idle.is_empty(), "no playbook sends {idle:?}");
    let linked = |name: &String| book.templates.all.values().any(|t| t.links.iter().any(|(l, _)| l == name));
    let idle: Vec<&String> = book.links.keys().filter(|n| !linked(n)).collect();
    assert!(idle.is_empty(), "no template uses {idle:?} of content.yaml");
}

/// Columns on a terminal: Japanese characters take two.
fn columns(line: &str) -> usize {
    line.chars().map(|c| if u32::from(c) >= 0x1100 { 2 } else { 1 }).sum()
}

#[test]
fn mails_to_customers_greet_sign_name_a_next_step_and_fit_eighty_columns() {
    let book = book();
    let names: Vec<String> =
        book.playbooks.iter().flat_map(|p| to_customers(p).map(|(_, m)| m.template.clone())).collect();
    for job in book.templates.sample_jobs() {
        let name = job.file.trim_start_matches("templates/").trim_end_matches(".md");
        let (name, locale) = name.rsplit_once('.').expect("NAME.LANG");
        if !names.iter().any(|n| n == name) || !matches!(job.kind, Kind::Mail { .. }) {
            continue;
        }
        let Ok(Rendered::Mail(mail)) = render::render(&job) else { panic!("{}", job.file) };
        let text = mail.text.as_str();
        let (greeting, signature, reply) = match locale {
            "ja" => (" 様\n", "カスタマーサクセス\n", "返信"),
            _ => ("Hello ", "Customer Success, ", "eply"),
        };
        assert!(text.contains(greeting) && text.contains(signature), "{}:\n{text}", job.file);
        let leads_on = ["]({{ link(", "{{ survey("].iter().any(|step| job.body.contains(step));
        assert!(leads_on || text.contains(reply), "{}: no next step\n{text}", job.file);
        for line in text.lines().filter(|l| !l.contains("http")) {
            assert!(columns(line) <= 80, "{}: {line}", job.file);
        }
        for left_over in ["TODO", "XXX", "○○", "◯◯", "lorem", "御中の"] {
            assert!(!job.body.contains(left_over), "{}: {left_over}", job.file);
        }
        assert!(!mail.subject.as_str().is_empty() && columns(mail.subject.as_str()) <= 80, "{}", job.file);
    }
}

#[test]
fn readers_choose_from_topics_that_have_names_in_both_languages() {
    let book = book();
    for locale in Locale::ALL {
        let topics = shirube::app::preferences::topics(&book, locale);
        assert!(topics.len() > 8 && topics.iter().all(|t| t.name != "team"), "{topics:?}");
        let bare: Vec<&str> = topics.iter().filter(|t| t.title == t.name).map(|t| t.name.as_str()).collect();
        assert!(bare.is_empty(), "topics without a name for readers: {bare:?}");
    }
}

#[test]
fn no_two_mails_of_the_kit_have_the_same_subject() {
    let book = book();
    for locale in Locale::ALL {
        let of = book.templates.all.iter().filter(|((_, l), t)| *l == locale && !t.subject.is_empty());
        let mut subjects: Vec<&str> = of.map(|(_, t)| t.subject.as_str()).collect();
        let all = subjects.len();
        subjects.sort_unstable();
        subjects.dedup();
        assert_eq!(subjects.len(), all);
    }
}
