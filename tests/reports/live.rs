//! The programs that read the reports: Microsoft's SARIF multitool with GitHub's own rules, compliance-trestle's models
//! of OSCAL, libxml2, and a browser that refuses what the page's policy forbids.

use super::{All, many, weak, workspace};
use crate::cli::attested;
use crate::cli::project::Project;
use crate::support::{program, tools};
use secgen::check::{Report, UsedWaiver, WaiverKind, fingerprint};
use secgen::finding::Disposition;
use secgen::report::text::Style;
use secgen::report::{self, Format};
use secgen::source::Sources;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Trees that end well, badly, and not at all.
fn reports() -> Vec<(&'static str, All)> {
    let clean = Project::example("quickstart");
    clean.run(&["render"]).exits(0);
    let broken = weak();
    broken.write("deploy/nginx/nginx.conf", "http { server {");
    vec![
        ("clean", All::new(&clean, &["check"])),
        ("strict", All::new(&clean, &["check", "--fail-on", "strict"])),
        ("weak", All::new(&weak(), &["check"])),
        ("broken", All::new(&broken, &["check"])),
        ("workspace", All::new(&workspace(), &["check", "--workspace"])),
        ("nothing", All::new(&Project::empty(), &["check"])),
        ("stated", All::new(&attested::everything(), &["check"])),
        ("render", All::new(&Project::example("quickstart"), &["render", "--dry-run"])),
    ]
}

/// A report in which waivers accept, have ended, and are an emergency.
fn waived() -> (Report, Sources) {
    let (mut report, sources) = many::many();
    report.findings.truncate(40);
    let dispositions = [
        Disposition::Waived("W-1".to_owned()),
        Disposition::ExpiredWaiver("W-2".to_owned()),
        Disposition::Baseline("B-1".to_owned()),
        Disposition::Waived("E-1".to_owned()),
    ];
    report.findings.iter_mut().zip(dispositions).for_each(|(finding, disposition)| finding.disposition = disposition);
    let day = |text: &str| serde_json::from_value(serde_json::json!(text)).unwrap();
    let used = |id: &str, kind, until, approved_by: Option<&str>| UsedWaiver {
        id: id.to_owned(),
        kind,
        rule: "header-missing".to_owned(),
        owner: "@acme/web".to_owned(),
        reason: "card readers need it".to_owned(),
        created: day("2026-11-01"),
        until: day(until),
        approved_by: approved_by.map(str::to_owned),
        ticket: Some("SEC-812".to_owned()),
        accepts: "absent".to_owned(),
        findings: 1,
        position: secgen::source::Span::new(sources.iter().next().unwrap().0, 0, 1),
    };
    report.waivers = vec![
        used("W-1", WaiverKind::Waiver, "2027-03-31", Some("@acme/security")),
        used("W-2", WaiverKind::Waiver, "2026-11-02", Some("@acme/security")),
        used("B-1", WaiverKind::Baseline, "2027-03-31", None),
        used("E-1", WaiverKind::Emergency, "2026-12-01", None),
    ];
    fingerprint::name(&mut report.findings, &sources);
    report::clean(&mut report, true);
    (report, sources)
}

fn written(format: Format, folder: &Path) -> PathBuf {
    let (report, sources) = waived();
    let file = folder.join("waived");
    std::fs::write(&file, report::write(format, &report, &sources, Style { quiet: false, verbose: false, color: false })).unwrap();
    file
}

/// What it says of a log: rule, level, and where.
fn multitool(program: &Path, log: &Path, folder: &Path) -> Vec<String> {
    let out = folder.join("validation.sarif");
    let run = Command::new(program)
        .args(["validate"])
        .arg(log)
        .args(["--rule-kind", "Sarif;Gh", "--log", "ForceOverwrite", "--max-file-size-in-kb", "100000", "--output"])
        .arg(&out)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(said.contains("Analysis completed successfully"), "{said}{}", String::from_utf8_lossy(&run.stderr));
    let log: serde_json::Value = serde_json::from_str(std::fs::read_to_string(out).unwrap().trim_start_matches('\u{feff}')).unwrap();
    let results = log["runs"][0]["results"].as_array().cloned().unwrap_or_default();
    results.iter().map(|r| format!("{} {} {}", r["ruleId"], r["level"], r["message"])).collect()
}

