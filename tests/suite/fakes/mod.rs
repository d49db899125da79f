//! Stand-ins for the platforms, on loopback, speaking their protocols.

#[cfg(feature = "discord")]
pub mod discord;
pub mod hubspot;
pub mod slack;
pub mod stripe;
pub mod web;
