//! Problems of the lines themselves, whatever the policy says.

use super::super::files::{self, Assignment, Layer};
use super::super::rules;
use super::Judge;
use super::effective::Effective;
use crate::finding::Finding;
use crate::strictness::postgres::{self as settings, catalogue};
use std::collections::BTreeSet;

/// Lists whose elements are libraries.
const LIBRARIES: [&str; 4] = ["shared_preload_libraries", "session_preload_libraries", "local_preload_libraries", "oauth_validator_libraries"];

impl Judge<'_> {
    /// Problems of the files themselves, whatever the policy says: names that a server does not know, and values that
    /// it refuses.
    pub(super) fn file_findings(&self, findings: &mut Vec<Finding>) {
        let mut seen = BTreeSet::new();
        let all: Vec<&Assignment> = self.server.events.iter().filter_map(|e| if let files::Event::Set(set) = e { Some(set) } else { None }).collect();
        for set in &all {
            if settings::is_custom(&set.name)
                || catalogue::is_vestige(&set.name)
                || catalogue::is_of_newer_minor(&set.name)
                || !seen.insert((set.name.as_str(), set.span))
            {
                continue;
            }
            let unknown: Vec<u32> = self.versions.clone().filter(|v| catalogue::at(catalogue::current_name(&set.name, *v), *v).is_none()).collect();
            // What one server wrote is for its own version: postgresql.auto.conf and postmaster.opts.
            let is_own = self.server.layer(set.span) != Layer::File;
            if unknown.is_empty() || (is_own && unknown.len() < self.versions.clone().count()) {
                continue;
            }
            let declared = catalogue::versions_text(self.versions);
            let found = if unknown.len() == self.versions.clone().count() {
                let near = catalogue::nearest(&set.name).filter(|near| *near != set.name);
                let other = catalogue::window(&set.name, &catalogue::VERSIONS);
                let finding = Finding::error(&rules::UNKNOWN, format!("\"{}\" is no setting of {declared}", set.name))
                    .at(set.span, "the server does not start with this line");
                match (near, other) {
                    _ if set.name.starts_with('\u{feff}') => {
                        finding.help("save the file without a byte order mark: the server takes it for a part of the first name")
                    }
                    (_, Some(other)) => finding.help(format!("delete the line: only {} has this setting", catalogue::versions_text(&other))),
                    (Some(near), None) => finding.help(format!("write {near}, if that is what is meant, or delete the line")),
                    (None, None) => finding.help("correct the name, or delete the line"),
                }
            } else {
                let names: Vec<String> = unknown.iter().map(ToString::to_string).collect();
                Finding::warning(
                    &rules::VERSION,
                    format!("\"{}\" is no setting of PostgreSQL {}, which is among the declared versions", set.name, names.join(", ")),
                )
                .at(set.span, "these versions do not start with this line")
                .help("declare in targets.postgres.versions the versions that really read this file, or delete the line")
            };
            findings.push(found);
        }
        let mut judged = BTreeSet::new();
        for set in all.iter().rev() {
            let name = catalogue::current_name(&set.name, self.newest());
            if !judged.insert(name) || settings::is_custom(name) || catalogue::window(name, self.versions).is_none() {
                continue;
            }
            if let Err(why) = self.parse(name, set) {
                let finding = if LIBRARIES.contains(&name) {
                    // The list is taken apart when the libraries are loaded (`load_libraries` of the server).
                    Finding::warning(&rules::LIBRARY, why)
                        .at(set.span, "the server loads none of these libraries, and says so in its log only")
                        .help("correct the list: names with commas between them, in one pair of single quotes")
                } else {
                    Finding::warning(&rules::VALUE, why)
                        .at(set.span, "the server does not start with this line")
                        .help("correct the value: a running server keeps the old one, and says so in its log only")
                };
                findings.push(finding);
            }
        }
        for name in LIBRARIES {
            findings.extend(self.library_finding(name));
        }
    }

    /// A list of libraries with an element that is no library: ALTER SYSTEM stores one literal with commas as one name,
    /// and `''` as one empty name.
    fn library_finding(&self, name: &'static str) -> Option<Finding> {
        let Effective::Line(winner, _) = self.effective(name, self.newest()) else { return None };
        let elements = self.parse(name, winner).ok()?.value;
        let bad = elements.iter().find(|element| element.is_empty() || element.contains(','))?;
        let (message, help) = if bad.is_empty() {
            (format!("{name} has an empty name among its libraries"), format!("run ALTER SYSTEM RESET {name}, or write `{name} = ''`"))
        } else {
            let parts: Vec<&str> = bad.split(',').map(str::trim).collect();
            (
                format!("{name} names one library \"{bad}\", and means {}", parts.len()),
                format!("run ALTER SYSTEM SET {name} = '{}', or write `{name} = '{}'`", parts.join("', '"), parts.join(", ")),
            )
        };
        let effect = if matches!(name, "session_preload_libraries" | "local_preload_libraries") { "no session starts" } else { "the server does not start" };
        Some(Finding::warning(&rules::LIBRARY, message).at(winner.span, format!("{effect} with this line")).help(help))
    }
}
