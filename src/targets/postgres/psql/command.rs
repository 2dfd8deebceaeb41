//! Commands of psql: names, arguments, variables, conditions.
//!
//! Source: documentation of psql, "Meta-Commands" and "Variables"; `psqlscanslash.l`; `ParseVariableBool`.

use std::collections::HashMap;

/// What is known of a variable of psql.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Variable {
    /// `\set` to this text.
    Text(String),
    /// `\gset` of a comparison with the server's version: true from this major version on (or below it).
    Version { at_least: bool, version: u32 },
    /// Set, to what a script does not show. The number tells one such value from the next.
    Unknown(usize),
}

/// The variables of psql while a script is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables {
    known: HashMap<String, Variable>,
    /// Grows with each value that cannot be known.
    generation: usize,
    /// What a variable that no `\set` named counts as; `-v` of the command line may set it.
    unset: usize,
}

impl Variables {
    pub(super) fn get(&self, name: &str) -> Variable {
        self.known.get(name).cloned().unwrap_or(Variable::Unknown(self.unset))
    }

    /// The text of a variable, where the script itself shows it.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.known.get(name) {
            Some(Variable::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_set(&self, name: &str) -> bool {
        self.known.contains_key(name)
    }

    pub(super) fn set(&mut self, name: &str, value: Variable) {
        self.known.insert(name.to_owned(), value);
    }

    /// Something sets it that the script does not show.
    pub(super) fn forget(&mut self, name: &str) {
        self.generation += 1;
        self.known.insert(name.to_owned(), Variable::Unknown(self.generation));
    }

    /// Anything may have been set.
    pub(super) fn forget_all(&mut self) {
        self.generation += 1;
        self.known.clear();
        self.unset = self.generation;
    }
}

/// A command with its arguments as psql reads them; `None` for one that cannot be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) name: String,
    pub(super) arguments: Vec<Option<String>>,
    /// Everything behind the name, as written.
    pub(super) rest: String,
}

fn escaped(text: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<char> {
    let digits = |text: &mut std::iter::Peekable<std::str::Chars<'_>>, radix: u32, first: u32, most: usize| {
        let mut code = first;
        for _ in 0..most {
            let Some(digit) = text.peek().and_then(|c| c.to_digit(radix)) else { break };
            text.next();
            code = code * radix + digit;
        }
        char::from_u32(code & 255)
    };
    match text.next()? {
        'n' => Some('\n'),
        't' => Some('\t'),
        'b' => Some('\u{8}'),
        'r' => Some('\r'),
        'f' => Some('\u{c}'),
        'x' if text.peek().is_some_and(char::is_ascii_hexdigit) => digits(text, 16, 0, 2),
        c @ '0'..='7' => digits(text, 8, c.to_digit(8).unwrap_or(0), 2),
        other => Some(other),
    }
}

/// Reads a command, backslash included.
pub(super) fn parse(text: &str, variables: &Variables) -> Command {
    let body = text.strip_prefix('\\').unwrap_or(text);
    let name_end = body.find(char::is_whitespace).unwrap_or(body.len());
    let (name, rest) = body.split_at(name_end);
    let mut arguments = Vec::new();
    let mut chars = rest.chars().peekable();
    let mut current: Option<Option<String>> = None;
    let push = |current: &mut Option<Option<String>>, text: &str| {
        if let Some(value) = current.get_or_insert_with(|| Some(String::new())) {
            value.push_str(text);
        }
    };
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => arguments.extend(current.take()),
            '\'' => {
                let mut inner = String::new();
                while let Some(c) = chars.next() {
                    match c {
                        '\\' => inner.extend(escaped(&mut chars)),
                        '\'' if chars.peek() == Some(&'\'') => inner.extend(chars.next()),
                        '\'' => break,
                        other => inner.push(other),
                    }
                }
                push(&mut current, &inner);
            }
            '`' => {
                while chars.next().is_some_and(|c| c != '`') {}
                current = Some(None);
            }
            ':' => {
                let quote = chars.peek().copied().filter(|c| matches!(c, '\'' | '"' | '{'));
                let mut ahead = chars.clone();
                if quote.is_some() {
                    ahead.next();
                }
                let is_test = quote == Some('{') && ahead.next_if_eq(&'?').is_some();
                let mut name = String::new();
                while let Some(c) = ahead.next_if(|c| c.is_ascii_alphanumeric() || *c == '_' || !c.is_ascii()) {
                    name.push(c);
                }
                let closes = match quote {
                    Some('{') => is_test && ahead.next_if_eq(&'}').is_some(),
                    Some(quote) => ahead.next_if_eq(&quote).is_some(),
                    None => true,
                };
                if name.is_empty() || !closes {
                    push(&mut current, ":");
                    continue;
                }
                chars = ahead;
                match (quote, variables.text(&name)) {
                    (Some('{'), _) if variables.is_set(&name) => push(&mut current, "TRUE"),
                    (None, Some(text)) => push(&mut current, text),
                    (Some('\''), Some(text)) => push(&mut current, &format!("'{}'", text.replace('\'', "''"))),
                    (Some('"'), Some(text)) => push(&mut current, &format!("\"{}\"", text.replace('"', "\"\""))),
                    _ => current = Some(None),
                }
            }
            other => push(&mut current, other.encode_utf8(&mut [0; 4])),
        }
    }
    arguments.extend(current);
    Command { name: name.to_owned(), arguments, rest: rest.trim().to_owned() }
}

