//! The shell steps of `action.yml`, run under bash with stubs for what they fetch and start.

use super::{Stubs, said, yaml};
use crate::support::project;
use secgen::render::header;
use std::path::{Path, PathBuf};
use std::process::Output;

/// Values that would be something else in a script that is pasted together.
const HOSTILE: [&str; 8] =
    ["; touch pwned", "$(touch pwned)", "`touch pwned`", "\" ; touch pwned; \"", "' ; touch pwned; '", "--report=sarif=pwned", "a b  c", "::error::pwned"];

/// One step by its id.
fn script(id: &str) -> String {
    let action = yaml("action.yml");
    let steps = action["runs"]["steps"].as_array().unwrap().clone();
    steps.iter().find(|step| step["id"] == id).unwrap()["run"].as_str().unwrap().to_owned()
}

/// A job: its runner's folders, stubs on the path, and the files that steps write to.
struct Job {
    stubs: Stubs,
    home: tempfile::TempDir,
}

impl Job {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        for folder in ["temp", "work"] {
            std::fs::create_dir(home.path().join(folder)).unwrap();
        }
        for file in ["output", "summary"] {
            std::fs::write(home.path().join(file), "").unwrap();
        }
        Self { stubs: Stubs::new(), home }
    }

    fn work(&self) -> PathBuf {
        self.home.path().join("work")
    }

    fn step(&self, id: &str, inputs: &[(&str, &str)]) -> Output {
        let file = |name: &str| self.home.path().join(name).display().to_string();
        let (output, summary, temp) = (file("output"), file("summary"), file("temp"));
        let mut env = vec![("GITHUB_OUTPUT", output.as_str()), ("GITHUB_STEP_SUMMARY", &summary), ("RUNNER_TEMP", &temp)];
        env.extend([("RUNNER_OS", "Linux"), ("RUNNER_ARCH", "X64"), ("ACTION_REPOSITORY", "acme/secgen")]);
        env.extend(inputs);
        self.stubs.bash(&script(id), &self.work(), &env)
    }

    fn output(&self, name: &str) -> Option<String> {
        let text = std::fs::read_to_string(self.home.path().join("output")).unwrap();
        text.lines().find_map(|line| line.strip_prefix(&format!("{name}="))).map(str::to_owned)
    }

    fn install(&self, version: &str, sha256: &str, path: &str) -> Output {
        self.step("install", &[("SECGEN_VERSION", version), ("SECGEN_SHA256", sha256), ("SECGEN_PATH", path)])
    }

    fn check(&self, secgen: &Path, more: &[(&str, &str)]) -> Output {
        let secgen = secgen.display().to_string();
        let mut inputs =
            vec![("SECGEN", secgen.as_str()), ("SECGEN_DIRECTORY", "."), ("SECGEN_WORKSPACE", "true"), ("SECGEN_FAIL_ON", ""), ("SECGEN_ARGS", "")];
        inputs.extend(more);
        self.step("check", &inputs)
    }

    fn is_untouched(&self) -> bool {
        walkdir::WalkDir::new(self.home.path()).into_iter().flatten().all(|e| !e.file_name().to_string_lossy().contains("pwned"))
    }
}

/// An archive as a release has it, and its digest. Its program says that it ran.
fn archive(folder: &Path) -> (PathBuf, String) {
    let top = folder.join("secgen-0.1.0-x86_64-unknown-linux-musl/bin");
    std::fs::create_dir_all(&top).unwrap();
    std::fs::write(top.join("secgen"), "#!/bin/bash\necho released\n").unwrap();
    let file = folder.join("archive.tar.gz");
    let status = std::process::Command::new("tar").arg("-czf").arg(&file).arg("-C").arg(folder).arg("secgen-0.1.0-x86_64-unknown-linux-musl").status().unwrap();
    assert!(status.success());
    let digest = header::digest(&std::fs::read(&file).unwrap());
    (file, digest)
}

