//! Tests of `rust`.
