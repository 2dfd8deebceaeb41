//! Mutations of a good tree: each setting, at each place where it stands, made one step weaker is found at its line; made
//! one step stricter it is no failure.

use super::render::full;
use super::{Tree, short};
use secgen::policy::Policy;
use secgen::source::Sources;
use secgen::strictness::{Order, Value};
use secgen::targets::nginx::tree::{self, Directive};
use secgen::targets::{Fact, Found};
use serde_json::json;
use std::collections::BTreeSet;

fn the_policy() -> Policy {
    full(
        "1.22.1",
        "3.0",
        json!({ "http": { "headers": {
            "hsts": { "max_age": "365d", "include_subdomains": true }, "framing": "sameorigin", "xss_protection": "block", "content_type_options": "nosniff",
            "csp": { "directives": { "default-src": ["self"], "script-src": ["self"], "object-src": ["none"] } },
            "referrer_policy": "strict-origin-when-cross-origin", "remove": ["Server", "X-Powered-By"] },
            "cookies": { "session": { "name": "sid", "secure": true, "http_only": true, "same_site": "lax" } },
            "cors": { "shared": { "match": { "host": "app.example.com", "prefix": "/shared/" }, "origins": ["https://a.example", "https://b.example"], "credentials": true } } },
        "tls": { "min_version": "TLSv1.2", "profile": { "mozilla": "intermediate", "guideline": "6.0" }, "groups": ["X25519", "secp384r1"], "session_tickets": false, "redirect_http": 301 },
        "scopes": { "embed": { "match": { "host": "app.example.com", "prefix": "/embed/" }, "http": { "headers": { "framing": ["https://partner.example.com"] } } } },
        "rate_limits": { "limits": {
            "api": { "requests": 100, "per": "1h", "match": { "host": "app.example.com", "prefix": "/api/" } },
            "login": { "requests": 3, "per": "1m", "match": { "host": "app.example.com", "exact": "/login" } } } } }),
    )
}

const HEADERS: &str = r#"add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;
add_header X-Frame-Options SAMEORIGIN always;
add_header X-XSS-Protection "1; mode=block" always;
add_header X-Content-Type-Options nosniff always;
add_header Content-Security-Policy "default-src 'self'; frame-ancestors 'self'; object-src 'none'; script-src 'self'" always;
add_header Referrer-Policy strict-origin-when-cross-origin always;
"#;

const EMBED: &str = r#"add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;
add_header X-XSS-Protection "1; mode=block" always;
add_header X-Content-Type-Options nosniff always;
add_header Content-Security-Policy "default-src 'self'; frame-ancestors https://partner.example.com; object-src 'none'; script-src 'self'" always;
add_header Referrer-Policy strict-origin-when-cross-origin always;
"#;

const TLS: &str = "ssl_ecdh_curve X25519:secp384r1;\nssl_session_tickets off;\nssl_protocols TLSv1.2 TLSv1.3;\nssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256;\n";

