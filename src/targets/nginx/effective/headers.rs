//! What of `add_header`, headers-more and `expires` reaches the wire (ngx_http_headers_module; reference vectors H01 to
//! H31, I01 to I12, M01 to M08).
//!
//! A level with any `add_header` of its own, also one with an empty value, does not get the list of the level above;
//! `add_header_inherit` (1.29.3) changes that, and is itself inherited: `merge` puts the list of the level above after
//! the own lines and removes nothing, `off` never takes it. headers-more runs the lists of all levels, outer ones
//! first, before `add_header`, and neither replaces nor clears what that adds.

use super::{About, AddHeader, Doubt, Inherit, Level, List, More};
use crate::source::Span;
use crate::targets::nginx::tree::Directive;
use std::rc::Rc;

/// The header that names the software, in lower case.
pub const SERVER: &str = "server";

/// A list in force, and what it cuts off.
#[derive(Clone, Debug)]
struct InForce<'a> {
    /// Shared by the levels that take it as it is.
    lines: Rc<[AddHeader<'a>]>,
    cut: Rc<[(AddHeader<'a>, Span)]>,
    mode: (Inherit, Option<Span>),
}

impl<'a> InForce<'a> {
    fn nothing() -> Self {
        Self { lines: Rc::default(), cut: Rc::default(), mode: (Inherit::On, None) }
    }

    /// The list of a level inside, and whether it takes that of this one.
    fn inside(&self, own: &List<'a>) -> (Self, bool) {
        let mode = own.inherit.map_or(self.mode, |(mode, span)| (mode, Some(span)));
        let takes = match mode.0 {
            Inherit::On => own.lines.is_empty(),
            Inherit::Off => false,
            Inherit::Merge => true,
        };
        if takes {
            let lines = if own.lines.is_empty() { Rc::clone(&self.lines) } else { own.lines.iter().chain(&*self.lines).copied().collect() };
            return (Self { lines, cut: Rc::clone(&self.cut), mode }, true);
        }
        let off = mode.1.filter(|_| mode.0 == Inherit::Off);
        let cut = match off.or(own.lines.first().map(|h| h.span)) {
            Some(by) if !self.lines.is_empty() => self.lines.iter().map(|line| (*line, by)).chain(self.cut.iter().copied()).collect(),
            _ => Rc::clone(&self.cut),
        };
        (Self { lines: own.lines.iter().copied().collect(), cut, mode }, false)
    }
}

/// What a level sends, and what it does not send any more.
#[derive(Clone, Debug)]
pub struct Effective<'a> {
    headers: InForce<'a>,
    trailers: InForce<'a>,
    more: Vec<More<'a>>,
    expires: Option<&'a Directive>,
    server_tokens: Option<&'a Directive>,
    /// What makes `server_tokens` unknown.
    tokens_doubts: Vec<Rc<Doubt>>,
    /// What makes the list unknown.
    doubts: Vec<Rc<Doubt>>,
    /// What other modules may do, here and inside.
    opaque: Vec<Rc<Doubt>>,
    /// The outermost block around: the server. `None` above all servers.
    pub outermost: Option<Span>,
}

/// A header line of a response; its value may hold variables.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// The name.
    pub name: &'a [u8],
    /// The value as written.
    pub value: &'a [u8],
    /// The line that adds it.
    pub span: Span,
    /// What adds it.
    pub by: By,
}

/// What adds a header line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// `add_header`.
    AddHeader,
    /// `more_set_headers`.
    More,
    /// `expires`: the value is its argument, and the line says [`cache_control`] of it.
    Expires,
}

impl<'a> Sent<'a> {
    fn added(line: &AddHeader<'a>) -> Self {
        Self { name: line.name, value: line.value, span: line.span, by: By::AddHeader }
    }

