//! The action as a whole, from its inputs to its outputs: that a value which a user writes arrives where it belongs, and that
//! steps run or are left out as they must be. `action.rs` has the steps one by one.

use super::runner::{Job, Outcome, Step};
use super::{Stubs, said, yaml};
use secgen::render::header;
use std::collections::BTreeMap;

const NAME: &str = "secgen-0.1.0-x86_64-unknown-linux-musl";
const UPLOAD: &str = "Upload to code scanning";

/// What the stubs write for every report that they are asked for.
const REPORTS: &str = "for argument; do case \"$argument\" in --report=*=*) echo 'a report' >\"${argument#--report=*=}\" ;; esac; done";

/// A checkout with `tools/secgen`, and an archive that curl gives for any address, whose program does the same.
struct Scratch {
    stubs: Stubs,
    digest: String,
    fork: &'static str,
}

impl Scratch {
    /// With a program that ends like this.
    fn new(end: &str) -> Self {
        let stubs = Stubs::new();
        let tools = stubs.path().join("job/checkout/tools");
        let release = stubs.path().join(NAME).join("bin");
        std::fs::create_dir_all(&tools).unwrap();
        std::fs::create_dir_all(&release).unwrap();
        let program = stubs.add("secgen", end);
        std::fs::copy(&program, release.join("secgen")).unwrap();
        std::fs::rename(&program, tools.join("secgen")).unwrap();
        let archive = stubs.path().join("archive");
        let packed = std::process::Command::new("tar").arg("-czf").arg(&archive).arg("-C").arg(stubs.path()).arg(NAME).output().unwrap();
        assert!(packed.status.success(), "{}", said(&packed));
        stubs.add("curl", &format!("while [ $# -gt 0 ]; do [ \"$1\" != --output ] || cp '{}' \"$2\"; shift; done", archive.display()));
        let digest = header::digest(&std::fs::read(&archive).unwrap());
        Self { stubs, digest, fork: "" }
    }

    fn run(&self, inputs: &[(&str, &str)]) -> Outcome {
        for program in ["secgen", "curl"] {
            let _ = std::fs::remove_file(self.stubs.path().join(format!("{program}.log")));
        }
        let contexts = [("github.event.pull_request.head.repo.fork", self.fork), ("github.action_repository", "acme/secgen")];
        let path = format!("{}:/usr/bin:/bin", self.stubs.path().display());
        let environment = [("PATH", path.as_str()), ("RUNNER_OS", "Linux"), ("RUNNER_ARCH", "X64")];
        let owned = |pairs: &[(&str, &str)]| pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>();
        let job = Job { folder: &self.stubs.path().join("job/checkout"), contexts: owned(&contexts), environment: owned(&environment) };
        job.run(&yaml("action.yml"), &inputs.iter().copied().collect())
    }

    fn release(&self, more: &[(&str, &str)]) -> Outcome {
        let digest = self.digest.clone();
        let inputs = [("version", "0.1.0"), ("sha256", digest.as_str())];
        self.run(&[&inputs[..], more].concat())
    }
}

/// The upload ran, with the report of this run.
#[track_caller]
fn uploads(outcome: &Outcome, category: &str) {
    let Some(Step::Uses(_, with)) = outcome.steps.get(UPLOAD) else { panic!("{:?}", outcome.steps) };
    assert!(!with["sarif_file"].is_empty() && with["sarif_file"] == outcome.outputs["sarif"], "{with:?}");
    assert_eq!(std::fs::read_to_string(&with["sarif_file"]).unwrap(), "a report\n");
    assert_eq!(with["category"], category);
}

