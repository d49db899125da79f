//! What a story expects of messages.

use shirube::store::api::OutboxRow;

use crate::smtp::sink::Accepted;

/// The messages of one step that went out.
pub struct Sent {
    pub(super) step: String,
    pub(super) rows: Vec<OutboxRow>,
    pub(super) mails: Vec<Accepted>,
}

impl Sent {
    /// Exactly one, to this address, and the relay has it exactly once.
    pub fn to(&self, address: &str) {
        let addresses: Vec<&str> = self.rows.iter().map(|r| r.planned.address.as_str()).collect();
        assert_eq!(addresses, [address], "{}", self.step);
        let key = &self.rows[0].planned.key.0;
        let holds = |mail: &&Accepted| String::from_utf8_lossy(&mail.bytes).contains(key.as_str());
        let arrived: Vec<&Accepted> = self.mails.iter().filter(holds).collect();
        assert_eq!(arrived.len(), 1, "{} arrived {} times", self.step, arrived.len());
        assert_eq!(arrived[0].to, [address]);
    }

    /// So many, to whomever.
    pub fn times(&self, count: usize) {
        assert_eq!(self.rows.len(), count, "{}", self.step);
    }

    /// None at all.
    pub fn never(&self) {
        self.times(0);
    }
}
