//! What a relay said, made fit for logs and the ledger.

use crate::model::safe::{clean, shorten};

/// A server's reply on one line, at most 200 characters, addresses left out.
pub fn reply(text: &str) -> String {
    let words = text.split_whitespace().map(|w| if w.contains('@') { "<address>" } else { w });
    shorten(&clean(&words.collect::<Vec<_>>().join(" ")), 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_does_not_carry_an_address() {
        assert_eq!(reply("5.1.1 <taro@example.com>:\r\n User unknown"), "5.1.1 <address> User unknown");
    }
}
