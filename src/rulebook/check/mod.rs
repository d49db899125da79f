//! Lints: what is legal but probably not meant. One file each.
