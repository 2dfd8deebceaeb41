//! Whole runs of the program: what the user sees, and the exit codes.

mod attested;
mod disk;
mod explain;
mod grouping;
mod hostile;
mod layers;
mod lints;
mod postgres;
mod project;
mod screens;
mod scripts;
mod states;
