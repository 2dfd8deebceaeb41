//! Every rule says all that it must, its examples are what it says they are, and its page is fresh.

mod examples;
mod pages;

use secgen::cli::catalogue;
use secgen::finding::{Language, Relation};
use std::collections::BTreeSet;

#[test]
fn every_rule_is_complete() {
    let rules = catalogue::rules();
    assert!(rules.len() > 200, "{}", rules.len());
    let names: BTreeSet<&str> = rules.iter().map(|r| r.name).collect();
    assert_eq!(names.len(), rules.len(), "each name stands for one rule");
    let mut wrong = Vec::new();
    for rule in rules {
        let mut needs = |is_fine: bool, what: &str| {
            if !is_fine {
                wrong.push(format!("{}: {what}", rule.name));
            }
        };
        needs(rule.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "the name is not in kebab case");
        needs(rule.title.ends_with('.') && rule.title.len() <= 120, "the title is no short sentence");
        needs(rule.explain.ends_with(['.', '-']) || rule.explain.ends_with("FILE"), "the explanation does not end");
        needs(rule.explain.len() >= 40 && rule.explain.len() <= 1024, "the explanation is too short, or too long for SARIF");
        needs(!rule.bad.is_empty() && !rule.good.is_empty(), "an example is missing");
        needs(rule.bad.to_string() != rule.good.to_string(), "both examples are the same");
        needs(rule.bad.lines().chain(rule.good.lines()).all(|l| l.len() <= 200 && !l.contains('\t')), "an example is too wide");
        needs(!rule.references.is_empty(), "no control of others is named");
        needs(rule.references.iter().all(|r| !r.rationale.is_empty() && !r.rationale.ends_with('.') && r.rationale.len() <= 140), "a rationale is no one line");
        needs(rule.references.iter().all(|r| r.relation != Relation::Implements), "a rule implements nothing: an intent may");
        needs(rule.sources.iter().all(|s| s.url.starts_with("https://") && !s.title.is_empty()), "a source has no address");
        // What is about other programs' configuration is said by their documentation.
        let is_of_others = matches!(rule.language, Language::Nginx | Language::Conf | Language::Hba | Language::Sql | Language::Toml | Language::Http);
        let is_of_secgen = ["intent-not-shown", "stricter-than-policy", "artifact-reformatted"].contains(&rule.name);
        needs(!is_of_others || is_of_secgen || !rule.sources.is_empty(), "no source is named");
        for key in rule.keys {
            needs(secgen::schema::describe(key).is_some(), &format!("{key} is no spec key"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Numbers look like those of their framework; that they say what the rationale says, people must read.
#[test]
fn numbers_have_the_form_of_their_framework() {
    use secgen::finding::Framework;
    let of_rules = catalogue::rules().into_iter().flat_map(|r| r.references.iter().copied());
    let of_keys = secgen::targets::keys::all().iter().flat_map(|k| secgen::targets::keys::references(k.pattern));
    for r in of_rules.chain(of_keys) {
        let parts: Vec<&str> = r.number.split('.').collect();
        let is_dotted = parts.len() > 1 && parts.iter().all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
        let fits = match r.framework {
            Framework::Asvs => is_dotted && parts.len() == 3,
            Framework::CisPostgres => is_dotted && parts.len() <= 3,
            Framework::Pci => is_dotted && parts.len() <= 4,
            Framework::Nist => r.number.split_once('-').is_some_and(|(family, rest)| {
                let digits = rest.trim_end_matches(')').replace('(', "");
                family.len() == 2 && family.bytes().all(|b| b.is_ascii_uppercase()) && digits.bytes().all(|b| b.is_ascii_digit())
            }),
        };
        assert!(fits, "{} {}", r.framework.name(), r.number);
    }
}

/// Every key that a policy can have as an intent has an order and controls, and is carried by whom the table says,
/// whoever of them sends the headers.
#[test]
fn every_intent_has_an_entry() {
    use secgen::targets::{ALL, keys};
    let policies = ["nginx", "rust"].map(examples::everything);
    let carries = |name: &str, key: &str| {
        let target = secgen::targets::by_name(name).unwrap();
        policies.iter().any(|policy| target.carries(policy).iter().any(|own| own == key))
    };
    for intent in &policies[0].intents {
        let entry = keys::of(&intent.key).unwrap_or_else(|| panic!("{} has no entry", intent.key));
        let by: Vec<&str> = ALL.iter().map(|t| t.name()).filter(|name| carries(name, &intent.key)).collect();
        assert_eq!(by, entry.targets, "{}", intent.key);
    }
    let used: BTreeSet<&str> = policies[0].intents.iter().filter_map(|i| keys::of(&i.key)).map(|k| k.pattern).collect();
    let unused: Vec<&str> = keys::all().iter().map(|k| k.pattern).filter(|p| !used.contains(p)).collect();
    assert!(unused.is_empty(), "no policy has {unused:?}");
}
