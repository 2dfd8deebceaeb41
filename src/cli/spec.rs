//! `secgen spec show`: the effective policy, each value with where it was set.

use super::args::{Spec, SpecCommand};
use super::{Session, print_out, selection};
use crate::policy::flatten;
use crate::report::{Format, guarded, path};
use crate::source::Sources;

/// Prints the policy of each environment.
pub(super) fn run(session: &Session, options: &Spec) -> u8 {
    let env = match &options.command {
        SpecCommand::Show { env } => env,
        SpecCommand::Diff(options) => return super::diff::run(session, options),
    };
    let (sources, loaded) = match session.load() {
        Ok(both) => both,
        Err(failed) => return session.print(failed.1, &failed.0, "spec"),
    };
    let selection = match selection(&loaded, env, &[]) {
        Ok(selection) => selection,
        Err(finding) => return session.print(session.failed(vec![*finding]), &sources, "spec"),
    };
    let mut text = String::new();
    let mut json = Vec::new();
    for policy in selection.policies(&loaded) {
        let value = serde_json::to_value(&policy.spec).unwrap_or_default();
        let lines = flatten(&value);
        let origin = |key: &str| policy.origin(key).map_or_else(|| "default".to_owned(), |span| sources_place(&sources, span));
        if let Some(env) = &policy.env {
            text.push_str(&format!("# environment {env}\n"));
        }
        let width = lines.iter().map(|(k, v)| k.len() + v.len() + 2).filter(|w| *w <= 90).max().unwrap_or(0);
        for (key, value) in &lines {
            let left = crate::report::safe(&format!("{key}: {value}"));
            text.push_str(&format!("{left:<width$}  # {}\n", origin(key)));
        }
        if policy.env.is_some() {
            text.push('\n');
        }
        let values: Vec<serde_json::Value> =
            lines.iter().map(|(k, v)| serde_json::json!({ "key": k, "value": crate::report::safe(v), "origin": origin(k) })).collect();
        json.push(serde_json::json!({ "env": policy.env, "values": values }));
    }
    match session.format {
        Format::Json => print_out(&crate::report::json_text(&serde_json::Value::Array(json))),
        // The other formats are for findings.
        _ => print_out(&guarded(&text)),
    }
    0
}

fn sources_place(sources: &Sources, span: crate::source::Span) -> String {
    path(&sources.place(span))
}
