//! What a request may carry at most (ASVS 5.0, 2.2.1).

/// The limits of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The largest body, in bytes.
    pub max_body: usize,
    /// The media types that a body may have; empty: any.
    pub content_types: &'static [&'static str],
    /// The longest text in a body, in bytes of UTF-8.
    pub max_string: Option<usize>,
    /// The most elements of a list or fields of an object in a body.
    pub max_list: Option<usize>,
    /// How deep lists and objects may be nested in a body.
    pub max_depth: Option<usize>,
}
