//! Unsubscribe.
