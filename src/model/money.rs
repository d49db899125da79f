//! Money in integer minor units.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

/// An ISO 4217 code, e.g. `JPY`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(pub [u8; 3]);

impl Currency {
    /// The default of a workspace that names none.
    pub const JPY: Currency = Currency(*b"JPY");

    /// Reads three ASCII letters in any case.
    pub fn parse(text: &str) -> Option<Currency> {
        let bytes: [u8; 3] = text.as_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_alphabetic).then(|| Currency(bytes.map(|b| b.to_ascii_uppercase())))
    }

    /// Digits after the decimal point (ISO 4217): 0 for yen and won, 3 for the Gulf dinars, else 2.
    pub fn decimals(self) -> u32 {
        match &self.0 {
            b"JPY" | b"KRW" | b"VND" | b"CLP" | b"ISK" | b"XAF" | b"XOF" | b"XPF" | b"PYG" | b"UGX" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }

    /// Minor units in one major unit: 1, 100 or 1,000.
    pub fn scale(self) -> f64 {
        match self.decimals() {
            0 => 1.0,
            3 => 1_000.0,
            _ => 100.0,
        }
    }

    /// The code as text.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }
}

/// An amount in minor units of its currency (yen, cents).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Whole minor units.
    pub amount_minor: i64,
    /// The currency.
    pub currency: Currency,
}

impl Money {
    /// The amount in major units (yen, dollars), for comparison with a bare number.
    #[inline]
    pub fn major(self) -> f64 {
        // The usual case by itself: conditions compare amounts all the time.
        if self.currency == Currency::JPY {
            return self.amount_minor as f64;
        }
        self.amount_minor as f64 / self.currency.scale()
    }

    /// From major units, rounded half away from zero.
    pub fn from_major(major: f64, currency: Currency) -> Money {
        let minor = (major * currency.scale()).round();
        Money { amount_minor: minor as i64, currency }
    }

    /// What they are together, each currency for itself, by its code.
    pub fn sums(all: impl Iterator<Item = Money>) -> Vec<Money> {
        let mut sums: BTreeMap<Currency, i64> = BTreeMap::new();
        for money in all {
            let sum = sums.entry(money.currency).or_default();
            *sum = sum.saturating_add(money.amount_minor);
        }
        sums.into_iter().map(|(currency, amount_minor)| Money { amount_minor, currency }).collect()
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = self.currency.decimals();
        let scale = 10i128.pow(decimals);
        let amount = i128::from(self.amount_minor);
        let sign = if amount < 0 { "-" } else { "" };
        let whole = group_thousands(&(amount.abs() / scale).to_string());
        let symbol = match &self.currency.0 {
            b"JPY" => "¥",
            b"USD" => "$",
            b"EUR" => "€",
            b"GBP" => "£",
            _ => "",
        };
        if symbol.is_empty() {
            write!(f, "{} ", self.currency.code())?;
        }
        write!(f, "{sign}{symbol}{whole}")?;
        if decimals > 0 {
            write!(f, ".{:0width$}", amount.abs() % scale, width = decimals as usize)?;
        }
        Ok(())
    }
}

/// `1234567` → `1,234,567`.
pub fn group_thousands(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Currency::parse(&text).ok_or_else(|| serde::de::Error::custom("not a three-letter currency code"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_prints_with_the_decimals_of_its_currency() {
        let yen = Money { amount_minor: 1_234_567, currency: Currency::JPY };
        assert_eq!(yen.to_string(), "¥1,234,567");
        let usd = Money { amount_minor: -12_005, currency: Currency(*b"USD") };
        assert_eq!(usd.to_string(), "-$120.05");
        assert_eq!(Money::from_major(0.5, Currency(*b"KWD")).to_string(), "KWD 0.500");
    }
}
