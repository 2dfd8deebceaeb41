//! The rules of this target.

mod files;
mod headers;
mod origins;
mod traffic;

pub use files::*;
pub use headers::*;
pub use origins::*;
pub use traffic::*;

use crate::finding::Rule;
use std::sync::LazyLock;

/// All of them, for `explain`.
pub static ALL: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| [files::ALL, headers::ALL, origins::ALL, traffic::ALL].concat());
