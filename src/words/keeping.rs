//! Backups, restores, erasing a person and the audit log, both languages side by side.

use super::{count_of, pick};
use crate::model::locale::Locale;

/// The store is PostgreSQL; `url` is without its password.
pub fn pg_dump(locale: Locale, url: &str, file: &str) -> String {
    pick(
        locale,
        format!(
            "データは PostgreSQL にあります。次のコマンドでバックアップしてください（動かしたままで構いません）。\n  pg_dump --format=custom --file='{file}' '{url}'\n`sent.journal` と `shirube.keys` は別に保管してください"
        ),
        format!(
            "the data is in PostgreSQL: back it up with its own tool, while everything goes on\n  pg_dump --format=custom --file='{file}' '{url}'\nand keep `sent.journal` and `shirube.keys` too"
        ),
    )
}

/// The same for putting it back.
pub fn pg_restore(locale: Locale, url: &str, file: &str) -> String {
    pick(
        locale,
        format!(
            "データは PostgreSQL にあります。shirube を止め、次のコマンドで戻してください。\n  pg_restore --clean --if-exists --dbname='{url}' '{file}'\n`sent.journal` はそのまま残してください。起動時に照合され、同じメールは二度送られません"
        ),
        format!(
            "the data is in PostgreSQL: stop shirube, then put it back with its own tool\n  pg_restore --clean --if-exists --dbname='{url}' '{file}'\nand leave `sent.journal` where it is: at the next start it is compared, so that nothing is mailed twice"
        ),
    )
}

/// There is no database yet.
pub fn nothing_to_back_up(locale: Locale, place: &str) -> String {
    pick(
        locale,
        format!("{place} がまだありません。バックアップするデータがないようです。--dir の指定を確かめてください"),
        format!("{place} is not there: there is nothing to back up yet; is --dir right?"),
    )
}

/// The file named is the store itself.
pub fn is_the_store(locale: Locale, file: &str) -> String {
    pick(
        locale,
        format!("{file} はいま使っているデータベースそのものです。別のファイルを指定してください"),
        format!("{file} is the database in use itself; name another file"),
    )
}

/// The file exists.
pub fn exists(locale: Locale, file: &str) -> String {
    pick(
        locale,
        format!("{file} はすでにあります。別の名前にするか、--force で上書きしてください"),
        format!("{file} exists already; choose another name, or --force replaces it"),
    )
}

/// A backup was written and looked through.
pub fn backed_up(locale: Locale, file: &str, bytes: u64, accounts: i64, newest: Option<&str>, sha256: &str) -> String {
    let size = size(bytes);
    let s = if accounts == 1 { "" } else { "s" };
    let (ja, en) = (newest.unwrap_or("なし"), newest.unwrap_or("none"));
    pick(
        locale,
        format!(
            "{file} に書き出し、中身を検査しました（{size}、顧客 {accounts} 社、最新の記録 {ja}）\nsha256 {sha256}\n個人情報が入っています。保管場所に気をつけ、`sent.journal` と `shirube.keys` も別の場所に控えておいてください"
        ),
        format!(
            "wrote {file} and looked it through: {size}, {accounts} account{s}, newest fact {en}\nsha256 {sha256}\nIt holds personal data: mind where it lies. Keep copies of `sent.journal` and `shirube.keys` too"
        ),
    )
}

fn size(bytes: u64) -> String {
    match bytes {
        n if n < 1 << 20 => format!("{} KiB", n.div_ceil(1 << 10)),
        n => format!("{:.1} MiB", n as f64 / f64::from(1 << 20)),
    }
}

/// There is no such file.
pub fn no_such_file(locale: Locale, file: &str) -> String {
    pick(
        locale,
        format!("{file} というファイルがありません。`shirube backup` で書き出したファイルを指定してください"),
        format!("there is no file {file}: name one that `shirube backup` wrote"),
    )
}

