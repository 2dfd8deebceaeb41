//! The template engine: one per target, with the target's encoders as the only way out for a value.

use crate::targets::{Artifact, Body, Encoder, Target};
use std::io::{self, Write};
use tera::{Context, Kwargs, State, StringInput, Tera, TeraResult, Value};

/// A target's templates, ready to render.
pub struct Engine {
    tera: Tera,
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

    /// The text of an artifact below its header.
    ///
    /// # Errors
    /// What an encoder refused, or a fault of the template.
    pub fn body(&self, artifact: &Artifact) -> Result<String, String> {
        match &artifact.body {
            Body::Text(text) => Ok(text.clone()),
            Body::Template { name, context } => {
                let context = Context::from_serialize(context).map_err(|e| chain(&e))?;
                self.tera.render(name, &context).map_err(|e| chain(&e))
            }
        }
    }
}

/// An error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text = format!("{text}: {error}");
        next = error.source();
    }
    text.replace('\n', " ")
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
