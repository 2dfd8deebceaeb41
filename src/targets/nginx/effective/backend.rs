//! What of a backend's own response headers is passed on (reference vectors H19, X16, X30).
//!
//! nginx sends them beside its own, and first. `proxy_hide_header` and its kin drop them; a list of its own hides the
//! whole list of the levels above, for each kind of backend apart.

use super::Level;
use crate::targets::nginx::tree::Directive;

/// The modules that ask a backend: each has `NAME_pass` and `NAME_hide_header`.
pub const KINDS: [&str; 5] = ["proxy", "fastcgi", "uwsgi", "scgi", "grpc"];

/// The kind of `NAME_pass` or `NAME_hide_header`, as an index into [`KINDS`].
#[must_use]
pub fn kind_of(directive: &str, suffix: &str) -> Option<usize> {
    let name = directive.strip_suffix(suffix)?;
    KINDS.iter().position(|kind| *kind == name)
}

/// The `NAME_hide_header` lines in force, by kind.
#[derive(Clone, Debug, Default)]
pub struct Hidden<'a>([Vec<&'a Directive>; KINDS.len()]);

impl<'a> Hidden<'a> {
    /// The lines in force on a level inside of this one.
    #[must_use]
    pub fn below(&self, level: &Level<'a>) -> Self {
        let mut lists = self.0.clone();
        for (list, own) in lists.iter_mut().zip(&level.hides) {
            if !own.is_empty() {
                list.clone_from(own);
            }
        }
        Self(lists)
    }

    /// Whether a header of a backend of this kind is dropped.
    #[must_use]
    pub fn has(&self, kind: usize, header: &str) -> bool {
        let names = self.0.get(kind).into_iter().flatten().filter_map(|d| d.arg(0));
        names.into_iter().any(|name| name.value.eq_ignore_ascii_case(header.as_bytes()))
    }
}
