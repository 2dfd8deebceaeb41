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
