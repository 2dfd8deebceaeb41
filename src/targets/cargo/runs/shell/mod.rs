//! Shell text to commands, and what becomes of a command's failure.
//!
//! Not a shell: words are split as POSIX says (quotes, backslashes, comments, here-documents), and of the grammar only
//! what decides whether a failure reaches the one who started the script. What is not understood is open, never fine.

mod tokens;

use tokens::{OPENERS, Token, tokens};

/// How deep brackets and `sh -c` are followed.
pub(super) const MAX_DEPTH: usize = 8;

/// For how many commands of one text that name cargo it is found out what becomes of their failure.
pub(super) const MOST_CALLS: usize = 200;

/// Stands in a word for a part whose value is not known.
pub(super) const UNKNOWN: char = '\u{1}';

/// What becomes of a command's failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It ends the script with a failure.
    Counts,
    /// It is lost, and why.
    Lost(String),
    /// Not decided here, and why.
    Open(String),
}

impl Failure {
    /// The less, the more seriously a failure is taken.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Counts => 0,
            Self::Open(_) => 1,
            Self::Lost(_) => 2,
        }
    }
}

/// How the shell that runs a text was started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shell {
    /// The first failure ends it (`set -e`).
    pub(super) errexit: bool,
    /// A pipe fails when any part of it fails.
    pub(super) pipefail: bool,
}

/// A simple command.
#[derive(Clone, Debug)]
pub(super) struct Command {
    /// Its words, without quotes and redirections.
    pub(super) words: Vec<String>,
    /// Its first byte in the text.
    pub(super) start: usize,
    /// What becomes of its failure; looked at only where that matters.
    pub(super) failure: Failure,
    /// Folders that `cd` went to before it in the same list; `None` where that is not known.
    pub(super) folder: Option<String>,
}

/// The simple commands of a text, in its order, with what becomes of failures where a word names cargo.
pub(super) fn commands(text: &str, shell: Shell) -> Vec<Command> {
    commands_where(text, shell, |words| words.iter().any(|word| word.to_ascii_lowercase().contains("cargo")))
}

/// As [`commands`], with what becomes of the failures of some of them.
pub(super) fn commands_where(text: &str, shell: Shell, matters: impl Fn(&[String]) -> bool) -> Vec<Command> {
    let tokens = tokens(text);
    let mut out = Vec::new();
    let mut shell = Shell { pipefail: shell.pipefail || sets(&tokens, "pipefail"), ..shell };
    let mut folder: Option<String> = Some(String::new());
    let mut folders: Vec<Option<String>> = Vec::new();
    let mut looked_at = 0;
    let mut reach = Reach::default();
    let mut i = 0;
    while i < tokens.len() {
        match &tokens[i] {
            Token::Op("(") => folders.push(folder.clone()),
            Token::Op(")") => folder = folders.pop().unwrap_or(folder),
            _ => {}
        }
        if let Token::Op(op) = tokens[i] {
            reach.operator(op);
        }
        let Token::Word(..) = tokens[i] else {
            i += 1;
            continue;
        };
        let from = i;
        while i < tokens.len() && matches!(tokens[i], Token::Word(..)) {
            i += 1;
        }
        let words = &tokens[from..i];
        let opened = words.iter().take_while(|t| matches!(t, Token::Word(w, _) if OPENERS.contains(&w.as_str()) || w == "elif")).count();
        let (before, words) = words.split_at(opened);
        let plain: Vec<String> = words.iter().filter_map(|t| if let Token::Word(w, _) = t { Some(w.clone()) } else { None }).collect();
        let never = reach.command(before, &plain, tokens.get(i));
        let Some(Token::Word(first, start)) = words.first() else { continue };
        if first == "set" {
            for option in &plain[1..] {
                let short = |sign: char| option.strip_prefix(sign).is_some_and(|o| !o.starts_with('-') && o.contains('e') && o != "o");
                let long = option == "errexit";
                if short('-') || long && plain[1].starts_with('-') {
                    shell.errexit = true;
                } else if short('+') || long {
                    shell.errexit = false;
                }
            }
        }
        let failure = if !matters(&plain) {
            Failure::Counts
        } else if looked_at >= MOST_CALLS {
            Failure::Open(format!("the text has more than {MOST_CALLS} commands that could be the one"))
        } else {
            looked_at += 1;
            never.map_or_else(|| failure(&tokens, before, i, shell), |why| Failure::Lost(why.to_owned()))
        };
        out.push(Command { words: plain.clone(), start: *start, failure, folder: folder.clone() });
        if matches!(first.as_str(), "cd" | "pushd") {
            let target = plain.get(1).filter(|t| !t.contains(['$', UNKNOWN, '~', '`']) && !t.starts_with(['-', '/']));
            folder = folder.and_then(|f| crate::source::join(&f, target?));
        } else if first == "popd" {
            folder = None;
        }
    }
    out
}

