//! `gate`: a looser level needs an end.

use super::Lint;
use crate::finding::{Rule, Severity};
use crate::spec::{GateLevel, TargetLevel};

/// The rules of `gate`.
pub static RULES: &[&Rule] = &[&GATE_WITHOUT_END, &GATE_ENDED];

/// A looser level for ever.
pub static GATE_WITHOUT_END: Rule = Rule {
    name: "gate-without-end",
    title: "A target's gate is looser than the others', without an end.",
    severity: Severity::High,
    explain: "A target whose findings do not fail yet is a step on the way, and needs the day on which the way ends: `until: DATE`. After it the level of \
              everything else holds again. Findings that are meant to stay are accepted one by one, in secgen.waivers.yaml.",
};

/// A looser level whose time is over.
pub static GATE_ENDED: Rule = Rule {
    name: "gate-ramp-ended",
    title: "The time of a target's own gate is over.",
    severity: Severity::Low,
    explain: "The level of everything else holds again for this target. Remove the entry from `gate.targets`, or agree on another day.",
};

impl Lint<'_> {
    pub(super) fn gate(&mut self, today: i64) {
        let Some(gate) = self.policy.spec.gate.clone() else { return };
        let level: TargetLevel = gate.level().unwrap_or(GateLevel::Standard).into();
        for (target, own) in gate.targets() {
            let key = format!("gate.targets.{target}");
            match &own.until {
                None if own.level.rank() < level.rank() => {
                    let message = format!("{key} is {}, looser than {}, and has no end", own.level.name(), level.name());
                    self.error(&GATE_WITHOUT_END, &format!("{key}.level"), message, "add the last day on which it holds: until: DATE");
                }
                Some(until) if until.days() < today => {
                    let message = format!("{key} ended on {until}: {} holds again", level.name());
                    self.warn(&GATE_ENDED, &format!("{key}.until"), message, "remove the entry, or write another day");
                }
                _ => {}
            }
        }
    }
}
