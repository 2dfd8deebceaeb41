//! A document as it grows: sections of lines, in which values stand encoded.

use super::markdown;

/// Lines of Markdown; the first refusal of a value is kept.
#[derive(Debug, Default)]
pub(super) struct Text {
    pub lines: Vec<String>,
    refused: Option<String>,
}

impl Text {
    /// A line of fixed text and encoded values.
    pub(super) fn line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// A paragraph or list of its own: an empty line, then these.
    pub(super) fn block<T: Into<String>>(&mut self, lines: impl IntoIterator<Item = T>) {
        self.lines.push(String::new());
        self.lines.extend(lines.into_iter().map(Into::into));
    }

    /// A block of shell commands. Each is fixed text or has words of the shell in it, so none starts with a backtick.
    pub(super) fn shell<T: Into<String>>(&mut self, commands: impl IntoIterator<Item = T>) {
        self.block(["```sh"]);
        self.lines.extend(commands.into_iter().map(Into::into));
        self.line("```");
    }

    /// A heading.
    pub(super) fn heading(&mut self, depth: usize, title: &str) {
        self.block([format!("{} {title}", "#".repeat(depth))]);
    }

    /// A place for what users write.
    pub(super) fn user(&mut self, name: &str) {
        self.block([format!("<!-- user:begin {name} -->"), "<!-- user:end -->".to_owned()]);
    }

    fn encoded(&mut self, encoded: Result<String, String>) -> String {
        match encoded {
            Ok(text) => text,
            Err(why) => {
                self.refused.get_or_insert(why);
                String::new()
            }
        }
    }

    /// A value as a code span.
    pub(super) fn code(&mut self, value: &str) -> String {
        let encoded = markdown::code(value);
        self.encoded(encoded)
    }

    /// A value as a code span in a table.
    pub(super) fn cell(&mut self, value: &str) -> String {
        let encoded = markdown::cell(value);
        self.encoded(encoded)
    }

    /// A contact to click.
    pub(super) fn link(&mut self, value: &str) -> String {
        let encoded = markdown::link(value);
        self.encoded(encoded)
    }

    /// Values as code spans with commas between.
    pub(super) fn codes<T: AsRef<str>>(&mut self, values: impl IntoIterator<Item = T>) -> String {
        values.into_iter().map(|value| self.code(value.as_ref())).collect::<Vec<_>>().join(", ")
    }

    /// The lines, without the empty one in front.
    ///
    /// # Errors
    /// Why a value was refused.
    pub(super) fn finish(self) -> Result<Vec<String>, String> {
        let Self { lines, refused } = self;
        match refused {
            Some(why) => Err(why),
            None => Ok(lines.into_iter().skip_while(String::is_empty).collect()),
        }
    }
}
