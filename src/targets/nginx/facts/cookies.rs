//! Facts about cookies: `http.cookies.NAME`.
//!
//! nginx changes flags only of cookies that come through `proxy_pass`: what its line in force sets is certain, all other
//! flags are the backend's. A cookie that `add_header` sets is judged as it stands.

use super::{Judge, Judged, OfServer, Place, headers as fields};
use crate::finding::{Cause, Label, Rule};
use crate::strictness::cookie::{CookieFlags, SameSite, SetCookie};
use crate::strictness::{Order, Strictness, Value};
use crate::targets::Found;
use crate::targets::nginx::effective::backend;
use crate::targets::nginx::effective::headers::Sent;
use crate::targets::nginx::effective::variables::Scene;
use crate::targets::nginx::lex::Word;
use crate::targets::nginx::rules;
use crate::targets::nginx::tree::Directive;

const SET_COOKIE: &str = "Set-Cookie";

impl Judge<'_, '_> {
    /// Facts of one server, for each cookie of the policy at each place that may set it.
    pub(super) fn cookies(&mut self, places: &[Place], of: &OfServer) {
        let cookies: Vec<(String, SetCookie)> = self
            .policy
            .intents
            .iter()
            .filter_map(|intent| match &intent.value {
                Value::Cookie(required) => Some((intent.key.clone(), (**required).clone())),
                _ => None,
            })
            .collect();
        for (key, required) in cookies {
            let mut any = false;
            for place in places.iter().filter(|place| !place.is_its_location() && !place.closes()) {
                let of_backend = self.cookie_of_backend(&required, place, of);
                for (suffix, judged) in of_backend.into_iter().map(|judged| ("", judged)).chain(cookies_of_nginx(&required, place, of)) {
                    self.push(&key, &format!("{}{suffix}", place.name), place.span, judged);
                    any = true;
                }
            }
            if let Some(place) = places.first().filter(|_| !any) {
                self.push(&key, &place.name, place.span, Judged::not_applicable("nothing of this server sets a cookie: no backend is asked", place.span));
            }
        }
    }

