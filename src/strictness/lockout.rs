//! Pauses after failed logins.

use super::{Comparison, Order, Strictness};
use std::fmt;

/// A pause that begins with a number of failures, and doubles with each further one. Times are in seconds.
///
/// Who may try fewer times is held more strictly, and so is who is remembered for longer and waits for longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// The failure with which pauses begin.
    pub failures: u64,
    /// For how long failures are remembered.
    pub window: u64,
    /// The first pause.
    pub base: u64,
    /// The longest pause; one that is shorter than `base` makes that shorter too.
    pub max: u64,
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} failures in {} s: {} s, {} s at most", self.failures, self.window, self.first(), self.max)
    }
}

impl Pause {
    /// The first pause that really happens.
    fn first(&self) -> u64 {
        self.base.min(self.max)
    }

    /// What is compared, where less is stricter and where more is.
    fn parts(&self) -> [(&'static str, u64, bool); 4] {
        [
            ("failures", self.failures, true),
            ("s of memory", self.window, false),
            ("s of first pause", self.first(), false),
            ("s of longest pause", self.max, false),
        ]
    }
}

impl Strictness for Pause {
    fn compare(&self, found: &Self) -> Comparison {
        let (mut covers, mut covered) = (true, true);
        let mut why = Vec::new();
        for ((what, required, less_is_stricter), (_, found, _)) in self.parts().into_iter().zip(found.parts()) {
            covers &= if less_is_stricter { found <= required } else { found >= required };
            covered &= if less_is_stricter { required <= found } else { required >= found };
            if found != required {
                why.push(format!("{found} {what} instead of {required}"));
            }
        }
        Comparison::new(Order::from_covers(covers, covered), why.join(", "))
    }

    fn absent() -> Option<Self> {
        None
    }
}
