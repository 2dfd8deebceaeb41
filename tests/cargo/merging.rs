//! A hand-written `deny.toml` brought up to the policy: never weaker, nothing deleted, comments kept.

use super::{full, policy};
use crate::support;
use secgen::policy::Policy;
use secgen::source::Sources;
use secgen::strictness::{Order, Value};
use secgen::targets::cargo::{Cargo, Merged, Refusal, accepts, merge};
use secgen::targets::{Fact, Found, Input, Target};
use serde_json::json;
use std::path::Path;

fn facts(policy: &Policy, text: &str) -> Vec<Fact> {
    let mut sources = Sources::new(Path::new("."));
    let id = sources.add("deny.toml", text);
    Cargo.read(policy, &mut sources, &[Input { path: "deny.toml".to_owned(), id: Some(id) }]).facts
}

fn value(fact: &Fact) -> Option<&Value> {
    match &fact.found {
        Found::Set { value, .. } | Found::Default { value, .. } => Some(value),
        _ => None,
    }
}

fn comments(text: &str) -> usize {
    text.lines().filter(|l| l.trim_start().starts_with('#')).count()
}

/// What must hold for every merge.
fn laws(policy: &Policy, before: &str, merged: &Merged) {
    assert!(accepts(&merged.text), "{before}\n=>\n{}", merged.text);
    let again = merge(&merged.text, policy).unwrap();
    assert_eq!(again.text, merged.text, "merging twice changes nothing");
    assert!(again.changes.is_empty() && again.left == merged.left, "{:?}", again.changes);
    for (old, new) in facts(policy, before).iter().zip(&facts(policy, &merged.text)) {
        let (Some(old_value), Some(new_value)) = (value(old), value(new)) else { continue };
        let order = old_value.compare(new_value).order;
        assert!(matches!(order, Order::Equal | Order::Stricter), "{} went from {old_value} to {new_value}", old.intent);
        let required = &policy.intent(&new.intent).unwrap().value;
        let met = matches!(required.compare(new_value).order, Order::Equal | Order::Stricter);
        assert!(met || matches!(required, Value::Allowed(_)), "{} is still {new_value}\n{}", new.intent, merged.text);
    }
}

