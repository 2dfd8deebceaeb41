//! What `nginx -T` prints: the same facts as the files themselves, under the paths that nginx knows.

use super::live::main_file;
use super::server::{programs, write};
use super::{Tree, fact, messages, policy, short};
use secgen::finding::{Cause, Kind};
use secgen::policy::Policy;
use secgen::source::Sources;
use secgen::targets::nginx::Nginx;
use secgen::targets::{Found, Input, Reading, Target};
use serde_json::json;

const KEY: &str = "http.headers.content_type_options";
const SET: &str = "add_header X-Content-Type-Options nosniff always;";

fn nosniff() -> Policy {
    policy(json!({ "http": { "headers": { "content_type_options": "nosniff" } } }))
}

/// As nginx prints it.
fn dump(files: &[(&str, &str)]) -> String {
    files.iter().flat_map(|(path, text)| ["# configuration file ", path, ":\n", text, "\n"]).collect()
}

/// A text that comes by standard input.
fn read(policy: &Policy, text: &str) -> (Sources, Reading) {
    let folder = tempfile::tempdir().unwrap();
    let mut sources = Sources::new(folder.path());
    let id = sources.add("<stdin>", text);
    let reading = Nginx.read(policy, &mut sources, &[Input { path: "<stdin>".to_owned(), id: Some(id) }]);
    (sources, reading)
}

fn at(sources: &Sources, reading: &Reading, place: &str) -> String {
    let span = fact(reading, KEY, place).at.as_ref().unwrap().span;
    let (whole, line) = sources.place_in_whole(span).unwrap();
    format!("{} = {whole}:{line}", sources.place(span))
}

#[test]
fn includes_are_resolved_by_the_paths_of_nginx() {
    let text = dump(&[
        ("/etc/nginx/nginx.conf", "events {}\nhttp {\ninclude sites/*.conf;\ninclude /srv/./x/../b.conf;\n}\n"),
        ("/etc/nginx/sites/10.conf", "server { listen 80; server_name ten; include snip.conf; }"),
        ("/etc/nginx/snip.conf", SET),
        ("/etc/nginx/sites/9.conf", "\nserver { listen 80; server_name nine;\nadd_header X-Content-Type-Options wrong; }"),
        ("/srv/b.conf", "server { listen 81; server_name b; include sites/.hidden.conf; }"),
        ("/etc/nginx/sites/.hidden.conf", "add_header X 1;"),
    ]);
    let (sources, reading) = read(&nosniff(), &text);
    let places: Vec<&str> = reading.facts.iter().map(|f| f.place.as_str()).collect();
    assert_eq!(places, ["server ten", "server nine", "server b"], "{:?}", messages(&reading));
    assert_eq!(at(&sources, &reading, "server ten"), "/etc/nginx/snip.conf:1 = <stdin>:11");
    assert_eq!(at(&sources, &reading, "server nine"), "/etc/nginx/sites/9.conf:3 = <stdin>:15");
    assert_eq!(short(&fact(&reading, KEY, "server b").found), "missing");
    assert!(reading.findings.is_empty() && reading.not_examined.is_empty(), "{:?} {:?}", messages(&reading), reading.not_examined);
    assert_eq!(reading.sources.len(), 6);
}

#[test]
fn what_the_output_does_not_hold_is_not_read() {
    let main = format!("http {{ include mime.types; server {{ listen 80; server_name a; include gone.conf; }} server {{ listen 81; server_name b; {SET} }} }}");
    let (_, reading) = read(&nosniff(), &dump(&[("/etc/nginx/nginx.conf", &main)]));
    let unknown = fact(&reading, KEY, "server a");
    assert_eq!(unknown.cause, Cause::NotRead);
    assert!(short(&unknown.found).starts_with("unverifiable: /etc/nginx/gone.conf was not read: this output"), "{}", short(&unknown.found));
    assert_eq!(short(&fact(&reading, KEY, "server b").found), "nosniff");
    let what: Vec<&str> = reading.not_examined.iter().map(|(what, _)| what.as_str()).collect();
    assert_eq!(what, ["/etc/nginx/mime.types", "/etc/nginx/gone.conf"]);
    assert!(reading.findings.is_empty());
}

