//! What commands that keep lists in the repository have in common: tables, and words from the command line.

use super::locate;
use crate::check::waive;
use crate::finding::{Finding, redact};
use std::str::FromStr;

/// Rows under one another, each column as wide as its longest cell.
pub(super) fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line =
        |row: &[String; N]| row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n";
    rows.iter().map(line).collect()
}

/// A command line that cannot be carried out.
pub(super) fn usage(message: impl Into<String>, help: impl Into<String>) -> Vec<Finding> {
    vec![Finding::error(&locate::USAGE, message).help(help)]
}

/// The value of a flag that ends up in a committed file: words of somebody's own, and no secret.
pub(super) fn parsed<T: FromStr<Err = crate::spec::scalar::BadScalar>>(flag: &str, text: &str) -> Result<T, Vec<Finding>> {
    if waive::is_filler(text) {
        return Err(usage(format!("--{flag} says nothing"), format!("write it out: --{flag} \"...\" stands for words of yours")));
    }
    if redact::shapes(text) != text {
        return Err(usage(format!("--{flag} holds what looks like a secret"), "take it out: the file is committed, and everybody reads it"));
    }
    text.parse().map_err(|error| usage(format!("--{flag} cannot be used: {error}"), "correct it, and run the command again"))
}
