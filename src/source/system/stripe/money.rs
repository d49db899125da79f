//! Amounts as Stripe writes them, and what a price comes to in a month.

use crate::{
    model::money::Currency,
    source::{
        system::shape::{list, num, text},
        track::Json,
    },
};

/// Days of a month: 365 / 12.
const MONTH: f64 = 365.0 / 12.0;

/// Decimals of an amount in Stripe's smallest unit (Stripe, "Supported currencies": zero-decimal and three-decimal
/// currencies; ISK and UGX are written with two, although they have none).
fn decimals(currency: &str) -> u32 {
    match currency.to_ascii_uppercase().as_str() {
        "BIF" | "CLP" | "DJF" | "GNF" | "JPY" | "KMF" | "KRW" | "MGA" | "PYG" | "RWF" | "VND" | "VUV" | "XAF"
        | "XOF" | "XPF" => 0,
        "BHD" | "JOD" | "KWD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// An amount in Stripe's smallest unit in major units (yen, dollars).
pub(super) fn major(amount: f64, currency: &str) -> f64 {
    amount / f64::from(10_u32.pow(decimals(currency)))
}

/// The same in our minor units, rounded half away from zero.
fn minor(amount: f64, currency: &str) -> i64 {
    let scale = Currency::parse(currency).map_or(100.0, Currency::scale);
    (major(amount, currency) * scale).round() as i64
}

/// What all items of a subscription come to in a month, in our minor units. Metered and tiered prices have no amount
/// before they are used: they count as 0.
pub(super) fn mrr(items: &[Json], currency: &str) -> i64 {
    minor(items.iter().map(monthly).sum(), currency)
}

/// One item in a month, in Stripe's smallest unit.
pub(super) fn monthly(item: &Json) -> f64 {
    let Some(amount) = unit(item) else { return 0.0 };
    let count = num(item, "price.recurring.interval_count").filter(|n| *n >= 1.0).unwrap_or(1.0);
    let months = match text(item, "price.recurring.interval").as_deref() {
        Some("year") => 12.0 * count,
        Some("week") => 7.0 * count / MONTH,
        Some("day") => count / MONTH,
        _ => count,
    };
    amount * quantity(item).unwrap_or(1.0) / months
}

fn unit(item: &Json) -> Option<f64> {
    let metered = text(item, "price.recurring.usage_type").as_deref() == Some("metered");
    num(item, "price.unit_amount").or_else(|| num(item, "price.unit_amount_decimal")).filter(|_| !metered)
}

fn quantity(item: &Json) -> Option<f64> {
    num(item, "quantity").filter(|n| *n >= 0.0)
}

/// Seats: the largest quantity, for add-ons come beside them.
pub(super) fn seats(items: &[Json]) -> Option<i64> {
    items.iter().filter_map(quantity).map(|n| n as i64).max()
}

/// The item that brings the most: it names the plan.
pub(super) fn largest(items: &[Json]) -> Option<&Json> {
    items.iter().reduce(|a, b| if monthly(b) > monthly(a) { b } else { a })
}

/// The items of a subscription.
pub(super) fn items(subscription: &Json) -> &[Json] {
    list(subscription, "items.data")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(amount: &str, quantity: u32, every: u32, interval: &str) -> Json {
        let text = format!(
            r#"{{"quantity": {quantity}, "price": {{"unit_amount": {amount},
                "recurring": {{"interval": "{interval}", "interval_count": {every}, "usage_type": "licensed"}}}}}}"#
        );
        Json::parse(text.as_bytes()).unwrap()
    }

    /// The wanted amounts are exact fractions, rounded half up: e.g. 9,900 cents a week are 9,900 · 365/12/7 =
    /// 43,017.86; made with Python's `fractions`.
    #[test]
    fn a_price_becomes_a_month_in_our_minor_units() {
        for (items, currency, want) in [
            (vec![item("12000", 3, 1, "month")], "jpy", 36_000),
            (vec![item("120000", 1, 1, "year")], "jpy", 10_000),
            (vec![item("100000", 1, 1, "year")], "jpy", 8_333),
            (vec![item("100000", 1, 1, "year"), item("100000", 1, 1, "year")], "jpy", 16_667),
            (vec![item("2000", 5, 1, "month"), item("30000", 1, 3, "month")], "usd", 20_000),
            (vec![item("9900", 1, 1, "week")], "usd", 43_018),
            (vec![item("100", 1, 1, "day")], "eur", 3_042),
            (vec![item("240000", 1, 2, "year")], "usd", 10_000),
            (vec![item("12500", 1, 1, "month")], "kwd", 12_500),
            // Stripe writes ISK with two decimals and BIF with none; ISO 4217 has none for ISK, we have two for BIF.
            (vec![item("500000", 1, 1, "month")], "isk", 5_000),
            (vec![item("5000", 1, 1, "month")], "bif", 500_000),
        ] {
            assert_eq!(mrr(&items, currency), want, "{currency} {items:?}");
        }
    }

    #[test]
    fn what_is_metered_or_tiered_has_no_amount_before_it_is_used() {
        let metered = r#"{"price": {"unit_amount": 10, "recurring": {"interval": "month", "usage_type": "metered"}}}"#;
        let tiered = r#"{"quantity": 4, "price": {"unit_amount": null, "billing_scheme": "tiered", "recurring": {"interval": "month"}}}"#;
        let tiny = r#"{"quantity": 1000, "price": {"unit_amount": null, "unit_amount_decimal": "0.5", "recurring": {"interval": "month"}}}"#;
        let all = [metered, tiered, tiny].map(|text| Json::parse(text.as_bytes()).unwrap());
        assert_eq!((mrr(&all[..2], "usd"), mrr(&all[2..], "usd"), seats(&all)), (0, 500, Some(1_000)));
    }
}
