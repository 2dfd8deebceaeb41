//! The folder of the user's own templates: read whole, and held to the digest that the spec pins.

use super::Policy;
use crate::finding::{Finding, Rule, rules};
use crate::finding::{Snippet, cited};
use crate::source::{MAX_SPEC_BYTES, ReadError, SourceId, Sources, Span, digest, join};
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

/// The most files that a folder of templates may hold.
const MAX_FILES: usize = 200;

/// Bytes of all files together, as they are digested.
const MAX_FOLDER: usize = 16 << 20;

/// Files that secgen reads or writes on its own account, wherever they lie.
const OWN_FILES: [&str; 3] = ["secgen.yaml", "secgen.lock", "secgen.waivers.yaml"];

rules! {
    pub, pub TEMPLATE_RULES;

    TEMPLATES_PIN = "templates-not-pinned", High, "The folder of templates is not what the spec pins.",
        "A template decides about every byte that it writes, so a change of one must be as visible as a change of the spec. `templates.sha256` holds the whole \
         folder to one state: each file's path and bytes, with line ends as LF. Where it is missing or another one, nothing is rendered or checked. Read what \
         changed in the folder; if it is meant, write the digest that the message names.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r"
                # file: secgen.yaml
                http: { site: https://app.example.com, headers: { hsts: { max_age: 365d } } }
                templates:
                  dir: security/templates
                  outputs: { caddyfile: { template: Caddyfile.tera, out: deploy/Caddyfile, carries: [http.headers] } }
                # file: security/templates/Caddyfile.tera
                {{ http.site | word }} {
                    header {
                {%- for header in http.headers %}
                        {{ header.name | word }} {{ header.value | caddy }}
                {%- endfor %}
                    }
                }
            "),
            good: Snippet(r"
                # file: secgen.yaml
                http: { site: https://app.example.com, headers: { hsts: { max_age: 365d } } }
                templates:
                  dir: security/templates
                  sha256: 4bd3a81017383122236bf245270ab4ae36ef2c7b3553afaaa6de99daef8ceb7c
                  outputs: { caddyfile: { template: Caddyfile.tera, out: deploy/Caddyfile, carries: [http.headers] } }
                # file: security/templates/Caddyfile.tera
                {{ http.site | word }} {
                    header {
                {%- for header in http.headers %}
                        {{ header.name | word }} {{ header.value | caddy }}
                {%- endfor %}
                    }
                }
            "),
            keys: &["templates"],
            references: cited::CHANGE,
            sources: &[],
        };
    TEMPLATES_UNUSABLE = "templates-unusable", High, "The folder of templates cannot be used.",
        "`templates.dir` names a folder inside the root with templates (*.tera) and whatever they include. It holds at most 200 regular files of UTF-8 text with up to 1 MiB each and 16 MiB together, and no \
         symbolic link leads to it or lies in it, because what lies elsewhere could change unseen. No output may be written into it.",
        Yaml {
            spec: Snippet(""),
            bad: Snippet(r"
                http: { headers: { content_type_options: nosniff } }
                targets: { nginx: { out: deploy/nginx } }
                templates:
                  dir: security/no-such-folder
                  outputs: { caddyfile: { template: Caddyfile.tera, out: deploy/Caddyfile } }
            "),
            good: Snippet(r"
                http: { headers: { content_type_options: nosniff } }
                targets: { nginx: { out: deploy/nginx } }
            "),
            keys: &["templates"],
            references: cited::SPEC,
            sources: &[],
        };
}

/// One template.
#[derive(Clone, Debug)]
pub struct TemplateFile {
    /// Relative to the folder, with `/`.
    pub name: String,
    /// Its bytes on the disk, for messages.
    pub id: SourceId,
    /// Its text, with line ends as LF: what the digest covers.
    pub text: String,
    /// Where in the text a line ended with CR LF on the disk.
    returns: Vec<usize>,
}

impl TemplateFile {
    /// Of a file's bytes, as they are on the disk.
    #[must_use]
    pub fn new(name: String, id: SourceId, bytes: &str) -> Self {
        let returns = bytes.match_indices("\r\n").enumerate().map(|(before, (at, _))| at - before).collect();
        Self { name, id, text: bytes.replace("\r\n", "\n"), returns }
    }

    /// Where a part of the text stands on the disk.
    #[must_use]
    pub fn span(&self, at: &Range<usize>) -> Span {
        let moved = |offset: usize| offset + self.returns.partition_point(|r| *r < offset);
        Span::new(self.id, moved(at.start), moved(at.end))
    }
}

/// A folder of templates that is what the spec pins.
#[derive(Clone, Debug)]
pub struct TemplateFolder {
    /// Its path.
    pub path: String,
    /// Its digest.
    pub sha256: String,
    /// The templates: files that end in `.tera`.
    pub files: Vec<TemplateFile>,
}

impl TemplateFolder {
    /// The same with these templates alone.
    #[must_use]
    pub fn with(&self, names: &BTreeSet<String>) -> Self {
        let files = self.files.iter().filter(|file| names.contains(&file.name)).cloned().collect();
        Self { path: self.path.clone(), sha256: self.sha256.clone(), files }
    }

    /// The template of a name.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&TemplateFile> {
        self.files.iter().find(|file| file.name == name)
    }
}

/// Reads the folder that a policy names.
///
/// # Errors
/// A folder that cannot be used, or is not what was pinned.
pub(super) fn load(sources: &mut Sources, policy: &Policy) -> Result<Option<Arc<TemplateFolder>>, Vec<Finding>> {
    let Some(templates) = &policy.spec.templates else { return Ok(None) };
    let outputs = templates.outputs.iter().flatten();
    let error = |rule: &'static Rule, key: &str, message: String, help: String| {
        let mut finding = Finding::error(rule, message).intent(key).help(help);
        if let Some(span) = policy.origin(key) {
            finding = finding.at(span, "written here");
        }
        finding
    };
    let unusable = |key: &str, message: String, help: &str| vec![error(&TEMPLATES_UNUSABLE, key, message, help.to_owned())];
    let Some(dir) = templates.dir.as_ref().and_then(|dir| join("", dir.as_str())).filter(|dir| !dir.is_empty() && !dir.contains('{')) else {
        let help = "name a folder of its own below the root: dir: security/templates";
        return Err(unusable("templates.dir", "templates names no folder".to_owned(), help));
    };
    if templates.outputs.as_ref().is_none_or(std::collections::BTreeMap::is_empty) {
        return Err(unusable(
            "templates",
            "templates has no outputs".to_owned(),
            "name what is to be written: outputs: { NAME: { template: FILE, out: FILE } }",
        ));
    }
    let names = sources.tree(&dir, MAX_FILES);
    let names = names.map_err(|e| {
        let help = match &e {
            ReadError::NotFound(_) => "create the folder, or correct the path, which is relative to the root",
            _ => "let it be a real folder below the root that holds regular files only, 200 at most",
        };
        unusable("templates.dir", format!("the templates cannot be used: {e}"), help)
    })?;
    let mut digested = String::new();
    let mut files = Vec::new();
    for name in names {
        let path = format!("{dir}/{name}");
        let id = sources.read(&path, MAX_SPEC_BYTES);
        let id =
            id.map_err(|e| unusable("templates.dir", format!("the templates cannot be used: {e}"), "let the folder hold text only, 1 MiB a file at most"))?;
        let Some(text) = sources.get(id).text() else {
            return Err(unusable("templates.dir", format!("{path} is no UTF-8 text"), "move it out of the folder, which holds text only"));
        };
        let file = TemplateFile::new(name, id, text);
        let (name, text) = (&file.name, &file.text);
        // Lengths make the whole unambiguous, whatever names and texts hold.
        digested.push_str(&format!("{}:{name}={}:{text}\n", name.len(), text.len()));
        if digested.len() > MAX_FOLDER {
            let help = "move what is no template out of the folder";
            return Err(unusable("templates.dir", format!("{dir} holds more than 16 MiB"), help));
        }
        if name.ends_with(".tera") {
            files.push(file);
        }
    }
    let found = digest(digested.as_bytes());
    let pinned = templates.sha256.as_ref().map(crate::spec::scalar::Sha256::as_str);
    if pinned != Some(&found) {
        let key = if pinned.is_some() { "templates.sha256" } else { "templates" };
        let message = if pinned.is_some() { format!("{dir} is not the folder that is pinned") } else { format!("{dir} is not pinned") };
        let help = format!("if what lies there now was reviewed, pin it under templates: sha256: {found}");
        let mut finding = error(&TEMPLATES_PIN, key, message, help);
        if let Some(pinned) = pinned {
            finding = finding.help(format!("else take the pinned files back: git log -p -- {dir}"));
            finding.expected = Some(format!("sha256: {pinned}"));
        }
        finding.found = Some(format!("sha256: {found}"));
        return Err(vec![finding]);
    }
    let folder = TemplateFolder { path: dir, sha256: found, files };
    let mut findings = Vec::new();
    for (name, output) in outputs {
        let key = |field: &str| format!("templates.outputs.{name}.{field}");
        let template = output.template.as_str();
        if folder.file(template).is_none() {
            let there: Vec<&str> = folder.files.iter().map(|f| f.name.as_str()).collect();
            let there = if there.is_empty() { "there is no file that ends in .tera".to_owned() } else { format!("there are {}", there.join(", ")) };
            findings.extend(unusable(&key("template"), format!("{} has no template {template}", folder.path), &format!("correct the name: {there}")));
        }
        let out = policy.out_folder(&output.out);
        if out.is_empty() || out == folder.path || out.to_lowercase().starts_with(&format!("{}/", folder.path.to_lowercase())) {
            findings.extend(unusable(&key("out"), format!("{} is no place to write to", output.out), "name a file outside of the folder of templates"));
        }
        let file = out.rsplit('/').next().unwrap_or_default().to_lowercase();
        if out.eq_ignore_ascii_case(&policy.spec_path) || OWN_FILES.contains(&file.as_str()) {
            findings.extend(unusable(&key("out"), format!("{} is a file of secgen itself", output.out), "name another file"));
        }
    }
    if findings.is_empty() { Ok(Some(Arc::new(folder))) } else { Err(findings) }
}