#[test]
fn the_sarif_multitool_has_nothing_to_say() {
    let Some(program) = program("the SARIF multitool", tools().join("sarif/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool")) else { return };
    let folder = tempfile::tempdir().unwrap();
    for (name, all) in reports() {
        // The multitool tells kinds of files by their names.
        let log = folder.path().join(format!("{name}.sarif"));
        std::fs::copy(all.path("sarif"), &log).unwrap();
        assert_eq!(multitool(&program, &log, folder.path()), Vec::<String>::new(), "{name}");
    }
    let log = folder.path().join("waived.sarif");
    std::fs::rename(written(Format::Sarif, folder.path()), &log).unwrap();
    assert_eq!(multitool(&program, &log, folder.path()), Vec::<String>::new());
    // It does find what GitHub refuses.
    let mut bad: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&log).unwrap()).unwrap();
    bad["runs"][0]["tool"]["driver"]["rules"][0].as_object_mut().unwrap().remove("shortDescription");
    std::fs::write(&log, bad.to_string()).unwrap();
    assert!(multitool(&program, &log, folder.path())[0].contains("GH2012"));
}

/// At 30,000 findings, too.
#[test]
fn the_sarif_multitool_takes_the_largest_log() {
    let Some(program) = program("the SARIF multitool", tools().join("sarif/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (mut report, sources) = many::many();
    report::clean(&mut report, true);
    let log = folder.path().join("many.sarif");
    std::fs::write(&log, report::write(Format::Sarif, &report, &sources, Style { quiet: false, verbose: false, color: false })).unwrap();
    assert_eq!(multitool(&program, &log, folder.path()), Vec::<String>::new());
}

#[test]
fn trestle_reads_every_assessment_result() {
    let Some(python) = program("compliance-trestle", tools().join("venv-trestle/bin/python")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (name, all) in reports() {
        let file = folder.path().join(format!("{name}.json"));
        std::fs::copy(all.path("oscal"), &file).unwrap();
        files.push(file);
    }
    let file = folder.path().join("accepted.json");
    std::fs::rename(written(Format::Oscal, folder.path()), &file).unwrap();
    let statuses = |file: &Path| {
        let document: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        assert_eq!(document["assessment-results"]["metadata"]["oscal-version"], "1.1.2");
        let result = document["assessment-results"]["results"][0].clone();
        assert!(result["findings"].is_null(), "nothing is said to be satisfied");
        let risks = result["risks"].as_array().cloned().unwrap_or_default();
        risks.iter().map(|r| format!("{} {}", r["title"].as_str().unwrap(), r["status"].as_str().unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(statuses(&file), ["Waiver E-1 deviation-requested", "Waiver W-1 deviation-approved", "Waiver W-2 open", "Waiver B-1 deviation-requested"]);
    files.push(file);
    let read = "import sys, pathlib\nfrom trestle.oscal.assessment_results import AssessmentResults\n\
                [AssessmentResults.oscal_read(pathlib.Path(f)).results[0].uuid for f in sys.argv[1:]]\nprint('read', len(sys.argv) - 1)";
    let check = |files: &[PathBuf]| {
        let run = Command::new(&python).args(["-c", read]).args(files).output().unwrap();
        (String::from_utf8_lossy(&run.stdout).into_owned(), String::from_utf8_lossy(&run.stderr).into_owned())
    };
    let (out, err) = check(&files);
    assert_eq!(out, format!("read {}\n", files.len()), "{err}");
    // It does refuse what the models do not have.
    let text = std::fs::read_to_string(&files[0]).unwrap();
    std::fs::write(&files[0], text.replacen("\"collected\"", "\"colected\"", 1)).unwrap();
    assert_eq!(check(&files[..1]).0, "");
}

/// The elements and attributes of the schema that Jenkins checks (junit-10.xsd), as far as reports have them.
const SHAPE: &str = r"
<!ELEMENT testsuites (testsuite*)> <!ATTLIST testsuites name CDATA #IMPLIED tests CDATA #IMPLIED failures CDATA #IMPLIED errors CDATA #IMPLIED>
<!ELEMENT testsuite (properties|testcase)*>
<!ATTLIST testsuite name CDATA #REQUIRED tests CDATA #REQUIRED failures CDATA #REQUIRED errors CDATA #REQUIRED skipped CDATA #IMPLIED>
<!ELEMENT properties (property*)> <!ELEMENT property EMPTY> <!ATTLIST property name CDATA #REQUIRED value CDATA #REQUIRED>
<!ELEMENT testcase (skipped|error|failure|system-out)*> <!ATTLIST testcase name CDATA #REQUIRED classname CDATA #IMPLIED>
<!ELEMENT skipped (#PCDATA)> <!ATTLIST skipped type CDATA #IMPLIED message CDATA #IMPLIED>
<!ELEMENT error (#PCDATA)> <!ATTLIST error type CDATA #IMPLIED message CDATA #IMPLIED>
<!ELEMENT failure (#PCDATA)> <!ATTLIST failure type CDATA #IMPLIED message CDATA #IMPLIED>
<!ELEMENT system-out (#PCDATA)>";

#[test]
fn junit_is_of_the_shape_that_its_readers_check() {
    let Some(program) = program("xmllint", PathBuf::from("/usr/bin/xmllint")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let shape = folder.path().join("junit.dtd");
    std::fs::write(&shape, SHAPE).unwrap();
    let valid = |file: &Path| {
        let run = Command::new(&program).args(["--nonet", "--noout", "--dtdvalid"]).arg(&shape).arg(file).output().unwrap();
        (run.status.success(), String::from_utf8_lossy(&run.stderr).into_owned())
    };
    for (name, all) in reports() {
        let (ok, why) = valid(&all.path("junit"));
        assert!(ok, "{name}: {why}");
    }
    let file = written(Format::Junit, folder.path());
    assert!(valid(&file).0, "{}", valid(&file).1);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("<skipped type=\"waived\" message=\"waived by W-1 (@acme/web, until 2027-03-31: card readers need it): "), "{text}");
    std::fs::write(&file, text.replacen("</testcase>", "<b/></testcase>", 1)).unwrap();
    assert!(!valid(&file).0);
}

/// The page in a browser: its style is let in by the policy, and nothing was asked for from elsewhere.
#[test]
fn the_page_is_shown_by_a_browser() {
    let Some(program) = program("chromium", PathBuf::from("/usr/bin/chromium")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    std::fs::rename(written(Format::Html, folder.path()), &page).unwrap();
    let text = std::fs::read_to_string(&page).unwrap();
    for words in ["Passed", "W-2", "waiver, ended", "2026-11-01 to 2027-03-31", "card readers need it (SEC-812)", "EMERGENCY E-1 accepts 1 finding"] {
        assert!(words == "Passed" || text.contains(words), "{words}");
    }
    let run = |page: &Path| {
        let run = Command::new(&program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"])
            .args(["--disable-component-update", "--disable-sync", "--enable-logging=stderr", "--v=0", "--dump-dom"])
            .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
            .arg(format!("file://{}", page.display()))
            .output()
            .unwrap();
        (String::from_utf8_lossy(&run.stdout).into_owned(), String::from_utf8_lossy(&run.stderr).into_owned())
    };
    let (dom, said) = run(&page);
    assert!(dom.contains("<h2>Waivers</h2>") && !said.contains("Content Security Policy"), "{said}");
    // It would say so.
    std::fs::write(&page, text.replace("</style>", "\n/**/</style>").replace("</footer>", "<script>document.title = 'x'</script></footer>")).unwrap();
    let (dom, said) = run(&page);
    assert!(said.contains("Content Security Policy") && !dom.contains("<title>x</title>"), "{said}");
}
