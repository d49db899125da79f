//! Every command once: help, Slack manifest and Discord registration derive from this list.

use unicode_normalization::UnicodeNormalization;

use super::{
    reply::{Field, Part, Reply},
    roles::Role,
};
use crate::model::locale::Locale;

/// How a command is called and what it does.
#[derive(Debug, PartialEq, Eq)]
pub struct Spec {
    /// The word after `/cs`; lower case, also Discord's subcommand name.
    pub name: &'static str,
    /// How it is written.
    pub usage: &'static str,
    /// What it does, in Japanese (at most 100 characters: Discord's limit).
    pub ja: &'static str,
    /// What it does, in English (at most 100 characters).
    pub en: &'static str,
    /// The least role that may ask.
    pub role: Role,
    /// Its parameters in order, for Discord's typed options.
    pub args: &'static [Arg],
}

/// One parameter.
#[derive(Debug, PartialEq, Eq)]
pub struct Arg {
    /// Its name.
    pub name: &'static str,
    /// Whether it must be given.
    pub required: bool,
    /// What it is, in Japanese.
    pub ja: &'static str,
    /// What it is, in English.
    pub en: &'static str,
    /// How it stands in the text of the command.
    pub written: Written,
}

/// What can be completed while it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completes {
    /// A customer.
    Account,
    /// A playbook.
    Playbook,
    /// A colleague.
    Person,
    /// A playbook, or everything.
    Target,
}

/// What a parameter of this name takes.
pub fn completes(name: &str) -> Option<Completes> {
    match name {
        "account" => Some(Completes::Account),
        "playbook" => Some(Completes::Playbook),
        "person" | "whose" | "deputy" => Some(Completes::Person),
        "target" => Some(Completes::Target),
        _ => None,
    }
}