/// When the part behind an `\if` runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// Always, or never.
    Known(bool),
    /// Depending on the server's major version.
    Version { at_least: bool, version: u32 },
    /// Nobody can tell; conditions with the same words are true or false together.
    Open(String),
}

/// The words that psql takes for true and false; anything else is an error, and counts as false.
fn boolean(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_prefix = |word: &str| !lower.is_empty() && word.starts_with(&lower);
    is_prefix("true") || is_prefix("yes") || lower == "on" || lower == "1"
}

/// The condition of an `\if` or `\elif`.
pub(super) fn condition(command: &Command, variables: &Variables) -> Condition {
    if let Some(words) = command.arguments.iter().cloned().collect::<Option<Vec<String>>>() {
        return Condition::Known(boolean(&words.join(" ")));
    }
    let name = command.rest.strip_prefix(':').unwrap_or_default();
    match variables.get(name) {
        Variable::Version { at_least, version } => Condition::Version { at_least, version },
        Variable::Unknown(generation) => Condition::Open(format!("{} {generation}", command.rest)),
        Variable::Text(_) => Condition::Open(command.rest.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(text: &str) -> Vec<Option<String>> {
        let mut variables = Variables::default();
        variables.set("v", Variable::Text("it's".to_owned()));
        parse(text, &variables).arguments
    }

    #[test]
    fn arguments_as_psql_reads_them() {
        let known = |words: &[&str]| words.iter().map(|w| Some((*w).to_owned())).collect::<Vec<_>>();
        assert_eq!(arguments(r"\set a 'b c' d"), known(&["a", "b c", "d"]));
        assert_eq!(arguments(r"\set a 'it''s\n\x41\101'"), known(&["a", "it's\nAA"]));
        assert_eq!(arguments(r"\echo :v :'v' x:v"), known(&["it's", "'it''s'", "xit's"]));
        assert_eq!(arguments(r"\echo :other"), [None]);
        assert_eq!(arguments(r"\echo a:: :"), known(&["a::", ":"]));
        assert_eq!(arguments(r"\if :{?v}"), known(&["TRUE"]));
        assert_eq!(arguments(r"\echo `date` x"), [None, Some("x".to_owned())]);
    }

    #[test]
    fn conditions_are_decided_where_they_can_be() {
        let mut variables = Variables::default();
        variables.set("yes", Variable::Text("yes".to_owned()));
        variables.set("ge15", Variable::Version { at_least: true, version: 15 });
        let of = |text: &str, variables: &Variables| condition(&parse(text, variables), variables);
        for (text, is_true) in [(r"\if true", true), (r"\if T", true), (r"\if on", true), (r"\if 1", true), (r"\if :yes", true), (r"\if o", false)] {
            assert_eq!(of(text, &variables), Condition::Known(is_true), "{text}");
        }
        for text in [r"\if false", r"\if off", r"\if 0", r"\if no", r"\if maybe", r"\if"] {
            assert_eq!(of(text, &variables), Condition::Known(false), "{text}");
        }
        assert_eq!(of(r"\if :ge15", &variables), Condition::Version { at_least: true, version: 15 });
        let first = of(r"\if :x", &variables);
        assert_eq!(first, of(r"\if :x", &variables), "the same variable decides alike");
        variables.forget("x");
        assert_ne!(first, of(r"\if :x", &variables), "another value may be another answer");
    }
}
