//! `check PATH...`: what is reported, of all that is read.

use super::check::given_path;
use super::{args, git, locate};
use crate::check::Report;
use crate::finding::{Finding, Kind};
use crate::policy::Loaded;
use crate::render::lock;
use crate::source::{Sources, Span, folder_of, join};

/// The paths of the command line, relative to the root.
pub(super) struct Given {
    paths: Vec<String>,
    /// Those of them that are gone, and were there: what that does shows in other files.
    gone: Vec<String>,
}

impl Given {
    pub(super) fn new(options: &args::Check, sources: &mut Sources) -> Self {
        let path = |p: &String| given_path(p, sources).trim_end_matches('/').to_owned();
        let paths: Vec<String> = options.paths.iter().map(path).collect();
        let is_gone = |path: &&String| !sources.exists(path) && !path.starts_with('/') && git::had(sources.root(), path);
        let gone = paths.iter().filter(is_gone).cloned().collect();
        Self { paths, gone }
    }

    /// Paths that mean nothing to any of the specs: mistyped, most likely.
    pub(super) fn unknown(&self, reports: &[&Report], sources: &Sources) -> Vec<Finding> {
        let is_known = |wanted: &str| {
            let rendered = reports.iter().flat_map(|r| &r.files).any(|(path, _)| lies_at(wanted, path));
            let beside = reports.iter().filter_map(|r| r.spec_path()).any(|spec| companions(spec).iter().any(|path| lies_at(wanted, path)));
            rendered || beside && sources.exists(wanted) || sources.iter().any(|(_, s)| lies_at(wanted, &s.path))
        };
        let unknown = self.paths.iter().filter(|path| !self.gone.contains(path) && !is_known(path));
        let finding = |path: &String| {
            let (message, help) = if sources.exists(path) {
                (format!("{path} is neither rendered nor checked by this spec"), "name a file that the spec renders or lists under check")
            } else {
                (format!("{path} does not exist, and git knows of no file that was there"), "correct the path")
            };
            Finding::error(&locate::USAGE, message).help(help).path(path)
        };
        unknown.map(finding).collect()
    }

    /// Leaves only what lies at the given paths; errors stay. What is about the spec itself is about everything, and so
    /// is a file that is gone.
    pub(super) fn limit(&self, report: &mut Report, loaded: Option<&Loaded>, sources: &Sources) {
        let spec = report.spec_path().unwrap_or_default().to_owned();
        let own: Vec<String> = companions(&spec).into_iter().chain(loaded.iter().flat_map(|l| l.layers.iter().map(|l| l.name.clone()))).chain([spec]).collect();
        if self.paths.is_empty() || !self.gone.is_empty() || self.paths.iter().any(|path| own.contains(path)) {
            return;
        }
        let inside = |path: &str| self.paths.iter().any(|wanted| lies_at(wanted, path));
        // What lies in one text of several (`nginx -T`) lies at the path of the whole, too.
        let at = |span: Span| inside(&sources.get(span.source).path) || sources.place_in_whole(span).is_some_and(|(path, _)| inside(path));
        // A finding stands for all places of its cause, and shows every line that has to do with it.
        let is_inside = |f: &Finding| {
            let labels = f.primary.iter().chain(&f.related).chain(f.also.iter().filter_map(|also| also.at.as_ref()));
            f.path.as_deref().is_some_and(inside) || labels.map(|label| label.span).any(at)
        };
        report.findings.retain(|f| f.kind == Kind::Error || is_inside(f));
        report.limited_to.clone_from(&self.paths);
    }
}

/// Whether a path is the wanted one or below it.
fn lies_at(wanted: &str, path: &str) -> bool {
    wanted.is_empty() || path.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Files of secgen beside a spec.
fn companions(spec: &str) -> Vec<String> {
    [lock::NAME, "secgen.waivers.yaml"].iter().filter_map(|name| join(folder_of(spec), name)).collect()
}