/// Whether a script gets to a command at all, as far as plain words decide it: `exit 0` before it, `if false`, `false &&`.
#[derive(Debug, Default)]
struct Reach {
    /// Brackets and compound commands around.
    brackets: usize,
    blocks: usize,
    /// The operator before the next command; `None` at the start.
    before: Option<&'static str>,
    /// The command before was `false`.
    was_false: bool,
    ended: bool,
    /// Blocks around the branch of an `if false` that this is.
    skipped: Option<usize>,
}

impl Reach {
    fn operator(&mut self, op: &'static str) {
        match op {
            "(" => self.brackets += 1,
            ")" => self.brackets = self.brackets.saturating_sub(1),
            _ => {}
        }
        self.before = Some(op);
    }

    /// Takes in a command, the words that open blocks before it, and what follows it. Why the script never gets to it.
    fn command(&mut self, openers: &[Token], words: &[String], next: Option<&Token>) -> Option<&'static str> {
        let first = words.first().map_or("", String::as_str);
        let is_false = words.len() == 1 && first == "false";
        if matches!(first, "fi" | "done" | "esac" | "}") {
            self.blocks = self.blocks.saturating_sub(1);
            self.skipped = self.skipped.filter(|around| *around < self.blocks);
        }
        for opener in openers {
            match opener {
                Token::Word(word, _) if matches!(word.as_str(), "else" | "elif") => self.skipped = self.skipped.filter(|around| *around + 1 != self.blocks),
                Token::Word(word, _) if matches!(word.as_str(), "if" | "while" | "until" | "{") => self.blocks += 1,
                _ => {}
            }
        }
        let why = if self.ended {
            Some("the script ends with `exit` before it")
        } else if self.skipped.is_some() {
            Some("it stands below `if false`")
        } else if self.before == Some("&&") && self.was_false {
            Some("it stands behind `false &&`")
        } else {
            None
        };
        let is_if = matches!(openers, [.., Token::Word(word, _)] if word == "if");
        let ends_list = |op: Option<&str>| matches!(op, None | Some(";" | "\n"));
        let next = next.map(|token| if let Token::Op(op) = token { op } else { "" });
        if is_if && is_false && ends_list(next) && self.skipped.is_none() {
            self.skipped = self.blocks.checked_sub(1);
        }
        if first == "exit" && self.brackets == 0 && self.blocks == 0 && openers.is_empty() && ends_list(self.before) && ends_list(next) {
            self.ended = true;
        }
        if matches!(first, "for" | "case" | "select") {
            self.blocks += 1;
        }
        self.was_false = is_false && openers.is_empty() && self.before != Some("||");
        why
    }
}

/// Whether a `set` switches an option on, such as `set -o pipefail` or `set -euo pipefail`.
fn sets(tokens: &[Token], option: &str) -> bool {
    tokens.windows(2).any(|pair| match pair {
        [Token::Word(flag, _), Token::Word(name, _)] => name == option && flag.starts_with('-') && flag.ends_with('o'),
        _ => false,
    })
}

/// What becomes of the failure of the command whose words end before `end`.
fn failure(tokens: &[Token], before: &[Token], end: usize, shell: Shell) -> Failure {
    let has = |word: &str| before.iter().any(|t| matches!(t, Token::Word(w, _) if w == word));
    if has("if") || has("elif") {
        return decides(&tokens[end..], has("!"));
    }
    if has("while") || has("until") {
        return Failure::Open("it decides a loop, and what follows is not read".to_owned());
    }
    if has("!") {
        return Failure::Lost("`!` turns its failure into success".to_owned());
    }
    // A closing bracket hands the status on to what follows it.
    let mut at = end;
    loop {
        match tokens.get(at) {
            Some(Token::Op(")")) => at += 1,
            Some(Token::Op(";" | "\n")) => {
                let next = tokens[at..].iter().position(|t| !matches!(t, Token::Op(";" | "\n"))).map(|n| at + n);
                match next {
                    Some(n) if matches!(&tokens[n], Token::Op(")")) || matches!(&tokens[n], Token::Word(w, _) if w == "}") => at = n + 1,
                    None => return Failure::Counts,
                    Some(_) if shell.errexit => return Failure::Counts,
                    Some(n) if is_end(&tokens[n..]) => return Failure::Counts,
                    Some(_) => return Failure::Open("the script goes on after it, and without `set -e` its failure is lost".to_owned()),
                }
            }
            Some(Token::Word(w, _)) if w == "}" => at += 1,
            Some(Token::Op("|" | "|&")) => {
                if !shell.pipefail {
                    return Failure::Lost("behind a pipe its failure is lost without `set -o pipefail`".to_owned());
                }
                // The pipe's own status goes on as that of its last part.
                at += 1 + tokens[at + 1..].iter().take_while(|t| matches!(t, Token::Word(..))).count();
            }
            Some(Token::Op("&")) => return Failure::Lost("it runs in the background (`&`), where nobody waits for its failure".to_owned()),
            Some(Token::Op("||")) => return otherwise(&tokens[at + 1..]),
            Some(Token::Op("&&")) => {
                let rest = tokens[at..].iter().position(|t| matches!(t, Token::Op(";" | "\n" | "||"))).map_or(&[][..], |n| &tokens[at + n..]);
                return match rest.first() {
                    Some(Token::Op("||")) => otherwise(&rest[1..]),
                    _ if is_end(rest) => Failure::Counts,
                    _ => Failure::Open("it stands before `&&`, and the script goes on after the list".to_owned()),
                };
            }
            _ => return Failure::Counts,
        }
    }
}

