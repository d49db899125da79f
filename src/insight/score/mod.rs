//! Does the health score foretell who leaves? Ranking, bands, calibration, and weights fitted to history.

pub mod auc;
pub mod calibration;
pub mod lift;
pub mod logistic;
pub mod report;
pub mod suggest;
pub mod trend;