/// It cannot be restored from; nothing was changed.
pub fn no_backup(locale: Locale, file: &str, why: &impl std::fmt::Display) -> String {
    pick(
        locale,
        format!("{file} からは復元できません（{why}）。何も変更していません。別のバックアップを指定してください"),
        format!("{file} cannot be restored ({why}); nothing was changed, name another backup"),
    )
}

/// It comes from elsewhere.
pub fn another_project(locale: Locale, file: &str) -> String {
    pick(
        locale,
        format!(
            "{file} は別のプロジェクトのバックアップです。このまま戻すと配信停止の記録と合わなくなるため、何も変更していません。空のフォルダーで復元してください"
        ),
        format!(
            "{file} is the backup of another project: opt-outs would no longer be recognised. Nothing was changed; restore it in a folder of its own"
        ),
    )
}

/// It stands in its place.
pub fn restored(locale: Locale, file: &str, accounts: i64, newest: Option<&str>) -> String {
    let s = if accounts == 1 { "" } else { "s" };
    let (ja, en) = (newest.unwrap_or("なし"), newest.unwrap_or("none"));
    pick(
        locale,
        format!(
            "{file} から復元しました（顧客 {accounts} 社、最新の記録 {ja}）。それより後に取り込んだ内容は入っていません"
        ),
        format!("restored {file}: {accounts} account{s}, newest fact {en}; what came in after that is not in it"),
    )
}

/// Where the database before is now.
pub fn set_aside(locale: Locale, file: &str) -> String {
    pick(
        locale,
        format!("これまでのデータベースは {file} に残してあります"),
        format!("the database before is kept as {file}"),
    )
}

/// What to do next.
pub fn after_restore(locale: Locale, journal: bool) -> String {
    let (ja, en) = match journal {
        true => (
            "`sent.journal` から、バックアップ後に送ったメール、配信停止、データの消去が次の起動時に反映されます。",
            "At the next start `sent.journal` says what was mailed since, who opted out and who was erased.",
        ),
        false => (
            "注意: `sent.journal` がないため、バックアップ後に何を送ったかは分かりません。同じメールがもう一度送られるおそれがあるものは、再開の前に取り消してください。",
            "Mind: without `sent.journal` nobody knows what was mailed since; what is let go may be a second mail.",
        ),
    };
    pick(
        locale,
        format!(
            "送信はすべて保留になっています。次の順に進めてください。\n  1. `shirube run`（または `shirube tick`）で起動する\n  2. 足りない期間のデータをもう一度取り込む（`shirube import` / `shirube pull`）\n  3. `shirube outbox list --state held` で、これから送られるものを確かめる\n  4. `shirube resume --all` で送信を再開する\n{ja}"
        ),
        format!(
            "Everything is held. What to do next:\n  1. start `shirube run` (or `shirube tick`)\n  2. bring in again what came since (`shirube import`, `shirube pull`)\n  3. `shirube outbox list --state held` shows what would go\n  4. `shirube resume --all` lets it go\n{en}"
        ),
    )
}

/// No customer has this key.
pub fn no_customer(locale: Locale, key: &str) -> String {
    pick(
        locale,
        format!(
            "「{key}」という顧客は見つかりません。顧客のキーをそのまま指定してください（`shirube export accounts` で一覧できます）"
        ),
        format!("no customer has the key `{key}`: name it exactly (`shirube export accounts` lists them)"),
    )
}

/// Nobody is known by this.
pub fn nobody(locale: Locale, typed: &str) -> String {
    pick(
        locale,
        format!(
            "「{typed}」という先方担当者は見つかりません。メールアドレス、キー、または 顧客/先方担当者 の形で指定してください（`shirube export contacts` で一覧できます）"
        ),
        format!(
            "nobody is known as `{typed}`: name an address, a key or ACCOUNT/CONTACT (`shirube export contacts` lists them)"
        ),
    )
}

/// More than one person is meant; nothing was done.
pub fn several(locale: Locale, typed: &str, list: &[String]) -> String {
    let lines = list.iter().map(|one| format!("\n  {one}")).collect::<String>();
    pick(
        locale,
        format!(
            "「{typed}」に当てはまる先方担当者が{}人います。何も消していません。次のどれかを指定してください{lines}",
            list.len()
        ),
        format!("`{typed}` means {} people; nothing was erased. Name one of them:{lines}", list.len()),
    )
}

