//! Tests of `postgres`.

mod catalogue;
