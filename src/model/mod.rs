//! Layer 0: the nouns of customer success as plain data. No I/O, no clock.

pub mod buckets;
pub mod columns;
pub mod contact;
pub mod decision;
pub mod diagnostic;
pub mod estate;
pub mod fact;
pub mod ids;
pub mod instant;
pub mod locale;
pub mod message;
pub mod money;
pub mod reply;
pub mod run;
pub mod safe;
pub mod score;
pub mod shared;
pub mod snapshot;
pub mod state;
pub mod survey;
pub mod system;
pub mod track;
pub mod value;
pub mod values;
pub mod warm;
pub mod world;
