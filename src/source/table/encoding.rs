//! Which encoding a file is in, judged over all of its bytes, and reading it as UTF-8.

use std::io::{self, Read, Seek, SeekFrom};

use encoding_rs::{CoderResult, Decoder, EUC_JP, ISO_2022_JP, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde::{Deserialize, Serialize};

/// The encodings a file may be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[serde(rename = "utf-8", alias = "utf8")]
    Utf8,
    /// UTF-16, little endian (Excel's "Unicode text").
    #[serde(rename = "utf-16le")]
    Utf16Le,
    /// UTF-16, big endian.
    #[serde(rename = "utf-16be")]
    Utf16Be,
    /// CP932, what Japanese Excel calls CSV.
    #[serde(rename = "cp932", alias = "shift_jis", alias = "sjis", alias = "shift-jis")]
    Cp932,
    /// EUC-JP.
    #[serde(rename = "euc-jp", alias = "eucjp")]
    EucJp,
    /// ISO-2022-JP (JIS).
    #[serde(rename = "iso-2022-jp")]
    Iso2022Jp,
    /// Windows-1252, for western files that are nothing else.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

impl Encoding {
    /// The name shown to people.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Utf16Le => "UTF-16LE",
            Encoding::Utf16Be => "UTF-16BE",
            Encoding::Cp932 => "CP932 (Shift_JIS)",
            Encoding::EucJp => "EUC-JP",
            Encoding::Iso2022Jp => "ISO-2022-JP",
            Encoding::Windows1252 => "Windows-1252",
        }
    }

    fn codec(self) -> &'static encoding_rs::Encoding {
        match self {
            Encoding::Utf8 => UTF_8,
            Encoding::Utf16Le => UTF_16LE,
            Encoding::Utf16Be => UTF_16BE,
            Encoding::Cp932 => SHIFT_JIS,
            Encoding::EucJp => EUC_JP,
            Encoding::Iso2022Jp => ISO_2022_JP,
            Encoding::Windows1252 => WINDOWS_1252,
        }
    }
}

/// The encoding of the whole of `reader`, which is rewound afterwards, and whether lines end in CR alone.
pub(super) fn detect(reader: &mut (impl Read + Seek)) -> io::Result<(Encoding, bool)> {
    reader.seek(SeekFrom::Start(0))?;
    let mut judge = Judge::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let n = read_some(reader, &mut buffer)?;
        judge.feed(&buffer[..n], n == 0);
        if n == 0 {
            break;
        }
    }
    reader.seek(SeekFrom::Start(0))?;
    Ok((judge.verdict(), judge.cr > 0 && judge.lf == 0))
}

/// A small file as text, in whatever encoding it is.
pub fn whole_text(bytes: &[u8]) -> io::Result<String> {
    let mut reader = io::Cursor::new(bytes);
    let (encoding, cr_only) = detect(&mut reader)?;
    let mut text = String::new();
    Utf8Reader::new(reader, encoding, cr_only).read_to_string(&mut text)?;
    Ok(text)
}

