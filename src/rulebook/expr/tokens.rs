//! A first look at the characters: bounds that keep the parser safe, and the slips people make most.

use super::syntax::Fault;

/// Longer texts are refused before parsing.
pub(super) const MAX_CHARS: usize = 4_000;
/// Deeper brackets are refused before parsing.
const MAX_BRACKETS: usize = 24;

const RULE: &str = "condition-syntax";

/// Refuses what the parser must not see, or would explain badly.
pub(super) fn look(text: &str) -> Result<(), Fault> {
    if text.trim().is_empty() {
        return Err(Fault::new(RULE, 0, "nothing is written here", "write a condition, e.g. `metric.logins_7d < 3`"));
    }
    if text.chars().count() > MAX_CHARS {
        let message = format!("this is longer than {MAX_CHARS} characters");
        return Err(Fault::new("condition-too-long", 0, message, "split it: name its parts as segments in model.yaml"));
    }
    Look { text, at: 0, open: Vec::new() }.run()
}

struct Look<'a> {
    text: &'a str,
    at: usize,
    open: Vec<(usize, char)>,
}

impl Look<'_> {
    fn run(mut self) -> Result<(), Fault> {
        while let Some(c) = self.rest().chars().next() {
            match c {
                '"' | '\'' => self.string(c)?,
                '/' if self.rest().starts_with("//") => self.comment(),
                '(' | '[' | '{' => self.opening(c)?,
                ')' | ']' | '}' => self.closing(c)?,
                c if c.is_ascii_digit() => self.digits()?,
                c if c.is_ascii_alphabetic() || c == '_' => self.word()?,
                c => self.other(c)?,
            }
        }
        match self.open.pop() {
            Some((at, c)) => Err(self.fault(at, format!("this `{c}` is never closed"), "close it")),
            None => Ok(()),
        }
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn fault(&self, at: usize, message: impl Into<String>, help: impl Into<String>) -> Fault {
        Fault::new(RULE, at, message, help)
    }

    fn string(&mut self, quote: char) -> Result<(), Fault> {
        let start = self.at;
        let mut escaped = false;
        for (i, c) in self.rest().char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                c if c == quote => {
                    self.at = start + i + 1;
                    return Ok(());
                }
                _ => {}
            }
        }
        Err(self.fault(start, format!("this text has no closing {quote}"), format!("close it with {quote}")))
    }

    fn comment(&mut self) {
        self.at += self.rest().find('\n').unwrap_or(self.rest().len());
    }

    fn opening(&mut self, c: char) -> Result<(), Fault> {
        self.open.push((self.at, c));
        if self.open.len() > MAX_BRACKETS {
            let help = "split it: name its parts as segments in model.yaml";
            return Err(Fault::new("condition-too-deep", self.at, "brackets are nested too deeply", help));
        }
        self.at += 1;
        Ok(())
    }

    fn closing(&mut self, c: char) -> Result<(), Fault> {
        let wanted = match c {
            ')' => '(',
            ']' => '[',
            _ => '{',
        };
        if self.open.pop().is_none_or(|(_, open)| open != wanted) {
            return Err(self.fault(self.at, format!("this `{c}` closes nothing"), "remove it, or open it before"));
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self) -> Result<(), Fault> {
        let start = self.at;
        let len = self.rest().find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest().len());
        let word = &self.text[start..start + len];
        let after_dot = self.text[..start].trim_end().ends_with(['.', '-']);
        let instead = match word.to_ascii_lowercase().as_str() {
            "and" => "&&",
            "or" => "||",
            "not" => "!",
            _ => "",
        };
        let is_name = self.text[start + len..].starts_with(['.', '-', '(', '[']) && instead != "!";
        if !instead.is_empty() && !after_dot && !is_name {
            return Err(self.fault(start, format!("`{word}` is not known here"), format!("write {instead}")));
        }
        self.at += len;
        Ok(())
    }

    /// Digits; with a unit right behind them they are a length nobody wrapped in `duration(…)`.
    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        let end = |from: &str, is: fn(char) -> bool| from.find(|c| !is(c)).unwrap_or(from.len());
        let digits = end(self.rest(), |c| c.is_ascii_digit());
        let unit = end(&self.rest()[digits..], |c| c.is_ascii_alphanumeric() || c == '_');
        let (number, unit) = self.rest()[..digits + unit].split_at(digits);
        let length = match unit {
            "d" => number.parse::<u32>().ok().map(|n| format!("{}h", u64::from(n) * 24)),
            "h" | "m" | "s" | "ms" => Some(format!("{number}{unit}")),
            _ => None,
        };
        if let Some(length) = length {
            let message = format!("`{number}{unit}` is not known here");
            return Err(self.fault(start, message, format!("write duration(\"{length}\")")));
        }
        self.at += digits;
        Ok(())
    }

    fn other(&mut self, c: char) -> Result<(), Fault> {
        if let Some(half) = half_width(c) {
            let help = format!("write {half} in half width; only texts in quotes may hold full-width characters");
            return Err(self.fault(self.at, format!("`{c}` is a full-width character"), help));
        }
        if let Some((len, instead)) = self.slip(c) {
            let wrong = &self.text[self.at..self.at + len];
            return Err(self.fault(self.at, format!("`{wrong}` is not known here"), format!("write {instead}")));
        }
        if !c.is_ascii() {
            let end = self.rest().find(|c: char| c.is_ascii()).unwrap_or(self.rest().len());
            let word = &self.rest()[..end];
            let help = "numbers are written in digits, texts in quotes, names as in model.yaml";
            return Err(self.fault(self.at, format!("`{word}` does not belong here"), help.to_owned()));
        }
        let pair = ["==", "!=", "<=", ">=", "&&", "||"].iter().any(|p| self.rest().starts_with(p));
        self.at += if pair { 2 } else { c.len_utf8() };
        Ok(())
    }

    /// An operator of another language, and ours.
    fn slip(&self, c: char) -> Option<(usize, &'static str)> {
        let rest = self.rest();
        let begins = |p: &str| rest.starts_with(p);
        match c {
            _ if begins("===") => Some((3, "==")),
            _ if begins("!==") => Some((3, "!=")),
            _ if begins("<>") => Some((2, "!=")),
            _ if begins("=>") => Some((2, ">=")),
            _ if begins("=<") => Some((2, "<=")),
            '≥' => Some((c.len_utf8(), ">=")),
            '≤' => Some((c.len_utf8(), "<=")),
            '≠' => Some((c.len_utf8(), "!=")),
            '=' if !begins("==") => Some((1, "== to compare")),
            '&' if !begins("&&") => Some((1, "&&")),
            '|' if !begins("||") => Some((1, "||")),
            ',' if self.open.is_empty() => Some((1, "numbers without commas, e.g. 50000")),
            _ => None,
        }
    }
}

