//! Sentences of `plan`, `simulate`, `backtest`, `rollback`, `enroll` and `override`, both languages side by side.

use jiff::civil::Date;

use super::{are, count_of, pick};
use crate::model::locale::Locale;

fn header(locale: Locale, ja: &[&str], en: &[&str]) -> Vec<String> {
    pick(locale, ja, en).iter().map(|word| (*word).to_owned()).collect()
}

/// Title of a simulation, with its assumption.
pub fn simulated(locale: Locale, customers: usize, from: Date, to: Date, habits: u16) -> String {
    let (ja, en) = match habits {
        1.. => (
            format!("直近{habits}日と同じ使い方が続くと仮定"),
            format!("assuming everybody goes on as in the last {habits}", habits = count_of(habits, "day")),
        ),
        0 => ("新しいイベントは起きないと仮定".to_owned(), "assuming nothing new happens".to_owned()),
    };
    pick(
        locale,
        format!("顧客{customers}社、{from} から {to} まで（{ja}）"),
        format!("{customers} from {from} to {to} ({en})", customers = count_of(customers, "customer")),
    )
}

/// Columns: playbook and counts.
pub fn simulate_header(locale: Locale) -> Vec<String> {
    header(
        locale,
        &["プレイブック", "送信", "タスク", "見送り", "比較対照"],
        &["playbook", "messages", "tasks", "skipped", "held out"],
    )
}

/// Columns: playbook, reason, count.
pub fn skip_header(locale: Locale) -> Vec<String> {
    header(locale, &["プレイブック", "理由", "件数"], &["playbook", "reason", "count"])
}

/// Heading over the reasons.
pub fn why_skipped(locale: Locale) -> String {
    pick(locale, "見送りの主な理由".into(), "Why steps were left out".into())
}

/// Who gets most.
pub fn busiest(locale: Locale, account: &str, messages: usize) -> String {
    pick(
        locale,
        format!("最も多く受け取るのは {account} の{messages}通です。"),
        format!("Nobody gets more than {account}: {messages}.", messages = count_of(messages, "message")),
    )
}

/// How to see each line.
pub fn simulate_more(locale: Locale) -> String {
    pick(
        locale,
        "1件ずつ見るには --json、1つのプレイブックだけ見るには --playbook を付けてください。何も送信していません。"
            .into(),
        "--json prints every line, --playbook only one playbook's. Nothing was sent.".into(),
    )
}

/// Title of a plan.
pub fn planned(locale: Locale, against: &str, days: i64) -> String {
    pick(
        locale,
        format!("{against} と比べた、今後{days}日間の違い"),
        format!("What the edit changes against {against}, over the next {days}", days = count_of(days, "day")),
    )
}

/// Title of a plan against what is live: its number, and since when.
pub fn planned_live(locale: Locale, number: i64, since: &str, days: i64) -> String {
    pick(
        locale,
        format!("編集を反映すると今後{days}日間で変わること（比較の相手：{since} から反映中の第{number}版）"),
        format!(
            "What your edit changes over the next {days}, compared with what is live (version {number}, since {since})",
            days = count_of(days, "day")
        ),
    )
}

/// Events that metrics count and that nobody has sent yet.
pub fn never_arrived(locale: Locale, events: &[String]) -> String {
    if events.is_empty() {
        return pick(
            locale,
            "指標が数えるイベントはすべて届いています".into(),
            "every event that metrics count has arrived".into(),
        );
    }
    let between: &str = pick(locale, "、", ", ");
    let list = events.join(between);
    pick(
        locale,
        format!("まだ一度も届いていないイベント（指標）: {list}"),
        format!("never arrived yet (metric): {list}"),
    )
}

/// A colleague who looks after more accounts than are manageable, in a digest.
pub fn overloaded_line(locale: Locale, name: &str, accounts: usize, capacity: u32) -> String {
    pick(
        locale,
        format!("⚠ {name} の担当が{accounts}社で、目安の{capacity}社を超えています"),
        format!("⚠ {name} looks after {accounts}, {capacity} are manageable", accounts = count_of(accounts, "account")),
    )
}

