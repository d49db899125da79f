//! Layer 2: `decide` and `recheck`. Pure and total: no I/O, no clock, no randomness.