/// The daemon has to end first.
pub fn end_the_daemon(locale: Locale) -> String {
    pick(
        locale,
        "shirube が動いているため、消去できません。`shirube run` を止めてからもう一度実行し、終わったら起動し直してください（1分ほどで済みます）".to_owned(),
        "a daemon holds the store: end `shirube run`, erase, then start it again".to_owned(),
    )
}

/// The head of what goes, or went.
pub fn erasing(locale: Locale, name: &str, done: bool) -> String {
    match done {
        true => pick(locale, format!("{name} を消去しました"), format!("{name} was erased:")),
        false => {
            pick(locale, format!("{name} について、次のデータを消去します"), format!("{name}: this would be erased"))
        }
    }
}

/// A kind of row, as counted.
pub fn kind(locale: Locale, what: &str) -> String {
    let (ja, en) = match what {
        "account" => ("顧客の登録", "the customer's record"),
        "subscriptions" => (
            "契約（金額と期間だけ残し、顧客とのつながりを消す。継続中のものは今日で終了）",
            "contracts (amounts and days stay under no name; an open one ends today)",
        ),
        "contact" => ("先方担当者の登録", "the contact's record"),
        "attributes" => ("属性の履歴（氏名、連絡先など）", "attributes as told over time (name, address …)"),
        "events" => {
            ("行動の記録（件数と日付だけ残し、内容を消す）", "events (that they happened stays, what was said goes)")
        }
        "messages" => (
            "送信・送信予定のメッセージ（宛先と内容を消す。未送信は取り消す）",
            "messages (address and content go; what waits is not sent)",
        ),
        "runs" => (
            "プレイブックの実行（受け取った値を消し、実行中のものは終える）",
            "runs (what they were told goes; open ones end)",
        ),
        "ledger" => ("判断の記録に残った値", "values in the ledger"),
        "tasks" => ("この人についてのタスク", "tasks about this person"),
        "named" => (
            "この人の名前や連絡先が出てくるメモ・通知など（その部分を消す）",
            "notes, tasks and team messages that name them (the name goes)",
        ),
        "shared_pages" => {
            ("この人の名前や連絡先が載った共有レポート（共有を取り消す）", "shared reports that name them (taken back)")
        }
        "links" => ("メールのリンクとクリックの記録", "links of mails, and who followed them"),
        "tracked" => ("製品の計測で覚えた識別情報", "identities from tracking"),
        "parked" => ("顧客が特定できず保留中の計測データ", "tracking calls that wait"),
        "staged" => ("途中で止まった取り込みの行", "rows of an unfinished import"),
        other => (other, other),
    };
    pick(locale, ja.to_owned(), en.to_owned())
}

/// A file of the outbox folder is gone.
pub fn file_removed(locale: Locale, file: &str) -> String {
    pick(locale, format!("  削除したファイル: {file}"), format!("  removed the file {file}"))
}

/// A copy that still holds the data.
pub fn still_in(locale: Locale, file: &str, at: &str) -> String {
    pick(
        locale,
        format!("  まだ残っているバックアップ: {file}（{at}）。復元しても、この消去は自動でやり直されます"),
        format!("  still in the backup {file} ({at}); were it restored, this erasure is done again"),
    )
}