    /// Whether it is a line of this header; names know no letter case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// Whether a response of this status carries lines without `always` (vector H09). A 416 does: it gets its status after
/// headers were added (vector X13).
#[must_use]
pub fn is_common(status: u16) -> bool {
    matches!(status, 200 | 201 | 204 | 206 | 301 | 302 | 303 | 304 | 307 | 308 | 416)
}

impl<'a> Effective<'a> {
    /// The list of the outermost level.
    #[must_use]
    pub fn top(level: &Level<'a>) -> Self {
        let nothing = Self {
            headers: InForce::nothing(),
            trailers: InForce::nothing(),
            more: Vec::new(),
            expires: None,
            server_tokens: None,
            tokens_doubts: Vec::new(),
            doubts: Vec::new(),
            opaque: Vec::new(),
            outermost: None,
        };
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
        let (headers, takes) = self.headers.inside(&level.headers);
        if takes {
            doubts.extend(self.doubts.iter().cloned());
        }
        let of_tokens = |d: &&Rc<Doubt>| d.about == About::All || d.about == About::Header(SERVER.to_owned());
        let outer = self.tokens_doubts.iter().filter(|_| level.server_tokens.is_none());
        let tokens_doubts = level.doubts.iter().filter(of_tokens).chain(outer).cloned().collect();
        Self {
            headers,
            trailers: self.trailers.inside(&level.trailers).0,
            more: self.more.iter().chain(&level.more).cloned().collect(),
            expires: level.expires.or(self.expires),
            server_tokens: level.server_tokens.or(self.server_tokens),
            tokens_doubts,
            doubts,
            opaque: self.opaque.iter().chain(&level.opaque).cloned().collect(),
            outermost: self.outermost.or(block),
        }
    }

    /// What tells lists of add_header apart, where nothing else decides what is sent: levels of one server with the same
    /// one send the same.
    #[must_use]
    pub fn identity(&self) -> Option<usize> {
        let is_plain = self.more.is_empty() && self.expires.is_none() && self.doubts.is_empty() && self.opaque.is_empty();
        let is_fixed = || !self.headers.lines.iter().any(|line| line.value.contains(&b'$'));
        (is_plain && is_fixed()).then(|| self.headers.lines.as_ptr() as usize)
    }

    /// Why what is sent under a header's name cannot be known.
    #[must_use]
    pub fn doubt(&self, name: &str) -> Option<&Doubt> {
        let about = About::Header(name.to_ascii_lowercase());
        self.doubts.iter().chain(&self.opaque).map(Rc::as_ref).find(|d| d.touches(&about))
    }

    /// The lines that a response adds to those of its content handler, in the order of the wire. `media` is the
    /// response's media type without parameters; `None`: one that no line names.
    #[must_use]
    pub fn wire(&self, status: u16, media: Option<&str>) -> Vec<Sent<'a>> {
        let mut sent: Vec<Sent<'a>> = Vec::new();
        for more in &self.more {
            if !more.is_for(status, media) {
                continue;
            }
            let line = Sent { name: more.name, value: more.value, span: more.span, by: By::More };
            if more.value.is_empty() {
                sent.retain(|s| !clears(more.name, s.name));
            } else if more.appends {
                sent.push(line);
            } else if let Some(first) = sent.iter().position(|s| s.name.eq_ignore_ascii_case(more.name)) {
                // The new value stands where the first old one stood.
                sent[first] = line;
                let mut index = 0;
                sent.retain(|s| {
                    index += 1;
                    index - 1 == first || !s.name.eq_ignore_ascii_case(more.name)
                });
            } else {
                sent.push(line);
            }
        }
        if let Some((line, argument)) = self.expires.filter(|_| is_common(status)).and_then(|d| Some((d, d.args().last()?))) {
            sent.push(Sent { name: b"Cache-Control", value: &argument.value, span: line.span, by: By::Expires });
        }
        let goes = |line: &&AddHeader| (line.always || is_common(status)) && !line.value.is_empty();
        sent.extend(self.headers.lines.iter().filter(goes).map(Sent::added));
        sent
    }