/// What an `if` makes of the failure of its condition: it counts where the branch for it ends with a failure.
fn decides(tokens: &[Token], is_negated: bool) -> Failure {
    let (mut open, mut in_else) = (0_usize, false);
    let mut branch: Vec<&str> = Vec::new();
    for token in tokens {
        let word = match token {
            Token::Word(w, _) => w.as_str(),
            Token::Op(_) => ";",
        };
        match word {
            "if" => open += 1,
            "fi" if open == 0 => break,
            "fi" => open -= 1,
            "else" | "elif" if open == 0 => in_else = true,
            _ => {}
        }
        if in_else != is_negated {
            branch.push(word);
        }
    }
    if ends(&branch) { Failure::Counts } else { Failure::Open("it decides an `if`, and no branch of that ends with a failure".to_owned()) }
}

/// Whether some words end a script with a failure.
fn ends(words: &[&str]) -> bool {
    words.iter().enumerate().any(|(i, w)| match *w {
        "exit" | "return" => words.get(i + 1).is_none_or(|code| *code != "0"),
        "false" => i == 0 || words[i - 1] == ";",
        _ => false,
    })
}

/// Whether nothing but ends of blocks follows.
fn is_end(tokens: &[Token]) -> bool {
    tokens.iter().all(|t| match t {
        Token::Op(op) => matches!(*op, ";" | "\n" | ")" | ";;"),
        Token::Word(w, _) => matches!(w.as_str(), "fi" | "done" | "}" | "esac"),
    })
}

