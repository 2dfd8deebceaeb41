//! Several specs in one report: every format names each, with its verdict, its findings, its waivers and its gate.

use super::{All, FORMATS, workspace};
use crate::cli::project::Project;
use std::collections::HashSet;

const SPECS: [&str; 3] = ["secgen.yaml", "services/admin/secgen.yaml", "services/pay/secgen.yaml"];

/// The text of a page without its tags and the breaks that they allow.
fn plain(html: &str) -> String {
    let mut out = String::new();
    for part in html.replace("<wbr>", "").split('<') {
        let (tag, text) = part.split_once('>').unwrap_or(("", part));
        out.push_str(if tag.starts_with('/') || tag.starts_with("code") || tag.starts_with("span") { "" } else { "\n" });
        out.push_str(text);
    }
    out
}

#[test]
fn every_format_names_every_spec() {
    let all = All::new(&workspace(), &["check", "--workspace"]);
    assert_eq!(all.run.code, Some(1), "{}", all.run.err);
    for format in FORMATS {
        let text = if format == "html" { plain(&all.text("html")) } else { all.text(format) };
        for spec in SPECS {
            assert!(text.contains(spec), "{format}: {spec}");
        }
        // Two waivers of one id: whose is which is said.
        let (emergency, ended) = (text.contains("EMERGENCY E-2026-001") || format == "json" || format == "oscal", text.contains("W-2026-004"));
        assert!(emergency && (ended || matches!(format, "github" | "sarif")), "{format}");
    }
}

