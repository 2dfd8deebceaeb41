//! Where a file stands that is no main file: in which block of nginx the file that includes it puts it.
//!
//! Most files of real repositories are such parts. What surrounds a part is unknown, so only what it decides by itself is
//! said: a value that is wrong whatever stands around it, `always` that is missing, a list of add_header that takes the
//! place of any other. That something is missing can be said of a list of its own only.

use super::effective::{About, Doubt, Level, Speaks};
use super::include::{Item, Tree};
use super::rules;
use super::tree::{Body, Directive};
use crate::finding::{Cause, Finding, Label};
use crate::policy::Policy;
use crate::source::{SourceId, Sources, Span};
use crate::strictness::Order;
use crate::targets::field::Field;
use crate::targets::{Fact, Found};
use std::rc::Rc;

/// Where the directives at the top of a file stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// Nowhere: it is a main file.
    Main,
    /// In `http`, `stream` or `mail`.
    Servers(Speaks),
    /// In a `server`.
    Server(Speaks),
    /// In a `location`.
    Location,
    /// In one of several of these.
    Block,
}

/// What a comment at the top of a file says about its place: `# secgen: context=server`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared {
    /// The place; `None` if the word is none.
    pub context: Option<Context>,
    /// The comment.
    pub span: Span,
}

/// Directives that stand in no block (nginx documentation, core module).
const MAIN: [&str; 20] = [
    "http",
    "events",
    "stream",
    "mail",
    "worker_processes",
    "worker_priority",
    "worker_cpu_affinity",
    "worker_rlimit_nofile",
    "worker_rlimit_core",
    "worker_shutdown_timeout",
    "user",
    "pid",
    "daemon",
    "master_process",
    "load_module",
    "env",
    "pcre_jit",
    "thread_pool",
    "timer_resolution",
    "lock_file",
];

/// Directives that stand in `http` (and some in `stream`), and in no block inside of it.
const OF_HTTP: [&str; 21] = [
    "upstream",
    "map",
    "geo",
    "split_clients",
    "limit_req_zone",
    "limit_conn_zone",
    "log_format",
    "proxy_cache_path",
    "fastcgi_cache_path",
    "uwsgi_cache_path",
    "scgi_cache_path",
    "server_names_hash_bucket_size",
    "server_names_hash_max_size",
    "variables_hash_bucket_size",
    "variables_hash_max_size",
    "map_hash_bucket_size",
    "map_hash_max_size",
    "lua_shared_dict",
    "lua_package_path",
    "init_by_lua_block",
    "keyval_zone",
];

/// Directives of a `server`.
const OF_SERVER: [&str; 3] = ["listen", "server_name", "location"];

/// Directives of a `location`, and of nothing around it.
const OF_LOCATION: [&str; 15] = [
    "alias",
    "internal",
    "limit_except",
    "proxy_pass",
    "fastcgi_pass",
    "uwsgi_pass",
    "scgi_pass",
    "grpc_pass",
    "memcached_pass",
    "empty_gif",
    "flv",
    "mp4",
    "stub_status",
    "content_by_lua_block",
    "js_content",
];

/// Directives that a `server` of `http` has, and one of `stream` or `mail` has not.
const ONLY_HTTP: [&str; 12] =
    ["location", "root", "index", "add_header", "if", "rewrite", "try_files", "error_page", "server_tokens", "client_max_body_size", "http2", "auth_basic"];
/// Directives that stand in a `server` of `stream`, and in one of `http` only deeper.
const ONLY_STREAM: [&str; 7] = ["proxy_pass", "ssl_preread", "preread_timeout", "preread_buffer_size", "proxy_timeout", "proxy_responses", "js_preread"];
/// Directives of a `server` of `mail`.
const ONLY_MAIL: [&str; 6] = ["protocol", "smtp_auth", "imap_auth", "pop3_auth", "starttls", "xclient"];

fn is_any(directive: &Directive, names: &[&str]) -> bool {
    names.iter().any(|name| directive.is(name))
}

/// Whether a directive stands in main files only.
#[must_use]
pub fn is_of_main(directive: &Directive) -> bool {
    is_any(directive, &MAIN)
}

/// As [`is_of_main`], of a name alone.
pub(super) fn is_named_of_main(name: &[u8]) -> bool {
    MAIN.iter().any(|of_main| of_main.as_bytes() == name)
}

