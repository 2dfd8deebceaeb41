//! `operations`: the schedule of tasks; and every statement of people, wherever it stands.

use super::{AT_REST_METHOD, ATTESTATION_TIME, Lint, OUTPUT_ENCODING, TASK_CLOCK, TASK_LOG, TASK_TWICE, TASK_WORDS};
use crate::policy::intents;
use crate::source::join;
use crate::spec::{Attestation, KnownTask, Task};
use std::collections::BTreeMap;

/// The longest time that a statement may count, in days.
const MAX_ATTESTED_DAYS: i64 = 731;
/// Days that a clock may start ahead.
const MAX_AHEAD_DAYS: i64 = 90;

impl Lint<'_> {
    pub(super) fn tasks(&mut self, today: i64) {
        let spec = self.policy.spec.clone();
        let Some(operations) = &spec.operations else { return };
        let mut known: BTreeMap<&str, &str> = BTreeMap::new();
        for (every, tasks) in intents::lists(&spec) {
            for (i, task) in tasks.iter().enumerate() {
                let key = format!("operations.{}[{i}]", every.key());
                if let Some(before) = known.insert(task.id(), every.key()) {
                    let message = format!("the task {} is listed under {before} and under {}", task.id(), every.key());
                    self.error(&TASK_TWICE, &key, message, "list it once, or give one of the two a name of its own");
                }
                let Task::Own(own) = task else { continue };
                if KnownTask::find(own.id.as_str()).is_none() && (own.title.is_none() || own.how.is_none()) {
                    let missing = if own.title.is_none() { "title" } else { "how" };
                    let help = nearest_known(own.id.as_str()).map_or_else(
                        || format!("write {missing}: what is to be done, in words of yours"),
                        |near| format!("write {near}, if that is meant; or {missing}: what is to be done, in words of yours"),
                    );
                    self.error(&TASK_WORDS, &key, format!("the task {} is none that secgen knows, and has no {missing}", own.id), &help);
                }
                if let Some(since) = &own.since {
                    self.clock(&format!("{key}.since"), since, today);
                }
            }
        }
        if let Some(since) = &operations.since {
            self.clock("operations.since", since, today);
        }
        if let Some(log) = operations.log.as_ref().filter(|log| log.as_str().contains(['{', '}']) || log.as_str().ends_with('/') || log.as_str() == ".") {
            self.error(&TASK_LOG, "operations.log", format!("{log} is not the path of one file"), "write a path such as log: ops/tasks.log");
        }
        let templates = spec.templates.as_ref().and_then(|t| t.dir.as_ref()).and_then(|dir| join("", dir.as_str()));
        let log = operations.log.as_ref().and_then(|log| join("", log.as_str()));
        if let (Some(log), Some(folder)) = (log, templates.filter(|folder| !folder.is_empty()))
            && log.to_lowercase().starts_with(&format!("{}/", folder.to_lowercase()))
        {
            let message = format!("{log} lies in the folder of templates, which is pinned: no record could be added to it");
            self.error(&TASK_LOG, "operations.log", message, "write a path outside of templates.dir, such as log: ops/tasks.log");
        }
    }

    fn clock(&mut self, key: &str, since: &crate::spec::scalar::Date, today: i64) {
        if since.days() - today > MAX_AHEAD_DAYS {
            let message = format!("the clock starts on {since}, more than {MAX_AHEAD_DAYS} days from now, and nothing is due until then");
            self.error(&TASK_CLOCK, key, message, "write a nearer day, or take the task out of the list until then");
        }
    }

    pub(super) fn attestations(&mut self) {
        let spec = self.policy.spec.clone();
        let data = spec.data.as_ref();
        let mut all: Vec<(&str, &Attestation)> = Vec::new();
        if let Some(at_rest) = data.and_then(|d| d.at_rest.as_ref()) {
            if at_rest.method.is_none() {
                let help = "write method: with what encrypts the data, such as volume-encryption";
                self.error(&AT_REST_METHOD, "data.at_rest", "data.at_rest has no method".to_owned(), help);
            }
            all.extend(at_rest.attested.as_ref().map(|a| ("data.at_rest.attested", a)));
        }
        if let Some(output) = data.and_then(|d| d.output.as_ref()) {
            if output.encoding.is_none() {
                let help = "write encoding: with what encodes the output, such as contextual-autoescape";
                self.error(&OUTPUT_ENCODING, "data.output", "data.output has no encoding".to_owned(), help);
            }
            all.extend(output.attested.as_ref().map(|a| ("data.output.attested", a)));
        }
        all.extend(intents::stated_controls(&spec).filter_map(|(key, control)| Some((key, control.attestation()?))));
        for (key, Attestation { by, date, until, .. }) in all {
            if until.days() < date.days() {
                let message = format!("the statement of {by} ends on {until}, before it was made on {date}");
                self.error(&ATTESTATION_TIME, key, message, "write the last day on which the statement counts as until");
            } else if until.days() - date.days() > MAX_ATTESTED_DAYS {
                let message = format!("the statement of {by} counts from {date} until {until}, which is longer than two years");
                self.error(&ATTESTATION_TIME, key, message, "write a day within two years of date as until, and look again before it");
            }
        }
    }
}

/// The task of secgen's own whose name is closest, if any is close.
fn nearest_known(id: &str) -> Option<&'static str> {
    let near = KnownTask::all().map(|task| (strsim::damerau_levenshtein(task.id, id), task.id)).min();
    near.filter(|(distance, name)| *distance <= (name.len() / 3).max(1)).map(|(_, name)| name)
}