    /// The trailers of a response of this status, as [`Self::wire`] for headers.
    #[must_use]
    pub fn trailers(&self, status: u16) -> Vec<Sent<'a>> {
        let goes = |line: &&AddHeader| (line.always || is_common(status)) && !line.value.is_empty();
        self.trailers.lines.iter().filter(goes).map(Sent::added).collect()
    }

    /// Statuses that lines of headers-more single out.
    pub fn statuses(&self) -> impl Iterator<Item = u16> + '_ {
        self.more.iter().flat_map(|m| m.statuses.iter().copied())
    }

    /// Whether any line of headers-more singles out a media type.
    #[must_use]
    pub fn asks_media(&self) -> bool {
        self.more.iter().any(|m| !m.types.is_empty())
    }

    /// Media types that lines of headers-more about these headers single out.
    pub fn media<'s>(&'s self, names: &'s [&str]) -> impl Iterator<Item = &'s str> + 's {
        let about = |m: &&More| names.iter().any(|n| clears(m.name, n.as_bytes()));
        self.more.iter().filter(about).flat_map(|m| m.types.iter().map(String::as_str))
    }

    /// Whether headers-more sets or clears a header for every response, so that a backend's own line of it is gone
    /// (vector M07).
    #[must_use]
    pub fn replaces(&self, name: &str) -> bool {
        self.more.iter().any(|m| !m.appends && m.statuses.is_empty() && m.types.is_empty() && clears(m.name, name.as_bytes()))
    }

    /// `server_tokens` in force; without a line it is on.
    ///
    /// # Errors
    /// Why the line cannot be known.
    pub fn server_tokens(&self) -> Result<Option<&'a Directive>, &Doubt> {
        self.tokens_doubts.first().map_or(Ok(self.server_tokens), |doubt| Err(doubt))
    }

    /// Why other modules may send, change or drop any header.
    #[must_use]
    pub fn opaque(&self) -> Option<&Doubt> {
        self.opaque.first().map(Rc::as_ref)
    }

    /// The line of headers-more that sets or clears a header of a response, whoever made that.
    #[must_use]
    pub fn replacing(&self, name: &str, status: u16, media: Option<&str>) -> Option<&More<'a>> {
        self.more.iter().rev().find(|m| !m.appends && m.is_for(status, media) && clears(m.name, name.as_bytes()))
    }

    /// The nearest line of a header that is cut off, and what cuts it.
    pub fn cut_off<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s (AddHeader<'a>, Span)> {
        self.headers.cut.iter().filter(move |(line, _)| line.name.eq_ignore_ascii_case(name.as_bytes()) && !line.value.is_empty())
    }

    /// The `add_header` lines in force, those with an empty value too.
    #[must_use]
    pub fn lines(&self) -> &[AddHeader<'a>] {
        &self.headers.lines
    }
}

impl More<'_> {
    /// Whether the line is about responses of this status and media type.
    fn is_for(&self, status: u16, media: Option<&str>) -> bool {
        let of_type = self.types.is_empty() || media.is_some_and(|m| self.types.iter().any(|t| t.eq_ignore_ascii_case(m)));
        of_type && (self.statuses.is_empty() || self.statuses.contains(&status))
    }
}

/// Whether a name of headers-more, which may end in `*`, means a header.
fn clears(pattern: &[u8], name: &[u8]) -> bool {
    match pattern.split_last() {
        Some((b'*', start)) => name.get(..start.len()).is_some_and(|n| n.eq_ignore_ascii_case(start)),
        _ => pattern.eq_ignore_ascii_case(name),
    }
}

/// The `Cache-Control` that `expires` with this argument sends; `None`: none (vector H14).
///
/// A time of day (`@15h30m`) counts as a whole day, and `modified` as if the file were new: the longest it can be.
#[must_use]
pub fn cache_control(expires: &str) -> Option<String> {
    Some(match expires {
        "off" | "" => return None,
        "epoch" => "no-cache".to_owned(),
        "max" => "max-age=315360000".to_owned(),
        _ if expires.starts_with('-') => "no-cache".to_owned(),
        _ if expires.starts_with('@') => "max-age=86400".to_owned(),
        _ => match seconds(expires.trim_start_matches('+')) {
            Some(0) => "max-age=0".to_owned(),
            Some(seconds) => format!("max-age={seconds}"),
            // nginx refuses it as a literal, and ignores it as a variable's value.
            None => return None,
        },
    })
}

/// A span of time as nginx writes it: `1h 30m`, `3600`.
fn seconds(text: &str) -> Option<u64> {
    let (mut total, mut number) = (0_u64, None);
    for c in text.chars() {
        if let Some(digit) = c.to_digit(10) {
            number = Some(number.unwrap_or(0_u64).checked_mul(10)?.checked_add(u64::from(digit))?);
            continue;
        }
        let unit = match c {
            'y' => 365 * 86400,
            'M' => 30 * 86400,
            'w' => 7 * 86400,
            'd' => 86400,
            'h' => 3600,
            'm' => 60,
            's' => 1,
            ' ' => continue,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    total.checked_add(number.unwrap_or(0))
}
