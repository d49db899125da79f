//! The two languages of the product.

use serde::{Deserialize, Serialize};

/// A language in which people are addressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// Japanese.
    #[default]
    Ja,
    /// English.
    En,
}

impl Locale {
    /// Every language a template and a wording must exist in.
    pub const ALL: [Locale; 2] = [Locale::Ja, Locale::En];

    /// Reads `ja`, `ja-JP`, `ja_JP.UTF-8`, `en-US` …; anything else is unknown.
    pub fn parse(text: &str) -> Option<Locale> {
        let primary = text.split(['-', '_', '.']).next()?;
        match primary.to_ascii_lowercase().as_str() {
            "ja" => Some(Locale::Ja),
            "en" => Some(Locale::En),
            _ => None,
        }
    }

    /// The code used in file names and columns.
    pub fn code(self) -> &'static str {
        match self {
            Locale::Ja => "ja",
            Locale::En => "en",
        }
    }
}

/// A text given in one or both languages; the other one serves where one is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bilingual {
    /// The Japanese text.
    pub ja: Option<String>,
    /// The English text.
    pub en: Option<String>,
}

impl Bilingual {
    /// The text in `locale`, else in the other language, else empty.
    pub fn get(&self, locale: Locale) -> &str {
        let (first, second) = match locale {
            Locale::Ja => (&self.ja, &self.en),
            Locale::En => (&self.en, &self.ja),
        };
        first.as_deref().or(second.as_deref()).unwrap_or("")
    }

    /// The same text in both languages.
    pub fn same(text: &str) -> Bilingual {
        Bilingual { ja: Some(text.to_owned()), en: Some(text.to_owned()) }
    }
}

impl From<&str> for Bilingual {
    fn from(text: &str) -> Bilingual {
        Bilingual::same(text)
    }
}
