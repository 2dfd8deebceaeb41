//! How `add_header` passes from level to level (ngx_http_headers_module; reference vectors H01 to H11, I01 to I12).
//!
//! A level with any line of its own, also one with an empty value, does not get the list of the level above;
//! `add_header_inherit` (1.29.3) changes that, and is itself inherited: `merge` puts the list of the level above after
//! the own lines and removes nothing, `off` never takes it.

use super::{About, AddHeader, Doubt, Inherit, Level};
use crate::source::Span;
use std::rc::Rc;

/// What a level sends, and what it does not send any more.
#[derive(Clone, Debug)]
pub struct Effective<'a> {
    /// Lines in force, in the order in which nginx sends them; those with an empty value send nothing.
    pub lines: Vec<AddHeader<'a>>,
    /// Lines of levels above that are cut off, nearest level first, each with the line that cuts it off.
    pub cut: Vec<(AddHeader<'a>, Span)>,
    /// What makes the list unknown.
    doubts: Vec<Rc<Doubt>>,
    /// What other modules may do, here and inside.
    opaque: Vec<Rc<Doubt>>,
    /// The outermost block around: the server. `None` above all servers.
    pub outermost: Option<Span>,
    /// `add_header_inherit` in force, and where it is set.
    mode: (Inherit, Option<Span>),
}

impl<'a> Effective<'a> {
    /// The list of the outermost level.
    #[must_use]
    pub fn top(level: &Level<'a>) -> Self {
        let nothing = Self { lines: Vec::new(), cut: Vec::new(), doubts: Vec::new(), opaque: Vec::new(), outermost: None, mode: (Inherit::On, None) };
        nothing.inside(level, None)
    }

    /// The list of a level inside of this one. `block` is the line that opens it.
    #[must_use]
    pub fn below(&self, level: &Level<'a>, block: Span) -> Self {
        self.inside(level, Some(block))
    }

    fn inside(&self, level: &Level<'a>, block: Option<Span>) -> Self {
        let own = |d: &&Rc<Doubt>| d.touches(&About::Headers) || matches!(d.about, About::Header(_));
        let mut doubts: Vec<Rc<Doubt>> = level.doubts.iter().filter(own).cloned().collect();
        let mode = level.inherit.map_or(self.mode, |(mode, span)| (mode, Some(span)));
        let mut lines = level.headers.clone();
        let mut cut = Vec::new();
        let takes = match mode.0 {
            Inherit::On => lines.is_empty(),
            Inherit::Off => false,
            Inherit::Merge => true,
        };
        if takes {
            lines.extend(&self.lines);
            doubts.extend(self.doubts.iter().cloned());
        } else {
            let off = mode.1.filter(|_| mode.0 == Inherit::Off);
            if let Some(by) = off.or(level.headers.first().map(|h| h.span)) {
                cut.extend(self.lines.iter().map(|line| (*line, by)));
            }
        }
        cut.extend(&self.cut);
        let opaque = self.opaque.iter().chain(&level.opaque).cloned().collect();
        Self { lines, cut, doubts, opaque, outermost: self.outermost.or(block), mode }
    }

    /// Why what is sent under a header's name cannot be known.
    #[must_use]
    pub fn doubt(&self, name: &str) -> Option<&Doubt> {
        let about = About::Header(name.to_ascii_lowercase());
        self.doubts.iter().chain(&self.opaque).map(Rc::as_ref).find(|d| d.touches(&about))
    }

    /// Lines in force of a header that send something.
    pub fn sent<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s AddHeader<'a>> {
        self.lines.iter().filter(move |line| named(line, name) && !line.value.value.is_empty())
    }

    /// The nearest line of a header that is cut off, and what cuts it.
    #[must_use]
    pub fn cut_off(&self, name: &str) -> Option<&(AddHeader<'a>, Span)> {
        self.cut.iter().find(|(line, _)| named(line, name) && !line.value.value.is_empty())
    }
}

/// Header names know no letter case.
fn named(line: &AddHeader, name: &str) -> bool {
    line.name.value.eq_ignore_ascii_case(name.as_bytes())
}
