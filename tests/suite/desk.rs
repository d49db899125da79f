//! The desk on a real store: questions answered from `knowledge/`, renewals, standstill, the day, tasks, and nothing of it
//! where customers read.

use std::{path::Path, sync::Arc};

use shirube::{
    app::{reload::read_knowledge, shell::Shell},
    command::{
        desk::{self, Asker},
        office::Office,
        reply::{Part, Press, Reply},
        roles::{Place, Role},
        spec::SPECS,
    },
    knowledge::Library,
    model::{
        ids::AccountId,
        instant::{DAY, Instant, MINUTE},
        locale::Locale,
        message::OutboxState,
        run::{Run, Task},
        shared::Shared,
    },
    rulebook::titles::Titled,
};

use crate::foresight::{Live, live, live_edited, start};

pub struct Room {
    pub live: Live,
    pub shell: Arc<Shell>,
    office: Office,
}

/// The kit with twelve customers, decided once, people and articles known.
pub async fn room() -> Room {
    room_of(live().await).await
}

/// The same over another store.
pub async fn room_of(live: Live) -> Room {
    let shell = Arc::clone(&live.shell);
    shell.set_knowledge(Library::new(&read_knowledge(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap()));
    let people = [("kei", "Kei Yamada"), ("mio", "Mio Sasaki")].map(|(k, n)| (k.to_owned(), n.to_owned()));
    shell
        .change_world(|world| {
            world.people = people.clone().into();
            world.handles.insert("slack:U1".into(), "kei".into());
            world.fallbacks.insert("csm".into(), "mio".into());
        })
        .await
        .unwrap();
    shell.turn(start()).await.unwrap();
    Room { live, office: Office(Arc::clone(&shell)), shell }
}

fn asker(place: Place, locale: Locale) -> Asker {
    Asker { who: "slack:U1".to_owned(), role: Role::Operator, place, locale, account: None }
}

impl Room {
    pub async fn ask(&self, text: &str) -> Reply {
        desk::ask(&self.office, &asker(Place::Direct, Locale::En), text).await
    }

    async fn press(&self, reply: &Reply, label: &str) -> Reply {
        let wire = buttons(reply).into_iter().find(|(l, _)| l.starts_with(label)).map(|(_, press)| press.to_wire());
        let wire = wire.unwrap_or_else(|| panic!("no button {label} in {reply:?}"));
        desk::press(&self.office, &asker(Place::Direct, Locale::En), &wire).await
    }

    async fn tasks(&self, account: AccountId) -> Vec<Task> {
        self.live.store.open_tasks(None).await.unwrap().into_iter().filter(|t| t.0 == account).map(|t| t.1).collect()
    }
}

pub fn buttons(reply: &Reply) -> Vec<(String, Press)> {
    let of = |part: &Part| if let Part::Buttons(list) = part { list.clone() } else { Vec::new() };
    reply.parts.iter().flat_map(of).map(|b| (b.label, b.press)).collect()
}

pub fn rows(reply: &Reply) -> Vec<Vec<String>> {
    let of = |part: &Part| if let Part::Table(table) = part { Some(table.rows.clone()) } else { None };
    reply.parts.iter().find_map(of).unwrap_or_default()
}

pub fn text(reply: &Reply) -> String {
    shirube::chat::text::render(reply)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_whose_marketing_rests_is_shown_and_resumed_with_a_clean_count() {
    let room = room().await;
    room.live.store.move_cursor("complaints:", None, "[1,2,3]").await.unwrap();
    room.ask("pause sender:default").await;
    let shown = format!("{:?}", room.ask("today").await);
    assert!(shown.contains("sender:default"), "{shown}");
    let seen = room.ask("resume sender:default").await;
    assert!(seen.title.starts_with("The marketing of sender “default” would go on"), "{}", seen.title);
    assert_eq!(buttons(&seen)[0].1, Press::Ask("resume sender:default --yes".into()));
    assert!(!room.live.store.world().await.unwrap().pauses.is_empty(), "only shown");
    room.ask("resume sender:default --yes").await;
    assert!(!format!("{:?}", room.ask("today").await).contains("sender:default"));
    assert_eq!(room.live.store.cursor("complaints:").await.unwrap().as_deref(), Some(""));
}

/// English answers once named colleagues in Japanese, as the workspace does.
#[tokio::test(flavor = "multi_thread")]
async fn colleagues_are_called_by_the_name_they_have_in_the_asker_s_language() {
    let room = room().await;
    let name = shirube::model::locale::Bilingual { ja: Some("山田 恵".into()), en: Some("Kei Yamada".into()) };
    room.shell
        .change_world(|world| {
            world.people.insert("kei".into(), "山田 恵".into());
            world.names.insert("kei".into(), name.clone());
        })
        .await
        .unwrap();
    for command in ["health a4", "tasks kei", "assign a4 Kei"] {
        let said = async |locale| text(&desk::ask(&room.office, &asker(Place::Direct, locale), command).await);
        let (ja, en) = (said(Locale::Ja).await, said(Locale::En).await);
        assert!(ja.contains("山田 恵") && !ja.contains("Kei Yamada"), "{ja}");
        assert!(en.contains("Kei Yamada") && !en.contains("山田"), "{en}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_nobody_answered_becomes_a_task_that_can_be_completed() {
    let room = room().await;
    let found = room.ask("ask how do I cancel").await;
    assert_eq!(found.title, "Cancel the contract");
    assert!(found.footer.ends_with("(knowledge/contract.en.md)"), "{}", found.footer);
    let nothing = room.ask("ask do you have an API").await;
    assert_eq!(nothing.title, "No article answers “do you have an API”.");
    let handed = room.press(&nothing, "Hand over").await;
    assert!(handed.title.starts_with("It is a task of Mio Sasaki now (due 2026-05-21"), "{}", handed.title);
    room.press(&nothing, "Hand over").await;
    room.shell.turn(start().plus(MINUTE)).await.unwrap();
    let open = room.tasks(AccountId::WORKSPACE).await;
    assert_eq!(open.len(), 1, "asked again it is the same task: {open:?}");
    let list = room.ask("tasks mio").await;
    assert!(text(&list).contains("Team: Answer: do you have an API (@mio, due 2026-05-21)"), "{}", text(&list));
    room.press(&list, "Done: Answer").await;
    room.shell.turn(start().plus(2 * MINUTE)).await.unwrap();
    assert!(room.tasks(AccountId::WORKSPACE).await.is_empty());
}

fn guest(account: Option<&str>) -> Asker {
    let (who, account) = ("slack:X1".to_owned(), account.map(str::to_owned));
    Asker { who, role: Role::Guest, place: Place::Outside, locale: Locale::En, account }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_hears_only_articles_for_customers_and_a_question_goes_to_the_csm_of_the_channel_s_account() {
    let room = room().await;
    let ask = async |who: Asker, text: &str| desk::ask(&room.office, &who, text).await;
    let found = ask(guest(Some("a4")), "how do I cancel").await;
    assert_eq!(
        (found.title.as_str(), found.footer.as_str()),
        ("Cancel the contract", "Source: Plans, payment and cancellation")
    );
    // The hearing sheet is an article for the team.
    assert_eq!(room.ask("ask hearing sheet").await.title, "Hand-over and hearing sheet");
    let inside = ask(guest(Some("a4")), "ask hearing sheet").await;
    assert_eq!(inside.title, "No article answers “hearing sheet”.");
    assert!(!text(&inside).contains("knowledge"), "{}", text(&inside));
    let wire = buttons(&inside).remove(0).1.to_wire();
    assert!(!wire.contains("a4"), "the key is ours: {wire}");
    let handed = desk::press(&room.office, &guest(Some("a4")), &wire).await;
    assert_eq!(handed.title, "Your question is with a person of our team now, who will get back to you.");
    desk::press(&room.office, &guest(Some("nobody")), &wire).await;
    room.shell.turn(start().plus(MINUTE)).await.unwrap();
    let row = room.live.store.account_by_key("a4").await.unwrap().unwrap();
    let asked: Vec<Task> = room.tasks(row.id).await.into_iter().filter(|t| t.playbook == "ask").collect();
    assert_eq!((asked.len(), asked[0].owner.as_str()), (1, "kei"));
    let stray = room.tasks(AccountId::WORKSPACE).await;
    assert_eq!((stray.len(), stray[0].owner.as_str()), (1, "mio"), "a key that leads nowhere: the team answers");
    for command in SPECS.iter().filter(|spec| spec.name != "ask") {
        let said = ask(guest(Some("a4")), &format!("{} a4 onboarding", command.name)).await;
        assert!(said.refused && text(&said).contains("Questions are answered here"), "{}: {said:?}", command.name);
    }
}

/// One guest could open a task a second.
#[tokio::test(flavor = "multi_thread")]
async fn a_customer_s_questions_wait_for_a_person_ten_at_a_time() {
    let room = room().await;
    let hand_off = async |n: usize, minute: i64| {
        let said = desk::ask(&room.office, &guest(Some("a4")), &format!("ask --hand-off riddle number {n}")).await;
        room.shell.turn(start().plus(minute * MINUTE)).await.unwrap();
        said
    };
    for n in 1..=10 {
        assert!(hand_off(n, n as i64).await.title.starts_with("Your question is with a person"));
    }
    let said = hand_off(11, 11).await;
    assert!(said.refused && said.title.starts_with("Our team is still answering"), "{}", said.title);
    let again = hand_off(3, 12).await;
    assert!(!again.refused, "one that waits may be asked again: {}", again.title);
    let row = room.live.store.account_by_key("a4").await.unwrap().unwrap();
    let waiting = async || room.tasks(row.id).await.into_iter().filter(|t| t.playbook == "ask").collect::<Vec<Task>>();
    assert_eq!(waiting().await.len(), 10);
    let inside = room.ask("ask --hand-off --for a4 what else").await;
    assert!(!inside.refused, "the team may");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_of_an_account_goes_to_its_csm() {
    let room = room().await;
    let handed = room.ask("ask --hand-off --for \"Customer 4\" do you have an API").await;
    assert!(handed.title.starts_with("It is a task of Kei Yamada now"), "{}", handed.title);
    room.shell.turn(start().plus(MINUTE)).await.unwrap();
    let row = room.live.store.account_by_key("a4").await.unwrap().unwrap();
    let open: Vec<Task> = room.tasks(row.id).await.into_iter().filter(|t| t.playbook == "ask").collect();
    assert_eq!((open.len(), open[0].owner.as_str()), (1, "kei"));
    assert!(room.ask("ask --hand-off --for nobody x").await.title.starts_with("No account is called “nobody”"));
}

#[tokio::test(flavor = "multi_thread")]
async fn renewals_stand_in_the_order_of_their_dates_within_the_length() {
    let room = room().await;
    // Customer n renews 20 + 9n days from now: 20, 29, 38, 47, 56.
    let reply = room.ask("renewals 60d").await;
    assert_eq!(reply.title, "5 renewals from 2026-05-20 to 2026-07-19");
    let all = rows(&reply);
    let days: Vec<&str> = all.iter().map(|row| row[1].as_str()).collect();
    assert_eq!(days, ["20 d", "29 d", "38 d", "47 d", "56 d"]);
    assert!(reply.footer.starts_with("Together ¥10,000 a month"), "{}", reply.footer);
    assert_eq!(all[0][5], "@kei");
    assert!(room.ask("renewals 3d").await.title.starts_with("0 renewals"));
    let wrong = desk::ask(&room.office, &asker(Place::Direct, Locale::Ja), "renewals soon").await;
    assert!(wrong.title.starts_with("「soon」は期間として読めません"), "{}", wrong.title);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stays_too_long_in_a_phase_is_stuck_longest_first() {
    let room = room().await;
    let now = room.ask("stuck").await;
    assert_eq!(now.title, format!("{} stuck in a phase", rows(&now).len()));
    let later = start().plus(60 * DAY);
    let reply = shirube::command::portfolio::stuck(&room.shell, later, Locale::Ja).await.unwrap();
    let days: Vec<f64> = rows(&reply).iter().map(|row| row[2].parse().unwrap()).collect();
    assert!(!days.is_empty() && days.windows(2).all(|pair| pair[0] >= pair[1]), "{reply:?}");
    assert!(rows(&reply).iter().all(|row| row[1] == "導入期" && !row[3].is_empty()), "{reply:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn today_names_what_goes_out_and_the_tasks_of_the_asker() {
    let room = room().await;
    room.ask("enroll a4 renewal --yes").await;
    room.shell.turn(start().plus(MINUTE)).await.unwrap();
    let reply = room.ask("today").await;
    let shown = text(&reply);
    assert!(shown.contains("Going out today") && shown.contains("My tasks"), "{shown}");
    let (now, end) = (start().plus(MINUTE), Instant::parse("2026-05-21T00:00:00+09:00").unwrap());
    let queued = room.live.store.outbox(None, None, 1_000).await.unwrap();
    let queued = queued.iter().filter(|r| r.state == OutboxState::Queued && r.not_before < end).count();
    let waits = |run: &&Shared<Run>| {
        let timed = ["wait", "window"].contains(&run.waiting.as_str()) || run.waiting.starts_with("cap");
        timed && run.until.is_some_and(|at| start() <= at && at < end)
    };
    let views = room.shell.views(None, now).await.unwrap();
    let planned = views.iter().flat_map(|view| &view.runs).filter(waits).count();
    let total: usize = rows(&reply).iter().map(|row| row[2].parse::<usize>().unwrap()).sum();
    assert!(queued > 0 && planned > 0);
    assert_eq!(total, queued + planned, "{shown}");
    assert!(shown.contains("The 90 days before a renewal"), "titles, not names: {shown}");
    let mine = room.shell.store.open_tasks(Some("kei")).await.unwrap().len();
    assert!(mine > 0 && shown.contains(&format!("My tasks         {mine}")), "{mine}\n{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_for_an_account_and_what_a_playbook_waits_for_is_said_in_words() {
    let room = room().await;
    let row = room.live.store.account_by_key("a4").await.unwrap().unwrap();
    let open = room.live.store.runs(Some(row.id), None, 99).await.unwrap();
    let book = room.shell.rulebook();
    let title = |run: &Run| book.title(Titled::Playbook, &run.playbook, Locale::En).to_owned();
    let open: Vec<String> = open.iter().filter(|run| run.ended.is_none()).map(title).collect();
    let shown: Vec<String> = rows(&room.ask("playbooks a4").await).iter().map(|row| row[0].clone()).collect();
    assert!(!open.is_empty());
    assert_eq!(shown, open, "only what runs");
    let why = text(&room.ask("why-not a11 renewal").await);
    assert!(why.contains("begins on 2026-06-18 (its date is 2026-09-16)"), "{why}");
    let why = text(&room.ask("why-not a11 renewal_result").await);
    assert!(why.contains("begins when this happens: Contract renewed"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_stands_in_the_timeline_once_with_its_tags() {
    let room = room().await;
    room.ask("note a4 wants CSV export #request").await;
    room.shell.turn(start().plus(MINUTE)).await.unwrap();
    let timeline = text(&room.ask("timeline a4").await);
    assert_eq!(timeline.matches("Note").count(), 1, "{timeline}");
    assert!(timeline.contains("wants CSV export #request"), "{timeline}");
}

/// Every command there is, in a channel that customers read: health, revenue and churn never, not even with `--share`.
#[tokio::test(flavor = "multi_thread")]
async fn where_customers_read_only_articles_for_customers_are_shown() {
    let room = room().await;
    let outside = asker(Place::Outside, Locale::En);
    for spec in SPECS.iter().filter(|spec| !["help", "ask"].contains(&spec.name)) {
        for share in ["", " --share"] {
            let words = spec.args.iter().map(|a| if a.name == "band" { "red" } else { "a4" });
            let asked = format!("{} {}{share}", spec.name, words.collect::<Vec<_>>().join(" "));
            let reply = desk::ask(&room.office, &outside, &asked).await;
            let refused =
                reply.title.starts_with("No account is called “") || reply.title == "Nothing of that name was found.";
            let usage = reply.title.starts_with("It is written:");
            assert!((refused || usage) && reply.parts.len() <= 1, "{asked}: {reply:?}");
            assert!(buttons(&reply).is_empty() && !text(&reply).contains("Customer 4"), "{asked}: {reply:?}");
        }
    }
    let answer = desk::ask(&room.office, &outside, "ask how do I cancel --share").await;
    assert!(answer.shared && buttons(&answer).is_empty() && answer.footer == "Source: Plans, payment and cancellation");
    let inside = desk::ask(&room.office, &outside, "ask hearing sheet").await;
    assert_eq!(inside.title, "No article answers “hearing sheet”.");
    assert_eq!(desk::ask(&room.office, &outside, "ask --hand-off x").await.title, "Nothing of that name was found.");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_held_out_for_comparison_is_not_shown_as_if_something_ran() {
    let room = room_of(live_edited("holdout: {percent: 0,", "holdout: {percent: 100,").await).await;
    let runs = room.live.store.runs(None, None, 1_000).await.unwrap();
    let mut shown = 0;
    for name in runs.iter().filter(|run| !run.is_real() && run.ended.is_none()).map(|run| &run.playbook) {
        let real = runs.iter().filter(|run| run.is_real() && run.ended.is_none() && run.playbook == *name).count();
        let all = rows(&room.ask("playbooks").await);
        assert_eq!(all.iter().find(|row| row[0] == *name).unwrap()[2], real.to_string(), "{name}");
        shown += 1;
    }
    assert!(shown > 0, "nobody is held out");
    for (account, run) in
        room.live.store.runs_of(&runs.iter().find(|r| !r.is_real()).unwrap().playbook, 99).await.unwrap()
    {
        let row = room.live.store.accounts_of(&[account]).await.unwrap().remove(0);
        let title = room.shell.rulebook().title(Titled::Playbook, &run.playbook, Locale::En).to_owned();
        for asked in ["playbooks", "health"] {
            let said = text(&room.ask(&format!("{asked} {}", row.key)).await);
            assert!(run.is_real() || !said.contains(&title), "{asked}: {said}");
        }
    }
    let planned = room.live.store.day([start(), start(), Instant::MAX], start(), None).await.unwrap().planned;
    let real = |name: &str| runs.iter().filter(|run| run.is_real() && run.playbook == name).count();
    assert!(planned.iter().all(|count| count.number <= real(&count.playbook)), "{planned:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn done_asks_again_for_the_same_task_where_the_account_is_not_known() {
    let room = room().await;
    let reply = room.ask("done \"Custoner 4\" \"ask/some reason\"").await;
    let first = buttons(&reply).remove(0).1;
    assert_eq!(first, Press::Ask("done a4 \"ask/some reason\"".into()), "{reply:?}");
    room.ask("enroll a4 renewal --yes").await;
    room.shell.turn(start().plus(MINUTE)).await.unwrap();
    let which = room.ask("done a4 nothing").await;
    let open = room.tasks(room.live.store.account_by_key("a4").await.unwrap().unwrap().id).await;
    let asked: Vec<Press> = buttons(&which).into_iter().map(|b| b.1).collect();
    let expected: Vec<Press> = open.iter().map(|t| Press::Ask(format!("done a4 {}", t.identity()))).collect();
    assert!(!open.is_empty());
    assert_eq!(asked, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snooze_says_who_and_titles_of_events_are_the_model_s() {
    let edit = "events:\n  contract.renewed: {ja: 継続, en: Signed again}\n";
    let room = room_of(live_edited("events:  ", &format!("{edit}  #")).await).await;
    room.ask("snooze a4 2w").await;
    room.shell.turn(start().plus(MINUTE)).await.unwrap();
    let timeline = text(&room.ask("timeline a4").await);
    assert!(timeline.contains("Snoozed: Kei Yamada") && !timeline.contains("slack:U1"), "{timeline}");
    let why = text(&room.ask("why-not a11 renewal_result").await);
    assert!(why.contains("begins when this happens: Signed again"), "{why}");
}
