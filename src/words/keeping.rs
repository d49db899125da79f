//! Backups, restores, erasing a person and the audit log, both languages side by side.

use super::pick;
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
