//! What `proxy_cookie_flags` and `proxy_cookie_path` make of a backend's cookies (ngx_http_proxy_module; reference vectors K01 to K03).
//!
//! A list of its own hides the whole list of the level above; of the list, the first line whose name or expression
//! matches counts, and `off` stands alone.

use super::regex::Pattern;
use super::{About, Doubt, Level};
use crate::targets::nginx::lex::Word;
use crate::targets::nginx::tree::Directive;
use std::rc::Rc;

/// The lines in force on a level.
#[derive(Clone, Debug, Default)]
pub struct Effective<'a> {
    /// The lines, in order.
    pub lines: Vec<&'a Directive>,
    /// `proxy_cookie_path` lines, in order: a list of their own.
    pub paths: Vec<&'a Directive>,
    doubts: Vec<Rc<Doubt>>,
}

impl<'a> Effective<'a> {
    /// The lines in force on a level inside of this one.
    #[must_use]
    pub fn below(&self, level: &Level<'a>) -> Self {
        let mut doubts: Vec<Rc<Doubt>> = level.doubts.iter().filter(|d| d.touches(&About::Cookies)).cloned().collect();
        let paths = if level.cookie_paths.is_empty() { self.paths.clone() } else { level.cookie_paths.clone() };
        if level.cookie_flags.is_empty() {
            doubts.extend(self.doubts.iter().cloned());
            return Self { lines: self.lines.clone(), paths, doubts };
        }
        Self { lines: level.cookie_flags.clone(), paths, doubts }
    }

    /// Why the lines cannot be known.
    #[must_use]
    pub fn doubt(&self) -> Option<&Doubt> {
        self.doubts.first().map(Rc::as_ref)
    }

    /// The line that decides about a cookie; `Err` with the line whose expression cannot be tried.
    ///
    /// # Errors
    /// The line.
    pub fn line_for(&self, cookie: &str) -> Result<Option<&'a Directive>, &'a Directive> {
        for line in &self.lines {
            let name = line.arg(0).map(Word::text).unwrap_or_default();
            if line.args().len() == 1 && name == "off" {
                return Ok(None);
            }
            let is_it = match name.strip_prefix('~') {
                // nginx compiles it without regard to letter case.
                Some(expression) => Pattern::new(expression, true).and_then(|p| p.matches(cookie)).ok_or(*line)?,
                None => name.eq_ignore_ascii_case(cookie),
            };
            if is_it {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }

    /// What is put behind the path of a cookie whose path is `/`, and the line: `; HttpOnly; Secure` of `proxy_cookie_path /
    /// "/; HttpOnly; Secure"`. The first line that matches counts; a cookie without a path is not touched.
    #[must_use]
    pub fn behind_path(&self) -> Option<(String, &'a Directive)> {
        for line in &self.paths {
            let from = line.arg(0).map(Word::text).unwrap_or_default();
            let is_it = match from.strip_prefix('~') {
                Some(expression) => {
                    let (expression, any_case) = expression.strip_prefix('*').map_or((expression, false), |rest| (rest, true));
                    Pattern::new(expression, any_case).and_then(|p| p.matches("/"))?
                }
                None => from == "/" || from.is_empty(),
            };
            if is_it {
                let to = line.arg(1).map(Word::text)?;
                return to.split_once(';').map(|(_, attributes)| (attributes.to_owned(), *line));
            }
        }
        None
    }
}
