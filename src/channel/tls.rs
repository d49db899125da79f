//! One TLS provider for every client.

/// Makes ring the process's provider, if none is yet. Clients are built after this, because building
/// one without a provider panics.
pub fn ready() {
    // An error says that another caller was first, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
