//! The rules of the house, read off the tree: layers, purity, sizes, documents. Each finding says what to do.

mod documents;
mod layers;
mod purity;
mod shape;
pub mod tree;

/// Fails with every finding, one a line.
fn nothing(found: Vec<String>) {
    assert!(found.is_empty(), "{} finding(s):\n\n{}\n", found.len(), found.join("\n"));
}
