//! The embedded JSON schema to findings with spans.