#[test]
fn sarif_is_one_run_with_a_category_of_its_own() {
    let project = workspace();
    let log = All::new(&project, &["check", "--workspace"]).json("sarif");
    let runs = log["runs"].as_array().unwrap();
    assert_eq!((runs.len(), &runs[0]["automationDetails"]["id"]), (1, &serde_json::json!("secgen-workspace/")));
    let specs: Vec<(&str, u64, &str)> = runs[0]["properties"]["specs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| (s["path"].as_str().unwrap(), s["exit"].as_u64().unwrap(), s["gate"].as_str().unwrap()))
        .collect();
    assert_eq!(specs, [(SPECS[0], 0, "standard"), (SPECS[1], 1, "security"), (SPECS[2], 1, "standard")]);
    assert_eq!(runs[0]["properties"]["gate"], "mixed");
    let of: HashSet<&str> = runs[0]["results"].as_array().unwrap().iter().filter_map(|r| r["properties"]["spec"].as_str()).collect();
    assert!(of.contains(SPECS[1]) && of.contains(SPECS[2]), "{of:?}");
    // The same finding is the same alert, alone or among others.
    let prints = |log: &serde_json::Value| -> HashSet<String> {
        let results = log["runs"][0]["results"].as_array().unwrap().iter();
        results.map(|r| r["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap().to_owned()).collect()
    };
    let alone = All::new(&project, &["check", "--spec", SPECS[2]]).json("sarif");
    assert!(!prints(&alone).is_empty() && prints(&alone).is_subset(&prints(&log)));
    assert_eq!(alone["runs"][0]["automationDetails"]["id"], "secgen/services/pay/");
}

#[test]
fn oscal_has_a_result_for_each_spec() {
    let project = workspace();
    project.write("services/twice/secgen.yaml", project.read("secgen.yaml"));
    let document = All::new(&project, &["check", "--workspace"]).json("oscal");
    let results = document["assessment-results"]["results"].as_array().unwrap();
    let titles: Vec<&str> = results.iter().map(|r| r["title"].as_str().unwrap()).collect();
    assert_eq!(
        titles,
        ["secgen check of site", "secgen check of admin", "secgen check of pay", "secgen check of site", "secgen check of all specs below the root"]
    );
    let risks = |i: usize| -> Vec<String> {
        let risks = results[i]["risks"].as_array().cloned().unwrap_or_default();
        risks.iter().map(|r| format!("{} {}", r["title"].as_str().unwrap(), r["status"].as_str().unwrap())).collect()
    };
    assert_eq!(risks(1), ["Waiver W-2026-004 open"]);
    assert_eq!(risks(2), ["Waiver E-2026-001 deviation-approved", "Waiver W-2026-004 deviation-approved"]);
    let text = document.to_string();
    let uuids: Vec<&str> = text.split("\"uuid\":\"").skip(1).map(|rest| &rest[..36]).collect();
    assert_eq!(uuids.iter().collect::<HashSet<_>>().len(), uuids.len(), "two things have one name");
}

#[test]
fn junit_suites_are_of_one_spec_each() {
    let text = All::new(&workspace(), &["check", "--workspace"]).text("junit");
    let names: Vec<&str> = text.split("<testsuite name=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let unique: HashSet<&&str> = names.iter().collect();
    assert_eq!(unique.len(), names.len(), "{names:?}");
    for name in ["secgen.nginx", "secgen.services/admin.nginx", "secgen.services/pay.nginx"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let pay = text.split("<testsuite name=\"secgen.services/pay.nginx\"").nth(1).unwrap().split("</testsuite>").next().unwrap();
    assert!(pay.contains("name=\"spec\" value=\"services/pay/secgen.yaml\"") && pay.contains("name=\"gate\" value=\"standard\""), "{pay}");
    assert!(pay.contains("waived by W-2026-004 (@acme/payments,") && !pay.contains("@acme/admin"), "{pay}");
}

/// What limits a run is said wherever its result is.
#[test]
fn floor_and_limits_are_said_in_every_format() {
    let project = workspace();
    for args in [
        &["check", "--workspace", "--floor", "secgen:recommended@2026-11", "services/pay"][..],
        &["check", "--spec", "services/pay/secgen.yaml", "--floor", "secgen:recommended@2026-11", "services/pay"],
    ] {
        let all = All::new(&project, args);
        for format in FORMATS {
            let text = if format == "html" { plain(&all.text("html")) } else { all.text(format) };
            assert!(text.contains("secgen:recommended@2026-11") || text.contains("secgen&#58;recommended@<!-- -->2026-11"), "{format}: no floor: {text}");
            let said = [
                "reported only: services/pay",
                "reported only services/pay",
                "Reported only\nservices/pay",
                "\"reported-only\"",
                "\"reportedOnly\"",
                "\"limited_to\"",
                "only what lies at services/pay is reported",
            ];
            let place = said.iter().any(|words| text.contains(words));
            assert!(place && text.contains("services/pay"), "{format}: no limit");
        }
    }
}

/// Ids of waivers are of one spec: what one accepts, the other's does not.
#[test]
fn markdown_and_text_say_whose_a_waiver_is() {
    let all = All::new(&workspace(), &["check", "--workspace"]);
    let markdown = all.text("markdown");
    for words in [
        "| W-2026-004 (waiver, ended) of `services/admin/secgen.yaml` | @<!-- -->acme/admin |",
        "| W-2026-004 (waiver) of `services/pay/secgen.yaml` | @<!-- -->acme/payments |",
        "### `services/admin/secgen.yaml`: failed",
        "| `secgen.yaml` | ✅ passed | standard | 0 of 1 intent |",
    ] {
        assert!(markdown.contains(words), "{words}: {markdown}");
    }
    let head = all.text("text");
    assert!(head.starts_with("EMERGENCY E-2026-001 accepts 1 finding"), "{head}");
    assert!(head.contains("gate mixed: failed by"), "{head}");
}

/// Many specs fit into a comment: what does not is counted.
#[test]
fn two_hundred_specs_fit_into_a_comment() {
    let project = Project::empty();
    for i in 0..200 {
        let spec = crate::waivers::SPEC.replace("[nginx.conf]", &format!("[s{i}/nginx.conf]"));
        project.write(&format!("s{i}/secgen.yaml"), spec);
        project.write(&format!("s{i}/nginx.conf"), crate::waivers::NGINX);
    }
    let all = All::new(&project, &["check", "--workspace"]);
    let text = all.text("markdown");
    assert!(text.len() < 65_536, "{}", text.len());
    assert!(text.contains("do not fit here; all are in the other reports."));
    assert!(text.contains("gate standard: failed by 600 findings"), "{}", &text[..400]);
    assert!(all.text("html").matches("<section class=\"spec\">").count() == 200);
}
