//! Tests of `cargo`.
