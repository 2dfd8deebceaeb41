//! Whole runs of the program: what the user sees, and the exit codes.

mod attested;
mod disk;
mod floor;
mod grouping;
mod hostile;
mod layers;
mod lints;
mod paths;
mod pins;
mod postgres;
mod project;
mod screens;
mod scripts;
mod spec_diff;
mod states;
mod workspace;