/// What stands behind `||`, up to the end of its list or of its bracket.
fn otherwise(tokens: &[Token]) -> Failure {
    let mut open = 0_usize;
    let mut words: Vec<&str> = Vec::new();
    for token in tokens {
        match token {
            Token::Op("(") => open += 1,
            Token::Op(")") => open = open.saturating_sub(1),
            Token::Word(w, _) if w == "{" => open += 1,
            Token::Word(w, _) if w == "}" => open = open.saturating_sub(1),
            Token::Word(w, _) => words.push(w),
            Token::Op(_) if open == 0 => break,
            Token::Op(_) => words.push(";"),
        }
    }
    if ends(&words) {
        return Failure::Counts;
    }
    // Only words of a fixed list are shown: what follows them may be a secret.
    match words.first() {
        Some(first @ &("true" | ":" | "echo" | "printf" | "exit" | "return" | "cat" | "continue")) => {
            Failure::Lost(format!("`|| {first}` swallows its failure"))
        }
        _ => Failure::Open("what stands behind `||` decides what becomes of its failure".to_owned()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const STRICT: Shell = Shell { errexit: true, pipefail: false };
    const LOOSE: Shell = Shell { errexit: false, pipefail: false };

    fn words(text: &str) -> Vec<Vec<String>> {
        commands(text, STRICT).into_iter().map(|c| c.words).collect()
    }

    fn of(text: &str, shell: Shell) -> Failure {
        let text = text.replace('X', "cargo");
        commands(&text, shell).into_iter().find(|c| c.words.first().is_some_and(|w| w == "cargo")).unwrap().failure
    }

    #[test]
    fn words_are_split_as_a_shell_splits_them() {
        assert_eq!(words("a 'b c' \"d $e\" f\\ g # h\ni"), [vec!["a", "b c", "d $e", "f g"], vec!["i"]]);
        assert_eq!(words("a \\\n  b; c && d || e | f"), [vec!["a", "b"], vec!["c"], vec!["d"], vec!["e"], vec!["f"]]);
        assert_eq!(words("a > b 2>&1 <c &>/dev/null d"), [["a", "d"]]);
        assert_eq!(words("a <<EOF\nx y\nEOF\nb"), [["a"], ["b"]]);
        assert_eq!(words("a <<-'E F'\nx\n\tE F\nb"), [["a"], ["b"]]);
        assert_eq!(words("if a; then b; else c; fi").concat(), ["a", "b", "c", "fi"]);
        assert_eq!(words("a x#y ${z:-q r} $(s t)"), [["a", "x#y", "${z:-q r}", "$(s t)"]]);
        assert_eq!(words("'unclosed\n"), [["unclosed\n"]]);
    }

    #[test]
    fn a_failure_counts_or_is_lost_as_in_a_shell() {
        for text in ["X", "X\ny", "y && X", "y && X\nz", "X || exit 1", "X || { echo no; exit 1; }", "X || (echo no && false)", "(X)", "{ X; }", "y; X; y"] {
            assert_eq!(of(text, STRICT), Failure::Counts, "{text}");
        }
        for text in
            ["X || true", "X || :", "X || echo failed", "! X", "X &", "X | tee log", "(X) || true", "{ X; } || true", "y && X || true", "X && y || echo"]
        {
            assert!(matches!(of(text, STRICT), Failure::Lost(_)), "{text}: {:?}", of(text, STRICT));
        }
        for text in ["if X; then y; fi", "X || y", "X && y\nz", "set +e\nX\ny"] {
            assert!(matches!(of(text, STRICT), Failure::Open(_)), "{text}: {:?}", of(text, STRICT));
        }
        for text in ["if ! X; then echo no; exit 1; fi\ny", "if X; then y; else exit 1; fi\ny", "if ! X\nthen\n  exit 1\nfi"] {
            assert_eq!(of(text, STRICT), Failure::Counts, "{text}");
        }
        assert!(matches!(of("if X; then exit 1; fi", STRICT), Failure::Open(_)));
        assert!(matches!(of("if ! X; then echo no; else exit 1; fi", STRICT), Failure::Open(_)));
        for text in [
            "exit 0\nX",
            "exit\nX",
            "y; exit 0; X",
            "if false; then X; fi",
            "if false\nthen\n  y\n  X\nfi",
            "false && X",
            "if false; then if y; then X; fi; fi",
        ] {
            assert!(matches!(of(text, STRICT), Failure::Lost(_)), "{text}: {:?}", of(text, STRICT));
        }
        for text in [
            "if y; then exit 0; fi\nX",
            "y || exit 0\nX",
            "(exit 0)\nX",
            "case $1 in\n  a) exit 0;;\n  b) y;;\nesac\nX",
            "for i in a b; do exit 0; done\nX",
            "f() { exit 0; }\nX",
            "if false; then y; else X; fi",
            "if false; then y; fi; X",
            "if false; then y; elif z; then X; fi",
            "if y; then exit 0; fi; if z; then X; fi",
            "while y; do exit 0; done; X",
            "y && false || X",
            "if false || y; then X; fi",
            "false || X",
            "trap 'exit 0' EXIT; X",
        ] {
            assert!(!matches!(of(text, STRICT), Failure::Lost(_)), "{text}: {:?}", of(text, STRICT));
        }
        assert_eq!(of("X", LOOSE), Failure::Counts);
        assert_eq!(of("set -euo pipefail\nX | tee log\ny", LOOSE), Failure::Counts);
        assert_eq!(of("if true; then\n X\nfi\n", LOOSE), Failure::Counts);
        assert!(matches!(of("X\ny", LOOSE), Failure::Open(_)));
    }

    #[test]
    fn the_folder_is_followed_as_far_as_it_is_known() {
        let folder = |text: &str| commands(text, STRICT).into_iter().find(|c| c.words[0] == "x").unwrap().folder;
        assert_eq!(folder("x"), Some(String::new()));
        assert_eq!(folder("cd a/b && x"), Some("a/b".to_owned()));
        assert_eq!(folder("(cd a && y); x"), Some(String::new()));
        assert_eq!(folder("cd \"$DIR\"; x"), None);
        assert_eq!(folder("cd ../..; x"), None);
    }

    #[test]
    fn any_text_ends() {
        for text in ["$(", "${", "<<", "<<E", "'", "\"", "\\", "((((", "))))", "|||", "&&&&", "a <<'", "é\u{1}ü\\é", "{ { {", "} } }", "x || (", "x || {"] {
            commands(text, STRICT);
            commands(&text.repeat(2000), STRICT);
        }
    }
}
