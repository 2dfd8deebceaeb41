//! h
mod generate;
pub use generate::generate;