/// How many accounts a colleague looks after.
pub fn looks_after(locale: Locale, accounts: usize, capacity: u32) -> String {
    pick(
        locale,
        format!("担当 {accounts}社（目安 {capacity}社）"),
        format!("{accounts} of {capacity}", capacity = count_of(capacity, "account")),
    )
}

/// The same, more than are manageable.
pub fn overloaded(locale: Locale, accounts: usize, capacity: u32) -> String {
    pick(
        locale,
        format!(
            "担当が{accounts}社で、目安の{capacity}社を超えています。一部を引き継ぐ（シートの csm）か、タッチを下げてください"
        ),
        format!(
            "{accounts}, {capacity} are manageable: hand some over (`csm` in your sheet), or move them to a lower touch",
            accounts = count_of(accounts, "account")
        ),
    )
}

/// How many customers are affected.
pub fn touched(locale: Locale, customers: usize, more: usize, less: usize) -> String {
    pick(
        locale,
        format!("影響を受ける顧客 {customers}社。送信は {more}件増え、{less}件減ります。何も送っていません。"),
        format!(
            "{customers} {are} affected; {more} more, {less} less. Nothing was sent.",
            are = are(customers == 1),
            customers = count_of(customers, "customer"),
            more = count_of(more, "message")
        ),
    )
}

/// The files are what is live.
pub fn nothing_edited(locale: Locale) -> String {
    pick(
        locale,
        "フォルダーの内容は反映中のものと同じです。編集を試すには、フォルダーのコピーを編集して --draft コピー を付けてください。".into(),
        "The files here are what is live already. To try an edit first, make it in a copy of the folder and add --draft COPY.".into(),
    )
}

/// In place of a step: the run is over.
pub fn over(locale: Locale) -> String {
    pick(locale, "（終了）".into(), "(over)".into())
}

/// Nobody is affected.
pub fn no_difference(locale: Locale) -> String {
    pick(locale, "影響を受ける顧客はいません。".into(), "Nobody is affected.".into())
}

/// Headings of a plan's parts.
pub fn enter(locale: Locale, n: usize) -> String {
    pick(locale, format!("新しく始まる: {n}件"), format!("Enter: {n}"))
}

/// Runs that no longer start or go on.
pub fn leave(locale: Locale, n: usize) -> String {
    pick(locale, format!("始まらなくなる、または終わる: {n}件"), format!("Leave, or no longer enter: {n}"))
}

/// Messages more.
pub fn added(locale: Locale, n: usize) -> String {
    pick(locale, format!("増える送信: {n}件"), format!("Messages added: {n}"))
}

/// Messages less.
pub fn removed(locale: Locale, n: usize) -> String {
    pick(locale, format!("なくなる送信: {n}件"), format!("Messages removed: {n}"))
}

/// Messages at another time.
pub fn moved(locale: Locale, n: usize) -> String {
    pick(locale, format!("時刻が変わる送信: {n}件"), format!("Messages at another time: {n}"))
}

/// Open runs at another step.
pub fn running(locale: Locale, n: usize) -> String {
    pick(
        locale,
        format!("進行中のプレイブックで位置が変わる: {n}件"),
        format!("Running, and moved to another step: {n}"),
    )
}

/// Columns of a list of runs.
pub fn run_header(locale: Locale) -> Vec<String> {
    header(locale, &["顧客", "プレイブック", "いつ"], &["account", "playbook", "when"])
}

/// Columns of a list of messages.
pub fn message_header(locale: Locale) -> Vec<String> {
    header(locale, &["いつ", "顧客", "プレイブック・ステップ"], &["when", "account", "playbook · step"])
}

/// Columns of moved runs.
pub fn moved_header(locale: Locale) -> Vec<String> {
    header(locale, &["顧客", "プレイブック", "前", "後"], &["account", "playbook", "from", "to"])
}

/// Rows that are not shown.
pub fn more(locale: Locale, n: usize) -> String {
    pick(locale, format!("ほか{n}件（--json ですべて表示）"), format!("and {n} more (--json prints all)"))
}

/// Title of a backtest.
pub fn tested_back(locale: Locale, playbook: &str, from: Date, to: Date, accounts: usize) -> String {
    pick(
        locale,
        format!("「{playbook}」を {from} から {to} の履歴に当てはめた結果（顧客{accounts}社）"),
        format!(
            "“{playbook}” over the history from {from} to {to} ({accounts})",
            accounts = count_of(accounts, "customer")
        ),
    )
}