fn has(items: &[Item], names: &[&str]) -> bool {
    items.iter().any(|item| matches!(item, Item::Directive(d) if is_any(d, names)))
}

/// Which protocol a server speaks, by what stands directly in it.
fn speaks(items: &[Item]) -> Speaks {
    let udp = |d: &Directive| d.is("listen") && d.args().iter().any(|w| w.is("udp"));
    if has(items, &ONLY_HTTP) {
        Speaks::Http
    } else if has(items, &ONLY_MAIL) {
        Speaks::Mail
    } else if has(items, &ONLY_STREAM) || items.iter().any(|item| matches!(item, Item::Directive(d) if udp(d))) {
        Speaks::Stream
    } else {
        Speaks::Http
    }
}

impl Context {
    /// Where a tree's top stands: by what its main file says, else by what it holds. What can stand at one place only
    /// beats what the file says.
    #[must_use]
    pub fn of(tree: &Tree) -> Self {
        let top = tree.splice(tree.top());
        if has(&top, &MAIN) {
            return Self::Main;
        }
        if let Some(context) = tree.declared().and_then(|d| d.context) {
            return context;
        }
        let servers: Vec<Vec<Item>> = top
            .iter()
            .filter_map(|item| match item {
                Item::Directive(d) if d.is("server") && matches!(d.body, Body::Block(_)) => Some(tree.splice(d.children())),
                _ => None,
            })
            .collect();
        if !servers.is_empty() {
            // One that can be told decides for the file.
            return Self::Servers(servers.iter().map(|s| speaks(s)).find(|s| *s != Speaks::Http).unwrap_or(Speaks::Http));
        }
        if has(&top, &OF_HTTP) {
            Self::Servers(Speaks::Http)
        } else if has(&top, &OF_SERVER) {
            Self::Server(speaks(&top))
        } else if has(&top, &OF_LOCATION) {
            Self::Location
        } else {
            Self::Block
        }
    }

    /// How reports call the block around a part that has no server of its own.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Main | Self::Servers(_) => "(a server without settings of its own)",
            Self::Server(_) | Self::Location | Self::Block => "(the block that includes this file)",
        }
    }
}

/// The comment among the first comments of a text that says where it stands.
#[must_use]
pub fn declared(id: SourceId, bytes: &[u8]) -> Option<Declared> {
    let mut start = 0;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let text = line.trim_ascii();
        if !text.is_empty() && !text.starts_with(b"#") {
            return None;
        }
        let said = text.trim_ascii_start().strip_prefix(b"#").map(<[u8]>::trim_ascii).and_then(|t| t.strip_prefix(b"secgen:")).map(<[u8]>::trim_ascii);
        if let Some(word) = said.and_then(|t| t.strip_prefix(b"context=")) {
            let context = match word {
                b"http" => Some(Context::Servers(Speaks::Http)),
                b"server" => Some(Context::Server(Speaks::Http)),
                b"location" => Some(Context::Location),
                _ => None,
            };
            return Some(Declared { context, span: Span::new(id, start, start + line.trim_ascii_end().len()) });
        }
        start += line.len();
    }
    None
}

/// What is wrong with what a file says about its place.
#[must_use]
pub fn contradiction(tree: &Tree) -> Option<Finding> {
    let declared = tree.declared()?;
    let error = |message: String| Finding::error(&rules::CONTEXT, message).at(declared.span, "said here");
    let Some(context) = declared.context else {
        let message = "this comment names no place that secgen knows".to_owned();
        return Some(error(message).help("write `# secgen: context=http`, `context=server` or `context=location`"));
    };
    let not_here: Vec<&str> = match context {
        Context::Servers(_) => MAIN.into_iter().chain(["location"]).collect(),
        Context::Server(_) => MAIN.into_iter().chain(OF_HTTP).chain(["server"]).collect(),
        _ => MAIN.into_iter().chain(OF_HTTP).chain(["server", "listen", "server_name"]).collect(),
    };
    let wrong = tree.splice(tree.top()).into_iter().find_map(|item| match item {
        Item::Directive(d) if is_any(d, &not_here) => Some(d),
        _ => None,
    })?;
    let message = format!("this comment says where the file stands, and nginx refuses {} there", wrong.name().text());
    Some(error(message).see(wrong.span, "cannot stand there").help("correct the comment, or remove it to have the place worked out"))
}

