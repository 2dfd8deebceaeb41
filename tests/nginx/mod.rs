//! Tests of `nginx`.
