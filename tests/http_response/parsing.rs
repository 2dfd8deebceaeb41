//! What of curl's output is read, and what refuses it.

use super::{policy, read};
use secgen::targets::http_response::parse::{Capture, parse, status_line};
use serde_json::json;

/// Status and fields of each response.
fn shown(capture: &Capture) -> Vec<String> {
    let one = |r: &secgen::targets::http_response::parse::Response| {
        let fields: Vec<String> = r.fields.iter().map(|f| format!("{}={}{}", f.name, f.value, if f.is_folded { " (folded)" } else { "" })).collect();
        format!("{} {}", r.status, fields.join("|"))
    };
    capture.responses.iter().map(one).collect()
}

#[test]
fn responses() {
    for (what, text, want) in [
        ("CRLF, with a body", "HTTP/1.1 200 OK\r\nA: b\r\n\r\nC: d\r\n", vec!["200 A=b"]),
        ("LF", "HTTP/1.1 404 Not Found\nA: b\n\nC: d\n", vec!["404 A=b"]),
        ("no reason", "HTTP/1.1 200\r\nA: b\r\n\r\n", vec!["200 A=b"]),
        ("an empty reason", "HTTP/1.1 200 \r\n\r\n", vec!["200 "]),
        ("a reason in another language", "HTTP/1.1 200 \u{e9}\r\n\r\n", vec!["200 "]),
        ("HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\n", vec!["200 "]),
        ("HTTP/2", "HTTP/2 200 \r\na: b\r\n\r\n", vec!["200 a=b"]),
        ("HTTP/3", "HTTP/3 503\r\na: b\r\n\r\n", vec!["503 a=b"]),
        ("no empty line at the end", "HTTP/2 200\r\na: b\r\n", vec!["200 a=b"]),
        ("no line end at the end", "HTTP/2 200\r\na: b", vec!["200 a=b"]),
        ("a status line alone", "HTTP/2 204", vec!["204 "]),
        ("empty lines in front", "\r\n\nHTTP/2 200\r\na: b\r\n", vec!["200 a=b"]),
        ("white space around a value", "HTTP/2 200\r\na: \t b  c \t\r\nd:e\r\nf:\r\n", vec!["200 a=b  c|d=e|f="]),
        ("colons in a value", "HTTP/2 200\r\nlocation: https://a:1/\r\n", vec!["200 location=https://a:1/"]),
        ("the same header twice", "HTTP/2 200\r\na: b\r\nA: c\r\n", vec!["200 a=b|A=c"]),
        ("redirects", "HTTP/1.1 301 M\r\nLocation: /x\r\n\r\nHTTP/2 302\r\n\r\nHTTP/2 200\r\na: b\r\n\r\nbody", vec!["301 Location=/x", "302 ", "200 a=b"]),
        ("Continue", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\na: b\r\n\r\n", vec!["200 a=b"]),
        ("Early Hints", "HTTP/2 103\r\nlink: </a.css>\r\n\r\nHTTP/2 103\r\n\r\nHTTP/2 200\r\na: b\r\n", vec!["200 a=b"]),
        ("a proxy's tunnel", "HTTP/1.1 200 Connection established\r\n\r\nHTTP/2 200\r\na: b\r\n", vec!["200 a=b"]),
        ("a response with that phrase", "HTTP/1.1 200 Connection established\r\na: b\r\n\r\n", vec!["200 a=b"]),
        ("two headers that differ in status only", "HTTP/2 200\r\na: b\r\n\r\nHTTP/2 404\r\n\r\n", vec!["200 a=b", "404 "]),
        ("folded", "HTTP/1.1 200 OK\r\na: b\r\n  c\r\n\td \r\ne: f\r\n\r\n", vec!["200 a=b c d (folded)|e=f"]),
        ("folded from an empty value", "HTTP/1.1 200 OK\r\na:\r\n b\r\n \r\n\r\n", vec!["200 a=b (folded)"]),
        (
            "verbose",
            "* Connected to x\n> GET / HTTP/1.1\n> Host: x\n> \n* talk\n< HTTP/1.1 200 OK\n< A: b\n* more talk\n< C: d\n< \n{ [5 bytes data]\n<html>\n",
            vec!["200 A=b|C=d"],
        ),
        ("verbose, CRLF", "< HTTP/2 200\r\n< a: b\r\n<\r\nbody\r\n", vec!["200 a=b"]),
        (
            "verbose with a redirect",
            "* x\n< HTTP/1.1 301 M\n< Location: /\n<\n* x\n> GET / HTTP/1.1\n< HTTP/1.1 200 OK\n< a: b\n",
            vec!["301 Location=/", "200 a=b"],
        ),
        ("verbose, a body that shows a response", "* x\n< HTTP/2 200\n< a: b\n< \nHTTP/2 200\nc: d\n", vec!["200 a=b"]),
        ("a body that begins like a response is judged too", "HTTP/2 200\r\na: b\r\n\r\nHTTP/2 200\r\nc: d\r\n", vec!["200 a=b", "200 c=d"]),
        ("names may hold every token character", "HTTP/2 200\r\n!#$%&'*+-.^_`|~9: b\r\n", vec!["200 !#$%&'*+-.^_`|~9=b"]),
    ] {
        let capture = parse(text.as_bytes()).unwrap_or_else(|problem| panic!("{what}: {problem:?}"));
        assert_eq!(shown(&capture), want, "{what}");
    }
}

#[test]
fn texts_that_are_refused() {
    for (what, text, line, says) in [
        ("nothing", "", 1, "empty"),
        ("empty lines", "\r\n\n", 1, "empty"),
        ("a page", "<!doctype html>\n", 1, "no status line"),
        ("headers alone", "Server: nginx\r\n", 1, "no status line"),
        ("another version", "HTTP/9 200\r\n", 1, "no status line"),
        ("no version", "HTTP/ 200\r\n", 1, "no status line"),
        ("letter case", "http/1.1 200 OK\r\n", 1, "no status line"),
        ("a status of two digits", "HTTP/1.1 20 OK\r\n", 1, "no status line"),
        ("a status of four digits", "HTTP/1.1 2000 OK\r\n", 1, "no status line"),
        ("a status that there is not", "HTTP/1.1 999 OK\r\n", 1, "no status line"),
        ("two blanks", "HTTP/1.1  200 OK\r\n", 1, "no status line"),
        ("a progress meter", "  % Total    % Received\nHTTP/2 200\n", 1, "no status line"),
        ("curl's own error", "curl: (6) Could not resolve host: x\n", 1, "no status line"),
        ("a header without a colon", "HTTP/2 200\r\na: b\r\nbogus\r\n", 3, "no header line"),
        ("a body without an empty line before it", "HTTP/2 200\na: b\n<html>\n", 3, "no header line"),
        ("a blank before the colon", "HTTP/2 200\r\na : b\r\n", 2, "no header line"),
        ("no name", "HTTP/2 200\r\n: b\r\n", 2, "no header line"),
        ("a name that is no token", "HTTP/2 200\r\na\u{e9}: b\r\n", 2, "no header line"),
        ("a pseudo-header", "HTTP/2 200\r\n:status: 200\r\n", 2, "no header line"),
        ("a response without an empty line between", "HTTP/2 301\r\na: b\r\nHTTP/2 200\r\n", 3, "no header line"),
        ("a fold below the status line", "HTTP/2 200\r\n a: b\r\n", 2, "no header line"),
        ("a NUL byte", "HTTP/2 200\r\na: \0\r\n", 2, "NUL"),
        ("a bare carriage return", "HTTP/2 200\r\na: b\rc: d\r\n", 2, "carriage return"),
        ("a bare carriage return in the status line", "HTTP/2 200 O\rK\r\n", 1, "carriage return"),
        ("an interim response alone", "HTTP/1.1 100 Continue\r\n\r\n", 1, "interim"),
        ("an interim response, then none", "HTTP/2 200\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n", 3, "interim"),
        ("an interim response, then a body", "HTTP/1.1 100 Continue\r\n\r\nbody\r\n", 3, "no status line"),
        ("verbose without a response", "* Could not resolve host: x\n* Closing connection 0\n", 1, "only what curl says"),
        ("verbose with a body in the headers", "* x\n< HTTP/2 200\n<html>\n< a: b\n", 3, "stands between"),
        ("UTF-16", "\u{feff}HTTP/2 200\n", 1, "no status line"),
    ] {
        let problem = parse(text.as_bytes()).err().unwrap_or_else(|| panic!("{what} is taken"));
        assert!(problem.message.contains(says) && !problem.help.is_empty(), "{what}: {problem:?}");
        assert_eq!(text[..problem.line.start].matches('\n').count() + 1, line, "{what}: {problem:?}");
    }
    let problem = parse(b"\xff\xfeH\0T\0").err().unwrap();
    assert!(problem.message.contains("UTF-16"), "{problem:?}");
}

#[test]
fn too_much_is_refused() {
    let many = format!("HTTP/2 200\r\n{}", "a:b\r\n".repeat(5001));
    let long = format!("HTTP/2 200\r\na: {}\r\n", "x".repeat(310 << 10));
    let folds = format!("HTTP/2 200\r\na: b\r\n{}", " c\r\n".repeat(200 << 10));
    for text in [many, long, folds] {
        let problem = parse(text.as_bytes()).err().unwrap();
        assert!(problem.message.contains("more than 5000"), "{problem:?}");
    }
    let responses = "HTTP/2 301\r\n\r\n".repeat(65);
    assert!(parse(responses.as_bytes()).err().unwrap().message.contains("more than 64 responses"));
    assert_eq!(parse("HTTP/2 301\r\n\r\n".repeat(64).as_bytes()).unwrap().responses.len(), 64);
}

#[test]
fn bytes_that_are_no_text() {
    let capture = parse(b"HTTP/2 200\r\na: \xff\xfe b\r\n\r\n\xff\0\xfe").unwrap();
    assert_eq!(shown(&capture), ["200 a=\u{fffd}\u{fffd} b"]);
    assert_eq!(&b"HTTP/2 200\r\na: \xff\xfe b\r\n"[capture.responses[0].fields[0].line.clone()], b"a: \xff\xfe b");
    assert!(parse(b"HTTP/2 200\r\na\xff: b\r\n").is_err());
}

#[test]
fn status_lines() {
    for (line, want) in
        [("HTTP/1.1 200 OK", Some(200)), ("HTTP/2 599", Some(599)), ("HTTP/2 600", None), ("HTTP/2 099", None), ("HTTP/2 2x0", None), ("HTTP/2 200OK", None)]
    {
        assert_eq!(status_line(line.as_bytes()).map(|(status, _)| status), want, "{line}");
    }
}

/// Spans point at the line in the input, whatever stands in front of it.
#[test]
fn places_are_those_of_the_input() {
    let wanted = policy(json!({ "headers": { "content_type_options": "nosniff" } }));
    for text in [
        "HTTP/2 200\r\nx-content-type-options: no\r\n\r\n",
        "* x\n< HTTP/2 200\n< x-content-type-options: no\n< \n",
        "\n\nHTTP/2 200\nx-content-type-options: no",
    ] {
        let (sources, reading) = read(&wanted, text.as_bytes());
        let at = reading.facts[0].at.as_ref().unwrap();
        assert_eq!(sources.slice(at.span), b"x-content-type-options: no", "{text:?}");
    }
}

/// What stands behind a body is not read, and the report says so.
#[test]
fn a_response_behind_a_body() {
    let text = "HTTP/2 200\r\nx-content-type-options: nosniff\r\n\r\n<p>\nHTTP/2 200\r\nserver: x\r\n\r\n";
    let (_, reading) = read(&policy(json!({ "headers": { "content_type_options": "nosniff" } })), text.as_bytes());
    assert_eq!(reading.facts.len(), 1);
    assert!(reading.not_examined.iter().any(|(what, why)| what == "<stdin> from line 5" && why.contains("one more response")), "{:?}", reading.not_examined);
}

#[test]
fn folded_lines_are_noted() {
    let text = "HTTP/1.1 200 OK\r\nX-Content-Type-Options:\r\n nosniff\r\n\r\n";
    let (_, reading) = read(&policy(json!({ "headers": { "content_type_options": "nosniff" } })), text.as_bytes());
    let notes: Vec<&str> = reading.findings.iter().map(|f| f.message.as_str()).collect();
    assert_eq!(notes, ["the header X-Content-Type-Options goes on over several lines, and was read as one"]);
    assert!(matches!(&reading.facts[0].found, secgen::targets::Found::Set { text, .. } if text == "nosniff"), "{:?}", reading.facts[0]);
}

/// However much of a text is there, it is read or refused.
#[test]
fn texts_that_are_cut_off() {
    let wanted = policy(json!({
        "headers": { "hsts": { "max_age": "1d" }, "framing": "deny", "csp": { "directives": { "default-src": ["self"] } }, "remove": ["Server"] },
        "cookies": { "one": { "name": "sid", "secure": true } },
    }));
    let plain = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 301 M\r\nLocation: https://a\r\n\r\nHTTP/2 200\r\nserver: x\r\nx-frame-options:\r\n DENY\r\nset-cookie: sid=\u{e9}; Secure\r\n\r\nbody";
    let verbose = plain.lines().flat_map(|line| ["* talk\n< ", line, "\r\n"]).collect::<String>();
    let (mut taken, mut refused) = (0, 0);
    for text in [plain, &verbose] {
        for end in 0..=text.len() {
            let (sources, reading) = read(&wanted, &text.as_bytes()[..end]);
            for label in reading.facts.iter().filter_map(|f| f.at.as_ref()) {
                assert!(label.span.range().end <= sources.get(label.span.source).bytes().len());
            }
            let is_read = !reading.sources.is_empty();
            assert_eq!(is_read, !reading.facts.is_empty());
            assert_eq!(is_read, !reading.findings.iter().any(|f| f.kind == secgen::finding::Kind::Error), "never a pass after a partial parse");
            *if is_read { &mut taken } else { &mut refused } += 1;
        }
    }
    assert!(taken > 100 && refused > 100, "{taken} {refused}");
}
