//! The folder is what the spec pins, lies inside the root, and is not written to.

use super::{SPEC, TEMPLATE, named_digest, pin, project};
use crate::cli::project::Project;
use insta::assert_snapshot;

#[test]
fn a_folder_without_a_pin_is_refused_with_the_line_to_write() {
    let project = Project::with_spec(SPEC);
    project.write("t/a.tera", TEMPLATE);
    assert_snapshot!("not_pinned", project.run(&["validate"]).exits(2).shown(&project));
    for command in ["check", "render"] {
        project.run(&[command]).exits(2);
    }
    assert!(!project.path().join("out").exists());
    pin(&project);
    project.run(&["render"]).exits(0);
    project.run(&["check"]).exits(0);
}

#[test]
fn any_change_of_the_folder_is_refused() {
    type Change<'a> = (&'a str, &'a dyn Fn(&Project));
    let project = project(SPEC, &[("a.tera", TEMPLATE), ("more/b.tera", "b\n"), ("README.md", "text\n")]);
    project.run(&["render"]).exits(0);
    let before = project.read("out/a.conf");
    let changes: [Change<'_>; 5] = [
        ("a text", &|p| p.edit("t/a.tera", "set ", "put ")),
        ("an included text", &|p| p.edit("t/more/b.tera", "b", "c")),
        ("a file that is no template", &|p| p.write("t/README.md", "other\n")),
        ("a new file", &|p| p.write("t/more/c.tera", "")),
        ("a file that is gone", &|p| std::fs::remove_file(p.path().join("t/README.md")).unwrap()),
    ];
    for (what, change) in changes {
        change(&project);
        let run = project.run(&["check"]);
        assert!(run.exits(2).out.contains("templates-not-pinned"), "{what}: {}", run.out);
        project.run(&["render"]).exits(2);
        assert_eq!(project.read("out/a.conf"), before, "{what}");
        pin(&project);
    }
    project.edit("t/a.tera", "put ", "set ");
    assert_snapshot!("other_folder", project.run(&["validate"]).exits(2).shown(&project).replace(&named_digest(&project), "[FOUND]"));
}

#[test]
fn line_ends_are_no_change_and_bytes_cannot_move_between_files() {
    let project = project(SPEC, &[("a.tera", TEMPLATE), ("b", "x"), ("c", "y")]);
    project.run(&["render"]).exits(0);
    project.write("t/a.tera", TEMPLATE.replace('\n', "\r\n"));
    project.run(&["check"]).exits(0);
    project.write("t/a.tera", TEMPLATE);
    project.write("t/b", "x\n1:c=1:y");
    std::fs::remove_file(project.path().join("t/c")).unwrap();
    project.run(&["check"]).exits(2);
}

#[test]
fn the_message_names_the_place_on_the_disk() {
    let project = project(SPEC, &[("a.tera", "one\r\ntwo\r\n  {{ service }}\r\n")]);
    let run = project.run(&["check"]);
    assert!(run.exits(2).out.contains("t/a.tera:3:6"), "{}", run.out);
}

#[cfg(unix)]
#[test]
fn no_link_leads_to_the_folder_or_lies_in_it() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("a.tera"), TEMPLATE).unwrap();
    std::fs::write(outside.path().join("secret"), "canary-of-another-folder").unwrap();
    // The folder itself, a folder on the way, a file in it, a folder in it, a link inside the root, one to nothing.
    let linked = Project::with_spec(SPEC);
    symlink(outside.path(), linked.path().join("t")).unwrap();
    let on_the_way = Project::with_spec(&SPEC.replace("dir: t", "dir: x/t"));
    std::fs::create_dir(outside.path().join("t")).unwrap();
    symlink(outside.path(), on_the_way.path().join("x")).unwrap();
    let mut all = vec![linked, on_the_way];
    for target in [outside.path().join("secret"), outside.path().to_path_buf(), "../secgen.yaml".into(), "nowhere".into()] {
        let inside = project(SPEC, &[("a.tera", TEMPLATE)]);
        symlink(target, inside.path().join("t/link.tera")).unwrap();
        all.push(inside);
    }
    for project in all {
        let run = project.run(&["check"]);
        run.exits(2);
        assert!(run.out.contains("templates-unusable") && !run.out.contains("canary"), "{}", run.out);
        project.run(&["render"]).exits(2);
        assert!(!project.path().join("out").exists());
    }
}

