//! Tests of `strictness`.
