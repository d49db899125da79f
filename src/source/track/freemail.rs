//! Mail for everybody: whose domain says nothing about where a person works.

/// Domains of mailboxes that anybody can have, and of carriers and access providers; subdomains count too.
const FREE: &[&str] = &[
    "126.com",
    "163.com",
    "aol.com",
    "aol.jp",
    "au.com",
    "auone.jp",
    "biglobe.ne.jp",
    "bbexcite.jp",
    "comcast.net",
    "daum.net",
    "dion.ne.jp",
    "disney.ne.jp",
    "docomo.ne.jp",
    "duck.com",
    "eonet.ne.jp",
    "excite.co.jp",
    "ezweb.ne.jp",
    "fastmail.com",
    "fastmail.fm",
    "foxmail.com",
    "free.fr",
    "gmail.com",
    "gmx.at",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "gol.com",
    "goo.ne.jp",
    "goo.jp",
    "googlemail.com",
    "hanmail.net",
    "hey.com",
    "hi-ho.ne.jp",
    "hotmail.co.jp",
    "hotmail.co.uk",
    "hotmail.com",
    "hotmail.de",
    "hotmail.fr",
    "icloud.com",
    "infoseek.jp",
    "inbox.com",
    "jcom.home.ne.jp",
    "jcom.zaq.ne.jp",
    "laposte.net",
    "libero.it",
    "live.com",
    "live.jp",
    "mac.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "mineo.jp",
    "msn.com",
    "naver.com",
    "nifty.com",
    "nifty.ne.jp",
    "ocn.ne.jp",
    "odn.ne.jp",
    "orange.fr",
    "outlook.com",
    "outlook.jp",
    "pdx.ne.jp",
    "plala.or.jp",
    "pm.me",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "rakuten.jp",
    "rediffmail.com",
    "rakumail.jp",
    "rocketmail.com",
    "sina.com",
    "so-net.ne.jp",
    "softbank.jp",
    "softbank.ne.jp",
    "t-online.de",
    "tiki.ne.jp",
    "tutanota.com",
    "uqmobile.jp",
    "vodafone.ne.jp",
    "wanadoo.fr",
    "web.de",
    "willcom.com",
    "y-mobile.ne.jp",
    "yahoo.co.jp",
    "yahoo.co.uk",
    "yahoo.com",
    "yahoo.de",
    "yahoo.fr",
    "yahoo.ne.jp",
    "yandex.com",
    "yandex.ru",
    "ybb.ne.jp",
    "ymail.com",
    "ymail.ne.jp",
    "ymobile.ne.jp",
    "zoho.com",
];

/// Whether a mailbox at `domain` (small letters) says nothing about its owner's company.
pub fn is_freemail(domain: &str) -> bool {
    let inside = |free: &&&str| domain.strip_suffix(**free).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    FREE.iter().any(|free| inside(&free))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carriers_and_subdomains_are_free_and_companies_are_not() {
        for free in ["gmail.com", "k.vodafone.ne.jp", "t.vodafone.ne.jp", "docomo.ne.jp", "mail.goo.ne.jp"] {
            assert!(is_freemail(free), "{free}");
        }
        for own in ["acme.example", "notgmail.com", "gmail.com.acme.example", "docomo.example"] {
            assert!(!is_freemail(own), "{own}");
        }
    }
}
