//! Layer 4: the shell around the pure core: inbox, evaluate, dispatch, reload. No cleverness.

pub mod dispatch;
pub mod journal;
pub mod render;
pub mod token;
pub mod unsubscribe;
