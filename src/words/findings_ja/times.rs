//! Lengths, windows, days and schedules.

use super::Sentence;

pub(super) const SENTENCES: &[Sentence] = &[
    (
        "`{}` is not a length of time: write `90s`, `90m`, `36h`, `2d`, `2 calendar days`, `2 business days` or `4 business hours`",
        "`{}` は時間の長さとして読めません。`90s`、`90m`、`36h`、`2d`、`2 calendar days`、`2 business days`、`4 business hours` のどれかの形で書きます",
    ),
    (
        "`{}` could mean two things: write `{}d` ({} hours), `{} calendar days` (the same local time) or `{} business days`",
        "`{}` は二通りに読めます。`{}d`（{} 時間）、`{} calendar days`（同じ時刻）、`{} business days`（営業日）のどれかで書いてください",
    ),
    ("`{}` is too long: at most {} days or {} business hours", "`{}` は長すぎます。{} 日または {} 営業時間までです"),
    (
        "`{}` ends before it begins: hours cannot pass midnight, write `00:00-24:00` for all day",
        "`{}` は終わりが始まりより前です。日をまたぐ時間帯は書けません。終日なら `00:00-24:00` と書きます",
    ),
    ("`{}` ends before it begins", "`{}` は終わりが始まりより前です"),
    (r#"hours lie within one day, e.g. "10:00-17:00""#, r#"時間帯は1日の中に収めます。例："10:00-17:00""#),
    (r#"e.g. "10:00-17:00""#, r#"例："10:00-17:00""#),
    (
        "`{}` is not a span of hours: write `10:00-17:00`, quoted",
        "`{}` は時間帯として読めません。引用符を付けて `10:00-17:00` のように書きます",
    ),
    (
        "`{}` does not name weekdays: write `mon-fri`, `mon,wed,fri` or `mon-sun`",
        "`{}` は曜日として読めません。`mon-fri`、`mon,wed,fri`、`mon-sun` のように書きます",
    ),
    ("e.g. mon-fri, or mon,wed,fri", "例：mon-fri、または mon,wed,fri"),
    (
        "`{}` is not a day or range of the year: write month-day, as in `12-29/01-03` or `05-01`",
        "`{}` は毎年の日や期間として読めません。`12-29/01-03` や `05-01` のように月-日で書きます",
    ),
    ("or one day: 2026-08-12", "一日だけなら 2026-08-12 のように書きます"),
    ("`{}` never fires: no such month has that day", "`{}` は一度も実行されません。その月にその日はありません"),
    ("choose a day that the month has, e.g. `0 9 28 2 *`", "その月にある日を選んでください。例：`0 9 28 2 *`"),
    ("this schedule cannot be used: {}", "この予定は使えません：{}"),
    ("write minute hour day month weekday, as in `0 9 * * 1`", "「分 時 日 月 曜日」の順に書きます。例：`0 9 * * 1`"),
    ("`@{}`: shortcuts are not read", "`@{}` のような略記は使えません"),
    ("write the five fields, as in `{}`", "五つの欄で書きます。例：`{}`"),
    ("a cron text has five fields, this has {}", "cron は五つの欄で書きます。これは {} 個です"),
    (
        "write minute hour day month weekday, as in `0 9 * * 1` (Mondays at 09:00); there are no seconds or years",
        "「分 時 日 月 曜日」の順に書きます。例：`0 9 * * 1`（月曜9時）。秒と年はありません",
    ),
    ("`{}`: a step needs a range or `*` before the slash", "`{}`：「/」の前には範囲か `*` が必要です"),
    ("write `{}` if that is meant", "そのつもりなら `{}` と書いてください"),
    ("`{}` runs backwards: a range cannot pass the end of the {}", "`{}` は逆順です。範囲は{}の終わりをまたげません"),
    ("hour", "時"),
    ("day", "日"),
    ("month", "月"),
    ("year", "年"),
    ("week", "週"),
    ("minute", "分"),
    ("day of the month", "日"),
    ("weekday", "曜日"),
    ("write a list, as in `{}`", "リストで書きます。例：`{}`"),
    ("`{}` is not a {} ({} to {})", "`{}` は{}として使えません（{} から {}）"),
    ("`{}`: `{}` is not part of POSIX cron", "`{}`：`{}` は POSIX の cron にありません"),
    ("write for example {}", "例：{}"),
];