fn read_some(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(buffer) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

struct Judge {
    head: Vec<u8>,
    zeros: [u64; 2],
    bytes: u64,
    lf: u64,
    cr: u64,
    escapes: bool,
    candidates: Vec<Candidate>,
}

struct Candidate {
    encoding: Encoding,
    decoder: Decoder,
    errors: u64,
    good: u64,
    odd: u64,
}

impl Judge {
    fn new() -> Judge {
        let list = [Encoding::Utf8, Encoding::Cp932, Encoding::EucJp, Encoding::Windows1252];
        let candidates = list.map(Candidate::new).into();
        Judge { head: Vec::new(), zeros: [0; 2], bytes: 0, lf: 0, cr: 0, escapes: false, candidates }
    }

    fn feed(&mut self, bytes: &[u8], last: bool) {
        if self.head.len() < 4 {
            self.head.extend(bytes.iter().take(4));
        }
        for byte in bytes {
            match byte {
                0 => self.zeros[(self.bytes % 2) as usize] += 1,
                b'\n' => self.lf += 1,
                b'\r' => self.cr += 1,
                _ => {}
            }
            self.bytes += 1;
        }
        self.escapes |= bytes.windows(3).any(|w| matches!(w, b"\x1b$B" | b"\x1b$@" | b"\x1b(J"));
        for candidate in &mut self.candidates {
            candidate.feed(bytes, last);
        }
    }

    fn verdict(&self) -> Encoding {
        match self.head.as_slice() {
            [0xEF, 0xBB, 0xBF, ..] => return Encoding::Utf8,
            [0xFF, 0xFE, ..] => return Encoding::Utf16Le,
            [0xFE, 0xFF, ..] => return Encoding::Utf16Be,
            _ => {}
        }
        // ASCII letters in UTF-16 leave a zero in every other byte.
        let half = self.bytes / 2;
        if self.zeros[1] * 4 > half && self.zeros[0] * 20 < half {
            return Encoding::Utf16Le;
        }
        if self.zeros[0] * 4 > half && self.zeros[1] * 20 < half {
            return Encoding::Utf16Be;
        }
        if self.escapes {
            return Encoding::Iso2022Jp;
        }
        self.best()
    }

    /// UTF-8 unless its multi-byte sequences are mostly broken; else the Japanese reading that looks
    /// most like Japanese; else Western.
    fn best(&self) -> Encoding {
        let of = |e: Encoding| self.candidates.iter().find(|c| c.encoding == e);
        let utf8 = of(Encoding::Utf8);
        if utf8.is_some_and(|c| c.errors == 0 || c.errors * 4 < c.good) {
            return Encoding::Utf8;
        }
        let score = |e: Encoding| of(e).map_or(i64::MIN, Candidate::score);
        let (sjis, euc) = (score(Encoding::Cp932), score(Encoding::EucJp));
        let japanese = if euc > sjis { Encoding::EucJp } else { Encoding::Cp932 };
        if score(japanese) > 0 { japanese } else { Encoding::Windows1252 }
    }
}

impl Candidate {
    fn new(encoding: Encoding) -> Candidate {
        let decoder = encoding.codec().new_decoder_without_bom_handling();
        Candidate { encoding, decoder, errors: 0, good: 0, odd: 0 }
    }

    fn feed(&mut self, mut bytes: &[u8], last: bool) {
        let mut out = vec![0u8; 32 * 1024];
        loop {
            let (result, read, written, errors) = self.decoder.decode_to_utf8(bytes, &mut out, last);
            self.errors += u64::from(errors);
            if let Ok(text) = std::str::from_utf8(&out[..written]) {
                self.weigh(text);
            }
            bytes = &bytes[read..];
            if result == CoderResult::InputEmpty {
                return;
            }
        }
    }

    fn weigh(&mut self, text: &str) {
        if text.is_ascii() {
            return;
        }
        for c in text.chars().filter(|c| !c.is_ascii()) {
            match c {
                '\u{FFFD}' => self.errors += 1,
                'ぁ'..='ヿ' | '\u{4E00}'..='\u{9FFF}' | '！'..='～' | '、'..='〿' => self.good += 1,
                // Half-width kana and private-use characters are what EUC-JP looks like when read as CP932.
                '\u{FF61}'..='\u{FF9F}' | '\u{E000}'..='\u{F8FF}' => self.odd += 1,
                _ if self.encoding == Encoding::Utf8 => self.good += 1,
                _ => self.odd += 1,
            }
        }
    }

    fn score(&self) -> i64 {
        let n = |x: u64| i64::try_from(x).unwrap_or(i64::MAX / 64);
        n(self.good) - n(self.odd) - 8 * n(self.errors)
    }
}

/// Reads bytes of any encoding as UTF-8; what cannot be decoded becomes U+FFFD.
pub(super) struct Utf8Reader<R> {
    inner: R,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_at: usize,
    text: Vec<u8>,
    text_at: usize,
    cr_only: bool,
    done: bool,
}

impl<R: Read> Utf8Reader<R> {
    /// Reads `inner` from where it stands; a byte order mark is removed; `cr_only` turns CR into LF.
    pub(super) fn new(inner: R, encoding: Encoding, cr_only: bool) -> Utf8Reader<R> {
        let decoder = encoding.codec().new_decoder_with_bom_removal();
        let (raw, text) = (Vec::new(), Vec::new());
        Utf8Reader { inner, decoder, raw, raw_at: 0, text, text_at: 0, cr_only, done: false }
    }

    fn refill(&mut self) -> io::Result<()> {
        if self.raw_at == self.raw.len() {
            self.raw.resize(64 * 1024, 0);
            let n = read_some(&mut self.inner, &mut self.raw)?;
            self.raw.truncate(n);
            self.raw_at = 0;
            self.done = n == 0;
        }
        self.text.resize(64 * 1024, 0);
        let (_, read, written, _) = self.decoder.decode_to_utf8(&self.raw[self.raw_at..], &mut self.text, self.done);
        self.raw_at += read;
        self.text.truncate(written);
        self.text_at = 0;
        if self.cr_only {
            self.text.iter_mut().filter(|b| **b == b'\r').for_each(|b| *b = b'\n');
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf8Reader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.text_at == self.text.len() && !self.done {
            self.refill()?;
        }
        let n = out.len().min(self.text.len() - self.text_at);
        out[..n].copy_from_slice(&self.text[self.text_at..self.text_at + n]);
        self.text_at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    const TEXT: &str = "会社名,契約日,備考\r\n株式会社サンプル,令和8年4月1日,テスト用の①行\r\n";

    fn round(bytes: &[u8]) -> (Encoding, String) {
        let mut reader = Cursor::new(bytes);
        let (encoding, cr) = detect(&mut reader).unwrap();
        let mut text = String::new();
        Utf8Reader::new(reader, encoding, cr).read_to_string(&mut text).unwrap();
        (encoding, text)
    }

    #[test]
    fn the_same_sheet_is_read_alike_in_every_encoding() {
        let utf16 = |be: bool| -> Vec<u8> {
            TEXT.encode_utf16().flat_map(|u| if be { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
        };
        let mut bom16 = vec![0xFF, 0xFE];
        bom16.extend(utf16(false));
        let cases = [
            (TEXT.as_bytes().to_vec(), Encoding::Utf8),
            ([b"\xEF\xBB\xBF", TEXT.as_bytes()].concat(), Encoding::Utf8),
            (SHIFT_JIS.encode(TEXT).0.into_owned(), Encoding::Cp932),
            (EUC_JP.encode(TEXT).0.into_owned(), Encoding::EucJp),
            (bom16, Encoding::Utf16Le),
        ];
        for (bytes, encoding) in cases {
            assert_eq!(round(&bytes), (encoding, TEXT.to_owned()));
        }
        let ascii: Vec<u8> = "key,name\na,b\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(round(&ascii), (Encoding::Utf16Be, "key,name\na,b\n".to_owned()));
    }

    #[test]
    fn one_broken_byte_does_not_make_a_utf8_file_something_else() {
        let mut bytes = TEXT.as_bytes().to_vec();
        bytes.extend(b"a,\xFFb,c\n");
        assert_eq!(round(&bytes).0, Encoding::Utf8);
    }

    #[test]
    fn a_western_file_is_not_taken_for_japanese() {
        assert_eq!(round(b"key,name\nc1,Caf\xE9 Ren\xE9e\nc2,M\xFCller, K\xF6ln\n").0, Encoding::Windows1252);
    }

    #[test]
    fn a_multi_byte_character_may_lie_on_a_buffer_edge() {
        let text = format!("{}あいう,漢字\n", "a".repeat(65_535));
        for bytes in [text.as_bytes().to_vec(), SHIFT_JIS.encode(&text).0.into_owned()] {
            assert_eq!(round(&bytes).1, text);
        }
    }
}
