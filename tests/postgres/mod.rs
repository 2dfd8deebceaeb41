//! Tests of `postgres`.
