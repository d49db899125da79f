//! What a command answers. The data is a noun of the model, because digests are made of it too.

pub use crate::model::reply::{Button, Chart, Field, Form, Part, Press, Reply, Table, Target};