/// What stays, and what to look after.
pub fn what_stays(locale: Locale, postgres: bool, customer: bool) -> String {
    let (too_ja, too_en) = match customer {
        true => (
            "過去の月の数字を変えないための契約の金額と期間（顧客名なし）、操作の記録に残った顧客のキー。\n",
            " Amounts and days of contracts without a name, so that past months keep their numbers; the customer's key in the log of who did what.",
        ),
        false => ("", ""),
    };
    let (ja, en) = match postgres {
        true => (
            "\nPostgreSQL では、消した行の領域は `VACUUM (FULL)` を実行するまでディスクに残ります。ダンプから復元したときは、消去をもう一度実行してください",
            "\nOn PostgreSQL erased rows stay on disk until `VACUUM (FULL)`. After restoring a dump, erase again",
        ),
        false => ("", ""),
    };
    pick(
        locale,
        format!(
            "残るもの: メールアドレスのハッシュ値（二度と送らないため）、人を特定できない件数、メッセージの番号だけの送信記録。\n{too_ja}同じアドレスをもう一度取り込んでも、メールは送られません。\nご自身で確認: 取り込み元の表や連携システム、`*.rejects.csv`、メールボックス、Slack などに送った通知{ja}"
        ),
        format!(
            "What stays: the address as a keyed hash, so that nobody writes to it again; counts without a person; the keys of messages that were sent.{too_en}\nWhoever imports the address again gets it in, but nothing is ever mailed to it.\nYours to look after: the sheet or system it came from, `*.rejects.csv`, the mailbox, what was posted to Slack{en}"
        ),
    )
}

/// Nothing was erased yet.
pub fn say_yes(locale: Locale) -> String {
    pick(
        locale,
        "まだ何も消していません。消去するには --yes を付けて実行してください（元に戻せません）".to_owned(),
        "nothing was erased yet: add --yes to do it; it cannot be undone".to_owned(),
    )
}

/// The question.
pub fn really(locale: Locale) -> String {
    pick(locale, "消去しますか。元に戻せません [y/N] ".to_owned(), "Erase this? It cannot be undone [y/N] ".to_owned())
}

/// The audit log is as it was written.
pub fn intact(locale: Locale, entries: u64, head: &str) -> String {
    let (ies, head) = (if entries == 1 { "y" } else { "ies" }, if head.is_empty() { "-" } else { head });
    pick(
        locale,
        format!(
            "{entries}件の記録に改変はありません（末尾のハッシュ値 {head}。別の場所に控えておくと、後から照合できます）"
        ),
        format!("{entries} entr{ies}, intact (last hash {head}; kept elsewhere, it proves this later)"),
    )
}

/// The first entry that is not as it was written.
pub fn broken(locale: Locale, entry: i64, at: Option<&str>, missing: bool) -> String {
    let at = at.map_or_else(String::new, |at| format!(" ({at})"));
    match missing {
        true => pick(
            locale,
            format!(
                "{entry}件目の記録がありません{at}。それより前は改変されていません。バックアップと見比べてください"
            ),
            format!("entry {entry} is missing{at}; everything before it is intact. Compare with a backup"),
        ),
        false => pick(
            locale,
            format!(
                "{entry}件目の記録が書き換えられています{at}。それより前は改変されていません。バックアップと見比べてください"
            ),
            format!("entry {entry} was changed{at}; everything before it is intact. Compare with a backup"),
        ),
    }
}

/// What `migrate` needs to be told.
pub fn move_what(locale: Locale) -> &'static str {
    pick(
        locale,
        "--from には sqlite:ファイル、--to には空の postgres://… を指定してください（URL は環境変数 DATABASE_URL でも渡せます）",
        "write --from sqlite:FILE and --to postgres://… of an empty database (or set DATABASE_URL)",
    )
}

/// A store was moved.
pub fn moved(locale: Locale, place: &str, tables: usize, rows: u64) -> String {
    pick(
        locale,
        format!(
            "{tables} 個の表、{rows} 行を {place} に移し、件数と内容が一致することを確かめました。\n元のファイルは移行済みとなり、もう使えません（削除はしていません）。\nshirube.yaml の `store.url` を新しい URL に変えてください。`sent.journal` と `shirube.keys` はそのまま残してください"
        ),
        format!(
            "{tables} tables with {rows} are in {place} now; counts and contents are the same on both sides.\nThe file is marked as moved and opens no more (it is not deleted).\nSet `store.url` in shirube.yaml to the new URL; leave `sent.journal` and `shirube.keys` where they are",
            rows = count_of(rows, "row")
        ),
    )
}
