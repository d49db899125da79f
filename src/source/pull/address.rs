//! What people copy from their browser, as the address of the table behind it.

/// The address that gives CSV, where `url` is a Google Sheet as one sees it while editing or as a published page; any
/// other address as it is.
pub fn table_address(url: &str) -> String {
    let Some(rest) = url.strip_prefix("https://docs.google.com/spreadsheets/") else { return url.to_owned() };
    let (path, tail) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    if let Some(published) = path.strip_suffix("/pubhtml") {
        let sheet = gid(tail).map(|gid| format!("&gid={gid}&single=true")).unwrap_or_default();
        return format!("https://docs.google.com/spreadsheets/{published}/pub?output=csv{sheet}");
    }
    let Some((document, "edit" | "view" | "")) = path.rsplit_once('/') else { return url.to_owned() };
    let sheet = gid(tail).map(|gid| format!("&gid={gid}")).unwrap_or_default();
    format!("https://docs.google.com/spreadsheets/{document}/export?format=csv{sheet}")
}

/// The number of the sheet within its document.
fn gid(tail: &str) -> Option<&str> {
    let found = tail.split(['?', '#', '&']).find_map(|part| part.strip_prefix("gid="))?;
    Some(found).filter(|gid| !gid.is_empty() && gid.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_as_one_sees_it_becomes_its_table() {
        let base = "https://docs.google.com/spreadsheets/";
        for (seen, table) in [
            ("d/1aB-c_D/edit#gid=0", "d/1aB-c_D/export?format=csv&gid=0"),
            ("d/1aB-c_D/edit?gid=77#gid=77", "d/1aB-c_D/export?format=csv&gid=77"),
            ("d/1aB-c_D/edit?usp=sharing", "d/1aB-c_D/export?format=csv"),
            ("d/1aB-c_D/view", "d/1aB-c_D/export?format=csv"),
            ("d/e/2PACX-1v/pubhtml", "d/e/2PACX-1v/pub?output=csv"),
            ("d/e/2PACX-1v/pubhtml?gid=5&single=true", "d/e/2PACX-1v/pub?output=csv&gid=5&single=true"),
            ("d/e/2PACX-1v/pub?output=csv", "d/e/2PACX-1v/pub?output=csv"),
            ("d/1aB-c_D/export?format=tsv&gid=1", "d/1aB-c_D/export?format=tsv&gid=1"),
            ("d/1aB/edit#gid=0&x=<script>", "d/1aB/export?format=csv&gid=0"),
            ("d/1aB/edit#gid=..%2F", "d/1aB/export?format=csv"),
        ] {
            assert_eq!(table_address(&format!("{base}{seen}")), format!("{base}{table}"), "{seen}");
        }
        let other = "https://example.com/spreadsheets/d/1/edit#gid=0";
        assert_eq!(table_address(other), other);
    }
}
