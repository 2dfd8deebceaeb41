//! Whole runs of the program: what the user sees, and the exit codes.

pub(crate) mod attested;
mod cargo;
mod disk;
mod explain;
mod floor;
mod grouping;
mod hostile;
mod layers;
mod lints;
mod paths;
mod pins;
mod postgres;
pub(crate) mod project;
mod rust_code;
mod screens;
mod scripts;
mod service;
mod spec_diff;
mod states;
mod workspace;
