//! What the spec says about incidents and reports of strangers, and what follows from leaving it out.

use super::Collect;
use crate::spec::{CiSystem, OnceFile, Operations, SecurityTxt, Severities, Spec};
use crate::strictness::Value;
use crate::strictness::levels::{AtMost, Exact, Needed};
use std::collections::BTreeSet;

/// URIs to report to, the preferred one first: those of `security.txt`, else the contact of incidents.
#[must_use]
pub fn report_contacts(operations: &Operations) -> Vec<String> {
    match operations.security_txt.as_ref().and_then(|txt| txt.contact.as_ref()) {
        Some(named) => named.iter().map(crate::spec::scalar::Contact::uri).collect(),
        None => operations.incident_response.iter().filter_map(|incident| incident.contact.as_ref()).map(crate::spec::scalar::Contact::uri).collect(),
    }
}

/// Files that are written once: as the spec says, else those that it knows enough for.
#[must_use]
pub fn once_files(spec: &Spec) -> BTreeSet<OnceFile> {
    let Some(operations) = &spec.operations else { return BTreeSet::new() };
    if let Some(named) = &operations.write_once {
        return named.iter().copied().collect();
    }
    let mut files = BTreeSet::new();
    if !report_contacts(operations).is_empty() {
        files.insert(OnceFile::SecurityMd);
    }
    if super::ci_systems(spec).contains(&CiSystem::Github) && has_crates(spec) {
        files.insert(OnceFile::Dependabot);
    }
    files
}

fn has_crates(spec: &Spec) -> bool {
    spec.targets.as_ref().is_some_and(|t| t.cargo.is_some() || t.rust.is_some())
}

/// What `dependabot.yml` updates.
#[must_use]
pub fn ecosystems(spec: &Spec) -> Vec<&'static str> {
    let crates = has_crates(spec).then_some("cargo");
    let actions = super::ci_systems(spec).contains(&CiSystem::Github).then_some("github-actions");
    crates.into_iter().chain(actions).collect()
}

/// What each field of `security.txt` has to say: the name of its spec key, and the values as its text.
#[must_use]
pub fn security_txt_fields(txt: &SecurityTxt, contacts: &[String]) -> Vec<(&'static str, String)> {
    let sorted = |items: BTreeSet<String>| items.into_iter().collect::<Vec<_>>().join(", ");
    let one = |url: &Option<crate::spec::scalar::HttpsUrl>| url.as_ref().map(|url| url.as_str().to_owned());
    let all = [
        ("contact", (!contacts.is_empty()).then(|| contacts.join(", "))),
        // The day is whole: it ends with its last second.
        ("expires", txt.expires.as_ref().map(|day| format!("{day}T23:59:59Z"))),
        ("policy", one(&txt.policy)),
        ("languages", txt.languages.as_ref().map(|tags| sorted(tags.iter().map(|t| t.as_str().to_owned()).collect()))),
        ("canonical", txt.canonical.as_ref().map(|urls| sorted(urls.iter().map(|u| u.as_str().to_owned()).collect()))),
        ("encryption", one(&txt.encryption)),
        ("acknowledgments", one(&txt.acknowledgments)),
    ];
    all.into_iter().filter_map(|(name, text)| Some((name, text.filter(|text| !text.is_empty())?))).collect()
}

impl Collect<'_> {
    pub(super) fn incidents(&mut self, spec: &Spec) {
        let Some(operations) = &spec.operations else { return };
        let exact = |text: String| Value::Exact(Exact(text));
        if let Some(incident) = &operations.incident_response {
            if let Some(contact) = &incident.contact {
                self.add("operations.incident_response.contact", exact(contact.as_str().to_owned()));
            }
            for (name, answer, _) in incident.severities.unwrap_or(Severities::default()).all() {
                self.add(format!("operations.incident_response.severities.{name}"), Value::AtMost(AtMost { number: answer.as_secs(), unit: " s" }));
            }
        }
        if let Some(txt) = &operations.security_txt {
            for (name, text) in security_txt_fields(txt, &report_contacts(operations)) {
                self.add(format!("operations.security_txt.{name}"), exact(text));
            }
        }
        let is_rendered = spec.targets.as_ref().and_then(|t| t.operations.as_ref()).is_some_and(|t| t.out.is_some());
        if is_rendered || operations.write_once.is_some() {
            for file in once_files(spec) {
                let (name, needed): (_, BTreeSet<String>) = match file {
                    OnceFile::SecurityMd => ("security-md", report_contacts(operations).into_iter().take(1).collect()),
                    OnceFile::Dependabot => ("dependabot", ecosystems(spec).into_iter().chain(["cooldown"]).map(str::to_owned).collect()),
                };
                self.add(format!("operations.write_once.{name}"), Value::Needed(Needed(needed)));
            }
        }
    }
}