    /// The cookie as a backend may set it; `None` where none is asked.
    fn cookie_of_backend(&self, required: &SetCookie, place: &Place, of: &OfServer) -> Option<Judged> {
        if place.level.returns.is_some() {
            return None;
        }
        let group = of.servers.servers.first().map(|s| s.span);
        let unverifiable = |why: &str, at: Label, help: String, rule: &'static Rule| Judged {
            found: Found::Unverifiable(why.to_owned()),
            cause: Cause::Dynamic,
            at,
            related: Vec::new(),
            rule,
            help: vec![help],
            group,
        };
        let elsewhere = || format!("set the flags of {} where the cookie is made, and judge a captured response", required.name);
        if let Some(program) = place.program {
            let why = "a program answers inside of nginx, and decides about the flags of its cookies";
            return Some(unverifiable(why, Label::new(program.span, "a program answers here"), elsewhere(), &rules::COOKIE_BACKEND));
        }
        let (kind, pass) = place.pass?;
        if place.hidden.has(kind, SET_COOKIE) && place.hidden.doubt(kind).is_none() {
            return Some(Judged::not_applicable("cookies of the backend are dropped here (NAME_hide_header Set-Cookie)", place.span));
        }
        let module = backend::KINDS[kind];
        if module != "proxy" {
            let why = format!("the backend decides about its flags: nginx has no directive for cookies that come through {module}_pass");
            return Some(unverifiable(&why, Label::new(pass.span, "asks a backend"), elsewhere(), &rules::COOKIE_BACKEND));
        }
        if let Some(doubt) = place.cookies.doubt() {
            return Some(Judged::unknown(doubt, place.span));
        }
        let help = self.cookie_help(required);
        let line = match place.cookies.line_for(&required.name) {
            Ok(line) => line,
            Err(line) => {
                let at = Label::new(line.span, "may be about this cookie");
                let why = "secgen cannot try the expression of this proxy_cookie_flags line";
                return Some(Judged { group: None, ..unverifiable(why, at, help, &rules::COOKIE_FLAGS) });
            }
        };
        let flags = match flags(line) {
            Ok(flags) => flags,
            Err((span, why)) => {
                let why = format!("nginx refuses to start with this line: {why}");
                return Some(Judged { group: None, cause: Cause::Invalid, ..unverifiable(&why, Label::new(span, "refused"), help, &rules::REFUSED) });
            }
        };
        let (behind_path, path_line) = place.cookies.behind_path().map_or((String::new(), None), |(text, line)| (text, Some(line)));
        let pathed = SetCookie::parse(&format!("x=;{behind_path}")).ok().filter(|_| path_line.is_some());
        // The path of such a cookie is `/`, or browsers do not take it.
        let is_pathed = required.name.to_ascii_lowercase().starts_with("__host-");
        let least = forced(required, flags, pathed.as_ref().filter(|_| is_pathed), false);
        let most = forced(required, flags, pathed.as_ref(), true);
        let lines: Vec<&Directive> = line.into_iter().chain(path_line).collect();
        let at = lines.first().map_or_else(|| Label::new(pass.span, "asks a backend"), |line| Label::new(line.span, "in force here"));
        let related = if lines.is_empty() { Vec::new() } else { vec![Label::new(pass.span, "asks a backend")] };
        let set = |cookie: &SetCookie, text: String| Judged {
            found: Found::Set { value: Value::Cookie(Box::new(cookie.clone())), text },
            cause: Cause::Value,
            at: at.clone(),
            related: related.clone(),
            rule: &rules::COOKIE_FLAGS,
            help: vec![help.clone()],
            group: None,
        };
        let text = lines.iter().map(|line| line.words().iter().map(Word::text).collect::<Vec<_>>().join(" ")).collect::<Vec<_>>().join("; ");
        if meets(required, &least) {
            return Some(set(&least, text));
        }
        if !meets(required, &most) {
            return Some(set(&most, text));
        }
        // Something is left to the backend.
        let open = required.compare(&least).why;
        let why = match (line, path_line) {
            (None, None) => "the backend decides about its flags, and no proxy_cookie_flags in force names it".to_owned(),
            (_, Some(_)) if pathed.is_some_and(|p| meets(required, &forced(required, flags, Some(&p), false))) => {
                "proxy_cookie_path adds the flags only to a cookie that the backend gives a path".to_owned()
            }
            _ => format!("the line leaves something to the backend, which may send it so that {open}"),
        };
        let judged = unverifiable(&why, at.clone(), help.clone(), &rules::COOKIE_BACKEND);
        Some(if lines.is_empty() { judged } else { Judged { group: None, related: related.clone(), ..judged } })
    }

    fn cookie_help(&self, required: &SetCookie) -> String {
        let flags = [required.secure.then_some("secure"), required.http_only.then_some("httponly")];
        let same_site = required.same_site.name().map(|name| format!("samesite={}", name.to_ascii_lowercase()));
        let flags: Vec<String> = flags.into_iter().flatten().map(str::to_owned).chain(same_site).collect();
        let line = format!("`proxy_cookie_flags {} {};`", required.name, flags.join(" "));
        match self.advice.include("cookies.conf") {
            Some(include) => format!("add `{include}` to the http block, and {line} to each block with proxy_cookie_flags lines of its own"),
            None => format!("add {line} to the http block, and to each block with proxy_cookie_flags lines of its own"),
        }
    }
}

/// Lines of nginx itself that set the cookie.
fn cookies_of_nginx(required: &SetCookie, place: &Place, of: &OfServer) -> Vec<(&'static str, Judged)> {
    let scene = place.scene(of, false);
    let lines: Vec<Sent> = place.headers.wire(200, None).into_iter().filter(|line| line.is(SET_COOKIE)).collect();
    lines.iter().filter_map(|line| Some((" (set by nginx)", cookie_of_line(required, line, &scene)?))).collect()
}

