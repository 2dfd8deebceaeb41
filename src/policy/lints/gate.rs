//! `gate`: a looser level needs an end.

use super::{GATE_ENDED, GATE_WITHOUT_END, Lint};
use crate::spec::{GateLevel, TargetLevel};

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
