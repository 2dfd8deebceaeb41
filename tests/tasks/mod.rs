//! Tasks of people: the schedule, its log, and what both come to.

mod laws;
mod runs;