fn meets(required: &SetCookie, found: &SetCookie) -> bool {
    matches!(required.compare(found).order, Order::Equal | Order::Stricter)
}

/// The flags of a line; none without a line.
fn flags(line: Option<&Directive>) -> Result<CookieFlags, (crate::source::Span, String)> {
    let Some(line) = line else { return Ok(CookieFlags::default()) };
    let words: Vec<String> = line.args().iter().skip(1).map(Word::text).collect();
    if words.iter().any(|w| w.contains('$')) {
        return Ok(CookieFlags::default());
    }
    CookieFlags::parse(words.iter().map(String::as_str)).map_err(|why| (line.span, why))
}

/// The cookie with what is certain, where the backend does as the policy asks (`best`), or its worst, with the rest.
fn forced(required: &SetCookie, flags: CookieFlags, path: Option<&SetCookie>, best: bool) -> SetCookie {
    let mut cookie = SetCookie::new(&required.name);
    cookie.secure = flags.secure.unwrap_or(best && required.secure) || path.is_some_and(|p| p.secure);
    cookie.http_only = flags.http_only.unwrap_or(best && required.http_only) || path.is_some_and(|p| p.http_only);
    let of_path = path.map(|p| p.same_site).filter(|s| *s != SameSite::Unset);
    cookie.same_site = flags.same_site.or(of_path).unwrap_or(match (required.same_site, best) {
        // Where the policy asks for no SameSite, what the backend does is no matter.
        (SameSite::Unset, _) => SameSite::Unset,
        (wanted, true) => wanted,
        (_, false) => SameSite::None,
    });
    cookie
}

/// A line of nginx, if it sets the cookie; its value is a secret, and shown nowhere.
fn cookie_of_line(required: &SetCookie, line: &Sent, scene: &Scene) -> Option<Judged> {
    let raw = String::from_utf8_lossy(line.value);
    let (pair, attributes) = raw.split_once(';').map_or((&*raw, ""), |(pair, attributes)| (pair, attributes));
    let (name, _) = pair.split_once('=').unwrap_or(("", pair));
    let name = name.trim();
    if name != required.name && !name.contains('$') {
        return None;
    }
    let at = Label::new(line.span, "sets the cookie");
    let judged = |found, cause, rule| Judged {
        found,
        cause,
        at: at.clone(),
        related: Vec::new(),
        rule,
        help: vec![format!("write the flags of {} into the line: {}", required.name, without_name(required))],
        group: None,
    };
    let texts = match scene.values(attributes.as_bytes()) {
        Err(why) => {
            let hidden = Sent { value: b"(of a cookie)", ..*line };
            return Some(Judged { help: judged(Found::Missing, Cause::Value, &rules::COOKIE_FLAGS).help, ..fields::undecided(&hidden, &why) });
        }
        Ok(_) if name.contains('$') => {
            return Some(judged(
                Found::Unverifiable("the name of the cookie is decided when the server runs".to_owned()),
                Cause::Dynamic,
                &rules::HEADER_DYNAMIC,
            ));
        }
        Ok(values) => values,
    };
    let all = texts.iter().map(|value| SetCookie::parse(&format!("{name}=;{}", value.text)));
    // Of several the first that does not meet the policy counts.
    let mut first = None;
    for cookie in all {
        let judged = match cookie {
            Ok(cookie) => {
                let text = cookie.to_string();
                let is_met = meets(required, &cookie);
                (is_met, judged(Found::Set { value: Value::Cookie(Box::new(cookie)), text }, Cause::Value, &rules::COOKIE_FLAGS))
            }
            // Browsers drop it, so that nothing is open.
            Err(why) => (true, Judged::not_applicable(&format!("browsers do not take this cookie: {why}"), line.span)),
        };
        if !judged.0 {
            return Some(judged.1);
        }
        first = first.or(Some(judged.1));
    }
    first
}

fn without_name(required: &SetCookie) -> String {
    let text = required.to_string();
    text.split_once("; ").map_or(String::new(), |(_, attributes)| attributes.to_owned())
}
