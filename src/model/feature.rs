//! KPIs about one feature, named `NAME.METRIC`.

/// What can be asked of a feature: how many use it, ever used it, go on using it.
pub const KPIS: [&str; 3] = ["feature_adoption", "feature_first_use", "feature_retention"];

/// The metric that such a KPI counts; none for others.
pub fn metric_of(kpi: &str) -> Option<&str> {
    kpi.split_once('.').filter(|(name, _)| KPIS.contains(name)).map(|(_, metric)| metric)
}
