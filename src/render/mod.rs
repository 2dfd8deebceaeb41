//! From a policy to proven texts, and from texts to the disk.

pub mod engine;
pub mod header;
