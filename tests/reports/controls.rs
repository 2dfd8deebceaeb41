//! Controls of others stand beside findings and intents in the formats that have a place for them, each with its
//! relation; nothing ever says that one is satisfied.

use super::{All, OWN, workspace};
use crate::cli::project::Project;
use crate::waivers;
use serde_json::Value;

fn project() -> Project {
    let project = Project::with_spec(&format!("{}{OWN}", waivers::SPEC));
    project.write("nginx.conf", waivers::NGINX);
    project
}

#[test]
fn sarif_has_tags_a_page_and_examples() {
    let log = All::new(&project(), &["check"]).json("sarif");
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert!(rules.len() >= 3);
    for rule in rules {
        let name = rule["id"].as_str().unwrap();
        let tags: Vec<&str> = rule["properties"]["tags"].as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect();
        assert!(tags.len() <= 10 && tags.iter().any(|t| t.contains('/')), "{name}: {tags:?}");
        let page = rule["helpUri"].as_str().unwrap();
        assert!(page.starts_with("https://") && page.ends_with(&format!("/docs/rules/{name}.md")), "{page}");
        let file = crate::support::project().join(format!("docs/rules/{name}.md"));
        assert!(file.is_file(), "{name}");
        let help = rule["help"]["markdown"].as_str().unwrap();
        assert!(help.contains("**Bad**\n\n```") && help.contains("**Good**\n\n```") && help.contains("**Controls**"), "{name}: {help}");
        assert_eq!(help.matches("```").count() % 2, 0, "{name}: {help}");
        assert!(!rule["help"]["text"].as_str().unwrap().is_empty());
    }
    let tls = rules.iter().find(|r| r["id"] == "tls-protocols").unwrap();
    let tags = tls["properties"]["tags"].to_string();
    assert!(tags.contains("acme-policy/SEC-4.2") && tags.contains("nist-800-53/SC-8(1)"), "{tags}");
    let result = log["runs"][0]["results"].as_array().unwrap().iter().find(|r| r["ruleId"] == "tls-protocols").unwrap();
    assert!(result["properties"]["controls"].to_string().contains("acme-policy/SEC-4.2"), "{result}");
}

/// Only the spec that names a control has it.
#[test]
fn controls_are_those_of_the_spec_that_a_finding_is_about() {
    let all = All::new(&workspace(), &["check", "--workspace"]);
    let report = all.json("json");
    let mut seen = 0;
    for finding in report["findings"].as_array().unwrap().iter().filter(|f| f["rule"] == "tls-protocols") {
        let is_own = finding["controls"].as_array().unwrap().iter().any(|c| c["named_by"] == "spec");
        assert_eq!(is_own, finding["spec_path"] == "services/admin/secgen.yaml", "{finding}");
        seen += 1;
    }
    assert_eq!(seen, 2);
}

#[test]
fn pages_and_suites_name_them() {
    let all = All::new(&project(), &["check"]);
    let html = all.text("html").replace("<wbr>", "");
    let own = "Acme information security policy 2026 SEC-4.2 <span class=\"soft\">supports: old TLS is off everywhere</span>";
    assert_eq!(html.matches(own).count(), 2, "beside the finding of its key, and the one of its rule");
    let row = html.split("<h2>Intents by target</h2>").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(row.contains("<li>Acme information security policy: SEC-4.2 <span class=\"soft\">supports</span></li>"), "{row}");
    assert!(all.text("markdown").contains("| tls-protocols<br>"), "{}", all.text("markdown"));
    assert!(all.text("junit").contains("NIST SP 800-53 Rev. 5 SC-8(1) (supports)"), "{}", all.text("junit"));
}

#[test]
fn oscal_reviews_the_controls_that_were_touched_and_satisfies_none() {
    let document = All::new(&project(), &["check"]).json("oscal");
    let result = &document["assessment-results"]["results"][0];
    let selection = &result["reviewed-controls"]["control-selections"][0]["include-controls"];
    let ids: Vec<&str> = selection.as_array().unwrap().iter().map(|c| c["control-id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"sc-8.1"), "{ids:?}");
    for id in &ids {
        let is_form = id.split_once('-').is_some_and(|(family, rest)| family.len() == 2 && rest.split('.').all(|n| n.parse::<u8>().is_ok()));
        assert!(is_form && *id == id.to_lowercase(), "{id}");
    }
    let controls: Vec<&Value> =
        result["observations"].as_array().unwrap().iter().flat_map(|o| o["props"].as_array().unwrap()).filter(|p| p["name"] == "control").collect();
    assert!(controls.iter().all(|p| ["implements", "supports", "related"].contains(&p["class"].as_str().unwrap()) && p["ns"].is_string()), "{controls:?}");
    let own = controls.iter().find(|p| p["value"] == "acme-policy 2026 SEC-4.2").unwrap();
    assert_eq!((own["class"].as_str(), own["remarks"].as_str()), (Some("supports"), Some("old TLS is off everywhere")));
    assert!(result["findings"].is_null() && !document.to_string().contains("\"satisfied\""));
    // Where nothing says more, settings as such are what was reviewed.
    let nothing = All::new(&Project::empty(), &["check"]).json("oscal");
    let nothing = &nothing["assessment-results"]["results"][0]["reviewed-controls"]["control-selections"][0];
    assert!(nothing["include-controls"].as_array().unwrap().iter().all(|c| c["control-id"].as_str().unwrap().starts_with("cm-")), "{nothing}");
}
