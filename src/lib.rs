//! secgen turns one YAML security spec into the configuration that enforces it, and checks existing configuration for
//! drift from the spec by what each setting effectively does.
//!
//! ```text
//! secgen.yaml ─ source ─ document ─ schema ─ spec ─ policy ─ plan ─ render (in memory, read back, proven) ─┬─ write
//!                                                                                                          └─ check: read → facts → compare → waive → gate ─ report
//! ```
//!
//! A stage takes the value of the stage before and returns a new one; positions travel as data (spans, origins). A
//! module uses those below it in this list and never one above; `tests/tidy.rs` holds the list.

pub mod check;
pub mod cli;
pub mod compare;
pub mod policy;
pub mod render;
pub mod report;
pub mod spec;
pub mod strictness;
pub mod targets;

pub mod document;
pub mod finding;
pub mod schema;
pub mod source;
