//! What people call their columns, in Japanese and English.

use super::{Field, Kind, On, Options, text};

/// Names separated by `|` are alternatives: the first that is built in or declared is taken.
type Alias = (&'static str, &'static [&'static str]);

const ACCOUNT: &[Alias] = &[
    (
        "key",
        &[
            "key",
            "id",
            "account_key",
            "account_id",
            "customer_id",
            "company_id",
            "client_id",
            "organization_id",
            "顧客ID",
            "顧客番号",
            "顧客コード",
            "会社ID",
            "企業ID",
            "アカウントID",
            "取引先ID",
            "取引先コード",
            "得意先コード",
            "契約ID",
            "お客様番号",
        ],
    ),
    (
        "name",
        &[
            "name",
            "account_name",
            "account",
            "company",
            "company_name",
            "customer",
            "customer_name",
            "client",
            "organization",
            "顧客名",
            "顧客",
            "会社名",
            "会社",
            "企業名",
            "企業",
            "法人名",
            "取引先名",
            "取引先",
            "得意先名",
            "お客様名",
            "貴社名",
            "アカウント名",
            "名称",
            "社名",
        ],
    ),
    (
        "csm",
        &[
            "csm",
            "owner",
            "account_owner",
            "account_manager",
            "cs担当",
            "cs担当者",
            "csm担当",
            "担当CSM",
            "当社担当",
            "当社担当者",
            "自社担当",
            "自社担当者",
            "弊社担当",
            "弊社担当者",
            "オーナー",
            "営業担当",
            "営業担当者",
        ],
    ),
    (
        "plan",
        &[
            "plan",
            "plan_name",
            "plan_tier",
            "tier",
            "product",
            "プラン",
            "プラン名",
            "契約プラン",
            "料金プラン",
            "コース",
        ],
    ),
    (
        "mrr",
        &[
            "mrr",
            "mrr_amount",
            "monthly_fee",
            "monthly_amount",
            "月額",
            "月額料金",
            "月額利用料",
            "月額費用",
            "月次金額",
            "月額単価",
        ],
    ),
    ("arr", &["arr", "arr_amount", "annual_amount", "年額", "年額料金", "年間契約額", "年間利用料"]),
    ("currency", &["currency", "通貨"]),
    (
        "seats",
        &[
            "seats",
            "seat_count",
            "licenses",
            "users",
            "席数",
            "シート数",
            "ライセンス数",
            "契約席数",
            "契約ユーザー数",
            "ユーザー数",
            "利用人数",
            "アカウント数",
            "id数",
        ],
    ),
    (
        "contract_start",
        &[
            "contract_start",
            "contract_start_date",
            "start_date",
            "contract_date",
            "契約日",
            "契約開始日",
            "契約開始",
            "利用開始日",
            "開始日",
            "ご契約日",
            "契約締結日",
            "サービス開始日",
        ],
    ),
    (
        "contract_end",
        &[
            "contract_end",
            "contract_end_date",
            "end_date",
            "契約終了日",
            "契約満了日",
            "契約終了",
            "満了日",
            "利用終了日",
            "終了日",
            "解約日",
        ],
    ),
    ("renewal_date", &["renewal_date", "renewal", "next_renewal", "更新日", "契約更新日", "次回更新日", "更新予定日"]),
    (
        "created_at",
        &[
            "created_at",
            "created",
            "signup_date",
            "signed_up_at",
            "registered_at",
            "登録日",
            "申込日",
            "登録日時",
            "作成日",
            "利用登録日",
        ],
    ),
    ("status", &["status", "ステータス", "契約状況", "契約状態", "契約ステータス", "状態", "利用状況"]),
    (
        "onboarding",
        &[
            "onboarding",
            "onboarding_status",
            "導入状況",
            "オンボーディング",
            "オンボーディング状況",
            "導入ステータス",
            "導入進捗",
            "導入支援状況",
        ],
    ),
    ("touch", &["touch", "touch_model", "タッチ", "タッチモデル", "タッチ区分"]),
    ("locale", &["locale", "language", "言語", "使用言語"]),
    ("timezone", &["timezone", "time_zone", "タイムゾーン"]),
    ("potential", &["potential", "ポテンシャル"]),
    ("goals", &["goals", "goal", "目標", "導入目的", "ゴール"]),
    ("issues", &["issues", "課題"]),
    ("needs", &["needs", "ニーズ", "要望"]),
    ("proficiency", &["proficiency", "習熟度", "リテラシー"]),
    ("churn_reason", &["churn_reason", "解約理由"]),
    ("churn_quote", &["churn_quote", "解約時の声", "解約時のコメント"]),
    ("domain", &["domain", "website", "ドメイン"]),
    (
        "internal",
        &[
            "internal",
            "test",
            "is_test",
            "is_internal",
            "社内",
            "テスト",
            "テストフラグ",
            "社内フラグ",
            "テストアカウント",
            "社内アカウント",
        ],
    ),
    (
        "last_login_on|last_login_at|last_login",
        &[
            "last_login",
            "last_login_at",
            "last_login_on",
            "last_login_date",
            "last_active",
            "最終ログイン日",
            "最終ログイン",
            "最終ログイン日時",
            "最終利用日",
            "最終アクセス日",
        ],
    ),
    (
        "logins_per_week|logins_7d|logins|login_count",
        &[
            "logins",
            "login_count",
            "logins_per_week",
            "weekly_logins",
            "ログイン回数",
            "ログイン数",
            "週間ログイン回数",
            "週ログイン回数",
        ],
    ),
    ("notes|memo|remarks", &["notes", "note", "memo", "remarks", "comment", "備考", "メモ", "特記事項", "コメント"]),
];

const CONTACT: &[Alias] = &[
    ("key", &["contact_id", "contact_key", "user_id", "person_id", "ユーザーID", "担当者ID", "会員ID", "利用者ID"]),
    (
        "email",
        &[
            "email",
            "e_mail",
            "mail",
            "mail_address",
            "email_address",
            "contact_email",
            "メール",
            "メールアドレス",
            "eメール",
            "連絡先メール",
            "担当者メール",
            "担当者メールアドレス",
        ],
    ),
    (
        "name",
        &[
            "full_name",
            "contact_name",
            "contact",
            "person",
            "氏名",
            "お名前",
            "担当者名",
            "ご担当者",
            "ご担当者名",
            "ご担当者様",
            "先方担当",
            "先方担当者",
            "先方担当者名",
            "貴社担当者",
            "顧客担当者",
            "ユーザー名",
            "窓口",
            "窓口担当者",
        ],
    ),
    ("role", &["role", "contact_role", "役割", "役職", "権限", "ロール", "職位"]),
    ("persona", &["persona", "ペルソナ"]),
    (
        "consent",
        &[
            "consent",
            "marketing_consent",
            "opt_in",
            "メルマガ同意",
            "配信同意",
            "メール配信同意",
            "同意",
            "オプトイン",
            "マーケティング同意",
        ],
    ),
    ("opted_out", &["opt_out", "opted_out", "unsubscribed", "配信停止", "メルマガ停止", "オプトアウト", "配信拒否"]),
    (
        "do_not_contact",
        &[
            "do_not_contact",
            "dnc",
            "no_contact",
            "連絡不可",
            "連絡禁止",
            "送信禁止",
            "送信不可",
            "メール不可",
            "連絡停止",
        ],
    ),
    ("slack_id", &["slack_id", "slack"]),
    ("discord_id", &["discord_id", "discord"]),
];

const CONTACT_OWN: &[Alias] = &[
    ("key", &["id", "key"]),
    ("name", &["name", "担当者", "名前", "姓名"]),
    ("locale", &["locale", "language", "言語", "使用言語"]),
    ("timezone", &["timezone", "time_zone", "タイムゾーン"]),
    ("created_at", &["created_at", "created", "登録日", "登録日時", "作成日"]),
    ("do_not_contact", &["internal", "test", "is_test", "社内", "テスト"]),
    ("department|division", &["department", "部署", "部署名", "所属"]),
    ("notes|memo|remarks", &["notes", "note", "memo", "備考", "メモ"]),
];

const SUBSCRIPTION: &[Alias] = &[
    (
        "key",
        &[
            "key",
            "id",
            "subscription_id",
            "subscription_key",
            "subscription",
            "契約ID",
            "契約番号",
            "サブスクリプションID",
        ],
    ),
    (
        "plan",
        &[
            "plan",
            "plan_name",
            "plan_tier",
            "tier",
            "product",
            "プラン",
            "プラン名",
            "契約プラン",
            "商品",
            "商品名",
            "製品",
        ],
    ),
    ("start", &["start", "start_date", "started_at", "contract_start", "開始日", "契約日", "契約開始日", "利用開始日"]),
    ("end", &["end", "end_date", "ended_at", "contract_end", "終了日", "契約終了日", "解約日", "満了日", "利用終了日"]),
    ("mrr", &["mrr", "mrr_amount", "monthly_fee", "amount", "月額", "月額料金", "金額", "月額利用料"]),
    ("arr", &["arr", "arr_amount", "annual_amount", "年額", "年額料金", "年間契約額"]),
    ("currency", &["currency", "通貨"]),
    ("seats", &["seats", "quantity", "licenses", "席数", "数量", "シート数", "ライセンス数", "ユーザー数"]),
];

const EVENT: &[Alias] = &[
    ("id", &["id", "event_id", "message_id", "イベントID"]),
    (
        "name",
        &[
            "event",
            "event_name",
            "name",
            "type",
            "event_type",
            "action",
            "イベント",
            "イベント名",
            "種別",
            "操作",
            "アクション",
        ],
    ),
    (
        "at",
        &[
            "at",
            "timestamp",
            "time",
            "date",
            "datetime",
            "occurred_at",
            "event_time",
            "created_at",
            "event_date",
            "日時",
            "日付",
            "発生日時",
            "発生日",
            "利用日",
            "利用日時",
            "ログイン日時",
            "ログイン日",
            "操作日時",
        ],
    ),
];

const ACCOUNT_KEY: &[&str] = &["account", "account_key", "company_key"];

/// Columns that are ours when a rejects file is imported again.
const IGNORED: &[&str] = &["line", "reason"];

/// What a header means.
#[derive(Debug, PartialEq)]
pub(super) enum Meaning {
    /// This field; the flag says that it could mean something else.
    Is(Field, bool),
    /// Known, but `model.yaml` must declare it first: this would be its name.
    Undeclared(Field),
    /// To be left out.
    Ignored,
    /// Not recognised.
    Unknown,
}

/// The meaning of `header`; `owner_known` = another column already names our own person.
pub(super) fn meaning(header: &str, options: &Options, owner_known: bool) -> Meaning {
    let keys = [text::key(header), text::without_remark(header)];
    if IGNORED.contains(&keys[0].as_str()) {
        return Meaning::Ignored;
    }
    if options.kind == Kind::Accounts && keys.iter().any(|k| matches!(k.as_str(), "担当者" | "担当")) {
        let field = if owner_known { Field::new(On::Contact, "name") } else { Field::new(On::Account, "csm") };
        return Meaning::Is(field, true);
    }
    keys.iter().find_map(|key| look_up(key, options)).unwrap_or(Meaning::Unknown)
}

/// Whether `header` names our own person without any doubt.
pub(super) fn is_owner(header: &str) -> bool {
    let key = text::key(header);
    ACCOUNT.iter().any(|(name, words)| *name == "csm" && words.iter().any(|w| text::key(w) == key))
}

fn look_up(key: &str, options: &Options) -> Option<Meaning> {
    let tables: &[(On, &[Alias])] = match options.kind {
        Kind::Accounts => &[(On::Account, ACCOUNT), (On::Contact, CONTACT)],
        Kind::Contacts => &[(On::Contact, CONTACT_OWN), (On::Contact, CONTACT), (On::Account, ACCOUNT)],
        Kind::Subscriptions => &[(On::Subscription, SUBSCRIPTION), (On::Account, ACCOUNT)],
        Kind::Events => &[(On::Event, EVENT), (On::Account, ACCOUNT), (On::Contact, CONTACT)],
    };
    if options.kind != Kind::Accounts && ACCOUNT_KEY.iter().any(|w| text::key(w) == key) {
        return Some(Meaning::Is(Field::new(On::Account, "key"), false));
    }
    for (on, table) in tables {
        let hit = table.iter().find(|(_, words)| words.iter().any(|w| text::key(w) == key));
        // Beside its own fields a file about something else only points at an account or a person.
        let allowed = |name: &str| match (options.kind, on) {
            (Kind::Contacts | Kind::Subscriptions | Kind::Events, On::Account) => matches!(name, "key" | "name"),
            (Kind::Events, On::Contact) => matches!(name, "key" | "email"),
            _ => true,
        };
        if let Some((names, _)) = hit.filter(|(names, _)| allowed(names)) {
            return Some(declared(*on, names, options));
        }
    }
    None
}

fn declared(on: On, names: &str, options: &Options) -> Meaning {
    let mut fields = names.split('|').map(|n| Field::new(on, n));
    match fields.clone().find(|f| f.ty(options).is_ok()) {
        Some(field) => Meaning::Is(field, false),
        None => fields.next().map_or(Meaning::Unknown, Meaning::Undeclared),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::instant::Instant, rulebook::types::AttrType};

    #[test]
    fn a_japanese_sheet_is_understood() {
        let mut options = Options::new(Kind::Accounts, Instant(0));
        let path = |header: &str, options: &Options| match meaning(header, options, false) {
            Meaning::Is(field, false) => field.path(),
            other => format!("{other:?}"),
        };
        let cases = [
            ("会社名", "account.name"),
            ("顧客ＩＤ", "account.key"),
            ("契約日", "account.contract_start"),
            ("更新日", "account.renewal_date"),
            ("月額（円）", "account.mrr"),
            ("MRR", "account.mrr"),
            ("席数", "account.seats"),
            ("導入状況", "account.onboarding"),
            ("メール", "contact.email"),
            ("氏名", "contact.name"),
            ("役割", "contact.role"),
            ("Company Name", "account.name"),
        ];
        for (header, expected) in cases {
            assert_eq!(path(header, &options), expected);
        }
        assert_eq!(meaning("担当者", &options, false), Meaning::Is(Field::new(On::Account, "csm"), true));
        assert_eq!(meaning("担当者", &options, true), Meaning::Is(Field::new(On::Contact, "name"), true));
        assert_eq!(
            meaning("最終ログイン日", &options, false),
            Meaning::Undeclared(Field::new(On::Account, "last_login_on"))
        );
        options.account_attributes.insert("last_login_at".into(), AttrType::Instant);
        assert_eq!(path("最終ログイン日", &options), "account.last_login_at");
        assert_eq!(meaning("謎の列", &options, false), Meaning::Unknown);
    }
}
