//! Does a playbook work? Two arms compared: those it ran for, and those a hash held out.

pub mod adjust;
pub mod boschloo;
pub mod compare;
pub mod curves;
pub mod dist;
pub mod file;
pub mod funnel;
pub mod guard;
pub mod log_rank;
pub mod means;
pub mod parts;
mod planner;
pub mod power;
pub mod proportions;
pub mod report;
pub mod sequence;
#[cfg(test)]
mod simulated;
pub mod srm;
pub mod verdict;