#[test]
fn what_is_weaker_is_raised_and_all_else_stays() {
    let before = "\
# Ours.
[advisories] # known holes
yanked = \"warn\" # for now
# Accepted by the team.
ignore = [\"RUSTSEC-2020-0001\"]
unmaintained = \"all\"

[bans]
multiple-versions = \"deny\"
# Never these.
deny = [
    { crate = \"git2\" }, # slow
    \"openssl\" # last
    # the end
]
";
    let policy = policy(full()).unwrap();
    let merged = merge(before, &policy).unwrap();
    laws(&policy, before, &merged);
    insta::assert_snapshot!("merged", merged.text);
    assert_eq!(
        merged.changes,
        [
            "advisories.unsound is \"all\"",
            "advisories.yanked is \"deny\"",
            "bans.deny names jsonwebtoken:<11",
            "bans.wildcards is \"deny\"",
            "sources.unknown-git is \"deny\"",
            "sources.unknown-registry is \"deny\""
        ]
    );
    assert_eq!(merged.left.len(), 1, "{:?}", merged.left);
    assert!(merged.left[0].contains("RUSTSEC-2020-0001"));
    assert_eq!(comments(&merged.text), comments(before));
}

#[test]
fn every_layout_of_a_list_and_a_table_can_grow() {
    let policy = policy(full()).unwrap();
    for before in [
        "",
        "# only a comment\n",
        "bans = { deny = [] }\n",
        "bans.deny = [\"a\"]\n",
        "bans.deny = [\"a\",]\n",
        "[bans]\ndeny = [\n  \"a\",\n  # end\n]\n",
        "[bans]\ndeny = [\n  \"a\", # end\n]\n",
        "[bans]\ndeny = [\n  \"a\" # end\n]\n",
        "[bans]\ndeny = [\n]\n",
        "[bans]\ndeny = [\n  # none\n]\n",
        "[[bans.deny]]\ncrate = \"a\"\n[[bans.deny]]\ncrate = \"b\" # two\n",
        "[bans.build]\nexecutables = \"deny\"\n[graph]\n",
        "[bans.workspace-dependencies]\n[[bans.deny]]\nname = \"openssl\"\n",
        "advisories.yanked = \"allow\"\nadvisories.disable-yank-checking = true\n",
        "[advisories]\nyanked = 'deny'\ndisable-yank-checking = true # slow\n",
        "[advisories]\r\nyanked = \"warn\"\r\n\r\n[bans]\r\ndeny = [\r\n  \"a\",\r\n]\r\n",
        "[bans]\ndeny = [{ crate = \"openssl\", wrappers = [\"a\"] }]\n",
        "[bans]\nallow = [\"serde\"]\n",
    ] {
        let merged = merge(before, &policy).unwrap_or_else(|e| panic!("{before:?}: {e:?}"));
        laws(&policy, before, &merged);
        assert_eq!(comments(&merged.text) + merged.text.matches("# end").count(), comments(before) + before.matches("# end").count(), "{}", merged.text);
    }
}

#[test]
fn the_older_generation_is_rewritten_and_what_is_wrong_is_refused() {
    let policy = policy(full()).unwrap();
    let before = "\
# head
[advisories]
# levels
vulnerability = \"deny\" # always
unmaintained = \"warn\" # for now
  notice = \"warn\"
[licenses]
unlicensed = \"deny\"
deny = [
    \"GPL-3.0\",
]
allow = [\"MIT\"]
";
    let merged = merge(before, &policy).unwrap();
    laws(&policy, before, &merged);
    for line in ["# levels", "# always", "unmaintained = \"workspace\" # for now", "allow = [\"MIT\"]"] {
        assert!(merged.text.lines().any(|l| l == line), "{line} in\n{}", merged.text);
    }
    assert!(!merged.text.contains("GPL-3.0"));
    for (text, why) in [
        ("[advisories", "not valid TOML"),
        ("[advisories]\nyankd = \"deny\"", "unknown key"),
        ("licenses = { copyleft = \"deny\", allow = [] }", "by hand"),
        ("[bans]\nskip = [\"openssl\"]", "both bans.deny and bans.skip"),
    ] {
        let Err(Refusal(reasons)) = merge(text, &policy) else { panic!("{text} is merged") };
        assert!(reasons[0].contains(why), "{reasons:?}");
    }
}

#[test]
fn a_policy_that_says_nothing_changes_nothing() {
    let policy = policy(json!({})).unwrap();
    let text = "[advisories]\r\nyanked   =  'allow'   # x\r\n\r\n\r\n[ bans ]\r\n";
    assert_eq!(merge(text, &policy), Ok(Merged { text: text.to_owned(), changes: vec![], left: vec![] }));
}

#[test]
fn public_files_are_merged_by_the_same_laws() {
    let Some(shared) = support::shared("the corpus of deny.toml files") else { return };
    let folder = shared.join("corpus/cargo");
    let policy = policy(full()).unwrap();
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
    let (mut merged_files, mut refused, mut before_comments, mut after_comments) = (0, 0, 0, 0);
    for line in manifest.lines().skip(1).filter(|l| l.split('\t').nth(6) == Some("deny")) {
        let text = std::fs::read_to_string(folder.join(line.split('\t').nth(2).unwrap())).unwrap();
        match merge(&text, &policy) {
            Ok(merged) => {
                laws(&policy, &text, &merged);
                merged_files += 1;
                before_comments += comments(&text);
                after_comments += comments(&merged.text);
            }
            Err(_) => refused += 1,
        }
        assert!(!accepts(&text) || merge(&text, &policy).is_ok_and(|m| comments(&m.text) >= comments(&text)), "{line}");
    }
    eprintln!("{merged_files} files merged, {refused} to be mended by hand first; {after_comments} of {before_comments} comment lines kept");
    assert!(merged_files >= 300 && after_comments * 100 >= before_comments * 97);
}
