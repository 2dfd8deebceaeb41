//! The examples for GitHub and GitLab: their lines run under bash, and the page shows them as they are.

use super::{Stubs, said, yaml};
use crate::support::project;
use secgen::render::header;

/// The job of the GitLab example, with stubs for what it installs and the real program in the archive.
#[test]
fn the_gitlab_job_installs_by_digest_and_reports() {
    let job = yaml("examples/ci/gitlab-ci.yml")["security drift"].clone();
    let stubs = Stubs::new();
    stubs.add("apt-get", "");
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path().join("secgen-0.1.0-x86_64-unknown-linux-musl/bin");
    std::fs::create_dir_all(&top).unwrap();
    std::fs::copy(super::secgen(), top.join("secgen")).unwrap();
    let archive = folder.path().join("archive.tar.gz");
    let tar = std::process::Command::new("tar").arg("-czf").arg(&archive).arg("-C").arg(folder.path()).arg("secgen-0.1.0-x86_64-unknown-linux-musl").status();
    assert!(tar.unwrap().success());
    let digest = header::digest(&std::fs::read(&archive).unwrap());
    stubs.add("curl", &format!("while [ $# -gt 0 ]; do [ \"$1\" != --output ] || cp '{}' \"$2\"; shift; done", archive.display()));
    let work = folder.path().join("work");
    std::fs::create_dir_all(work.join(".git")).unwrap();
    std::fs::write(
        work.join("secgen.yaml"),
        "version: 1\nservice: pay\nhttp: { headers: { content_type_options: nosniff } }\ntargets: { nginx: { out: n } }\n",
    )
    .unwrap();
    // The places that only root of a container has.
    let local =
        |text: &str| text.replace("/opt/secgen", &folder.path().join("opt").display().to_string()).replace("/tmp/", &format!("{}/", folder.path().display()));
    let lines = |name: &str| job[name].as_array().unwrap().iter().map(|line| local(line.as_str().unwrap())).collect::<Vec<_>>().join("\n");
    let url = "https://example.com/secgen.tar.gz";
    let before = stubs.bash(&lines("before_script"), &work, &[("SECGEN_URL", url), ("SECGEN_SHA256", &digest)]);
    assert!(before.status.success(), "{}", said(&before));
    assert!(stubs.calls("curl").contains(&format!("[{url}]")));
    // Nothing is rendered yet: the gate fails, and the reports are there for GitLab all the same.
    let script = stubs.bash(&lines("script"), &work, &[]);
    assert_eq!(script.status.code(), Some(1), "{}", said(&script));
    let junit = std::fs::read_to_string(work.join(job["artifacts"]["reports"]["junit"].as_str().unwrap())).unwrap();
    assert!(junit.contains("<testsuites") && junit.contains("artifact-missing"), "{junit}");
    assert!(work.join(job["artifacts"]["paths"][0].as_str().unwrap()).is_file());
    assert_eq!(job["artifacts"]["when"], "always");
    let other = stubs.bash(&lines("before_script"), &work, &[("SECGEN_URL", url), ("SECGEN_SHA256", &"0".repeat(64))]);
    assert!(!other.status.success(), "another archive was taken");
}

/// In a merge request the spec is compared with what it was.
#[test]
fn a_lowered_bar_fails_the_gitlab_job() {
    let job = yaml("examples/ci/gitlab-ci.yml")["security drift"].clone();
    let stubs = Stubs::new();
    let secgen = stubs.add("secgen", "[ \"$1\" != spec ]");
    let line = job["script"][0].as_str().unwrap().replace("/opt/secgen/bin/secgen", &secgen.display().to_string());
    let here = stubs.path().to_owned();
    assert!(stubs.bash(&line, &here, &[]).status.success());
    assert!(stubs.calls("secgen").is_empty());
    assert!(!stubs.bash(&line, &here, &[("CI_MERGE_REQUEST_DIFF_BASE_SHA", "abc123")]).status.success());
    assert_eq!(stubs.calls("secgen"), "[spec]\n[diff]\n[abc123:secgen.yaml]\n[secgen.yaml]\n[--fail-on]\n[weaker]\n");
}

/// The steps of the GitHub example that are ours.
#[test]
fn the_github_job_hands_on_the_exit_code() {
    let workflow = yaml("examples/ci/github.yml");
    let steps = workflow["jobs"]["check"]["steps"].as_array().unwrap().clone();
    let script = |name: &str| steps.iter().find(|step| step["name"] == name).unwrap()["run"].as_str().unwrap().to_owned();
    for code in [0, 1, 2] {
        let stubs = Stubs::new();
        std::fs::create_dir_all(stubs.path().join("tools/bin")).unwrap();
        let body = format!("for argument; do case \"$argument\" in *=*) echo report >\"${{argument#*=}}\" ;; esac; done\nexit {code}");
        let secgen = stubs.add("secgen", &body);
        std::fs::rename(&secgen, stubs.path().join("tools/bin/secgen")).unwrap();
        let (temp, summary) = (stubs.path().display().to_string(), stubs.path().join("summary").display().to_string());
        let env = [("RUNNER_TEMP", temp.as_str()), ("GITHUB_STEP_SUMMARY", &summary), ("BASE", "abc123")];
        let output = stubs.bash(&script("Check"), stubs.path(), &env);
        assert_eq!(output.status.code(), Some(code), "{}", said(&output));
        assert_eq!(std::fs::read_to_string(&summary).unwrap(), "report\n");
        assert!(stubs.path().join("secgen.sarif").is_file());
        let diff = stubs.bash(&script("The bar is not lowered"), stubs.path(), &env);
        assert_eq!(diff.status.code(), Some(code));
        assert!(stubs.calls("secgen").ends_with("[spec]\n[diff]\n[abc123:secgen.yaml]\n[secgen.yaml]\n[--fail-on]\n[weaker]\n"));
    }
}

/// `docs/ci.md` shows the files themselves. `SECGEN_BLESS=1` writes them anew.
#[test]
fn the_page_shows_the_files() {
    let page = project().join("docs/ci.md");
    let mut text = std::fs::read_to_string(&page).unwrap();
    for file in ["examples/ci/github.yml", "examples/ci/gitlab-ci.yml", ".pre-commit-hooks.yaml"] {
        let mark = format!("<!-- file: {file} -->\n```yaml\n");
        let start = text.find(&mark).unwrap_or_else(|| panic!("docs/ci.md does not show {file}")) + mark.len();
        let end = start + text[start..].find("```\n").unwrap();
        let real = std::fs::read_to_string(project().join(file)).unwrap();
        if std::env::var_os("SECGEN_BLESS").is_some() {
            text.replace_range(start..end, &real);
        } else {
            assert_eq!(text[start..end], real, "docs/ci.md shows another {file}; run SECGEN_BLESS=1 cargo test");
        }
    }
    if std::env::var_os("SECGEN_BLESS").is_some() {
        std::fs::write(page, text).unwrap();
    }
}
