//! The places of a server, each with all that holds there.

use super::{Judged, block_name, headers};
use crate::source::Span;
use crate::targets::Found;
use crate::targets::field::Field;
use crate::targets::nginx::effective::backend::Hidden;
use crate::targets::nginx::effective::cookies::Effective as Cookies;
use crate::targets::nginx::effective::variables::{Scene, Set};
use crate::targets::nginx::effective::{self, Matches, Server, Servers, Speaks, headers as add_header, limits as limit_req};
use crate::targets::nginx::tree::Directive;
use std::cell::RefCell;
use std::collections::HashMap;

/// A block with all that holds there.
pub(super) struct Place<'s, 'a> {
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) headers: add_header::Effective<'a>,
    /// `set` lines on the way of a request to here.
    pub(super) sets: Vec<Set<'a>>,
    pub(super) limits: limit_req::Effective<'a>,
    pub(super) hidden: Hidden<'a>,
    pub(super) cookies: Cookies<'a>,
    /// The backend that is asked here: its kind, and the line.
    pub(super) pass: Option<(usize, &'a Directive)>,
    /// The program inside of nginx that answers here.
    pub(super) program: Option<&'a Directive>,
    pub(super) level: &'s effective::Level<'a>,
    pub(super) is_if: bool,
}

/// A server with what holds for all of its places.
pub(super) struct OfServer<'s, 'a> {
    pub(super) servers: &'s Servers<'a>,
    pub(super) server: &'s Server<'a>,
    pub(super) speaks_tls: Option<bool>,
    /// What lists of headers say, for the places that share them.
    pub(super) known: RefCell<HashMap<(usize, Field), Answers>>,
}

/// What a place says of a field: each answer with what to add to the place's name.
pub(super) type Answers = Vec<(String, Judged)>;

impl OfServer<'_, '_> {
    /// As [`headers::judge`], remembered for places that send the same lines.
    pub(super) fn judge(&self, field: Field, here: &headers::Here) -> Answers {
        let Some(identity) = here.wires.identity().filter(|_| here.media.is_none()) else { return headers::judge(field, here) };
        if let Some(known) = self.known.borrow().get(&(identity, field)) {
            return known.clone();
        }
        let judged = headers::judge(field, here);
        // What is missing is missing at each place by itself.
        if judged.iter().all(|(_, j)| j.found != Found::Missing) {
            self.known.borrow_mut().insert((identity, field), judged.clone());
        }
        judged
    }
}

impl<'a> Place<'_, 'a> {
    /// An `if` that says nothing of headers sends those of its location, which are judged there.
    pub(super) fn is_silent_if(&self) -> bool {
        let level = self.level;
        let lists = level.headers.lines.is_empty() && level.headers.inherit.is_none() && level.more.is_empty() && level.expires.is_none();
        // Variables that no header line holds do not matter either.
        let variables = level.sets.is_empty() || !self.headers.lines().iter().any(|line| line.value.contains(&b'$'));
        self.is_if && lists && variables && level.doubts.is_empty() && level.opaque.is_empty()
    }

    /// An `if` that answers as its location does.
    pub(super) fn is_its_location(&self) -> bool {
        self.is_silent_if() && self.level.pass.is_none() && self.level.program.is_none() && self.level.returns.is_none()
    }

    /// A status of nginx alone: the connection is closed without a response (ngx_http_rewrite_module, `return`).
    pub(super) fn closes(&self) -> bool {
        self.level.returns.is_some_and(|d| d.arg(0).is_some_and(|code| code.is("444")))
    }

    /// What decides variables here. `over_tls`: only responses over TLS count.
    pub(super) fn scene<'s>(&self, of: &OfServer<'s, 'a>, over_tls: bool) -> Scene<'s, 'a> {
        let sockets = of.server.listens.iter().flatten().map(|l| of.servers.is_tls(&l.socket));
        let plain = sockets.clone().any(|tls| !tls);
        let tls = match of.speaks_tls {
            Some(true) if over_tls || !plain => Some(true),
            Some(false) => Some(false),
            _ => None,
        };
        let server_name = of.server.names.first().map(String::as_str);
        Scene { variables: Some(&of.servers.variables), sets: self.sets.clone(), tls, content_types: Vec::new(), server_name }
    }
}

/// How reports call a server.
pub(super) fn server_name(speaks: Speaks, server: &Server) -> String {
    match speaks {
        Speaks::Http => format!("server {}", server.label),
        Speaks::Stream | Speaks::Mail => format!("{} > server {}", block_name(speaks), server.label),
    }
}

/// What holds above all servers.
pub(super) struct Top<'a> {
    pub(super) headers: add_header::Effective<'a>,
    pub(super) limits: limit_req::Effective<'a>,
    pub(super) hidden: Hidden<'a>,
    pub(super) cookies: Cookies<'a>,
}

impl<'a> Top<'a> {
    pub(super) fn of(level: &effective::Level<'a>) -> Self {
        Self {
            headers: add_header::Effective::top(level),
            limits: limit_req::Effective::default().below(level),
            hidden: Hidden::default().below(level),
            cookies: Cookies::default().below(level),
        }
    }
}

/// A server's blocks: itself, then its locations in order.
pub(super) fn places<'s, 'a>(server: &'s Server<'a>, top: &Top<'a>) -> Vec<Place<'s, 'a>> {
    let mut places = Vec::with_capacity(server.locations.len() + 1);
    places.push(Place {
        name: server_name(Speaks::Http, server),
        span: server.span,
        headers: top.headers.below(&server.level, server.span),
        sets: server.level.sets.clone(),
        limits: top.limits.below(&server.level),
        hidden: top.hidden.below(&server.level),
        cookies: top.cookies.below(&server.level),
        pass: None,
        program: server.level.program,
        level: &server.level,
        is_if: false,
    });
    for location in &server.locations {
        // Outer locations stand before inner ones.
        let Some(outer) = places.get(location.parent.map_or(0, |i| i + 1)) else { continue };
        let is_if = location.matches == Matches::If;
        let place = Place {
            name: format!("{} > {}", outer.name, location.label),
            span: location.span,
            headers: outer.headers.below(&location.level, location.span),
            sets: sets(server, location),
            limits: outer.limits.below(&location.level),
            hidden: outer.hidden.below(&location.level),
            cookies: outer.cookies.below(&location.level),
            // An `if` asks the backend of its location (`ngx_http_proxy_merge_loc_conf`).
            pass: location.level.pass.or(outer.pass.filter(|_| is_if)),
            program: location.level.program.or(outer.program.filter(|d| is_if || d.is("passenger_enabled"))),
            level: &location.level,
            is_if,
        };
        places.push(place);
    }
    places
}

/// The `set` lines that a request meets on its way: those of the server, and of the location that answers, not of the
/// locations around it (ngx_http_rewrite_module runs one location's lines). A named location is reached from another
/// one, whose lines have run; which that is, a file does not say.
pub(super) fn sets<'a>(server: &Server<'a>, location: &effective::Location<'a>) -> Vec<Set<'a>> {
    let mut sets = server.level.sets.clone();
    if location.matches == Matches::Named {
        let others = server.locations.iter().flat_map(|l| &l.level.sets);
        sets.extend(others.map(|set| Set { is_conditional: true, ..*set }));
    }
    if location.matches == Matches::If
        && let Some(outer) = location.parent.and_then(|i| server.locations.get(i))
    {
        sets.extend(&outer.level.sets);
    }
    sets.extend(&location.level.sets);
    sets
}