/// Labels of a backtest.
pub fn backtest_labels(locale: Locale) -> [String; 6] {
    let ja = ["発火", "的中率", "偶然の的中率", "再現率", "先行日数（中央値）", "期間の解約率"];
    let en = ["fired for", "precision", "by chance", "recall", "lead time (median)", "base rate"];
    pick(locale, ja, en).map(str::to_owned)
}

/// A share with its parts in words.
pub fn of_fired(locale: Locale, hits: usize, known: usize, days: i64) -> String {
    pick(
        locale,
        format!("結果の分かる{known}社のうち{hits}社が{days}日以内に解約"),
        format!("{hits} of {known} with a known outcome churned within {days}", days = count_of(days, "day")),
    )
}

/// What precision is compared with.
pub fn by_chance(locale: Locale, days: i64) -> String {
    pick(
        locale,
        format!("いつ誰に発火しても{days}日以内に解約する割合。的中率はこれを上回ること"),
        format!(
            "whoever it fired for, on whatever day, would churn within {days}; precision must beat it",
            days = count_of(days, "day")
        ),
    )
}

/// Everybody whose outcome is known has left: precision cannot beat that.
pub fn too_short(locale: Locale, days: i64) -> String {
    pick(
        locale,
        format!(
            "この結果からは何も言えません。期間が短く、結果が分かっているのは解約した顧客だけなので、誰に発火しても当たりになります。\
             期間（--from から --to まで）を{days}日より長くしてください。"
        ),
        format!(
            "This says nothing: the period is so short that only those who left have a known outcome, so any start would be \
             right. Take a period (--from, --to) of more than {days}.",
            days = count_of(days, "day")
        ),
    )
}

/// A share of those lost.
pub fn of_lost(locale: Locale, hits: usize, lost: usize) -> String {
    pick(
        locale,
        format!("解約した{lost}社のうち{hits}社を事前に捉えた"),
        format!("{hits} of the {lost} that churned were caught before"),
    )
}

/// Share lost of all.
pub fn of_all(locale: Locale, lost: usize, all: usize) -> String {
    pick(locale, format!("{all}社のうち{lost}社がこの期間に解約"), format!("{lost} of {all} churned in the period"))
}

/// Days.
pub fn days(locale: Locale, days: f64) -> String {
    pick(locale, format!("{days}日"), count_of(days, "day"))
}

/// What could not be judged.
pub fn undetermined(locale: Locale, n: usize, names: &str) -> String {
    pick(
        locale,
        format!("{n}社は履歴が足りず判定できませんでした（{names}）。"),
        format!("{n} could not be judged for want of history ({names})."),
    )
}

/// No history to look at.
pub fn nothing_fired(locale: Locale) -> String {
    pick(locale, "この期間に発火した顧客はいません。".into(), "It would have fired for nobody.".into())
}

/// Columns of a list of those fired for.
pub fn fired_header(locale: Locale) -> Vec<String> {
    header(locale, &["顧客", "発火", "解約"], &["account", "fired", "churned"])
}

/// One turn of the ring in figures.
pub fn ticked(locale: Locale, evaluated: usize, messages: usize, sent: usize, held: usize) -> String {
    pick(
        locale,
        format!("{evaluated}社を評価、新しいメッセージ{messages}通、送信{sent}通、保留{held}通"),
        format!(
            "evaluated {evaluated}, {messages} new messages, {sent} sent, {held} held",
            evaluated = count_of(evaluated, "account")
        ),
    )
}

/// Sending is stopped as a whole.
pub fn all_held(locale: Locale, why: &str) -> String {
    pick(locale, format!("すべての送信を保留しています: {why}"), format!("everything is held: {why}"))
}

/// A rulebook by its number.
pub fn rulebook(locale: Locale, number: i64) -> String {
    pick(locale, format!("ルールブック第{number}版"), format!("rulebook {number}"))
}

