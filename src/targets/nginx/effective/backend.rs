//! What of a backend's own response headers is passed on (reference vectors H19, X16, X30).
//!
//! nginx sends them beside its own, and first. `proxy_hide_header` and its kin drop them; a list of its own hides the
//! whole list of the levels above, for each kind of backend apart.

use super::{About, Doubt, Level};
use crate::targets::nginx::tree::Directive;
use std::rc::Rc;

/// The modules that ask a backend: each has `NAME_pass` and `NAME_hide_header`.
pub const KINDS: [&str; 5] = ["proxy", "fastcgi", "uwsgi", "scgi", "grpc"];

/// The kind of `NAME_pass` or `NAME_hide_header`, as an index into [`KINDS`].
#[must_use]
pub fn kind_of(directive: &str, suffix: &str) -> Option<usize> {
    let name = directive.strip_suffix(suffix)?;
    KINDS.iter().position(|kind| *kind == name)
}

/// Headers that a kind of backend may send and that are dropped without a line (`proxy_hide_header` and its kin in the
/// documentation: `Server` by proxy and grpc only).
fn is_dropped_unasked(kind: usize, header: &str) -> bool {
    header.eq_ignore_ascii_case("server") && matches!(KINDS.get(kind), Some(&"proxy" | &"grpc"))
}

/// The `NAME_hide_header` and `NAME_pass_header` lines in force, by kind. What is passed is not hidden, whatever the other
/// list says (`ngx_http_upstream_hide_headers_hash`).
#[derive(Clone, Debug, Default)]
pub struct Hidden<'a> {
    hides: [Vec<&'a Directive>; KINDS.len()],
    passes: [Vec<&'a Directive>; KINDS.len()],
    doubts: [Vec<Rc<Doubt>>; KINDS.len()],
}

impl<'a> Hidden<'a> {
    /// The lines in force on a level inside of this one.
    #[must_use]
    pub fn below(&self, level: &Level<'a>) -> Self {
        let mut all = self.clone();
        let own: Vec<Rc<Doubt>> = level.doubts.iter().filter(|d| d.about == About::All).cloned().collect();
        for kind in 0..KINDS.len() {
            if !level.hides[kind].is_empty() {
                all.hides[kind].clone_from(&level.hides[kind]);
                all.doubts[kind].clear();
            }
            if !level.passes[kind].is_empty() {
                all.passes[kind].clone_from(&level.passes[kind]);
            }
            all.doubts[kind].extend(own.iter().cloned());
        }
        all
    }

    /// Whether a header of a backend of this kind is dropped.
    #[must_use]
    pub fn has(&self, kind: usize, header: &str) -> bool {
        let names = |lists: &[Vec<&'a Directive>]| {
            let is_it = |d: &&Directive| d.arg(0).is_some_and(|name| name.value.eq_ignore_ascii_case(header.as_bytes()));
            lists.get(kind).is_some_and(|list| list.iter().any(is_it))
        };
        (names(&self.hides) || is_dropped_unasked(kind, header)) && !names(&self.passes)
    }

    /// The line that passes a header on in spite of all others.
    #[must_use]
    pub fn passed(&self, kind: usize, header: &str) -> Option<&'a Directive> {
        let is_it = |d: &&&Directive| d.arg(0).is_some_and(|name| name.value.eq_ignore_ascii_case(header.as_bytes()));
        self.passes.get(kind)?.iter().find(is_it).copied()
    }

    /// Why the lines for a kind cannot be known.
    #[must_use]
    pub fn doubt(&self, kind: usize) -> Option<&Doubt> {
        self.doubts.get(kind)?.first().map(Rc::as_ref)
    }
}
