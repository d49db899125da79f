//! Text as what can be compared: Latin words without their endings, pairs of kanji or katakana; width and case folded.
//!
//! Hiragana alone is grammar and endings: it parts the units and is left out of them.

use unicode_normalization::UnicodeNormalization;

/// A word, or an unbroken row of kanji or katakana, as its terms.
pub type Unit = Vec<String>;

/// Words of questions that say nothing about what is asked.
const EMPTY: &[&str] = &[
    "a", "about", "after", "all", "already", "am", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by",
    "can", "cannot", "could", "did", "do", "does", "enough", "for", "from", "get", "give", "go", "had", "has", "have",
    "help", "how", "i", "if", "in", "into", "is", "it", "its", "just", "know", "let", "like", "long", "make", "many",
    "may", "me", "more", "much", "must", "my", "need", "no", "not", "now", "of", "on", "one", "or", "our", "please",
    "possible", "s", "should", "so", "some", "t", "tell", "than", "that", "the", "their", "them", "then", "there",
    "they", "this", "to", "too", "up", "us", "use", "used", "using", "want", "was", "way", "we", "what", "when",
    "where", "which", "who", "why", "will", "with", "work", "would", "you", "your", "何", "方", "時", "場合", "方法",
    "教", "知", "思", "使", "見", "言", "困", "願", "質問", "必要", "可能", "出来", "下", "事", "際", "今", "私", "人",
    "足", "欲", "良", "行", "来", "何故", "理由", "手順", "対応",
];

/// The units of a question, those that say nothing left out.
pub fn asked(text: &str) -> Vec<Unit> {
    let runs = runs(text);
    runs.iter().filter(|run| !is_empty(run)).map(|run| terms(run, false)).filter(|unit| !unit.is_empty()).collect()
}

/// Every term of a text, for the index: also each kanji for itself, because a question may use it alone.
pub fn written(text: &str) -> Vec<String> {
    runs(text).iter().filter(|run| !is_empty(run)).flat_map(|run| terms(run, true)).collect()
}

/// Whether there are Japanese letters in it.
pub fn is_japanese(text: &str) -> bool {
    text.nfkc().any(|c| !matches!(kind(c), Kind::Word | Kind::Other))
}

fn is_empty(run: &str) -> bool {
    EMPTY.contains(&run)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Kanji,
    Katakana,
    Hiragana,
    Other,
}

fn kind(c: char) -> Kind {
    match c {
        '\u{3041}'..='\u{309f}' => Kind::Hiragana,
        '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' => Kind::Katakana,
        '\u{3005}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}' => Kind::Kanji,
        c if c.is_alphanumeric() => Kind::Word,
        _ => Kind::Other,
    }
}

/// Letters of one kind that stand together.
fn runs(text: &str) -> Vec<String> {
    let (mut all, mut run, mut of) = (Vec::new(), String::new(), Kind::Other);
    let plain: String = text.nfkc().collect::<String>().to_lowercase();
    for c in plain.chars() {
        let kind = kind(c);
        if kind != of && !run.is_empty() {
            all.push(std::mem::take(&mut run));
        }
        of = kind;
        if !matches!(kind, Kind::Other | Kind::Hiragana) {
            run.push(c);
        }
    }
    all.extend((!run.is_empty()).then_some(run));
    all
}

const VOWELS: [char; 6] = ['a', 'e', 'i', 'o', 'u', 'y'];

fn terms(run: &str, alone: bool) -> Vec<String> {
    let letters: Vec<char> = run.chars().collect();
    match letters.first().map(|c| kind(*c)) {
        Some(Kind::Word) => vec![stem(run)],
        Some(Kind::Kanji) if letters.len() == 1 => vec![run.to_owned()],
        Some(kind) => {
            let pairs = letters.windows(2).map(|pair| pair.iter().collect());
            let single = letters.iter().filter(|_| alone && kind == Kind::Kanji).map(char::to_string);
            pairs.chain(single).collect()
        }
        None => Vec::new(),
    }
}

/// An English word without its ending: `invited`, `inviting`, `invites` and `invite` are one.
fn stem(word: &str) -> String {
    let mut stem = word;
    if word.len() > 3 && !word.ends_with("ss") {
        stem = word.strip_suffix('s').unwrap_or(word);
    }
    for ending in ["ing", "ed"] {
        // Of `string` and `need` nothing that is a word would be left.
        let root = stem.strip_suffix(ending).filter(|root| root.len() > 2 && root.contains(VOWELS));
        stem = root.unwrap_or(stem);
    }
    if let Some(root) = stem.strip_suffix("ie") {
        return format!("{root}y");
    }
    if stem.len() > 4 {
        stem = stem.strip_suffix('e').unwrap_or(stem);
    }
    let last: Vec<char> = stem.chars().rev().take(2).collect();
    let twice = stem.len() > 3 && stem.is_ascii() && last.first() == last.get(1);
    stem.strip_suffix(|_| twice).unwrap_or(stem).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn endings_width_and_case_do_not_matter() {
        for word in ["invite", "invites", "invited", "Inviting", "ＩＮＶＩＴＥ"] {
            assert_eq!(asked(word), [["invit"]], "{word}");
        }
        assert_eq!(asked("cancelled"), asked("cancel"));
        assert_eq!(asked("companies"), asked("company"));
        assert_eq!([asked("added"), asked("adding")], [asked("add"), asked("add")], "short words have endings, too");
        assert_eq!(asked("string"), [["string"]]);
        assert_eq!(asked("ﾊﾟｽﾜｰﾄﾞ"), asked("パスワード"));
    }

    #[test]
    fn kanji_and_katakana_become_pairs_and_grammar_is_left_out() {
        assert_eq!(asked("取引先を取り込みたいのですが"), [vec!["取引", "引先"], vec!["取"], vec!["込"]]);
        assert_eq!(asked("CSVファイルの方法を教えてください"), [vec!["csv"], vec!["ファ", "ァイ", "イル"]]);
        assert!(asked("どうすればいいですか？ How do I do that?").is_empty());
        assert_eq!(written("席数"), ["席数", "席", "数"]);
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_asked_is_found_in_itself(text in ".{0,80}") {
            let written = written(&text);
            for term in asked(&text).concat() {
                prop_assert!(written.contains(&term), "{term}");
            }
        }
    }
}