/// After a rollback.
pub fn rolled_back(locale: Locale, number: i64, kept: &str, undone: bool) -> String {
    match undone {
        true => pick(
            locale,
            format!(
                "反映していない編集を取り消し、反映中の第{number}版のファイルに戻しました。編集したファイルは {kept} にあります。"
            ),
            format!(
                "Your edit, which was not live, is undone: the files of version {number} are back. What you wrote is kept in {kept}."
            ),
        ),
        false => pick(
            locale,
            format!(
                "第{number}版のファイルに戻しました。直前のファイルは {kept} にあります。動いている shirube があれば数秒で反映されます。"
            ),
            format!(
                "The files of version {number} are back. Those before are kept in {kept}. A running shirube takes them up within seconds."
            ),
        ),
    }
}

/// There is nothing to go back to.
pub fn no_rollback(locale: Locale) -> String {
    pick(
        locale,
        "以前に反映されていた別のルールブックはありません。戻せるのは、一度でも反映された版だけです。gitの版に戻すにはgitを使ってください".into(),
        "no other rulebook was live before this one; only what was once live can be brought back, anything else by git".into(),
    )
}

/// Enrolled, or taken out.
pub fn enrolled(locale: Locale, account: &str, playbook: &str, start: bool) -> String {
    match start {
        true => pick(
            locale,
            format!("{account} に「{playbook}」を開始しました。"),
            format!("Started “{playbook}” for {account}."),
        ),
        false => pick(
            locale,
            format!("{account} の「{playbook}」を終了しました。"),
            format!("Ended “{playbook}” for {account}."),
        ),
    }
}

/// No such contact.
pub fn no_contact(locale: Locale, account: &str, contact: &str) -> String {
    pick(
        locale,
        format!("{account} に「{contact}」という先方担当者はいません。"),
        format!("{account} has no contact “{contact}”."),
    )
}

/// How many would be enrolled.
pub fn would_enroll(locale: Locale, n: usize, playbook: &str) -> String {
    match n {
        0 => pick(
            locale,
            format!("「{playbook}」を開始できる顧客はいません"),
            format!("“{playbook}” would start for nobody"),
        ),
        _ => pick(
            locale,
            format!("{n}社に「{playbook}」を開始します。よければ --yes を付けて実行してください"),
            format!("“{playbook}” would start for {}; say --yes to do it", customers(n)),
        ),
    }
}

/// How many runs would be ended.
pub fn would_end(locale: Locale, n: usize, playbook: &str) -> String {
    pick(
        locale,
        format!("{n}社の「{playbook}」を終了します。よければ --yes を付けて実行してください"),
        format!("“{playbook}” would end for {}; say --yes to do it", customers(n)),
    )
}

fn customers(n: usize) -> String {
    count_of(n, "customer")
}

/// How many of those enrolled wait for what keeps them back.
pub fn of_them_wait(locale: Locale, n: usize) -> String {
    pick(
        locale,
        format!("うち{n}社は一時停止などのため、解消してから始まります。"),
        format!(
            "{n} of them {} for what holds them back and {} then.",
            if n == 1 { "waits" } else { "wait" },
            if n == 1 { "starts" } else { "start" }
        ),
    )
}

/// How many of those asked for would get nothing new, and why (may be empty).
pub fn do_not_begin(locale: Locale, n: usize, why: &str) -> String {
    let (ja, en) =
        if why.is_empty() { (String::new(), String::new()) } else { (format!("：{why}"), format!(": {why}")) };
    pick(locale, format!("ほか{n}社には始まりません{ja}"), format!("Not for {n} more{en}"))
}

/// Who waits for the approval of a playbook.
pub fn awaits_approval(locale: Locale, playbook: &str, n: usize) -> String {
    match n {
        0 => pick(
            locale,
            format!("「{playbook}」の承認待ちは、いま0社です。承認すると、次からは条件に合った顧客に始まります"),
            format!("Nobody waits for “{playbook}” now; once approved, it starts for whoever fits"),
        ),
        _ => pick(
            locale,
            format!("「{playbook}」の承認を{n}社が待っています。承認すると、次を送ります"),
            format!(
                "{} {} for “{playbook}”. Approved, it would send this",
                customers(n),
                if n == 1 { "waits" } else { "wait" }
            ),
        ),
    }
}

/// Some of those who wait are not looked at more closely.
pub fn foretold_for_some(locale: Locale, n: usize) -> String {
    pick(
        locale,
        format!("予定は、はじめの{n}社についてのものです。"),
        format!("What is planned is shown for the first {n}."),
    )
}

