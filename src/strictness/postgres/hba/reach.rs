//! What each record of one set of rules really decides, order and rejects taken into account.

use super::regions::Explorer;
use super::{AccessRules, Address, Name, Transport};
use std::collections::BTreeSet;

/// What one entry decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // Each is asked for by itself.
pub struct Reach {
    /// It decides for some client.
    pub decides: bool,
    /// For one on the Unix socket.
    pub local: bool,
    /// For one over TCP, from an address that is not the machine's own loopback.
    pub network: bool,
    /// For one over TCP from a loopback address.
    pub loopback: bool,
    /// For one over TCP without TLS or GSSAPI encryption that does not come from a loopback address.
    pub plain: bool,
    /// For one over TCP from a range that is wider than any private network.
    pub wide: bool,
    /// For physical replication from such a range.
    pub wide_replication: bool,
    /// Entries that decide for clients that it matches too, or may.
    pub behind: BTreeSet<usize>,
}

/// What each entry decides; `None` where there are too many.
#[must_use]
pub fn of(rules: &AccessRules) -> Option<Vec<Reach>> {
    let mut all = vec![Reach::default(); rules.entries.len()];
    let mut explorer = Explorer::new(vec![&rules.entries], true);
    let result = explorer.run(|place, leaves| {
        for leaf in leaves {
            let Some(index) = leaf.decided[0] else { continue };
            for later in &leaf.behind {
                all[*later].behind.insert(index);
            }
            let reach = &mut all[index];
            reach.decides = true;
            let Some(range) = place.range else {
                reach.local = true;
                continue;
            };
            if range.is_loopback() {
                reach.loopback = true;
                continue;
            }
            reach.network = true;
            reach.plain |= place.transport == Transport::Plain;
        }
    });
    result.ok()?;
    widths(rules, &mut all);
    Some(all)
}

/// How wide a record's own network is, not how it was cut at the ends of others.
fn widths(rules: &AccessRules, all: &mut [Reach]) {
    for (entry, reach) in rules.entries.iter().zip(all) {
        let Some(record) = entry.record().filter(|_| reach.network) else { continue };
        reach.wide = match &record.address {
            Some(Address::All | Address::SameNet) => true,
            Some(Address::Net(range)) => range.is_wide(),
            _ => false,
        };
        reach.wide_replication = reach.wide && record.databases.contains(&Name::Replication);
    }
}
