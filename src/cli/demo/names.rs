//! Names for sample customers, composed from parts; domains end in `.test`, which never resolves.

use super::chance::Chance;

const JA_HEADS: &[(&str, &str)] = &[
    ("青葉", "aoba"),
    ("みなと", "minato"),
    ("北斗", "hokuto"),
    ("さくら", "sakura"),
    ("大和", "yamato"),
    ("若葉", "wakaba"),
    ("東雲", "shinonome"),
    ("白樺", "shirakaba"),
    ("富士見", "fujimi"),
    ("松風", "matsukaze"),
    ("日の出", "hinode"),
    ("清流", "seiryu"),
    ("銀河", "ginga"),
    ("希望", "kibo"),
    ("光洋", "koyo"),
];
const JA_TAILS: &[(&str, &str)] = &[
    ("商事", "shoji"),
    ("会計", "kaikei"),
    ("製作所", "works"),
    ("システム", "systems"),
    ("物流", "butsuryu"),
    ("デザイン", "design"),
    ("食品", "foods"),
    ("不動産", "estate"),
    ("工業", "kogyo"),
    ("メディカル", "medical"),
];
const EN_HEADS: &[&str] = &[
    "Northwind",
    "Bluebird",
    "Harbor",
    "Granite",
    "Maple",
    "Cedar",
    "Falcon",
    "Summit",
    "Riverside",
    "Beacon",
    "Orchard",
    "Copper",
];
const EN_TAILS: &[&str] = &["Labs", "Foods", "Logistics", "Studio", "Partners", "Works", "Clinic", "Supply"];
const JA_PEOPLE: &[(&str, &str)] = &[
    ("佐藤 結衣", "yui"),
    ("鈴木 大輔", "daisuke"),
    ("高橋 美咲", "misaki"),
    ("田中 翔太", "shota"),
    ("伊藤 さくら", "sakura"),
    ("渡辺 健一", "kenichi"),
    ("山本 彩", "aya"),
    ("中村 拓海", "takumi"),
    ("小林 由紀", "yuki"),
    ("加藤 直樹", "naoki"),
];
const EN_PEOPLE: &[(&str, &str)] = &[
    ("Emma Clark", "emma"),
    ("Liam Turner", "liam"),
    ("Olivia Reed", "olivia"),
    ("Noah Brooks", "noah"),
    ("Ava Morgan", "ava"),
    ("Ethan Price", "ethan"),
    ("Mia Foster", "mia"),
    ("Lucas Hayes", "lucas"),
];

/// A company: key and display name. `n` keeps keys apart.
pub fn company(japanese: bool, n: usize, chance: &mut Chance) -> (String, String) {
    if japanese {
        let (head, tail) = (chance.pick(JA_HEADS), chance.pick(JA_TAILS));
        let name = if chance.percent(70) {
            format!("株式会社{}{}", head.0, tail.0)
        } else {
            format!("{}{}合同会社", head.0, tail.0)
        };
        return (format!("{}-{}-{n}", head.1, tail.1), name);
    }
    let (head, tail) = (chance.pick(EN_HEADS), chance.pick(EN_TAILS));
    (format!("{}-{}-{n}", head.to_lowercase(), tail.to_lowercase()), format!("{head} {tail} Inc."))
}

/// A person: display name and the local part of their address.
pub fn person(japanese: bool, chance: &mut Chance) -> (&'static str, &'static str) {
    *chance.pick(if japanese { JA_PEOPLE } else { EN_PEOPLE })
}