/// How a parameter stands in the text of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// As one word in its place.
    Word,
    /// As words in its place, each read for itself: `#tags`, a length before the reason.
    Words,
    /// After this flag: `--contact NAME`.
    After(&'static str),
    /// This flag, or nothing.
    Flag(&'static str),
}

const ACCOUNT: Arg = Arg {
    name: "account",
    required: true,
    ja: "顧客の名前・キー・ドメイン",
    en: "name, key or domain",
    written: Written::Word,
};
const ANY_ACCOUNT: Arg = Arg { required: false, ..ACCOUNT };
const PLAYBOOK: Arg =
    Arg { name: "playbook", required: true, ja: "プレイブック", en: "playbook", written: Written::Word };
const ANY_CONTACT: Arg = Arg {
    name: "contact",
    required: false,
    ja: "先方担当者一人だけ（キー・メール・名前）",
    en: "only this contact: key, address or name",
    written: Written::After("--contact"),
};
const ANY_PLAYBOOK: Arg = Arg { required: false, ..PLAYBOOK };
const TARGET: Arg = Arg {
    name: "target",
    required: true,
    ja: "プレイブック・顧客・all",
    en: "a playbook, an account, or all",
    written: Written::Word,
};
const LENGTH: Arg = Arg {
    name: "length",
    required: false,
    ja: "期間（例：14d、2w）",
    en: "how long, e.g. 14d",
    written: Written::Word,
};
const REASON: Arg = Arg { name: "reason", required: false, ja: "理由", en: "why", written: Written::Words };

const SOMEBODY: Arg = Arg {
    name: "person",
    required: false,
    ja: "ほかの人の不在（管理者のみ）",
    en: "somebody else; admins only",
    written: Written::After("--for"),
};

/// Every command, in the order of the help.
pub const SPECS: &[Spec] = &[
    Spec {
        name: "health",
        usage: "health ACCOUNT",
        ja: "ヘルススコアとその理由、実行中のプレイブック、次の予定",
        en: "Health, its causes, what is running, the next date",
        role: Role::Viewer,
        args: &[ACCOUNT],
    },
    Spec {
        name: "risk",
        usage: "risk [SEGMENT|ready]",
        ja: "解約リスクの高い顧客。ready を付けると、拡大をご提案する好機の顧客",
        en: "Accounts at risk, worst first; `ready`: those ready to grow",
        role: Role::Viewer,
        args: &[Arg { name: "segment", required: false, ja: "セグメント", en: "segment", written: Written::Word }],
    },
    Spec {
        name: "explain",
        usage: "explain ACCOUNT [PLAYBOOK]",
        ja: "なぜそうなったか。条件と値の一覧",
        en: "Why: every condition with its values",
        role: Role::Viewer,
        args: &[ACCOUNT, ANY_PLAYBOOK],
    },
    Spec {
        name: "why-not",
        usage: "why-not ACCOUNT PLAYBOOK",
        ja: "プレイブックが始まらない理由",
        en: "Why a playbook did not start",
        role: Role::Viewer,
        args: &[ACCOUNT, PLAYBOOK],
    },
    Spec {
        name: "playbooks",
        usage: "playbooks [ACCOUNT]",
        ja: "実行中のプレイブック",
        en: "What is running",
        role: Role::Viewer,
        args: &[ANY_ACCOUNT],
    },
    Spec {
        name: "kpi",
        usage: "kpi [YYYY-MM] [by WHAT]",
        ja: "KPI（先月または指定した月。by plan などで区分別）",
        en: "KPIs of last month or of a given one; by plan, month …",
        role: Role::Viewer,
        args: &[Arg {
            name: "month",
            required: false,
            ja: "月（YYYY-MM）",
            en: "month, YYYY-MM",
            written: Written::Word,
        }],
    },
    Spec {
        name: "effect",
        usage: "effect PLAYBOOK [OUTCOME]",
        ja: "プレイブックは効いているか。判定、信頼区間、すること",
        en: "Does a playbook work? Verdict, interval, what to do",
        role: Role::Viewer,
        args: &[
            PLAYBOOK,
            Arg {
                name: "outcome",
                required: false,
                ja: "churn・goal・マイルストーン名",
                en: "churn, goal or a milestone",
                written: Written::Word,
            },
        ],
    },
    Spec {
        name: "today",
        usage: "today",
        ja: "昨日送ったもの、今日送るもの、自分のタスク、新たに危険になった顧客",
        en: "Sent yesterday, going out today, my tasks, newly at risk",
        role: Role::Viewer,
        args: &[],
    },
    Spec {
        name: "tasks",
        usage: "tasks [mine|PERSON] [TYPE]",
        ja: "未完了のタスク",
        en: "Open tasks",
        role: Role::Viewer,
        args: &[Arg {
            name: "whose",
            required: false,
            ja: "mine = 自分、または担当者",
            en: "mine = yours, or a person",
            written: Written::Word,
        }],
    },
    Spec {
        name: "renewals",
        usage: "renewals [90d]",
        ja: "更新が近い顧客（更新日の順）",
        en: "Renewals ahead, by date",
        role: Role::Viewer,
        args: &[LENGTH],
    },
    Spec {
        name: "stuck",
        usage: "stuck",
        ja: "同じフェーズに長くとどまっている顧客",
        en: "Accounts stuck in a phase, longest first",
        role: Role::Viewer,
        args: &[],
    },
    Spec {
        name: "timeline",
        usage: "timeline ACCOUNT",
        ja: "顧客に起きたこと（新しい順）",
        en: "What happened with an account, newest first",
        role: Role::Viewer,
        args: &[ACCOUNT],
    },
    Spec {
        name: "ask",
        usage: "ask QUESTION [--for ACCOUNT] [--hand-off]",
        ja: "よくある質問の答えを knowledge/ から（出典つき）",
        en: "Answers from knowledge/, with their source",
        role: Role::Viewer,
        args: &[
            Arg { name: "question", required: true, ja: "質問", en: "the question", written: Written::Word },
            Arg {
                name: "account",
                required: false,
                ja: "どの顧客の質問か（引き継ぎはその担当へ）",
                en: "whose question: a hand-over goes to its owner",
                written: Written::After("--for"),
            },
            Arg {
                name: "hand-off",
                required: false,
                ja: "担当者のタスクにする",
                en: "make it a person's task",
                written: Written::Flag("--hand-off"),
            },
        ],
    },
    Spec {
        name: "note",
        usage: "note ACCOUNT TEXT [#tag] [--positive]",
        ja: "メモを残す。#タグ、うれしい声なら --positive",
        en: "Write a note, with #tags; --positive for a good voice",
        role: Role::Operator,
        args: &[
            ACCOUNT,
            Arg { name: "text", required: true, ja: "内容", en: "the words", written: Written::Words },
            Arg {
                name: "positive",
                required: false,
                ja: "うれしい声",
                en: "a good voice",
                written: Written::Flag("--positive"),
            },
        ],
    },
    Spec {
        name: "pause",
        usage: "pause NAME|all [14d] [REASON]",
        ja: "プレイブック（playbook:名前）または顧客（account:名前）を一時停止",
        en: "Pause a playbook, an account (playbook:x, account:x) or everything",
        role: Role::Operator,
        args: &[TARGET, LENGTH, REASON],
    },
    Spec {
        name: "resume",
        usage: "resume NAME|all [--yes]",
        ja: "一時停止を解除（先に内容を表示）",
        en: "Let it go on; first shows what goes out",
        role: Role::Operator,
        args: &[TARGET],
    },
    Spec {
        name: "stop-all",
        usage: "stop-all [REASON]",
        ja: "すべての送信をただちに止める",
        en: "Stop every message at once",
        role: Role::Operator,
        args: &[REASON],
    },
    Spec {
        name: "snooze",
        usage: "snooze ACCOUNT [7d]",
        ja: "顧客についての通知をしばらく止める",
        en: "Mute nudges about an account for a while",
        role: Role::Operator,
        args: &[ACCOUNT, LENGTH],
    },
    Spec {
        name: "assign",
        usage: "assign ACCOUNT PERSON | --all-of FROM TO [ROLE] [--yes]",
        ja: "顧客の担当者を決める（--all-of: まとめて引き継ぐ）",
        en: "Give an account to a person; --all-of: everything of theirs",
        role: Role::Operator,
        args: &[ACCOUNT, Arg { name: "person", required: true, ja: "担当者", en: "person", written: Written::Word }],
    },
    Spec {
        name: "enroll",
        usage: "enroll ACCOUNT PLAYBOOK [--contact CONTACT] [--yes]",
        ja: "プレイブックを手動で始める（先に内容を表示）",
        en: "Start a playbook by hand; first shows what goes out",
        role: Role::Operator,
        args: &[ACCOUNT, PLAYBOOK, ANY_CONTACT],
    },
    Spec {
        name: "unenroll",
        usage: "unenroll ACCOUNT PLAYBOOK [--contact CONTACT]",
        ja: "実行中のプレイブックを手動で終える",
        en: "End a running playbook by hand",
        role: Role::Operator,
        args: &[ACCOUNT, PLAYBOOK, ANY_CONTACT],
    },
    Spec {
        name: "override",
        usage: "override ACCOUNT BAND [14d] REASON",
        ja: "ヘルスの区分（green・yellow・red）を期限つきで手動設定",
        en: "Set the health band (green, yellow, red) by hand for a while",
        role: Role::Operator,
        args: &[
            ACCOUNT,
            Arg {
                name: "band",
                required: true,
                ja: "green・yellow・red",
                en: "green, yellow or red",
                written: Written::Word,
            },
            Arg {
                name: "reason",
                required: true,
                ja: "期間と理由（例：14d 先方担当者の退職）",
                en: "how long and why: 14d champion left",
                written: Written::Words,
            },
        ],
    },
    Spec {
        name: "done",
        usage: "done ACCOUNT TASK",
        ja: "タスクを完了にする。返信のタスクならプレイブックを続ける",
        en: "Complete a task; one about a reply lets the playbook go on",
        role: Role::Operator,
        args: &[
            ACCOUNT,
            Arg {
                name: "task",
                required: true,
                ja: "タスク（ステップ名）",
                en: "task, step or playbook",
                written: Written::Word,
            },
        ],
    },
    Spec {
        name: "approve",
        usage: "approve PLAYBOOK [--yes]",
        ja: "承認待ちのプレイブックを始める（先に内容を表示）",
        en: "Let a waiting playbook begin; first shows what goes out",
        role: Role::Operator,
        args: &[PLAYBOOK],
    },
    Spec {
        name: "help",
        usage: "help [COMMAND]",
        ja: "使い方",
        en: "What can be asked",
        role: Role::Viewer,
        args: &[Arg { name: "command", required: false, ja: "コマンド", en: "command", written: Written::Word }],
    },
    Spec {
        name: "away",
        usage: "away until DATE deputy NAME [--for PERSON]",
        ja: "不在にする。最終日まで、新しいタスクと通知は代理に届く",
        en: "You are away: until that day a deputy gets what is new",
        role: Role::Operator,
        args: &[
            Arg {
                name: "until",
                required: true,
                ja: "不在の最終日（例：2026-12-05）",
                en: "the last day, e.g. 2026-12-05",
                written: Written::After("until"),
            },
            Arg {
                name: "deputy",
                required: true,
                ja: "代理",
                en: "who acts for you",
                written: Written::After("deputy"),
            },
            SOMEBODY,
        ],
    },
    Spec {
        name: "back",
        usage: "back [--for PERSON]",
        ja: "不在を終える",
        en: "You are back",
        role: Role::Operator,
        args: &[SOMEBODY],
    },
];

impl Spec {
    /// What it does, in `locale`.
    pub fn help(&self, locale: Locale) -> &'static str {
        match locale {
            Locale::Ja => self.ja,
            Locale::En => self.en,
        }
    }
}

/// A command's word however it was typed: full-width letters, capitals.
pub fn plain(word: &str) -> String {
    word.nfkc().collect::<String>().to_lowercase()
}

/// The command called `word`, in any case and width (`ＨＥＡＬＴＨ`).
pub fn find(word: &str) -> Option<&'static Spec> {
    let plain = plain(word);
    SPECS.iter().find(|spec| spec.name == plain)
}

/// What `role` can ask, or how one command is written.
pub fn help(locale: Locale, role: Role, topic: Option<&str>) -> Reply {
    if let Some(spec) = topic.and_then(find).filter(|s| s.role <= role) {
        return Reply::new(locale, spec.usage).line(spec.help(locale));
    }
    let title = match locale {
        Locale::Ja => "できること",
        Locale::En => "What you can ask",
    };
    let fields = SPECS
        .iter()
        .filter(|spec| spec.role <= role)
        .map(|spec| Field { label: spec.usage.to_owned(), value: spec.help(locale).to_owned() })
        .collect();
    Reply::new(locale, title).with(Part::Fields(fields))
}
