//! The template engine: one per target, with the target's encoders as the only way out for a value.

use crate::policy::TemplateFolder;
use crate::targets::templates::encode::ENCODERS;
use crate::targets::{Artifact, Body, Encoder, Target};
use std::io::{self, Write};
use tera::{Context, Kwargs, State, StringInput, Tera, TeraResult, Value};

/// A target's templates, ready to render.
pub struct Engine {
    tera: Tera,
}

/// The largest file that a template of the user's own may write: 1 MiB.
const MAX_OWN: usize = 1 << 20;

/// What a template did not ask for.
const NULL: &str = "the policy does not say this value (it is null)";

/// Filters of the engine that let a value out as it is, or put another one in its place.
const FORBIDDEN_FILTERS: [&str; 7] = ["safe", "default", "escape", "escape_html", "escape_xml", "newlines_to_br", "get"];

/// An output that ends where it is too large.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_OWN {
            return Err(io::Error::other("the file is larger than 1 MiB, which is the most that a template may write"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// No value reaches the output but through an encoder: harmless or not, a bare one is a fault of the template.
fn refuse_bare(value: &str, _: &mut dyn Write) -> io::Result<()> {
    Err(io::Error::other(format!("a value of {} bytes reaches the output without an encoder", value.len())))
}

fn encoder(encode: Encoder) -> impl Fn(StringInput, Kwargs, &State) -> TeraResult<Value> + Sync + Send + 'static {
    move |value: StringInput, _: Kwargs, _: &State| match encode(value.as_str()) {
        Ok(text) => Ok(Value::safe_string(&text)),
        Err(why) => Err(tera::Error::message(why)),
    }
}

#[allow(clippy::unnecessary_wraps)] // what a filter returns
fn number(value: u64, _: Kwargs, _: &State) -> TeraResult<Value> {
    Ok(Value::safe_string(&value.to_string()))
}

impl Engine {
    /// Compiles a target's templates.
    ///
    /// # Errors
    /// A template that does not parse or names an unknown filter: a fault of secgen.
    pub fn new(target: &dyn Target) -> Result<Self, String> {
        let mut tera = Tera::new();
        tera.autoescape_on([".tera"]);
        tera.set_escape_fn(refuse_bare);
        tera.register_filter("number", number);
        for (name, encode) in target.encoders() {
            tera.register_filter(*name, encoder(*encode));
        }
        tera.add_raw_templates(target.templates().iter().copied()).map_err(|e| chain(&e))?;
        Ok(Self { tera })
    }

    /// The engine of a folder of the user's own: nothing there but encoders, whatever the lint of its templates let pass.
    fn own(folder: &TemplateFolder) -> Result<Self, tera::Error> {
        let mut tera = Tera::new();
        tera.autoescape_on([".tera"]);
        tera.set_escape_fn(refuse_bare);
        for name in FORBIDDEN_FILTERS {
            tera.register_filter(name, |_: Value, _: Kwargs, _: &State| -> TeraResult<Value> { Err(tera::Error::message("this filter is not for templates")) });
        }
        for name in ["range", "throw", "get_env", "now", "get_random"] {
            tera.register_function(name, |_: Kwargs, _: &State| -> TeraResult<Value> { Err(tera::Error::message("calls are not for templates")) });
        }
        tera.register_filter("number", number);
        for (name, encode) in &ENCODERS {
            let encode = *encode;
            tera.register_filter(*name, move |value: Value, _: Kwargs, _: &State| -> TeraResult<Value> {
                let encoded = value.as_str().ok_or_else(|| format!("{NULL}: write it inside {{% if NAME %}} ... {{% endif %}}")).and_then(encode);
                encoded.map(|text| Value::safe_string(&text)).map_err(tera::Error::message)
            });
        }
        tera.add_raw_templates(folder.files.iter().map(|file| (file.name.as_str(), file.text.as_str())))?;
        Ok(Self { tera })
    }

    /// The text of an artifact below its header.
    ///
    /// # Errors
    /// What an encoder refused, or a fault of the template.
    pub fn body(&self, artifact: &Artifact) -> Result<String, String> {
        match &artifact.body {
            Body::Text(text) => Ok(text.clone()),
            Body::Own { folder, name, context } => {
                let context = Context::from_serialize(context).map_err(|e| chain(&e))?;
                let mut out = Bounded(Vec::new());
                let engine = Self::own(folder).map_err(|error| placed(&error, &folder.path))?;
                engine.tera.render_to(name, &context, &mut out).map_err(|error| placed(&error, &folder.path))?;
                String::from_utf8(out.0).map_err(|_| "the output is no UTF-8 text".to_owned())
            }
            Body::Template { name, context } => {
                let context = Context::from_serialize(context).map_err(|e| chain(&e))?;
                self.tera.render(name, &context).map_err(|e| chain(&e))
            }
        }
    }
}

/// The engine's words without its drawing, and the place before them: `security/templates/a.tera:2:26: ...`. The words may
/// hold a value, and the drawing a line of the template: the place is the first line that begins with its arrow.
fn placed(error: &dyn std::error::Error, folder: &str) -> String {
    let text = causes(error);
    let is_place = |line: &&str| line.trim_start().starts_with("--> ");
    let Some(line) = text.lines().find(is_place) else { return text.replace('\n', " ") };
    let words: Vec<&str> = text.lines().take_while(|line| !is_place(line)).map(str::trim).collect();
    let place = line.trim_start().trim_start_matches("-->").split_ascii_whitespace().next().unwrap_or_default();
    let words = words.join(" ");
    // The engine's own word for null, in comparisons and filters; a value that an encoder shows has other quotes.
    if words.contains(" `none`") {
        return format!("{folder}/{place}: {NULL}: ask first, {{% if NAME %}} or {{% if NAME and ... %}}");
    }
    format!("{folder}/{place}: {}", words.trim_start_matches("error:").trim())
}

/// An error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    causes(error).replace('\n', " ")
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text = format!("{text}: {error}");
        next = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Renders a template text with one value, with nginx's encoders.
    fn rendered(template: &str, value: &str) -> Result<String, String> {
        let Ok(mut engine) = Engine::new(&crate::targets::nginx::Nginx) else { return Err("no engine".to_owned()) };
        engine.tera.add_raw_template("t.tera", template).map_err(|e| chain(&e))?;
        let context = Context::from_serialize(&serde_json::json!({ "value": value })).map_err(|e| chain(&e))?;
        engine.tera.render("t.tera", &context).map_err(|e| chain(&e))
    }

    #[test]
    fn a_value_leaves_only_through_an_encoder() {
        for value in ["harmless", "a; evil", "", "1"] {
            assert!(rendered("{{ value }}", value).is_err(), "{value}");
        }
        assert_eq!(rendered("{{ value | nginx }}", "a; evil"), Ok("\"a; evil\"".to_owned()));
        let refused = rendered("{{ value | nginx }}", "a\nb").unwrap_err();
        assert!(!refused.is_empty());
        assert!(rendered("{{ value | nope }}", "a").is_err());
        assert!(rendered("{{ missing | nginx }}", "a").is_err());
    }

    #[test]
    fn every_template_of_every_target_compiles() {
        for target in crate::targets::ALL {
            assert!(Engine::new(target).is_ok(), "{}", target.name());
        }
    }
}