#[test]
fn a_version_and_its_digest_are_all_that_is_needed() {
    let scratch = Scratch::new(REPORTS);
    let outcome = scratch.release(&[]);
    assert!(outcome.ok, "{}", outcome.log);
    assert!(scratch.stubs.calls("curl").ends_with(&format!("[https://github.com/acme/secgen/releases/download/v0.1.0/{NAME}.tar.gz]\n")));
    let calls = scratch.stubs.calls("secgen");
    let reports = calls.strip_prefix("[check]\n[--format]\n[github]\n[--report=sarif=").unwrap_or_else(|| panic!("{calls}"));
    assert!(reports.contains("]\n[--report=markdown=") && reports.ends_with("]\n[--workspace]\n"), "{calls}");
    assert_eq!(outcome.summary, "a report\n");
    assert_eq!(outcome.outputs["exit-code"], "0");
    uploads(&outcome, "secgen");
}

#[test]
fn every_input_arrives() {
    let scratch = Scratch::new(&format!("pwd\n{REPORTS}"));
    let outcome = scratch.run(&[
        ("path", "tools/secgen"),
        ("working-directory", "tools"),
        ("workspace", "false"),
        ("fail-on", "strict; $(touch pwned)"),
        ("args", "--env\nprod && touch pwned\n"),
        ("category", "a b"),
    ]);
    assert!(outcome.ok && outcome.log.contains("/checkout/tools\n"), "{}", outcome.log);
    assert!(scratch.stubs.calls("curl").is_empty());
    let calls = scratch.stubs.calls("secgen");
    assert!(calls.ends_with("[--fail-on=strict; $(touch pwned)]\n[--env]\n[prod && touch pwned]\n") && !calls.contains("--workspace"), "{calls}");
    uploads(&outcome, "a b");
    let nothing = walkdir::WalkDir::new(scratch.stubs.path()).into_iter().flatten().all(|entry| entry.file_name() != "pwned");
    assert!(nothing, "an input was run");
}

#[test]
fn the_gate_decides_the_job_and_what_was_found_is_uploaded_all_the_same() {
    for code in 0..=3 {
        let scratch = Scratch::new(&format!("{REPORTS}\nexit {code}"));
        for outcome in [scratch.release(&[]), scratch.run(&[("path", "tools/secgen")])] {
            assert_eq!(outcome.steps["Check"], Step::Exit(code), "{}", outcome.log);
            assert_eq!(outcome.ok, code == 0);
            assert_eq!(outcome.outputs["exit-code"], code.to_string());
            uploads(&outcome, "secgen");
        }
    }
}

#[test]
fn an_archive_with_another_digest_ends_the_job_before_anything_runs() {
    let scratch = Scratch::new(REPORTS);
    let outcome = scratch.run(&[("version", "0.1.0"), ("sha256", &"0".repeat(64))]);
    assert_eq!(outcome.steps["Install secgen"], Step::Exit(2));
    assert_eq!((&outcome.steps["Check"], &outcome.steps[UPLOAD]), (&Step::Skipped, &Step::Skipped));
    assert!(!outcome.ok && scratch.stubs.calls("secgen").is_empty(), "{}", outcome.log);
    assert_eq!(scratch.run(&[]).steps["Install secgen"], Step::Exit(2));
}

#[test]
fn nothing_is_uploaded_that_must_not_be() {
    let mut scratch = Scratch::new(&format!("{REPORTS}\nexit 1"));
    assert_eq!(scratch.release(&[("sarif", "false")]).steps[UPLOAD], Step::Skipped);
    scratch.fork = "false";
    uploads(&scratch.release(&[]), "secgen");
    scratch.fork = "true";
    assert_eq!(scratch.release(&[]).steps[UPLOAD], Step::Skipped);
    // A run that wrote no report, in a job where an earlier one did.
    scratch.fork = "";
    let silent = "#!/bin/bash\nexit 2\n";
    std::fs::write(scratch.stubs.path().join("job/checkout/tools/secgen"), silent).unwrap();
    uploads(&scratch.release(&[]), "secgen");
    let outcome = scratch.run(&[("path", "tools/secgen")]);
    assert_eq!((&outcome.steps["Check"], &outcome.steps[UPLOAD]), (&Step::Exit(2), &Step::Skipped));
    assert_eq!(outcome.outputs["sarif"], "");
}