/// Three servers on sockets of their own, so that each decides about its own TLS; every kind of level; shared snippets.
fn good() -> Vec<(&'static str, String)> {
    let main = format!(
        "events {{\n}}\nhttp {{ ssl_certificate c; ssl_certificate_key k;\ninclude snippets/tls.conf;\nlimit_req_zone $binary_remote_addr zone=api:10m rate=2r/m;\n\
         limit_req_zone $binary_remote_addr zone=login:10m rate=3r/m;\n{HEADERS}\
         map $http_origin $cors {{\nhttps://a.example $http_origin;\n~^https://b\\.example$ $http_origin;\n}}\ninclude sites/*.conf;\n}}\n"
    );
    let app = format!(
        "server {{\nlisten 443 ssl default_server;\nserver_name app.example.com;\ninclude snippets/headers.conf;\nerror_page 404 = @lost;\nserver_tokens off;\n\
         location /shared/ {{\n{HEADERS}add_header Access-Control-Allow-Origin $cors always;\nadd_header Access-Control-Allow-Credentials true always;\n\
         add_header Vary Origin always;\n}}\n\
         location /up/ {{ proxy_pass http://up; proxy_hide_header X-Powered-By; proxy_cookie_flags sid secure httponly samesite=lax; }}\n\
         location / {{\ntry_files $uri @lost;\nlocation /deep/ {{\nadd_header Cache-Control no-store;\n{HEADERS}}}\n}}\n\
         location /embed/ {{\n{EMBED}}}\n\
         location /api/ {{\nlimit_req zone=api burst=100 nodelay;\nlocation /api/v1/ {{\ninclude snippets/headers.conf;\nadd_header X-Version 1;\n}}\n}}\n\
         location = /login {{\nlimit_req zone=login burst=3 nodelay;\nif ($arg_x) {{\n{HEADERS}}}\n}}\n\
         location @lost {{\n{HEADERS}}}\n}}\n"
    );
    let files = format!(
        "server {{\nlisten 8443 ssl;\nserver_name files.example.com;\n{TLS}{HEADERS}server_tokens off;\nlocation ~ \\.png$ {{\nexpires 1h;\n{HEADERS}}}\n}}\n"
    );
    let plain = format!(
        "server {{\nlisten 80;\nserver_name app.example.com files.example.com;\n{HEADERS}server_tokens off;\nreturn 301 https://$host$request_uri;\n}}\n"
    );
    vec![
        ("nginx.conf", main),
        ("sites/10-app.conf", app),
        ("sites/20-files.conf", files),
        ("sites/30-plain.conf", plain),
        ("snippets/headers.conf", HEADERS.to_owned()),
        ("snippets/tls.conf", TLS.to_owned()),
    ]
}

fn passes(policy: &Policy, fact: &Fact) -> bool {
    let intent = policy.intent(&fact.intent).unwrap();
    let meets = |value: &Value| matches!(intent.value.compare(value).order, Order::Equal | Order::Stricter);
    match &fact.found {
        Found::Set { value, .. } | Found::Default { value, .. } => meets(value),
        Found::NotApplicable(_) => true,
        Found::Missing | Found::Invalid { .. } => intent.value.absent().is_some_and(|v| meets(&v)),
        Found::Text(_) | Found::Unverifiable(_) => false,
    }
}

/// The facts that fail: intent, the lines that the finding names (the main one first), and the whole in words.
fn failures(policy: &Policy, files: &[(&str, String)]) -> Vec<(String, Vec<String>, String)> {
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let mut tree = Tree::new(&files);
    let reading = tree.read(policy, "nginx.conf");
    assert!(reading.findings.iter().all(|f| f.kind == secgen::finding::Kind::Note), "{:?}", super::messages(&reading));
    let failing = reading.facts.iter().filter(|f| !passes(policy, f));
    failing
        .map(|f| {
            assert!(!f.help.is_empty(), "{} at {} gives no way out", f.intent, f.place);
            let lines = f.at.iter().chain(&f.related).map(|l| tree.sources.place(l.span)).collect();
            (f.intent.clone(), lines, format!("{} @ {}: {} [{}] {}", f.intent, f.place, short(&f.found), f.rule.name, tree.at(f)))
        })
        .collect()
}

