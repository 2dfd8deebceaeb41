//! The only ways of a value into a makefile. Each refuses what its grammar cannot hold.

/// A word of the shell in a recipe: single quotes, which nothing is special in but the quote itself (POSIX, Shell Command
/// Language, 2.2.2), and `$` doubled for make (GNU make manual, 5.1.2).
pub(super) fn shell(text: &str) -> Result<String, String> {
    refuse_control(text)?;
    Ok(format!("'{}'", text.replace('\'', "'\\''").replace('$', "$$")))
}

/// A goal, or another word of our own.
pub(super) fn word(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if fits { Ok(text.to_owned()) } else { Err(format!("{text:?} is no plain word")) }
}

/// A recipe line that was put together in `makefile.rs` from fixed text and words of [`shell`].
pub(super) fn recipe(text: &str) -> Result<String, String> {
    refuse_control(text)?;
    Ok(text.to_owned())
}

pub(super) fn refuse_control(text: &str) -> Result<(), String> {
    match text.chars().find(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')) {
        Some(c) => Err(format!("the value holds U+{:04X}, which cannot stand in a line of a makefile or workflow", c as u32)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_shell_are_whole() {
        assert_eq!(shell("a b").as_deref(), Ok("'a b'"));
        assert_eq!(shell("$(touch x)").as_deref(), Ok("'$$(touch x)'"));
        assert_eq!(shell("it's").as_deref(), Ok(r"'it'\''s'"));
        assert_eq!(shell("`id`;\\").as_deref(), Ok(r"'`id`;\'"));
        for bad in ["a\nb", "a\rb", "a\0b", "a\tb", "a\u{2028}b", "a\u{85}b"] {
            assert!(shell(bad).is_err() && recipe(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn goals_are_plain() {
        assert_eq!(word("pen-test").as_deref(), Ok("pen-test"));
        for bad in ["", "a b", "a:b", "$x", "a\n", "é"] {
            assert!(word(bad).is_err(), "{bad:?}");
        }
    }
}
