//! Scripts for psql: what they set, and what they grant.
//!
//! [`scan`] splits a script as psql does; [`tokens`] reads one statement with sqlparser's tokenizer; [`statement`] and
//! [`access`] say what it does; [`read`] follows includes and conditions; [`world`] runs the steps for each version and
//! each way that open conditions may turn out; [`facts`] and [`findings`] say what that means. DO bodies, function
//! bodies and comments are data, and never read as statements.

mod access;
mod command;
pub(super) mod facts;
mod findings;
mod read;
pub(super) mod rules;
pub(super) mod scan;
mod statement;
mod stored;
pub(super) mod tokens;
mod world;

use self::command::Variables;
use self::scan::{Piece, Scanner};
use self::world::Written;
#[cfg(feature = "live")]
pub(super) use self::{access::Power, findings::of_server};
use crate::source::Sources;
use std::collections::BTreeMap;
use std::ops::Range;

/// The statements of a script as psql would send them: their bytes, without what ends them. Data of COPY and commands of
/// psql are left out.
#[must_use]
pub fn statements(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut scanner = Scanner::new(bytes, statement::is_read);
    let mut ranges = Vec::new();
    while let Some(piece) = scanner.next() {
        if let Piece::Statement(found) = piece {
            let is_copy = bytes[found.verb.clone()].eq_ignore_ascii_case(b"copy");
            let tokens = is_copy.then(|| tokens::tokens(bytes, &found, &Variables::default()));
            if let Some(Ok(tokens)) = tokens
                && statement::read(bytes, &tokens) == statement::Action::CopyData
            {
                scanner.data_follows();
            }
            ranges.push(found.span);
        }
    }
    ranges
}

/// What ALTER SYSTEM of a script leaves in postgresql.auto.conf of a server of one major version that had nothing there:
/// names and values; `None` for a value that the script does not show. Where conditions are open, the first way they may
/// turn out.
#[must_use]
pub fn stored_settings(text: &[u8], version: u32) -> BTreeMap<String, Option<String>> {
    let mut sources = Sources::new(std::path::Path::new("/nonexistent"));
    let id = sources.add("script.sql", text);
    let script = read::read(&mut sources, "script.sql", id);
    let (worlds, _) = world::worlds(&script.steps, &(version..=version));
    let Some(world) = worlds.into_iter().next() else { return BTreeMap::new() };
    let shown = |written: Written| match written {
        Written::Text(text) => Some(Some(text)),
        Written::Nothing => None,
        Written::Unknown(_) => Some(None),
    };
    world.effect.system.into_iter().filter_map(|(name, write)| Some((name, shown(write.written)?))).collect()
}