/// A line of the tree: file, line from 1, its text.
fn lines(files: &[(&'static str, String)]) -> Vec<(&'static str, usize, String)> {
    let of = |(path, text): &(&'static str, String)| text.lines().enumerate().map(|(i, l)| (*path, i + 1, l.to_owned())).collect::<Vec<_>>();
    files.iter().flat_map(of).collect()
}

fn with(files: &[(&'static str, String)], file: &str, line: usize, new: &str) -> Vec<(&'static str, String)> {
    let change = |(path, text): &(&'static str, String)| {
        let lines = text.lines().enumerate().map(|(i, l)| if *path == file && i + 1 == line { new } else { l });
        (*path, lines.flat_map(|l| [l, "\n"]).collect())
    };
    files.iter().map(change).collect()
}

/// Lines that may be named when a line of a block is gone: the block's first line and its other lines, in this file and,
/// for the top of a file, where that file is included.
fn around(files: &[(&'static str, String)], file: &str, line: usize) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (path, text) in files {
        let mut sources = Sources::new(std::path::Path::new("."));
        let id = sources.add(*path, text.as_str());
        let directives = tree::parse(id, text.as_bytes(), 0..text.len()).unwrap();
        let mut rest: Vec<(Option<&Directive>, &[Directive])> = vec![(None, &directives)];
        while let Some((block, children)) = rest.pop() {
            let at = |d: &Directive| sources.position(d.span).line;
            let includes = |d: &Directive| d.is("include") && d.args()[0].text() == file;
            if *path == file && children.iter().any(|d| at(d) == line) || children.iter().any(includes) {
                found.extend(block.map(|d| format!("{path}:{}", at(d))));
                found.extend(children.iter().filter(|d| d.is("add_header")).map(|d| format!("{path}:{}", at(d))));
            }
            rest.extend(children.iter().filter(|d| !d.children().is_empty()).map(|d| (Some(d), d.children())));
        }
    }
    found
}

/// How a line is made one step weaker or stricter, and the end of the intents that this is about.
type Step = (&'static str, &'static str, &'static str, &'static [&'static str]);

/// Begin of the line, what is replaced in it, by what, and which intents must fail (any of them, at each place).
const WEAKER: [Step; 51] = [
    ("return 301", "301", "302", &["tls.redirect_http"]),
    ("return 301", "https://", "http://", &["tls.redirect_http"]),
    ("return 301", "301 https://$host$request_uri", "200 ok", &["tls.redirect_http"]),
    ("return 301", "301 ", "", &["tls.redirect_http"]),
    ("https://a.example", "https://a.example", "https://c.example", &["http.cors.shared"]),
    ("https://a.example", "https://a.example", "default", &["http.cors.shared"]),
    ("~^https://b", "example$", "example", &["http.cors.shared"]),
    ("~^https://b", "b\\.", "b.", &["http.cors.shared"]),
    ("add_header Access-Control-Allow-Origin", "$cors", "*", &["http.cors.shared"]),
    ("add_header Access-Control-Allow-Origin", "$cors", "$http_origin", &["http.cors.shared"]),
    ("location /up/", " secure", "", &["http.cookies.session"]),
    ("location /up/", " secure", " nosecure", &["http.cookies.session"]),
    ("location /up/", " httponly", "", &["http.cookies.session"]),
    ("location /up/", "samesite=lax", "samesite=none", &["http.cookies.session"]),
    ("location /up/", "flags sid", "flags other", &["http.cookies.session"]),
    ("server_tokens", "off", "on", &["http.headers.remove"]),
    ("server_tokens", "off", "build", &["http.headers.remove"]),
    ("location /up/", "hide_header", "pass_header", &["http.headers.remove"]),
    ("location /up/", "X-Powered-By", "Via", &["http.headers.remove"]),
    ("ssl_ecdh_curve", "X25519:", "X25519:X448:", &["tls.groups"]),
    ("ssl_ecdh_curve", "X25519:secp384r1", "auto", &["tls.groups"]),
    ("ssl_session_tickets", "off", "on", &["tls.session_tickets"]),
    ("add_header Strict", "max-age=31536000", "max-age=31535999", &["http.headers.hsts"]),
    ("add_header Strict", "max-age=31536000", "max-age=0", &["http.headers.hsts"]),
    ("add_header Strict", "; includeSubDomains", "", &["http.headers.hsts"]),
    ("add_header Strict", "max-age=31536000", "max-age=abc", &["http.headers.hsts"]),
    ("add_header Strict", " always", "", &["http.headers.hsts"]),
    ("add_header X-XSS", "; mode=block", "", &["http.headers.xss_protection"]),
    ("add_header X-Content", "nosniff", "sniff", &["http.headers.content_type_options"]),
    ("add_header X-Content", " always", "", &["http.headers.content_type_options"]),
    ("add_header Content-Sec", "script-src 'self'", "script-src 'self' 'unsafe-inline'", &["http.headers.csp"]),
    ("add_header Content-Sec", "script-src 'self'", "script-src 'self' https://cdn.example.com", &["http.headers.csp"]),
    ("add_header Content-Sec", "script-src 'self'", "script-src *", &["http.headers.csp"]),
    ("add_header Content-Sec", "object-src 'none'", "object-src 'self'", &["http.headers.csp"]),
    ("add_header Content-Sec", "object-src 'none'; ", "", &["http.headers.csp"]),
    ("add_header Content-Sec", "default-src 'self'; ", "", &["http.headers.csp"]),
    ("add_header Content-Sec", "frame-ancestors ", "frame-ancestors https://evil.example.com ", &["http.headers.framing"]),
    ("add_header Content-Sec", "frame-ancestors 'self'", "frame-ancestors *", &["http.headers.framing"]),
    ("add_header Content-Sec", " always", "", &["http.headers.csp"]),
    ("add_header Referrer", "strict-origin-when-cross-origin", "unsafe-url", &["http.headers.referrer_policy"]),
    ("add_header Referrer", "strict-origin-when-cross-origin", "no-referrer-when-downgrade", &["http.headers.referrer_policy"]),
    ("ssl_protocols", "TLSv1.2", "TLSv1.1 TLSv1.2", &["tls.min_version"]),
    ("ssl_protocols", "TLSv1.2", "TLSv1 TLSv1.2", &["tls.min_version"]),
    ("ssl_ciphers", "ECDHE-ECDSA", "AES128-SHA:ECDHE-ECDSA", &["tls.profile"]),
    ("ssl_ciphers", "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256", "HIGH:!aNULL", &["tls.profile"]),
    ("limit_req_zone", "rate=2r/m", "rate=3r/m", &["limits.api.edge"]),
    ("limit_req_zone", "rate=3r/m", "rate=1r/s", &["limits.login.edge"]),
    ("limit_req zone=api", "burst=100", "burst=101", &["limits.api.edge"]),
    ("limit_req zone=login", "burst=3", "burst=1000", &["limits.login.edge"]),
    ("limit_req_zone", "$binary_remote_addr zone=api", "$arg_key zone=api", &["limits.api.edge"]),
    ("limit_req_zone", "$binary_remote_addr zone=login", "$http_x zone=login", &["limits.login.edge"]),
];

/// The same; nothing may fail.
const STRICTER: [Step; 22] = [
    ("return 301", "301", "308", &[]),
    ("return 301", "301 https://$host$request_uri", "444", &[]),
    ("~^https://b", "$http_origin", "\"\"", &[]),
    ("add_header Access-Control-Allow-Credentials", "true", "false", &[]),
    ("location /up/", "samesite=lax", "samesite=strict", &[]),
    ("location /up/", "flags sid", "flags ~", &[]),
    ("ssl_ecdh_curve", "X25519:", "", &[]),
    ("add_header Strict", "max-age=31536000", "max-age=31536001", &[]),
    ("add_header Strict", "max-age=31536000", "max-age=63072000", &[]),
    ("add_header X-XSS", "\"1; mode=block\"", "0", &[]),
    ("add_header X-Frame", "SAMEORIGIN", "DENY", &[]),
    ("add_header Content-Sec", "default-src 'self'", "default-src 'none'", &[]),
    ("add_header Content-Sec", "script-src 'self'", "script-src 'none'", &[]),
    ("add_header Content-Sec", "object-src 'none'", "object-src 'none'; base-uri 'none'", &[]),
    ("add_header Content-Sec", "frame-ancestors 'self'", "frame-ancestors 'none'", &[]),
    ("add_header Referrer", "strict-origin-when-cross-origin", "no-referrer", &[]),
    ("add_header Referrer", "strict-origin-when-cross-origin", "same-origin", &[]),
    ("ssl_protocols", "TLSv1.2 TLSv1.3", "TLSv1.3", &[]),
    ("ssl_ciphers", ":ECDHE-RSA-AES128-GCM-SHA256", "", &[]),
    ("limit_req_zone", "rate=3r/m", "rate=2r/m", &[]),
    ("limit_req zone=api", "burst=100", "burst=99", &[]),
    ("limit_req zone=login", "burst=3 nodelay", "burst=2 nodelay", &[]),
];

/// The tree with a line changed, once for each line that the step fits.
fn applied(files: &[(&'static str, String)], step: &Step) -> Vec<(String, Vec<(&'static str, String)>)> {
    let fits = lines(files).into_iter().filter(|(_, _, text)| text.starts_with(step.0) && text.contains(step.1));
    fits.map(|(file, line, text)| (format!("{file}:{line}"), with(files, file, line, &text.replacen(step.1, step.2, 1)))).collect()
}

/// Lines that nothing uses: every server has a list of its own, so that of http does not count; of the zones' lines, each
/// limit uses its own.
fn is_unused(at: &str) -> bool {
    let line: usize = at.strip_prefix("nginx.conf:").map_or(0, |line| line.parse().unwrap());
    (7..=12).contains(&line)
}

/// A value of HSTS counts over HTTPS only.
fn has_no_effect(at: &str, intents: &[&str]) -> bool {
    is_unused(at) || at.starts_with("sites/30-plain.conf") && intents == ["http.headers.hsts"]
}

#[test]
fn the_tree_is_good() {
    let policy = the_policy();
    assert!(failures(&policy, &good()).is_empty(), "{:#?}", failures(&policy, &good()));
}

#[test]
fn one_step_weaker_is_found_at_its_line() {
    let (policy, files) = (the_policy(), good());
    let mut tried = 0;
    for step in &WEAKER {
        let all = applied(&files, step);
        assert!(!all.is_empty(), "{step:?} fits nowhere");
        for (at, mutant) in all {
            let failed = failures(&policy, &mutant);
            let shown: Vec<&String> = failed.iter().map(|(_, _, shown)| shown).collect();
            if has_no_effect(&at, step.3) {
                assert!(failed.is_empty(), "{at} {step:?}: {shown:#?}");
                continue;
            }
            tried += 1;
            let is_it = |(intent, lines, _): &&(String, Vec<String>, String)| step.3.iter().any(|s| intent.ends_with(s)) && lines.contains(&at);
            assert!(failed.iter().any(|f| is_it(&f)), "{at} {step:?}: {shown:#?}");
            // All that fails names this line.
            assert!(failed.iter().all(|(_, lines, _)| lines.contains(&at)), "{at} {step:?}: {shown:#?}");
        }
    }
    assert!(tried > 150, "{tried}");
}

#[test]
fn one_step_stricter_is_no_failure() {
    let (policy, files) = (the_policy(), good());
    let mut tried = 0;
    for step in &STRICTER {
        let all = applied(&files, step);
        assert!(!all.is_empty(), "{step:?} fits nowhere");
        for (at, mutant) in all {
            let failed = failures(&policy, &mutant);
            assert!(failed.is_empty(), "{at} {step:?}: {:#?}", failed.iter().map(|(_, _, shown)| shown).collect::<Vec<_>>());
            tried += 1;
        }
    }
    assert!(tried > 70, "{tried}");
}

/// A line that is gone is missed at the block that it stood in, or at the line that now cuts off the rest.
#[test]
fn a_line_that_is_gone_is_missed_at_its_place() {
    let (policy, files) = (the_policy(), good());
    let intents: [(&str, &str); 12] = [
        ("server_tokens", "http.headers.remove"),
        ("ssl_ecdh_curve", "tls.groups"),
        ("ssl_session_tickets", "tls.session_tickets"),
        ("add_header Strict", "http.headers.hsts"),
        ("add_header X-Content", "http.headers.content_type_options"),
        ("add_header Content-Sec", "http.headers.csp"),
        ("ssl_protocols", "tls.min_version"),
        ("ssl_ciphers", "tls.profile"),
        ("limit_req zone=api", "limits.api.edge"),
        ("limit_req zone=login", "limits.login.edge"),
        // Framing is still said by frame-ancestors, and without a Referrer-Policy browsers do what this one says.
        ("add_header X-Frame", ""),
        ("add_header Referrer", ""),
    ];
    let mut tried = 0;
    for (file, line, text) in lines(&files) {
        let Some((_, intent)) = intents.iter().find(|(start, _)| text.starts_with(start)) else { continue };
        // An empty value sends nothing, and keeps the list one of its own.
        let name = text.split(' ').nth(1).unwrap();
        let gone = if text.starts_with("add_header") && line % 2 == 0 { format!("add_header {name} \"\";") } else { "# gone".to_owned() };
        let failed = failures(&policy, &with(&files, file, line, &gone));
        let (at, shown): (String, Vec<&String>) = (format!("{file}:{line}"), failed.iter().map(|(_, _, shown)| shown).collect());
        // What http says takes over where the server of files says nothing.
        let takes_over = at.starts_with("sites/20-files") && intent.starts_with("tls.");
        if intent.is_empty() || has_no_effect(&at, &[intent]) || takes_over {
            assert!(failed.is_empty(), "{at}: {shown:#?}");
            continue;
        }
        tried += 1;
        let near = around(&files, file, line);
        let main = |(found, lines, _): &&(String, Vec<String>, String)| found.ends_with(intent) && lines.first().is_some_and(|l| near.contains(l));
        // What http says for TLS, the servers lack.
        let of_servers =
            |(found, lines, _): &&(String, Vec<String>, String)| found.ends_with(intent) && lines.first().is_some_and(|l| l.starts_with("sites/10-app.conf:1"));
        assert!(failed.iter().any(|f| main(&f) || file == "snippets/tls.conf" && of_servers(&f)), "{at}: {shown:#?} {near:?}");
    }
    assert_eq!(tried, 35);
}

/// Lines that undo what stands, put at each level.
#[test]
fn one_line_more_is_found() {
    let (policy, files) = (the_policy(), good());
    let cases = [
        ("location / {", "add_header X-More 1;", "http.headers.hsts"),
        ("location /api/ {", "add_header X-More 1;", "http.headers.csp"),
        ("location = /login {", "add_header X-More 1;", "http.headers.framing"),
        ("location /api/ {", "limit_req_dry_run on;", "limits.api.edge"),
        ("location = /login {", "limit_req_dry_run on;", "limits.login.edge"),
        ("location / {", "more_set_headers \"X-Content-Type-Options: none\";", "http.headers.content_type_options"),
        ("listen 443 ssl default_server;", "listen 8080;", "tls.redirect_http"),
        ("listen 80;", "if ($arg_x) { return 200 ok; }", "tls.redirect_http"),
        ("location / {", "server_tokens on;", "http.headers.remove"),
        ("location /api/ {", "proxy_pass http://up;", "http.headers.remove"),
        ("location /api/ {", "proxy_pass http://up;", "http.cookies.session"),
        ("location /shared/ {", "proxy_pass http://up;", "http.cors.shared"),
        ("location /shared/ {", "add_header Access-Control-Allow-Headers X-A;", "http.cors.shared"),
        ("location = /login {", "add_header Set-Cookie sid=1;", "http.cookies.session"),
        ("location / {", "add_header X-Powered-By x;", "http.headers.remove"),
        ("listen 443 ssl default_server;", "ssl_conf_command Protocol ALL;", "tls.min_version"),
        ("listen 8443 ssl;", "ssl_conf_command CipherString ALL;", "tls.profile"),
        ("listen 443 ssl default_server;", "ssl_conf_command Groups P-256:X25519;", "tls.groups"),
        ("listen 8443 ssl;", "ssl_conf_command Options SessionTicket;", "tls.session_tickets"),
        ("ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256;", "ssl_protocols TLSv1;", "tls.min_version"),
        ("location /embed/ {", "add_header Content-Security-Policy \"frame-ancestors *\" always;", ""),
    ];
    for (behind, more, intent) in cases {
        let (file, line, text) = lines(&files).into_iter().find(|(_, _, text)| text.trim_end() == behind).unwrap_or_else(|| panic!("{behind}"));
        let failed = failures(&policy, &with(&files, file, line, &format!("{text} {more}")));
        let shown: Vec<&String> = failed.iter().map(|(_, _, shown)| shown).collect();
        if intent.is_empty() {
            // Of two policies a browser applies both, so a second one takes nothing away.
            assert!(failed.is_empty(), "{more}: {shown:#?}");
            continue;
        }
        let at = format!("{file}:{line}");
        assert!(failed.iter().any(|(found, lines, _)| found.ends_with(intent) && lines.contains(&at)), "{at} {more}: {shown:#?}");
    }
}