/// The button that approves what was shown.
pub fn approve_it(locale: Locale) -> &'static str {
    pick(locale, "承認する", "Approve it")
}

/// Below what an approval would send.
pub fn nothing_approved_yet(locale: Locale) -> &'static str {
    pick(
        locale,
        "まだ承認していません。30日先まで、このまま何も起きなかった場合の予定です。",
        "Nothing has been approved yet. This is what comes within 30 days if nothing else happens.",
    )
}

/// What a resumed playbook lets go; `n` customers wait in it.
pub fn resume_playbook(locale: Locale, playbook: &str, n: usize) -> String {
    match n {
        0 => pick(
            locale,
            format!("「{playbook}」の再開を待っている顧客はありません。再開すると、条件に合った顧客から始まります"),
            format!("Nobody waits in “{playbook}”; resumed, it starts for whoever fits"),
        ),
        _ => pick(
            locale,
            format!("「{playbook}」の再開を{n}社が待っています。再開すると、次を送ります"),
            format!("Resuming “{playbook}” frees {n}; this goes out", n = count_of(n as i64, "account")),
        ),
    }
}

/// What a resumed sender lets go.
pub fn resume_sender(locale: Locale, sender: &str) -> String {
    pick(
        locale,
        format!("送信者「{sender}」のマーケティングメールを再開します。苦情は数え直します"),
        format!("The marketing of sender “{sender}” would go on; complaints are counted anew"),
    )
}

/// What a resumed customer gets.
pub fn resume_account(locale: Locale, account: &str) -> String {
    pick(locale, format!("{account}を再開すると、次を送ります"), format!("Resumed, this goes out to {account}"))
}

/// Of what is resumed, so many messages wait in the outbox.
pub fn goes_at_once(locale: Locale, messages: usize) -> String {
    pick(
        locale,
        format!("送信待ちの{messages}件は、再開後すぐに出ます（送る前にもう一度確かめます）。"),
        format!("{} in the outbox would go at once, checked again first.", count_of(messages as i64, "message")),
    )
}

/// The button that resumes what was shown.
pub fn resume_it(locale: Locale) -> &'static str {
    pick(locale, "再開する", "Resume it")
}

/// Below what a resume would send.
pub fn nothing_resumed_yet(locale: Locale) -> &'static str {
    pick(
        locale,
        "まだ再開していません。30日先まで、このまま何も起きなかった場合の予定です。",
        "Nothing has been resumed yet. This is what comes within 30 days if nothing else happens.",
    )
}

/// It was approved before.
pub fn approved_already(locale: Locale, playbook: &str) -> String {
    pick(
        locale,
        format!("「{playbook}」は承認済みです。何も変えていません。"),
        format!("“{playbook}” is approved already. Nothing was changed."),
    )
}

/// Before a playbook is started by hand: what it would do.
pub fn would_start(locale: Locale, account: &str, playbook: &str) -> String {
    pick(
        locale,
        format!("{account} に「{playbook}」を開始すると、次を送ります"),
        format!("“{playbook}” for {account} would send this"),
    )
}

/// Nothing goes out within so many days.
pub fn no_message_ahead(locale: Locale, days: i64) -> String {
    pick(
        locale,
        format!("今後{days}日に送るものはありません。"),
        format!("No message within {days}.", days = count_of(days, "day")),
    )
}

/// Messages of a preview that are not shown.
pub fn more_messages(locale: Locale, n: usize) -> String {
    pick(locale, format!("ほか{n}通"), format!("and {n} more"))
}

/// The columns of a preview: when, what, to whom, where.
pub fn coming_header(locale: Locale) -> [&'static str; 4] {
    match locale {
        Locale::Ja => ["日時", "内容", "宛先", "経路"],
        Locale::En => ["when", "what", "to", "by"],
    }
}

/// Below a preview.
pub fn nothing_started_yet(locale: Locale) -> &'static str {
    match locale {
        Locale::Ja => "まだ何も始めていません。30日先まで、このまま何も起きなかった場合の予定です。",
        Locale::En => "Nothing has been started yet. This is what comes within 30 days if nothing else happens.",
    }
}

