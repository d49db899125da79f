//! What `init` says about the starter kit and its presets.

use super::{count_of, pick};
use crate::model::locale::Locale;

/// How many files were written, and how many stood there already.
pub fn written(locale: Locale, folder: &str, written: usize, kept: usize) -> String {
    pick(
        locale,
        format!("{folder} に{written}個のファイルを書き出しました（既にあった{kept}個はそのままです）"),
        format!("{written} written to {folder}, {kept} already there", written = count_of(written, "file")),
    )
}

/// The next thing to type.
pub fn next(locale: Locale, folder: &str) -> String {
    pick(locale, format!("次の一手：shirube --dir {folder} check"), format!("next: shirube --dir {folder} check"))
}

/// A preset nobody knows; `near` is the name that was probably meant.
pub fn no_preset(locale: Locale, name: &str, near: Option<&str>, all: &str) -> String {
    let ja = near.map(|n| format!("「{n}」のことですか。")).unwrap_or_default();
    let en = near.map(|n| format!(": did you mean `{n}`?")).unwrap_or_else(|| ".".to_owned());
    pick(
        locale,
        format!("プリセット「{name}」はありません。{ja}使えるのは次のものです：{all}"),
        format!("there is no preset `{name}`{en} There are: {all}"),
    )
}

/// Two presets that write the same part of the model.
pub fn same_part(locale: Locale, one: &str, other: &str, part: &str) -> String {
    pick(
        locale,
        format!("「{one}」と「{other}」はどちらも `{part}:` を書き換えます。一方だけを選んでください"),
        format!("`{one}` and `{other}` both write `{part}:`; choose one of them"),
    )
}

/// Presets for a folder whose files stand already; `changes` is what they would change.
pub fn filled(locale: Locale, folder: &str, names: &str, changes: &[String]) -> String {
    let list = changes.join(pick(locale, "、", ", "));
    pick(
        locale,
        format!(
            "{folder} には既にファイルがあり、上書きはしないため、プリセット「{names}」は適用していません。\n\
             変わるのは次の箇所です：{list}\n\
             次の一手：`shirube init 新しいフォルダー --preset {names}` で書き出し、その箇所を {folder} に写してください"
        ),
        format!(
            "{folder} has files already, and nothing is overwritten: preset {names} was not applied.\n\
             it would change: {list}\n\
             next: `shirube init NEW_FOLDER --preset {names}` writes them elsewhere; copy those parts to {folder}"
        ),
    )
}

/// A preset that sets targets, where targets are asked for.
pub fn targets_are_asked(locale: Locale, name: &str) -> String {
    pick(
        locale,
        format!("`--guided` では目標値を質問するため、「{name}」とは併用できません。どちらか一方を外してください"),
        format!("`--guided` asks for the targets that `{name}` would set; leave one of the two out"),
    )
}
