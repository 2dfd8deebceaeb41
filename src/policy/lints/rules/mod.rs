//! The rules of lints.

mod access;
mod csp;
mod http;
mod operations;
mod service;
mod spec;
mod tasks;

pub use access::*;
pub use csp::*;
pub use http::*;
pub use operations::*;
pub use service::*;
pub use spec::*;
pub use tasks::*;

use crate::finding::Rule;
use std::sync::LazyLock;

/// Every lint.
pub static ALL: LazyLock<Vec<&'static Rule>> =
    LazyLock::new(|| [access::ALL, csp::ALL, http::ALL, operations::ALL, service::ALL, spec::ALL, tasks::ALL].concat());
