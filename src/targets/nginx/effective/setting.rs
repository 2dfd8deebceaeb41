//! What one directive says on its level.

use super::{About, AddHeader, Doubt, Inherit, Level, More, backend};
use crate::finding::Cause;
use crate::source::Span;
use crate::targets::nginx::lex::Word;
use crate::targets::nginx::rules;
use crate::targets::nginx::tree::Directive;
use std::rc::Rc;

/// Directives of other modules that have a program answer requests (lua-nginx-module, njs, perl, Passenger).
const PROGRAMS: [&str; 6] = ["content_by_lua", "content_by_lua_block", "content_by_lua_file", "js_content", "perl", "passenger_enabled"];

/// Directives of other modules that may change any response header.
const OPAQUE: [&str; 6] =
    ["header_filter_by_lua", "header_filter_by_lua_block", "header_filter_by_lua_file", "js_header_filter", "security_headers", "perl_header_filter"];

/// One directive into its level.
pub(super) fn setting<'a>(level: &mut Level<'a>, d: &'a Directive) {
    let Ok(name) = std::str::from_utf8(&d.name().value) else { return };
    match name {
        "add_header" => level.headers.lines.extend(added(d)),
        "add_trailer" => level.trailers.lines.extend(added(d)),
        "add_header_inherit" => level.headers.inherit = inherit(d),
        "add_trailer_inherit" => level.trailers.inherit = inherit(d),
        "more_set_headers" => level.more.extend(more(d, false)),
        "more_clear_headers" => level.more.extend(more(d, true)),
        "expires" => level.expires = Some(d),
        "server_tokens" => level.server_tokens = Some(d),
        "proxy_cookie_flags" => level.cookie_flags.push(d),
        "proxy_cookie_path" => level.cookie_paths.push(d),
        "try_files" | "error_page" | "rewrite" => level.redirects.push(d),
        "index" => level.index = level.index.or(Some(d)),
        "ssl_protocols" => level.protocols.push(d),
        "ssl_ciphers" => level.ciphers = Some(d),
        "ssl_certificate" => level.certificate = Some(d),
        "ssl_ecdh_curve" => level.groups = Some(d),
        "ssl_session_tickets" => level.tickets = flag(d).map(|on| (on, d.span)),
        "ssl_conf_command" => level.conf_commands.push(d),
        "ssl_reject_handshake" => level.rejects = flag(d),
        "ssl" => level.ssl = flag(d),
        "starttls" => level.ssl = d.arg(0).map(|word| word.is("on") || word.is("only")),
        "limit_req" => level.limits.push(d),
        "limit_req_dry_run" => level.dry_run = flag(d).map(|on| (on, d.span)),
        "limit_req_status" => level.limit_status = Some(d),
        "return" => level.returns = level.returns.or(Some(d)),
        _ if PROGRAMS.contains(&name) => level.program = Some(d).filter(|_| flag(d) != Some(false) || !name.ends_with("enabled")),
        _ if OPAQUE.contains(&name) => {
            let why = format!("{name} may change any response header when the server runs");
            level.opaque.push(Rc::new(Doubt {
                about: About::Headers,
                cause: Cause::NotUnderstood,
                why,
                span: d.span,
                rule: &rules::HEADER_OPAQUE,
                is_error: false,
            }));
        }
        _ => {
            if let Some(kind) = backend::kind_of(name, "_pass") {
                level.pass = Some((kind, d));
            } else if let Some(kind) = backend::kind_of(name, "_hide_header") {
                level.hides[kind].push(d);
            } else if let Some(kind) = backend::kind_of(name, "_pass_header") {
                level.passes[kind].push(d);
            }
        }
    }
}

fn added(d: &Directive) -> Option<AddHeader<'_>> {
    Some(AddHeader { name: &d.arg(0)?.value, value: &d.arg(1)?.value, always: d.arg(2).is_some(), span: d.span })
}

fn inherit(d: &Directive) -> Option<(Inherit, Span)> {
    let word = d.arg(0)?;
    let modes = [("on", Inherit::On), ("off", Inherit::Off), ("merge", Inherit::Merge)];
    modes.into_iter().find(|(name, _)| word.is(name)).map(|(_, mode)| (mode, d.span))
}

fn flag(d: &Directive) -> Option<bool> {
    d.arg(0).map(|word| word.is("on"))
}

/// What a line of headers-more does, header by header.
fn more(d: &Directive, clears: bool) -> Vec<More<'_>> {
    let (mut statuses, mut types, mut appends, mut names) = (Vec::new(), Vec::new(), false, Vec::new());
    let mut words = d.args().iter();
    while let Some(word) = words.next() {
        match &*word.value {
            b"-s" => statuses.extend(words.next().map(Word::text).unwrap_or_default().split_ascii_whitespace().filter_map(|s| s.parse::<u16>().ok())),
            b"-t" => types.extend(words.next().map(Word::text).unwrap_or_default().split_ascii_whitespace().map(str::to_owned)),
            b"-a" => appends = true,
            b"-r" => {}
            value => names.push(value),
        }
    }
    let one = |text: &'_ [u8]| {
        let at = text.iter().position(|b| *b == b':').unwrap_or(text.len());
        (at, at + 1)
    };
    let more = |text| {
        let (end, start) = one(text);
        let value = if clears { &[][..] } else { text.get(start..).unwrap_or_default().trim_ascii() };
        More { name: text[..end].trim_ascii(), value, statuses: statuses.clone(), types: types.clone(), appends, span: d.span }
    };
    names.into_iter().map(more).collect()
}
