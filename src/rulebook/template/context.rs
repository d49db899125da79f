//! What a template may say that is not about the account: the sender, the company, links, today.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::model::{instant::Instant, locale::Locale, money::Currency, survey::Kind};

/// Everything a render needs beside the template and the values `decide` evaluated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RenderContext {
    /// The reader's language: dates, honorifics, footer.
    pub locale: Locale,
    /// The reader's time zone (IANA name); unknown names count as UTC.
    pub zone: String,
    /// When the message was decided: `now` and `today` in templates.
    pub now: Instant,
    /// For `| money` on a bare number.
    pub currency: Currency,
    /// `sender.name`, `sender.title`.
    pub sender: Sender,
    /// `company.name`, `company.address`, `company.url`; also in the footer of every mail.
    pub company: Company,
    /// `unsubscribe_url`, and the link in the footer; none for the team and for notices.
    pub unsubscribe_url: Option<String>,
    /// `link("name")`: the links of `content.yaml` in this language.
    pub links: BTreeMap<String, String>,
    /// `plan_checklist()`: the tasks of both sides.
    #[serde(default)]
    pub plan: Vec<PlanLine>,
    /// `survey("nps")`: the signed page of each survey the template asks; none where nobody may answer.
    #[serde(default)]
    pub surveys: BTreeMap<Kind, String>,
    /// Where links of the body lead instead, by the URL written: links that are counted.
    #[serde(default)]
    pub counted: BTreeMap<String, String>,
}

/// One task of the shared plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanLine {
    /// What it is, in the reader's language.
    pub title: String,
    /// Whether it is ours; else the customer's.
    pub ours: bool,
    /// The day it was done.
    pub done: Option<String>,
    /// Where the customer says that it is done.
    pub url: Option<String>,
}

/// Who signs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sender {
    /// As signed, e.g. `山田 恵`.
    pub name: String,
    /// Role, e.g. `カスタマーサクセス担当`; may be empty.
    pub title: String,
}

/// Who the mail is from by law.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Company {
    /// Company or product name.
    pub name: String,
    /// Postal address, on one line.
    pub address: String,
    /// Home page; may be empty.
    pub url: String,
}

impl RenderContext {
    /// A context in `locale` with synthetic sender and company, for checks and previews.
    pub fn sample(locale: Locale) -> RenderContext {
        let (sender, title, company, address) = match locale {
            Locale::Ja => ("山田 恵", "カスタマーサクセス", "サンプル株式会社", "〒100-0001 東京都千代田区千代田1-1"),
            Locale::En => ("Kei Yamada", "Customer Success", "Sample Inc.", "1-1 Chiyoda, Tokyo 100-0001, Japan"),
        };
        RenderContext {
            locale,
            zone: "Asia/Tokyo".into(),
            now: Instant(1_775_005_200_000_000),
            currency: Currency::JPY,
            sender: Sender { name: sender.into(), title: title.into() },
            company: Company { name: company.into(), address: address.into(), url: "https://sample.test/".into() },
            unsubscribe_url: Some("https://sample.test/u/token".into()),
            links: BTreeMap::new(),
            plan: Vec::new(),
            surveys: Kind::ALL.iter().map(|kind| (*kind, "https://sample.test/s/token".to_owned())).collect(),
            counted: BTreeMap::new(),
        }
    }

    /// The reader's zone.
    pub fn time_zone(&self) -> TimeZone {
        TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC)
    }
}
