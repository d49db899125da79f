//! The numbered values that conditions read, and in which order to compute them.

/// Where a slot's value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlotSource {
    /// `account.NAME`.
    Account(String),
    /// `contact.NAME` (the run's contact).
    Contact(String),
    /// `contact.subscribed.TOPIC`.
    Subscribed(String),
    /// `metric.NAME`, by index into the model's metrics.
    Metric(usize),
    /// `health.score`.
    HealthScore,
    /// `health.band`.
    HealthBand,
    /// `health.previous_band`.
    HealthPreviousBand,
    /// `health.change_7d`.
    HealthChange7d,
    /// `health.coverage`, 0..1.
    HealthCoverage,
    /// `phase`.
    Phase,
    /// `days_in_phase`.
    DaysInPhase,
    /// `stuck`.
    Stuck,
    /// `milestone.NAME`, by index.
    Milestone(usize),
    /// `milestone_at.NAME`, by index.
    MilestoneAt(usize),
    /// `segment.NAME`, by index.
    Segment(usize),
    /// `playbook.NAME`.
    Playbook(String),
    /// `playbook_at.NAME`.
    PlaybookAt(String),
    /// `kpi.NAME`.
    Kpi(String),
}

/// All slots of a rulebook.
#[derive(Clone, Debug, Default)]
pub struct Slots {
    /// Sources by slot number.
    pub sources: Vec<SlotSource>,
    /// Slot numbers in an order in which each comes after what it depends on.
    pub order: Vec<u32>,
    /// Values of `days_in_phase` at which some condition may change, ascending; `every_day` where one
    /// uses it other than against a constant.
    pub phase_days: Vec<i32>,
    /// Every midnight matters to `days_in_phase`.
    pub every_day: bool,
}

impl Slots {
    /// The number of `source`, if conditions can read it.
    pub fn find(&self, source: &SlotSource) -> Option<u32> {
        self.sources.iter().position(|s| s == source).map(|i| i as u32)
    }
}
