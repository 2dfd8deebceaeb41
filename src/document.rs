//! YAML text to a tree with spans. The only file that names the YAML crate.