#[test]
fn what_no_folder_of_templates_is() {
    for (from, to, why) in [
        ("dir: t", "dir: ../t", "a path is relative"),
        ("dir: t", "dir: /etc", "a path is relative"),
        ("dir: t", "dir: .", "names no folder"),
        ("dir: t", "dir: \"{env}\"", "names no folder"),
        ("dir: t", "dir: no", "does not exist"),
        ("dir: t", "dir: secgen.yaml", "is not a folder"),
        ("template: a.tera", "template: b.tera", "has no template b.tera"),
        ("template: a.tera", "template: ../a.tera", "a path is relative"),
        ("template: a.tera", "template: README.md", "has no template README.md"),
        ("out: out/a.conf", "out: t/a.conf", "no place to write"),
        ("out: out/a.conf", "out: T/a.conf", "no place to write"),
        ("out: out/a.conf", "out: ../a.conf", "a path is relative"),
        ("out: out/a.conf", "out: .", "no place to write"),
        ("out: out/a.conf", "out: .git/hooks/pre-commit", "git's own folder"),
        ("out: out/a.conf", "out: secgen.yaml", "a file of secgen itself"),
        ("carries: [http.headers]", "carries: [tls.min_version]", "does not ask for"),
        ("carries: [http.headers]", "comment: \"/*\"", "comment"),
        ("carries: [http.headers]", "lines: { X-A: \"no place\" }", "{value}"),
    ] {
        let project = project(SPEC, &[("a.tera", TEMPLATE), ("README.md", "")]);
        project.edit("secgen.yaml", from, to);
        let run = project.run(&["render"]);
        run.exits(2);
        assert!(run.out.contains(why) || run.err.contains(why), "{to}: {}", run.out);
    }
    let none = Project::with_spec(SPEC.replace("  dir: t\n", "  dir: t\n  outputs: {}\n").split_once("  outputs:\n").unwrap().0);
    assert!(none.run(&["validate"]).exits(2).out.contains("templates has no outputs"));
}

#[test]
fn size_and_number_of_files_are_bounded() {
    let project = project(SPEC, &[("a.tera", TEMPLATE)]);
    project.write("t/large", vec![b'a'; (1 << 20) + 1]);
    assert!(project.run(&["check"]).exits(2).out.contains("more than the 1048576"));
    project.write("t/large", b"\xff\xfe");
    assert!(project.run(&["check"]).exits(2).out.contains("is no UTF-8 text"));
    std::fs::remove_file(project.path().join("t/large")).unwrap();
    project.run(&["validate"]).exits(0);
    for i in 0..17 {
        project.write(&format!("t/n{i}"), vec![b'a'; 1 << 20]);
    }
    assert!(project.run(&["check"]).exits(2).out.contains("t holds more than 16 MiB"));
    for i in 0..200 {
        project.write(&format!("t/n{i}"), "");
    }
    assert!(project.run(&["check"]).exits(2).out.contains("more than 200 files"));
}