/// Nothing of the output is left out: what no file of it includes is judged as a part of a configuration.
#[test]
fn a_file_that_nothing_includes_is_judged_all_the_same() {
    let text = dump(&[
        ("/etc/nginx/nginx.conf", &format!("http {{ {SET} server {{ listen 80; server_name a; }} }}")),
        ("/etc/nginx/stray.conf", "server { listen 80; server_name b; add_header X-Content-Type-Options wrong always; location /x/ { include s.conf; } }"),
        ("/etc/nginx/s.conf", "add_header X 1;"),
        ("/opt/nginx.conf", "http { include s.conf; server { listen 80; server_name c; } }"),
        ("/opt/s.conf", SET),
    ]);
    let (_, reading) = read(&nosniff(), &text);
    assert!(matches!(fact(&reading, KEY, "server b").found, Found::Invalid { .. }));
    assert_eq!(short(&fact(&reading, KEY, "server b > location /x/").found), "missing");
    assert_eq!(short(&fact(&reading, KEY, "server c").found), "nosniff", "two runs of nginx -T in one text");
    let twice = dump(&[("/etc/nginx/nginx.conf", "http { }"), ("/etc/nginx/nginx.conf", "http { server { listen 80; } }")]);
    let (_, reading) = read(&nosniff(), &twice);
    assert!(messages(&reading)[0].contains("stands twice"), "{:?}", messages(&reading));
    assert_eq!(reading.findings[0].kind, Kind::Error);
}

#[test]
fn an_error_names_the_file_and_the_line_in_it() {
    let text = dump(&[
        ("/etc/nginx/nginx.conf", "http { include a.conf; include b.conf; include c.conf; }"),
        ("/etc/nginx/a.conf", "\nserver { listen 80 }"),
        ("/etc/nginx/b.conf", &format!("server {{ listen 80; server_name b; {SET} }}")),
        ("/etc/nginx/c.conf", "server { listen 80; server_name c; add_header X \"a\n# configuration file /etc/nginx/d.conf:\n\"; }"),
    ]);
    let (sources, reading) = read(&nosniff(), &text);
    // Once a file is broken only lines can tell the files apart, so what is left of c is an error too.
    assert_eq!(reading.findings.len(), 3, "{:?}", messages(&reading));
    assert_eq!(sources.place(reading.findings[0].primary.as_ref().unwrap().span), "/etc/nginx/a.conf:2");
    assert_eq!(short(&fact(&reading, KEY, "server b").found), "nosniff");
    let whole = text.replace("listen 80 }", "listen 80; }");
    let (_, reading) = read(&nosniff(), &whole);
    assert!(reading.findings.is_empty(), "{:?}", messages(&reading));
    assert_eq!(short(&fact(&reading, KEY, "server c").found), "missing");
}

#[test]
fn a_circle_and_a_foreign_line_are_errors() {
    let text = dump(&[("/e/n.conf", "http { server { listen 80; include a.conf; } }"), ("/e/a.conf", "include b.conf;"), ("/e/b.conf", "include a.conf;")]);
    let (_, reading) = read(&nosniff(), &text);
    assert!(reading.findings.iter().any(|f| f.rule.name == "nginx-include-cycle"));
    let (_, reading) = read(&nosniff(), &format!("$ nginx -T\n{}", dump(&[("/e/n.conf", "user nginx;\nhttp { include *.conf; }")])));
    assert!(reading.facts.is_empty() && messages(&reading)[0].contains("stands behind something else"), "{:?}", messages(&reading));
}

/// A file of a repository may begin with a comment like that; its includes lie beside it.
#[test]
fn a_file_with_such_a_comment_is_no_output() {
    let main = "# configuration file /etc/nginx/nginx.conf:\nhttp { server { listen 80; server_name a; include s.conf; } }";
    let mut tree = Tree::new(&[("nginx.conf", main), ("s.conf", SET)]);
    let reading = tree.read(&nosniff(), "nginx.conf");
    assert_eq!((short(&fact(&reading, KEY, "server a").found).as_str(), tree.at(&reading.facts[0]).as_str()), ("nosniff", "s.conf:1"));
}

#[test]
fn work_is_bounded() {
    let includes = "include x/*a.conf;".repeat(12_000);
    let mut text = dump(&[("/e/n.conf", &format!("http {{ server {{ listen 80; {includes} }} }}"))]);
    (0..500).for_each(|i| text.push_str(&format!("# configuration file /e/x/{i}.conf:\n\n")));
    let (_, reading) = read(&nosniff(), &text);
    assert!(reading.findings.iter().any(|f| f.rule.name == "nginx-include-limit"), "{:?}", messages(&reading).first());
}

