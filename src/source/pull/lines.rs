//! A list in JSON (`[{…}, {…}]`) as one object a line, which is what tables are read from.

use std::io::{self, BufReader, BufWriter, Read, Write};

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

#[cfg(test)]
mod tests {
    use super::*;

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
