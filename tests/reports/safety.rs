//! Nothing that is read from a file, its name included, is a command, an escape sequence, markup or a secret in any
//! output of any command.

use super::{All, FORMATS};
use crate::cli::project::Project;
use secgen::report::is_unsafe;

const CANARIES: [&str; 4] = ["c4n4ryC4N4RYc4n4ry", "ghp_c4n4ry0123456789ABCD", "sk_live_c4n4ry0123456789AB", "AKIAC4N4RY0123456789"];

/// What leaves its place somewhere: GitHub, Azure Pipelines, GitLab, TeamCity, terminals, HTML, XML, Markdown.
const HOSTILE: [&str; 16] = [
    "::error::pwned",
    "  ::set-output name=a::b",
    "x ##[command]pwned",
    "##vso[task.setvariable variable=a]b",
    "##teamcity[buildStop]",
    "section_start:1:x\r\u{1b}[0Kpwned",
    "\u{1b}[31mred\u{7}",
    "\u{202e}abc\u{2066}",
    "a\n::error::second line",
    "a\u{2028}::error::b",
    "%0A::error::c",
    "<script>alert(1)<!--script>",
    "\"><img src=x onerror=alert(1)>",
    "]]>&xxe;",
    "| `x` *b* [l](http:a) @acme #1 ![i](j)",
    "\u{feff}\u{200b}z",
];

/// A tree in which each hostile text is a file's name, a place, a value, a key and a comment.
fn hostile() -> Project {
    let project = Project::example("quickstart");
    project.run(&["render"]).exits(0);
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let mut main = String::from("events {}\nhttp {\n");
    for (i, evil) in HOSTILE.iter().enumerate() {
        let text = quoted(evil);
        // A server by that name, a place in it, a header with it, a file of that name that is not there.
        let name = text.replace(' ', "_");
        main.push_str(&format!(
            "server {{ listen 443 ssl; server_name \"{name}\"; add_header \"X-A{i}\" \"{text}\"; add_header X-Frame-Options \"{text}\";\n\
             location \"/{text}/\" {{ add_header Content-Security-Policy \"default-src {text}\" always; }} }}\n# {}\n",
            evil.replace(['\n', '\r'], " ")
        ));
        project.write(&format!("deploy/nginx/servers/{}.conf", evil.replace('/', "|")), format!("server {{ listen 8{i:02}; server_name \"{name}\"; }}\n"));
        project.write(&format!("deploy/nginx/broken/{}.conf", evil.replace('/', "|")), format!("server {{ \"{text}\"\n"));
    }
    main.push_str(&format!("include servers/*.conf;\nproxy_set_header X-Api-Token {};\n}}\n", CANARIES[0]));
    project.write("deploy/nginx/hostile.conf", &main);
    let missing: Vec<String> = HOSTILE.iter().map(|evil| format!("include \"{}.missing\";\n", quoted(&evil.replace('/', "|")))).collect();
    project.write("deploy/nginx/missing.conf", format!("events {{}}\nhttp {{\n{}}}\n", missing.concat()));
    let settings: Vec<String> = HOSTILE
        .iter()
        .map(|evil| {
            format!("application_name = '{}'\nsecgen.x = '{}' y\n", evil.replace('\'', "''").replace(['\n', '\r'], " "), evil.replace(['\n', '\'', '\r'], " "))
        })
        .collect();
    let conf = project.read("deploy/postgres/postgresql.conf");
    project.write(
        "deploy/postgres/postgresql.conf",
        format!("{conf}{}primary_conninfo = 'host=db password={}' extra\nssl_passphrase_command = 'echo {}'\n", settings.concat(), CANARIES[0], CANARIES[1]),
    );
    let keys: Vec<String> = HOSTILE.iter().map(|evil| format!("{} = {}\n", serde_json::json!(evil), serde_json::json!(evil))).collect();
    project.edit("deny.toml", "[graph]", &format!("token = \"{}\"\n{}[graph]", CANARIES[2], keys.concat()));
    project.edit(
        "secgen.yaml",
        "check: [deploy/nginx/nginx.conf",
        "check: [\"deploy/nginx/hostile.conf\", \"deploy/nginx/missing.conf\", \"deploy/nginx/broken/*.conf\", deploy/nginx/nginx.conf",
    );
    let nginx = project.read("deploy/nginx/nginx.conf");
    project
        .write("deploy/nginx/nginx.conf", nginx.replace("proxy_pass http://127.0.0.1:8080;", &format!("proxy_pass http://u:{}@127.0.0.1:8080;", CANARIES[3])));
    project
}

/// Lines that a CI system obeys, characters that a terminal obeys, and secrets.
#[track_caller]
pub(super) fn is_safe(what: &str, text: &str, commands: bool) {
    let bad: Vec<char> = text.chars().filter(|c| is_unsafe(*c) && *c != '\n').collect();
    assert!(bad.is_empty(), "{what}: {bad:?}");
    for word in ["##[", "##vso[", "##teamcity["] {
        assert!(!text.contains(word), "{what}: {:?}", text.lines().find(|l| l.contains(word)));
    }
    for line in text.lines() {
        let start = line.trim_start();
        assert!(!start.starts_with("section_start:") && !start.starts_with("section_end:"), "{what}: {line}");
        // The runner takes what stands between two `::` for a command's name; `:` is none.
        if start.starts_with("::") && !start.starts_with(":::") {
            let kind = ["::error ", "::warning ", "::notice "].iter().any(|k| line.starts_with(k));
            // One command, whose properties are ours.
            let head = line.trim_start_matches(':').split("::").next().unwrap_or_default();
            let properties = head.split_once(' ').map(|(_, p)| p).unwrap_or_default().split(',');
            let known = properties.clone().all(|p| ["file=", "line=", "endLine=", "title=secgen"].iter().any(|k| p.starts_with(k)));
            assert!(commands && kind && known, "{what}: {line}");
        }
    }
    for canary in CANARIES {
        assert!(!text.contains(canary), "{what}: {:#?}", text.lines().filter(|l| l.contains(canary)).collect::<Vec<_>>());
    }
}

