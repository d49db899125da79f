//! Layer 5: HTTP end points over axum.
