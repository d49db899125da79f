//! Reports besides the executive one, both languages side by side. Amounts and figures come formatted.

pub mod effect;
pub mod monthly;
pub mod onboarding;
pub mod quarterly;
pub mod value;

use super::{are, count_of, pick};