#[test]
fn a_release_is_unpacked_only_with_its_digest() {
    let job = Job::new();
    let folder = tempfile::tempdir().unwrap();
    let (file, digest) = archive(folder.path());
    // Writes to what follows --output.
    job.stubs.add("curl", &format!("while [ $# -gt 0 ]; do [ \"$1\" != --output ] || cp '{}' \"$2\"; shift; done", file.display()));
    let output = job.install("0.1.0", &digest, "");
    assert!(output.status.success(), "{}", said(&output));
    assert!(Path::new(&job.output("secgen").unwrap()).is_file());
    let calls = job.stubs.calls("curl");
    assert!(calls.contains("[https://github.com/acme/secgen/releases/download/v0.1.0/secgen-0.1.0-x86_64-unknown-linux-musl.tar.gz]"), "{calls}");
    assert!(calls.contains("[--proto]\n[=https]"), "{calls}");

    let job = Job::new();
    job.stubs.add("curl", &format!("while [ $# -gt 0 ]; do [ \"$1\" != --output ] || cp '{}' \"$2\"; shift; done", file.display()));
    let wrong = job.install("0.1.0", &"0".repeat(64), "");
    assert_eq!(wrong.status.code(), Some(2), "{}", said(&wrong));
    assert!(said(&wrong).contains("another digest") && job.output("secgen").is_none(), "{}", said(&wrong));
    let unpacked = walkdir::WalkDir::new(job.home.path()).into_iter().flatten().any(|e| e.file_name() == "secgen");
    assert!(!unpacked, "something was unpacked");
}

#[test]
fn what_cannot_be_fetched_fails() {
    let job = Job::new();
    job.stubs.add("curl", "exit 22");
    assert!(!job.install("0.1.0", &"0".repeat(64), "").status.success());
    assert!(job.output("secgen").is_none());
}

#[test]
fn versions_and_digests_are_what_they_say() {
    for (version, sha256) in HOSTILE.iter().map(|text| (*text, "0".repeat(64))).chain(HOSTILE.iter().map(|text| ("0.1.0", (*text).to_owned()))) {
        let job = Job::new();
        job.stubs.add("curl", "exit 1");
        let output = job.install(version, &sha256, "");
        assert_eq!(output.status.code(), Some(2), "{version} {sha256}: {}", said(&output));
        assert!(job.stubs.calls("curl").is_empty() && job.is_untouched(), "{version} {sha256}");
    }
    let job = Job::new();
    let mut platform = vec![("SECGEN_VERSION", "0.1.0"), ("SECGEN_PATH", "")];
    let digest = "0".repeat(64);
    platform.extend([("SECGEN_SHA256", digest.as_str()), ("RUNNER_OS", "Windows")]);
    let output = job.step("install", &platform);
    assert!(output.status.code() == Some(2) && said(&output).contains("no release for Windows"), "{}", said(&output));
}

#[test]
fn a_program_that_is_there_is_used() {
    let job = Job::new();
    let own = job.stubs.add("own", "");
    std::fs::create_dir(job.work().join("tools")).unwrap();
    std::fs::copy(&own, job.work().join("tools/secgen")).unwrap();
    let output = job.install("", "", "tools/secgen");
    assert!(output.status.success(), "{}", said(&output));
    // Absolute, since the check may run elsewhere.
    assert_eq!(job.output("secgen").unwrap(), job.work().canonicalize().unwrap().join("tools/secgen").display().to_string());
    for path in HOSTILE.into_iter().chain([".", "missing", "tools/secgen\nexit-code=0"]) {
        let job = Job::new();
        let output = job.install("", "", path);
        assert_eq!(output.status.code(), Some(2), "{path}: {}", said(&output));
        assert!(job.output("secgen").is_none() && job.output("exit-code").is_none() && job.is_untouched(), "{path}");
    }
}

/// Writes the reports that it is asked for, and exits as told.
fn program(job: &Job, code: u8) -> PathBuf {
    let body = format!(
        "for argument; do case \"$argument\" in --report=*=*) file=\"${{argument#--report=*=}}\"; echo \"a report\" >\"$file\" ;; esac; done\necho '1 finding'\nexit {code}"
    );
    job.stubs.add("secgen", &body)
}