/// The button that starts what was shown.
pub fn start_it(locale: Locale) -> &'static str {
    match locale {
        Locale::Ja => "開始する",
        Locale::En => "Start it",
    }
}

/// The column of a preview that says whose a message is.
pub fn whose(locale: Locale) -> &'static str {
    pick(locale, "顧客", "customer")
}

/// A start by hand would be kept until what holds it back is over.
pub fn would_wait(locale: Locale, account: &str, playbook: &str, why: &str) -> String {
    pick(
        locale,
        format!("{account} の「{playbook}」はすぐには始まりません（{why}）。解消すると始まります"),
        format!("“{playbook}” for {account} would wait ({why}) and start once that is over"),
    )
}

/// A start by hand that was recorded is kept until what holds it back is over.
pub fn enrolled_waits(locale: Locale, account: &str, playbook: &str, why: &str) -> String {
    pick(
        locale,
        format!("{account} の「{playbook}」を受け付けました。まだ始まりません（{why}）。解消すると始まります。"),
        format!("Recorded: “{playbook}” for {account} waits ({why}) and starts once that is over."),
    )
}

/// A start by hand would begin nothing; `why` may be empty.
pub fn would_not_start(locale: Locale, account: &str, playbook: &str, why: &str) -> String {
    let (ja, en) = match why {
        "" => (String::new(), String::new()),
        why => (format!("（{why}）"), format!(" ({why})")),
    };
    pick(
        locale,
        format!("{account} には「{playbook}」を開始できません{ja}。何も変えていません。"),
        format!("“{playbook}” would not start for {account}{en}. Nothing was changed."),
    )
}

/// A start by hand would send nothing, because the customer is held out.
pub fn would_be_held_out(locale: Locale, account: &str, playbook: &str) -> String {
    pick(
        locale,
        format!("{account} は「{playbook}」の比較対照（ホールドアウト）です。登録だけを記録し、何も送りません。"),
        format!("{account} is held out of “{playbook}”: an enrollment would be recorded, and nothing sent."),
    )
}

/// A customer who is held out has a run already, which sends nothing.
pub fn is_held_out(locale: Locale, account: &str, playbook: &str) -> String {
    pick(
        locale,
        format!("{account} は「{playbook}」の比較対照（ホールドアウト）なので、何も送りません。何も変えていません。"),
        format!("{account} is held out of “{playbook}” and gets nothing. Nothing was changed."),
    )
}

/// Started by hand for a customer who is held out.
pub fn enrolled_held_out(locale: Locale, account: &str, playbook: &str) -> String {
    pick(
        locale,
        format!("{account} は「{playbook}」の比較対照（ホールドアウト）なので、登録だけを記録し、何も送りません。"),
        format!("{account} is held out of “{playbook}”: the enrollment is recorded, and nothing is sent."),
    )
}

/// How many of those enrolled are held out.
pub fn of_them_held_out(locale: Locale, n: usize) -> String {
    pick(
        locale,
        format!("うち{n}社は比較対照（ホールドアウト）なので、何も送りません。"),
        format!("{n} of them {} held out and get nothing.", if n == 1 { "is" } else { "are" }),
    )
}

/// Enrolled so many.
pub fn enrolled_many(locale: Locale, n: usize, playbook: &str, start: bool) -> String {
    match start {
        true => pick(
            locale,
            format!("{n}社に「{playbook}」を開始しました。"),
            format!("Started “{playbook}” for {}.", customers(n)),
        ),
        false => pick(
            locale,
            format!("{n}社の「{playbook}」を終了しました。"),
            format!("Ended “{playbook}” for {}.", customers(n)),
        ),
    }
}

/// No band of that name.
pub fn no_such_band(locale: Locale, band: &str) -> String {
    pick(
        locale,
        format!("「{band}」という区分はありません。green・yellow・red のどれかを書いてください。"),
        format!("There is no band “{band}”: write green, yellow or red."),
    )
}

/// A band set by hand.
pub fn overridden(locale: Locale, account: &str, band: &str, until: Date) -> String {
    let band = super::band(locale, band);
    pick(
        locale,
        format!("{account} のヘルスを {until} まで『{band}』にしました。"),
        format!("{account} is “{band}” by hand until {until}."),
    )
}