#[test]
fn a_claim_needs_a_template_that_uses_the_value() {
    let spec = SPEC.replace("carries: [http.headers]", "carries: [http.headers, tls]").replace("templates:\n", "tls: { min_version: TLSv1.3 }\ntemplates:\n");
    let project = project(&spec, &[("a.tera", TEMPLATE)]);
    assert_snapshot!("claim", project.run(&["check"]).exits(2).shown(&project));
    project.write("t/a.tera", format!("{TEMPLATE}{{% if tls.min_version == \"TLSv1.3\" %}}tls 1.3\n{{% endif %}}"));
    pin(&project);
    project.run(&["render"]).exits(0);
    let report = project.run(&["check", "--format", "json"]).exits(0).json();
    assert_eq!(report["summary"]["verified"], 0, "a claim is never verified");
    assert_eq!(report["summary"]["verdicts"]["rendered"], 3);
    // Without the claim nothing carries it.
    project.edit("secgen.yaml", "carries: [http.headers, tls]", "carries: [http.headers]");
    let run = project.run(&["check"]);
    assert!(run.exits(1).out.contains("intent-unenforced"), "{}", run.out);
}

#[test]
fn a_change_of_the_pin_is_seen_when_specs_are_compared() {
    let project = project(SPEC, &[("a.tera", TEMPLATE)]);
    project.write("old.yaml", project.read("secgen.yaml"));
    project.edit("t/a.tera", "set", "put");
    pin(&project);
    let run = project.run(&["spec", "diff", "old.yaml", "secgen.yaml"]);
    assert!(run.out.contains("templates.sha256"), "{}{}", run.out, run.err);
}

/// What the spec itself needs is no place for an output, by force neither, and a file is no folder of another one.
#[test]
fn outputs_have_places_of_their_own() {
    let layer = "version: 1\nextends: [base.yaml]\n";
    let tasks = "operations: { weekly: [audit-logs], since: 2026-11-20, log: ops/tasks.log }\ntemplates:\n";
    for (from, to, out, why) in [
        ("version: 1\n", layer, "base.yaml", "is the place of a layer of the spec"),
        ("version: 1\n", layer, "Base.yaml", "is the place of a layer of the spec"),
        ("templates:\n", tasks, "ops/tasks.log", "is the place of the log of tasks"),
        ("templates:\n", tasks, "ops", "is the place of the log of tasks"),
        ("templates:\n", "operations: { weekly: [audit-logs], since: 2026-11-20 }\ntemplates:\n", "secgen.tasks.log", "is the place of the log of tasks"),
        ("    a:\n", "    b: { template: a.tera, out: out/a }\n    a:\n", "out/A/b", "needs a folder where the file out/a is written"),
    ] {
        let project = Project::with_spec(&SPEC.replacen(from, to, 1).replace("out: out/a.conf", &format!("out: {out}")));
        project.write("t/a.tera", TEMPLATE);
        project.write("base.yaml", "http: { headers: { framing: deny } }\n");
        project.write("ops/tasks.log", "");
        pin(&project);
        let before = project.files();
        for args in [&["validate"][..], &["check"], &["render"], &["render", "--force", out]] {
            let run = project.run(args);
            assert!(run.exits(2).out.contains("output-path-refused") && run.out.contains(why), "{out} {args:?}: {}{}", run.out, run.err);
        }
        assert_eq!(project.files(), before, "{out}");
    }
    // A log in the pinned folder would be refused from its first record on.
    let project = Project::with_spec(&SPEC.replacen("templates:\n", "operations: { weekly: [audit-logs], log: t/tasks.log }\ntemplates:\n", 1));
    project.write("t/a.tera", TEMPLATE);
    assert!(project.run(&["tasks", "list"]).exits(2).out.contains("lies in the folder of templates"));
}

/// The folder is pinned: what is rendered into it would break the pin.
#[test]
fn no_target_writes_into_the_folder() {
    let project = project(SPEC, &[("a.tera", TEMPLATE)]);
    project.write("secgen.yaml", project.read("secgen.yaml") + "targets: { operations: { out: t } }\n");
    let run = project.run(&["render"]);
    assert!(run.exits(2).out.contains("t/security.mk lies in the folder of templates, which the spec pins"), "{}", run.out);
    assert!(!project.path().join("t/security.mk").exists());
}