#[test]
fn in_every_format_of_every_command() {
    let project = hostile();
    let runs: [&[&str]; 8] = [
        &["check"],
        &["check", "-v"],
        &["check", "-q"],
        &["check", "--fail-on", "none"],
        &["check", "--diff"],
        &["validate"],
        &["render", "--dry-run", "--diff"],
        &["check", "--source", "nginx=deploy/nginx/servers/::error::pwned.conf"],
    ];
    for args in runs {
        let all = All::new(&project, args);
        let code = all.run.code.unwrap();
        assert!(code < 3, "{args:?}: {}", all.run.err);
        is_safe(&format!("{args:?} stdout"), &all.run.out, false);
        is_safe(&format!("{args:?} stderr"), &all.run.err, false);
        for format in FORMATS {
            let text = all.text(format);
            is_safe(&format!("{args:?} {format}"), &text, format == "github");
            assert!(text.len() > 100 || format == "text" || args != ["check"], "{format}: {text}");
        }
        html(&all.text("html"));
        markdown(&all.text("markdown"));
        junit(&all.text("junit"));
        assert!(args != ["check"] || all.json("json")["findings"].as_array().unwrap().len() > 30, "the tree is not read: {}", all.run.out);
    }
    for args in [
        &["spec", "show"][..],
        &["spec", "show", "--format", "json"],
        &["explain", "::error::x\u{1b}"],
        &["check", "--spec", "secgen:recommended", "deploy/nginx/hostile.conf"],
        &["check", "--spec", "secgen:recommended", "deploy/nginx/broken/::error::pwned.conf", "-q"],
    ] {
        let run = project.run(args);
        is_safe(&format!("{args:?} stdout"), &run.out, false);
        is_safe(&format!("{args:?} stderr"), &run.err, false);
    }
    // Standard output of each format is the file's text, which was looked at; this is one of each all the same.
    for format in FORMATS {
        let run = project.run(&["check", "--format", format]);
        is_safe(format, &run.out, format == "github");
        is_safe(format, &run.err, false);
    }
    for name in ["secgen.yaml", "secgen.lock"] {
        std::fs::remove_file(project.path().join(name)).unwrap();
    }
    let run = project.run(&["init"]);
    is_safe("init stdout", &run.out, false);
    is_safe("init stderr", &run.err, false);
}

/// The page has the elements that it is made of, and no attribute or address of another kind.
fn html(text: &str) {
    let elements = [
        "!doctype", "html", "head", "meta", "title", "style", "body", "header", "section", "article", "footer", "h1", "h2", "h3", "p", "dl", "div", "dt", "dd",
        "ul", "li", "span", "strong", "b", "code", "wbr", "table", "thead", "tbody", "tr", "th", "td",
    ];
    let attributes = ["lang", "charset", "http-equiv", "content", "name", "class", "scope", "data-label"];
    let body = text.split("</style>").nth(1).unwrap();
    for tag in body.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap();
        let (name, rest) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(elements.contains(&name.trim_start_matches('/')), "<{tag}>");
        for attribute in rest.split("=\"").map(|part| part.rsplit([' ', '"']).next().unwrap()).take(rest.matches("=\"").count()) {
            assert!(attributes.contains(&attribute), "<{tag}> {attribute}");
        }
    }
    for word in ["<script", "javascript:", "src=\"", "href=\"", "url(", "@import"] {
        assert!(!text.contains(word), "{word}");
    }
    assert!(text.contains("default-src 'none'; style-src 'sha256-"));
}

/// No markup but ours, and every row of a table has its columns.
fn markdown(text: &str) {
    let mut columns = 0;
    for line in text.lines() {
        let plain = line.replace("<!-- -->", "").replace("<br>", "");
        assert!(!plain.contains('<') && !plain.contains('>'), "{line}");
        let outside: String = line.split('`').step_by(2).collect::<Vec<_>>().join("");
        let bare = outside.replace("\\[", "").replace("\\]", "").replace("\\|", "").replace("\\`", "").replace("\\\\", "");
        assert!(!bare.contains("](") && !bare.contains("@a") && !bare.contains("#1"), "{line}");
        if line.starts_with("| ") {
            let n = line.replace("\\\\", "").replace("\\|", "").matches('|').count();
            columns = if columns == 0 { n } else { columns };
            assert_eq!(n, columns, "{line}");
        } else {
            columns = 0;
        }
    }
}

/// The elements that it is made of, and characters that XML has.
fn junit(text: &str) {
    let elements = ["?xml", "testsuites", "testsuite", "properties", "property", "testcase", "error", "failure", "skipped", "system-out"];
    for tag in text.split('<').skip(1) {
        let name = tag.split(['>', ' ', '/']).find(|part| !part.is_empty()).unwrap();
        assert!(elements.contains(&name), "<{tag}");
    }
    assert!(!text.contains('\u{fffe}') && !text.contains("<!"));
}