/// What the files around a part may add to a level of it: everything that the level does not say itself.
#[must_use]
pub fn doubts(level: &Level, what: &str, span: Span) -> Vec<Rc<Doubt>> {
    let why = format!("this file is only a part of a configuration: the {what} that includes it was not given");
    let doubt = |about| Rc::new(Doubt { about, cause: Cause::NotRead, why: why.clone(), span, rule: &rules::NOT_READ, is_error: false });
    let mut doubts = Vec::new();
    if level.headers.lines.is_empty() {
        doubts.push(doubt(About::Headers));
    } else {
        let own = |name: &&str| level.headers.lines.iter().any(|h| h.name.eq_ignore_ascii_case(name.as_bytes()));
        let others = Field::ALL.iter().flat_map(|f| f.headers()).filter(|name| !own(name));
        doubts.extend(others.map(|name| doubt(About::Header(name.to_ascii_lowercase()))));
    }
    if level.limits.is_empty() {
        doubts.push(doubt(About::Limits));
    }
    doubts
}

/// For reports: what around the parts was not judged.
#[must_use]
pub fn note(sources: &Sources, parts: &[SourceId]) -> Option<(String, String)> {
    let (first, others) = parts.split_first()?;
    let path = &sources.get(*first).path;
    let more = if others.is_empty() { String::new() } else { format!(" and {} more parts of a configuration", others.len()) };
    let why = "a part says only what it decides by itself; check the main file that includes it to have all of it judged";
    Some((format!("what surrounds {path}{more}"), why.to_owned()))
}

/// A part, as facts about it are weighed.
#[derive(Debug)]
pub struct Part {
    context: Context,
    /// Its top is the whole of a server's own settings.
    is_server: bool,
    /// Whether it says that TLS is spoken.
    knows_tls: bool,
    span: Span,
}

impl Part {
    /// `None` for a main file.
    #[must_use]
    pub fn of(tree: &Tree) -> Option<Self> {
        let context = Context::of(tree);
        let top = tree.splice(tree.top());
        let span = tree.top().first()?.span;
        let is_server = matches!(context, Context::Server(_)) && has(&top, &["listen"]) && has(&top, &["server_name"]);
        let knows_tls = matches!(context, Context::Servers(_)) || has(&top, &["listen", "ssl_protocols", "ssl_ciphers", "ssl_certificate"]);
        (context != Context::Main).then_some(Self { context, is_server, knows_tls, span })
    }

    /// What is left of a fact when everything around the part is unknown; `None` if that is nothing.
    #[must_use]
    pub fn weigh(&self, policy: &Policy, mut fact: Fact) -> Option<Fact> {
        let intent = policy.intent(&fact.intent)?;
        let meets = |value: &crate::strictness::Value| matches!(intent.value.compare(value).order, Order::Equal | Order::Stricter);
        // The top of a part is no place of its own: what holds there depends on the block that includes it.
        let label = self.context.label();
        let is_top = !self.is_server && fact.place.split_once(label).is_some_and(|(_, inside)| !inside.contains(" > "));
        let is_tls = fact.intent.starts_with("tls.");
        let decided = match &fact.found {
            Found::Set { value, .. } => !meets(value) || !is_top && !is_tls,
            Found::Invalid { .. } => true,
            Found::Missing => !is_top && (self.knows_tls || !fact.intent.ends_with(".hsts")),
            Found::Default { .. } => false,
            Found::Text(_) | Found::Unverifiable(_) | Found::NotApplicable(_) => !is_top,
        };
        if decided {
            if fact.found == Found::Missing && matches!(self.context, Context::Server(_) | Context::Location | Context::Block) && !self.is_server {
                // The server is not in this file, so nothing can be said of it.
                fact.related.retain(|label| label.span != self.span);
            }
            return Some(fact);
        }
        let why = "this file is only a part of a configuration: the blocks around it, which decide this too, were not given".to_owned();
        let help = vec!["name the main file under targets.nginx.check, which includes this one".to_owned()];
        let related = vec![Label::new(self.span, "the part begins here")];
        let unknown = Fact { found: Found::Unverifiable(why), cause: Cause::NotRead, related, rule: &rules::NOT_READ, help, ..fact };
        (!is_top).then_some(unknown)
    }
}
