//! Names are looked up here, and only addresses that were judged are connected to: a name cannot
//! lead into the inner network, neither at first nor at the second look-up.

use std::{error::Error, net::SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::model::safe::Side;

/// Looks names up and hands on only what `Side` allows.
#[derive(Clone, Copy, Debug)]
pub struct Guard(pub Side);

/// The name leads to no address that may be called.
#[derive(Debug, thiserror::Error)]
#[error("the name leads into a private network, which may not be called")]
pub struct Closed;

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let side = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed = allowed(side, found);
            if allowed.is_empty() {
                return Err(Closed.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Whether a call failed because its name leads to no address that may be called.
pub fn is_closed(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.is::<Closed>() {
            return true;
        }
        cause = inner.source();
    }
    false
}

/// The addresses that may be connected to.
pub fn allowed(side: Side, found: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    found.filter(|address| side.allows(address.ip())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_name_leads_to_is_judged_one_by_one() {
        let found = ["8.8.8.8:0", "10.0.0.1:0", "[::ffff:127.0.0.1]:0", "[::1]:0"].map(|a| a.parse().unwrap());
        assert_eq!(allowed(Side::Outside, found.into_iter()), [found[0]]);
        assert_eq!(allowed(Side::ThisMachine, found.into_iter()), [found[2], found[3]]);
    }
}