/// The programs print a tree, and what they print gives the facts of the tree.
#[test]
fn real_output_gives_the_facts_of_the_files() {
    let policy = policy(json!({ "tls": { "min_version": "TLSv1.2" },
        "rate_limits": { "limits": { "api": { "requests": 100, "per": "1h", "match": { "prefix": "/api/" } } } } }));
    for program in programs() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let absolute = format!("include {}/snippets/sec.conf;", root.display());
        let http = format!(
            "include conf.d/*.conf;\ninclude none.d/*.conf;\nmap $arg_x $v {{ include conf.d/map.txt; }}\nlimit_req_zone $binary_remote_addr zone=z:1m rate=1r/m;\nlimit_req_status 429;\nserver {{ listen 127.0.0.1:1; server_name main;\n{absolute}\nlocation /api/ {{ limit_req zone=z; {absolute} }} }}"
        );
        write(&root.join("nginx.conf"), &main_file(&root, &http));
        write(
            &root.join("snippets/sec.conf"),
            "# security\nadd_header X-Content-Type-Options nosniff always;\r\nadd_header X-Frame-Options \"SAMEORIGIN\n# configuration file /etc/nginx/none.conf:\n\" always;",
        );
        write(&root.join("conf.d/b.conf"), "server { listen 127.0.0.1:1; server_name b; include conf.d/map.d/x.conf; location / { add_header X 1; } }\n\n");
        write(&root.join("conf.d/10.conf"), "server { listen 127.0.0.1:1; server_name ten; include snippets/sec.conf; }");
        write(&root.join("conf.d/map.d/x.conf"), "");
        write(&root.join("conf.d/map.txt"), "default d; # configuration file /x:\n");
        let output = program.command(&root, &["-T"]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = [output.stderr, output.stdout].concat();
        assert!(text.starts_with(b"nginx: "), "what it says stands in front");

        let mut sources = Sources::new(&root);
        let of_files = Nginx.read(&policy, &mut sources, &[Input { path: "nginx.conf".to_owned(), id: None }]);
        let mut dumped = Sources::new(tempfile::tempdir().unwrap().path());
        let id = dumped.add("<stdin>", text);
        let of_dump = Nginx.read(&policy, &mut dumped, &[Input { path: "<stdin>".to_owned(), id: Some(id) }]);
        assert!(of_dump.findings.is_empty(), "{:?}", messages(&of_dump));
        let prefix = format!("{}/", root.display());
        let told = |reading: &Reading, sources: &Sources| -> Vec<String> {
            let place = |span| sources.place(span).replace(&prefix, "");
            reading.facts.iter().map(|f| format!("{} {} {} {}", f.intent, f.place, short(&f.found), place(f.at.as_ref().unwrap().span))).collect()
        };
        assert_eq!(told(&of_dump, &dumped), told(&of_files, &sources), "nginx {}", program.nginx);
        assert!(of_dump.facts.len() > 20, "{}", of_dump.facts.len());
        // By its relative and by its absolute path, sec.conf is two files of the tree and one of the output.
        assert_eq!((of_dump.sources.len(), of_files.sources.len()), (6, 7));
    }
}

/// Pieces of all kinds in any order: no panic, every span lies in its text, and two runs say the same.
#[test]
fn nothing_panics() {
    let pieces = [
        "# configuration file /a.conf:\n",
        "# configuration file /b/c.conf:\r\n",
        "# configuration file ",
        "nginx: [warn] x\n",
        "http {\n",
        "server { listen ${PORT}; ",
        "}",
        "\n",
        "include *.conf;",
        "include b/c.conf;",
        "\"",
        "'",
        "add_header X-Content-Type-Options $PORT always;",
        "{{ x }}",
        "{% y %}",
        "<%= z %>",
        "@@A@@",
        "$",
        "${",
        "${NOT}",
        "\\",
        "#",
        "# secgen: context=server\n",
        "content_by_lua_block {",
        "location ~ a{1,2}$ {",
        "if ($a) {",
        "\u{e9}",
    ];
    let policy = policy(json!({ "http": { "headers": { "content_type_options": "nosniff" } }, "tls": { "min_version": "TLSv1.2" },
        "targets": { "nginx": { "check": ["x"], "values": { "PORT": "80 ssl", "A": "" } } } }));
    let mut random = crate::support::Random(0x5eed_5eed);
    for round in 0..3000 {
        let text: String = (0..random.below(24)).map(|_| pieces[random.below(pieces.len())]).collect();
        let path = ["a.conf", "a.conf.template", "<stdin>"][random.below(3)];
        let run = || {
            let mut sources = Sources::new(std::path::Path::new("nowhere"));
            let id = sources.add(path, text.as_str());
            let reading = Nginx.read(&policy, &mut sources, &[Input { path: path.to_owned(), id: Some(id) }]);
            let labels = reading.facts.iter().flat_map(|f| f.at.iter().chain(&f.related));
            for label in labels.chain(reading.findings.iter().flat_map(|f| f.primary.iter().chain(&f.related))) {
                assert!(label.span.range().end <= sources.get(label.span.source).bytes().len(), "round {round}: {text:?}");
                let _ = sources.place_in_whole(label.span);
            }
            super::corpus::told(&reading, &sources)
        };
        assert_eq!(run(), run(), "round {round}: {text:?}");
    }
}
