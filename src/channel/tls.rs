//! One TLS provider for every client.

/// Makes ring the process's provider, if none is yet. Clients are built after this, because building
/// one without a provider panics.
pub fn ready() {
    crate::net::tls_ready();
}