/// The half-width twin of a full-width sign, digit or letter.
fn half_width(c: char) -> Option<char> {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0),
        '\u{3000}' => Some(' '),
        '“' | '”' | '„' | '「' | '」' => Some('"'),
        '‘' | '’' => Some('\''),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> (usize, String) {
        let fault = look(text).unwrap_err();
        (fault.at, fault.help)
    }

    #[test]
    fn the_usual_slips_are_named() {
        assert_eq!(at("a = 1"), (2, "write == to compare".into()));
        assert_eq!(at("a and b"), (2, "write &&".into()));
        assert_eq!(at("not a"), (0, "write !".into()));
        assert_eq!(at("a <> b"), (2, "write !=".into()));
        assert_eq!(at("account.mrr > 50,000").0, 16);
        assert_eq!(at("a ＞ 1").0, 2);
        assert_eq!(at("a == \"x").0, 5);
        assert_eq!(at("now + 3d > a"), (6, "write duration(\"72h\")".into()));
        assert_eq!(at("now - 90m > a"), (6, "write duration(\"90m\")".into()));
        assert_eq!(at("a ≥ 1"), (2, "write >=".into()));
        assert_eq!(at("a >= 十四").0, 5);
        assert_eq!(at("(a").0, 0);
        assert_eq!(at("a)").0, 1);
    }

    #[test]
    fn what_is_right_passes() {
        for text in [
            "a == '＝ and = ,'",
            "x in [1,2]",
            "a_3d > 1.5",
            "a > 1e5",
            "step.and.done",
            "a >= 1 && b != 2 || !c // = note",
        ] {
            assert_eq!(look(text), Ok(()), "{text}");
        }
    }
}
