//! All that is rendered, included where the files say: every intent is met at every place.

use super::judge;
use super::render::render;
use super::{Tree, short};
use secgen::finding::Verdict;
use secgen::policy::Policy;
use std::collections::BTreeSet;

/// The lines of a main file around the rendered snippets.
const MAIN: &str = "events {}
http {
    include snippets/tls.conf;
    include snippets/cors-origins.conf;
    include snippets/cookies.conf;
    include snippets/rate-limit-zones.conf;
    ssl_certificate cert.pem;
    ssl_certificate_key key.pem;
    server {
        listen 443 ssl default_server;
        server_name app.example.com;
        include snippets/security-headers.conf;
        location / { proxy_pass http://up; }
        location /account/ { include snippets/security-headers.account.conf; proxy_pass http://up; }
        location /api/ {
            include snippets/security-headers.conf;
            include snippets/cors.api.conf;
            include snippets/rate-limit.api.conf;
            proxy_pass http://up;
        }
        location /public/ { include snippets/security-headers.conf; include snippets/cors.pub-lic_1.conf; root html; }
        location /other/ { include snippets/security-headers.conf; include snippets/cors.pub_lic-1.conf; proxy_pass http://up; }
        location = /login { include snippets/rate-limit.login.conf; proxy_pass http://up; }
    }
    server {
        listen 80;
        server_name app.example.com;
        include snippets/security-headers.account.conf;
        location ^~ /.well-known/acme-challenge/ { root acme; }
        location / { include snippets/redirect-https.conf; }
    }
}
";

fn tree(policy: &Policy, main: &str) -> Tree {
    let rendered: Vec<(String, String)> = render(policy).into_iter().map(|(artifact, text)| (artifact.path, text)).collect();
    let mut files: Vec<(&str, &str)> = rendered.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.push(("nginx.conf", main));
    Tree::new(&files)
}

#[test]
fn every_intent_is_met_at_every_place() {
    for (nginx, openssl) in [("1.22.1", "3.0"), ("1.31.3", "3.5")] {
        let policy = super::cross_origin::more(nginx, openssl);
        let reading = tree(&policy, MAIN).read(&policy, "nginx.conf");
        assert!(reading.findings.is_empty(), "{:?}", super::messages(&reading));
        let mut shown: BTreeSet<&str> = BTreeSet::new();
        for fact in &reading.facts {
            let intent = policy.intent(&fact.intent).unwrap();
            let verdict = judge(&policy, "nginx", intent, fact).0.verdict;
            assert!(verdict.is_pass() || verdict == Verdict::NotApplicable, "{} at {}: {}", fact.intent, fact.place, short(&fact.found));
            if verdict.is_pass() {
                shown.insert(&fact.intent);
            }
        }
        // Of every intent that nginx carries.
        let carried = secgen::targets::Target::carries(&secgen::targets::nginx::Nginx, &policy);
        let missing: Vec<&String> = carried.iter().filter(|key| !shown.contains(key.as_str())).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}

/// One include less, and something is told.
#[test]
fn without_one_of_the_files_something_fails() {
    let policy = super::cross_origin::more("1.26.0", "3.5");
    let mut tried = 0;
    for (index, line) in MAIN.lines().enumerate().filter(|(_, line)| line.contains("include snippets/")) {
        let include = &line[line.find("include").unwrap()..=line.find(".conf;").unwrap() + 5];
        let without: Vec<String> = MAIN.lines().enumerate().map(|(i, l)| if i == index { l.replacen(include, "", 1) } else { l.to_owned() }).collect();
        let reading = tree(&policy, &without.join("\n")).read(&policy, "nginx.conf");
        let fails = reading.facts.iter().filter(|fact| {
            let verdict = judge(&policy, "nginx", policy.intent(&fact.intent).unwrap(), fact).0.verdict;
            !verdict.is_pass() && verdict != Verdict::NotApplicable
        });
        // Without the lines for other origins, no other origin is let in: nothing fails, and the note about more than is asked for is one.
        let told = fails.count() + reading.facts.iter().filter(|f| f.intent.starts_with("http.cors.") && f.found == secgen::targets::Found::Missing).count();
        assert!(told > 0, "{include}");
        tried += 1;
    }
    assert!(tried > 10, "{tried}");
}
