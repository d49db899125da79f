//! Reports besides the executive one, both languages side by side. Amounts and figures come formatted.

pub mod onboarding;

use super::pick;
