//! A list in JSON (`[{…}, {…}]`) as one object a line, which is what tables are read from.

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};

/// Whether what begins like this is a list.
pub fn is_list(start: &[u8]) -> bool {
    let start = start.strip_prefix("\u{feff}".as_bytes()).unwrap_or(start);
    start.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[')
}

/// Writes each element of the list on a line of its own, as it is written there. What is no list any more at its end
/// (cut off) is an error, so that half of it is not taken for all.
pub fn lines(reader: impl Read, writer: impl Write) -> io::Result<()> {
    let (mut reader, mut writer) = (BufReader::new(reader), BufWriter::new(writer));
    let (mut depth, mut inside, mut escaped, mut begun) = (0_u32, false, false, false);
    let mut piece = [0; 16 << 10];
    loop {
        let n = reader.read(&mut piece)?;
        if n == 0 {
            break;
        }
        for byte in &piece[..n] {
            if inside {
                writer.write_all(&[*byte])?;
                inside = escaped || *byte != b'"';
                escaped = !escaped && *byte == b'\\';
                continue;
            }
            match byte {
                b'[' if depth == 0 && !begun => (depth, begun) = (1, true),
                b']' if depth == 1 => {
                    depth = 0;
                    writer.write_all(b"\n")?;
                }
                b',' if depth == 1 => writer.write_all(b"\n")?,
                b'\n' | b'\r' => writer.write_all(b" ")?,
                _ => {
                    match byte {
                        b'"' => inside = true,
                        b'[' | b'{' => depth = depth.saturating_add(1),
                        b']' | b'}' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    if begun {
                        writer.write_all(&[*byte])?;
                    }
                }
            }
        }
    }
    if depth > 0 || inside {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the JSON list ends before its `]`"));
    }
    writer.flush()
}

/// The same of the list that stands below `names` in an object; what comes after it is not read. Errors: `NotFound`
/// where there is no list, `UnexpectedEof` where it was cut off.
pub fn list_within(reader: impl Read, names: &[String], writer: impl Write) -> io::Result<()> {
    let mut reader = BufReader::new(reader);
    if !begins(&mut reader, names)? {
        return Err(io::Error::new(io::ErrorKind::NotFound, "there is no list of that name"));
    }
    lines(b"[".chain(OneList { reader, depth: 1, inside: false, escaped: false }), writer)
}

/// Reads until behind the `[` of the list at `names`; `false` = there is none.
fn begins(reader: &mut impl BufRead, names: &[String]) -> io::Result<bool> {
    let (mut open, mut last): (Vec<Option<String>>, String) = (Vec::new(), String::new());
    let mut bytes = reader.bytes();
    while let Some(byte) = bytes.next().transpose()? {
        match byte {
            b'"' => last = text(&mut bytes)?,
            b':' => open.iter_mut().last().into_iter().for_each(|key| *key = Some(std::mem::take(&mut last))),
            b'{' => open.push(None),
            b'[' if open.len() == names.len()
                && open.iter().zip(names).all(|(key, name)| key.as_ref() == Some(name)) =>
            {
                return Ok(true);
            }
            b'[' => open.push(None),
            b'}' | b']' => drop(open.pop()),
            _ => {}
        }
        if open.len() > DEEPEST {
            return Ok(false);
        }
    }
    Ok(false)
}

/// The rest of a text whose first quote was read; a name is cut where it is longer than names are.
fn text(bytes: &mut impl Iterator<Item = io::Result<u8>>) -> io::Result<String> {
    let (mut raw, mut escaped) = (vec![b'"'], false);
    for byte in bytes {
        let byte = byte?;
        if raw.len() < NAME {
            raw.push(byte);
        }
        if byte == b'"' && !escaped {
            break;
        }
        escaped = !escaped && byte == b'\\';
    }
    Ok(serde_json::from_slice(&raw).unwrap_or_default())
}

/// Objects within objects that are looked into, and the longest name.
const DEEPEST: usize = 64;
const NAME: usize = 1 << 10;

/// What is left of one list: it ends with its `]`.
struct OneList<R> {
    reader: R,
    depth: u32,
    inside: bool,
    escaped: bool,
}

impl<R: Read> Read for OneList<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.depth == 0 {
            return Ok(0);
        }
        let n = self.reader.read(into)?;
        for (i, byte) in into[..n].iter().enumerate() {
            match byte {
                b'"' if !self.escaped => self.inside = !self.inside,
                b'[' | b'{' if !self.inside => self.depth = self.depth.saturating_add(1),
                b']' | b'}' if !self.inside => self.depth -= 1,
                _ => {}
            }
            self.escaped = self.inside && !self.escaped && *byte == b'\\';
            if self.depth == 0 {
                return Ok(i + 1);
            }
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(text: &str, names: &str) -> Result<Vec<serde_json::Value>, io::ErrorKind> {
        let names: Vec<String> = names.split('.').map(str::to_owned).collect();
        let mut out = Vec::new();
        list_within(text.as_bytes(), &names, &mut out).map_err(|e| e.kind())?;
        let lines = String::from_utf8(out).unwrap();
        Ok(lines.lines().filter(|l| !l.trim().is_empty()).map(|l| serde_json::from_str(l).unwrap()).collect())
    }

    #[test]
    fn a_list_within_an_object_is_found_by_its_names_and_ends_where_it_ends() {
        let text = r#"{"meta": {"data": [1, {"data": [2]}], "s": "\"data\": [3]"}, "list": [[4]],
            "data": {"data": "x", "it\u0065ms": [{"a": "]}\\"}, {"b": [5, {"c": "\"]"}]}]}, "more": [6]}"#;
        let whole: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(within(text, "data.items").unwrap(), *whole["data"]["items"].as_array().unwrap());
        assert_eq!(within(text, "more").unwrap(), [6]);
        for none in ["rows", "data.data", "data", "meta.s", "meta.data.data"] {
            assert_eq!(within(text, none), Err(io::ErrorKind::NotFound), "{none}");
        }
        assert_eq!(within(r#"{"data": []}"#, "data").unwrap(), Vec::<serde_json::Value>::new());
    }

    #[test]
    fn a_list_within_an_object_that_was_cut_off_is_not_taken_for_a_whole_one() {
        for cut in [r#"{"data": ["#, r#"{"data": [{"a": 1}"#, r#"{"data": [{"a": "x]"#] {
            assert_eq!(within(cut, "data"), Err(io::ErrorKind::UnexpectedEof), "{cut}");
        }
        for odd in ["", "}}]]", "\"", r#"{"data": 7}"#, &"[".repeat(1_000)] {
            assert_eq!(within(odd, "data"), Err(io::ErrorKind::NotFound), "{odd}");
        }
    }

    fn split(text: &str) -> Result<Vec<serde_json::Value>, String> {
        let mut out = Vec::new();
        lines(text.as_bytes(), &mut out).map_err(|e| e.to_string())?;
        let text = String::from_utf8(out).unwrap();
        text.lines()
            .filter(|l| !l.trim().is_empty())
            .map(|l| serde_json::from_str(l).map_err(|e| e.to_string()))
            .collect()
    }

    #[test]
    fn each_element_stands_on_a_line_of_its_own() {
        let text = "\u{feff}\n[ {\"a\": \"x, ]\\\" }\\\\\", \"b\": [1, {\"c\": 2}]},\n {\"a\":\n 3}\n]\n";
        let found = split(text).unwrap();
        assert!(is_list(text.as_bytes()));
        let whole: Vec<serde_json::Value> = serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap();
        assert_eq!(found, whole);
        assert_eq!(split("[]").unwrap(), Vec::<serde_json::Value>::new());
    }

    #[test]
    fn a_list_that_was_cut_off_is_not_taken_for_a_whole_one() {
        for cut in ["[", "[{\"a\": 1}", "[{\"a\": 1},", "[{\"a\": \"x"] {
            assert!(split(cut).is_err(), "{cut}");
        }
    }
}
