//! Expected and got, side by side as text.

use jiff::tz::TimeZone;

use crate::model::{diagnostic::Diagnostic, instant::Instant};

/// One row of a comparison.
pub(super) enum Row<E, G> {
    /// Came as expected.
    Same(E, G),
    /// Expected, did not come.
    Missing(E),
    /// Came, not expected.
    Extra(G),
}

/// Aligns two lists so that as many as possible are the same, in order.
pub(super) fn align<'l, E, G>(
    expected: &'l [E],
    got: &'l [G],
    same: impl Fn(&E, &G) -> bool,
) -> Vec<Row<&'l E, &'l G>> {
    let (rows, columns) = (expected.len(), got.len());
    // best[i][j]: how many can be the same from expected[i] and got[j] on.
    let mut best = vec![vec![0u32; columns + 1]; rows + 1];
    for i in (0..rows).rev() {
        for j in (0..columns).rev() {
            best[i][j] = match same(&expected[i], &got[j]) {
                true => best[i + 1][j + 1] + 1,
                false => best[i + 1][j].max(best[i][j + 1]),
            };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < rows || j < columns {
        if i < rows && j < columns && same(&expected[i], &got[j]) {
            out.push(Row::Same(&expected[i], &got[j]));
            (i, j) = (i + 1, j + 1);
        } else if i < rows && (j == columns || best[i + 1][j] >= best[i][j + 1]) {
            out.push(Row::Missing(&expected[i]));
            i += 1;
        } else {
            out.push(Row::Extra(&got[j]));
            j += 1;
        }
    }
    out
}

/// A titled list of rows; empty when all are the same.
pub(super) fn block<E, G>(title: &str, rows: &[Row<E, G>], say: impl Fn(&Row<E, G>) -> String) -> String {
    if rows.iter().all(|r| matches!(r, Row::Same(..))) {
        return String::new();
    }
    let lines: String = rows.iter().map(|r| say(r) + "\n").collect();
    format!("  {title}:\n{lines}")
}

/// A finding about the test itself.
pub(super) fn finding(found: &Diagnostic) -> String {
    let place = &found.place;
    format!("! {}:{}:{} {} ({})\n", place.file, place.line, place.column, found.message, found.help)
}

/// `2026-04-01T10:00+09:00`; with seconds only where there are some.
pub(super) fn moment(at: Instant, zone: &TimeZone) -> String {
    let zoned = at.timestamp().to_zoned(zone.clone());
    let format = if zoned.second() == 0 { "%Y-%m-%dT%H:%M%:z" } else { "%Y-%m-%dT%H:%M:%S%:z" };
    zoned.strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(expected: &str, got: &str) -> String {
        let (expected, got): (Vec<char>, Vec<char>) = (expected.chars().collect(), got.chars().collect());
        let mark = |row: &Row<&char, &char>| match row {
            Row::Same(e, _) => format!("={e}"),
            Row::Missing(e) => format!("-{e}"),
            Row::Extra(g) => format!("+{g}"),
        };
        align(&expected, &got, |a, b| a == b).iter().map(mark).collect()
    }

    #[test]
    fn as_much_as_possible_stays_the_same() {
        assert_eq!(marks("abc", "abc"), "=a=b=c");
        assert_eq!(marks("abc", "ac"), "=a-b=c");
        assert_eq!(marks("ac", "abc"), "=a+b=c");
        assert_eq!(marks("abc", "axc"), "=a-b+x=c");
        assert_eq!(marks("", "a"), "+a");
    }
}
