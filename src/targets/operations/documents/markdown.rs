//! The only ways of a value into a document. Markdown lets HTML, links and code through anywhere, so free text stands in
//! code spans only (CommonMark 0.31, 6.1): nothing is special there but the run of backticks that ends them.

use super::super::encode::refuse_control;

/// A code span. In a row of a table a `|` ends the cell even there (GFM, 4.10), so it is escaped as GFM has it.
///
/// # Errors
/// A control character.
pub(super) fn code(text: &str) -> Result<String, String> {
    refuse_control(text)?;
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // One blank at both ends is taken off by every reader.
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    Ok(format!("{fence}{pad}{text}{pad}{fence}"))
}

/// A code span in a cell of a table.
///
/// # Errors
/// A control character.
pub(super) fn cell(text: &str) -> Result<String, String> {
    Ok(code(text)?.replace('|', "\\|"))
}

/// A contact, as something to click (CommonMark 0.31, 6.5): its grammar has no `<`, `>` and no blank.
///
/// # Errors
/// A text that is no autolink.
pub(super) fn link(text: &str) -> Result<String, String> {
    refuse_control(text)?;
    if text.is_empty() || text.contains(['<', '>', ' ', '\\', '`']) {
        return Err("a contact with blanks, <, > or backticks cannot be linked".to_owned());
    }
    Ok(format!("<{text}>"))
}

/// A whole line, put together from fixed text and values of the three above.
///
/// # Errors
/// A control character.
pub(crate) fn line(text: &str) -> Result<String, String> {
    refuse_control(text)?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_holds_whatever_backticks() {
        assert_eq!(code("a").as_deref(), Ok("`a`"));
        assert_eq!(code("a`b``c").as_deref(), Ok("```a`b``c```"));
        assert_eq!(code("`").as_deref(), Ok("`` ` ``"));
        assert_eq!(cell("a|b").as_deref(), Ok("`a\\|b`"));
        assert!(code("a\nb").is_err() && line("a\nb").is_err());
    }

    #[test]
    fn links_hold_no_end_of_theirs() {
        assert_eq!(link("tel:+1-2").as_deref(), Ok("<tel:+1-2>"));
        for bad in ["", "a>b", "a b", "<", "a\nb"] {
            assert!(link(bad).is_err(), "{bad:?}");
        }
    }
}
