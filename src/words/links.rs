//! What the page says behind a link that leads nowhere.

use crate::model::locale::Locale;

/// Its title.
pub fn nowhere_title(locale: Locale) -> &'static str {
    match locale {
        Locale::Ja => "このリンクは使えません",
        Locale::En => "This link does not work",
    }
}

/// What it says.
pub fn nowhere(locale: Locale) -> &'static str {
    match locale {
        Locale::Ja => {
            "リンクが途中で切れているか、すでに無効です。お手数ですが、メールに返信して担当者にお尋ねください。"
        }
        Locale::En => "It is incomplete or no longer valid. Please reply to the mail and ask us.",
    }
}