#[test]
fn the_exit_code_is_that_of_secgen_and_the_reports_are_handed_on() {
    for code in [0, 1, 2, 3] {
        let job = Job::new();
        let secgen = program(&job, code);
        let output = job.check(&secgen, &[]);
        assert_eq!(output.status.code(), Some(i32::from(code)), "{}", said(&output));
        assert_eq!(job.output("exit-code"), Some(code.to_string()));
        assert_eq!(std::fs::read_to_string(job.output("sarif").unwrap()).unwrap(), "a report\n");
        assert_eq!(std::fs::read_to_string(job.home.path().join("summary")).unwrap(), "a report\n");
        let calls = job.stubs.calls("secgen");
        assert!(calls.starts_with("[check]\n[--format]\n[github]\n[--report=sarif=") && calls.ends_with("[--workspace]\n"), "{calls}");
    }
}

#[test]
fn a_run_without_reports_hands_none_on() {
    let job = Job::new();
    let secgen = job.stubs.add("secgen", "exit 2");
    assert_eq!(job.check(&secgen, &[]).status.code(), Some(2));
    assert!(job.output("sarif").is_none());
}

#[test]
fn inputs_stay_arguments() {
    for text in HOSTILE {
        let job = Job::new();
        let secgen = program(&job, 0);
        let output = job.check(&secgen, &[("SECGEN_FAIL_ON", text), ("SECGEN_ARGS", &format!("--env\n{text}\n"))]);
        assert!(output.status.success(), "{text}: {}", said(&output));
        let calls = job.stubs.calls("secgen");
        assert!(calls.contains(&format!("[--fail-on={text}]\n[--env]\n[{text}]\n")), "{text}: {calls}");
        assert!(job.is_untouched() || text.starts_with("--report"), "{text}");
        let nowhere = job.check(&secgen, &[("SECGEN_DIRECTORY", text)]);
        assert_eq!(nowhere.status.code(), Some(2), "{text}");
        let neither = job.check(&secgen, &[("SECGEN_WORKSPACE", text)]);
        assert_eq!(neither.status.code(), Some(2), "{text}");
    }
    let job = Job::new();
    let secgen = program(&job, 0);
    job.check(&secgen, &[("SECGEN_WORKSPACE", "false")]);
    assert!(!job.stubs.calls("secgen").contains("--workspace"));
}

/// The real program takes what the step gives it.
#[test]
fn the_real_program_takes_the_arguments() {
    let job = Job::new();
    std::fs::create_dir(job.work().join(".git")).unwrap();
    let spec = "version: 1\nservice: pay\nhttp: { headers: { content_type_options: nosniff } }\ntargets: { nginx: { out: n } }\n";
    std::fs::write(job.work().join("secgen.yaml"), spec).unwrap();
    let output = job.check(&super::secgen(), &[("SECGEN_FAIL_ON", "security")]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let output = job.check(&super::secgen(), &[]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("::error "), "{}", said(&output));
    let sarif: serde_json::Value = serde_json::from_slice(&std::fs::read(job.output("sarif").unwrap()).unwrap()).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    assert!(std::fs::read_to_string(job.home.path().join("summary")).unwrap().contains("artifact-missing"));
}

/// What no run of a step shows: the upload does not wait for a good end, and no input stands inside of a script.
#[test]
fn steps_are_wired_as_they_must_be() {
    let action = yaml("action.yml");
    let steps = action["runs"]["steps"].as_array().unwrap();
    let upload = steps.iter().find(|step| step["uses"].is_string()).unwrap();
    assert!(upload["if"].as_str().unwrap().contains("always()"), "{upload}");
    let (_, pin) = upload["uses"].as_str().unwrap().split_once('@').unwrap();
    assert!(pin.len() == 40 && pin.bytes().all(|b| b.is_ascii_hexdigit()), "{pin}");
    for step in steps.iter().filter_map(|step| step["run"].as_str()) {
        assert!(!step.contains("${{"), "{step}");
    }
    let inputs = action["inputs"].as_object().unwrap();
    let page = std::fs::read_to_string(project().join("docs/ci.md")).unwrap();
    for name in inputs.keys() {
        assert!(page.contains(&format!("`{name}`")), "docs/ci.md does not name the input {name}");
    }
}
