//! Values and keys of a spec as messages show them: short, on one line, and never a secret.

/// The most characters of a value that a message shows.
const MAX_CHARS: usize = 40;

/// A value as a message shows it: at most 40 characters, controls escaped, `(redacted)` where it looks like a secret.
#[must_use]
pub fn shown(text: &str) -> String {
    if looks_like_secret(text) {
        return "(redacted)".to_owned();
    }
    let mut out = String::new();
    for (n, c) in text.chars().enumerate() {
        if n == MAX_CHARS {
            out.push_str("...");
            break;
        }
        if c.is_control() || super::characters::forbidden(c).is_some() { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

/// [`shown`], in double quotes.
#[must_use]
pub fn quoted(text: &str) -> String {
    if looks_like_secret(text) { shown(text) } else { format!("\"{}\"", shown(text)) }
}

/// Whether a text has the shape of a secret: a private key, a token with a known beginning, a web address with a password,
/// or 32 characters and more that look random. It may be wrong in both directions; it only decides what messages show.
#[must_use]
pub fn looks_like_secret(text: &str) -> bool {
    const PREFIXES: [&str; 14] =
        ["AKIA", "ASIA", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "sk_live_", "rk_live_", "sk-", "AIza", "npm_"];
    if text.contains("-----BEGIN") || has_password(text) {
        return true;
    }
    text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | ':' | '(' | ')')).any(|word| {
        let is_token = word.len() >= 20 && (word.starts_with("eyJ") || PREFIXES.iter().any(|prefix| word.starts_with(prefix)));
        is_token || looks_random(word)
    })
}

/// `scheme://user:password@host`.
fn has_password(text: &str) -> bool {
    text.match_indices("://").any(|(at, _)| {
        let authority = text[at + 3..].split(['/', '?', '#', ' ']).next().unwrap_or_default();
        authority.rsplit_once('@').is_some_and(|(user, _)| user.split_once(':').is_some_and(|(_, password)| !password.is_empty()))
    })
}

/// 32 characters and more of hex or base64 that no words make: digits and letters mixed, spread over many characters.
fn looks_random(word: &str) -> bool {
    // A run of base64 may end a longer word: `key=...`.
    let run = word.rsplit_once(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '/' | '-' | '_' | '=')).map_or(word, |(_, run)| run);
    let run = run.trim_end_matches('=');
    let run = run.rsplit('=').next().unwrap_or(run);
    if run.len() < 32 {
        return false;
    }
    let digits = run.bytes().filter(u8::is_ascii_digit).count();
    let letters = run.bytes().filter(u8::is_ascii_alphabetic).count();
    if run.bytes().all(|b| b.is_ascii_hexdigit()) {
        return digits > 0;
    }
    let separators = run.len() - digits - letters;
    let mixed_case = run.bytes().any(|b| b.is_ascii_uppercase()) && run.bytes().any(|b| b.is_ascii_lowercase());
    (digits > 0 || mixed_case) && separators * 8 <= run.len() && bits_per_character(run) >= 3.5
}

/// Shannon's entropy of the characters.
#[expect(clippy::cast_precision_loss, reason = "counts of characters of one scalar")]
fn bits_per_character(text: &str) -> f64 {
    let mut counts = [0_usize; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let all = text.len() as f64;
    counts.iter().filter(|n| **n > 0).map(|n| *n as f64 / all).map(|p| -p * p.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_of_secrets_are_redacted() {
        for text in [
            "-----BEGIN RSA PRIVATE KEY-----",
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.x",
            "AKIAIOSFODNN7EXAMPLE",
            "postgres://app:hunter2@db.example.com/app",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
            "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY12",
            "JWT_SECRET=c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0MTIz",
        ] {
            assert_eq!(shown(text), "(redacted)", "{text}");
        }
    }

    #[test]
    fn ordinary_values_are_shown() {
        for text in [
            "strict-origin-when-cross-origin",
            "https://app.example.com",
            "https://user@example.com/a:b",
            "deploy/nginx/production",
            "HIGH:!aNULL:!MD5",
            "payments-api",
            "secgen:recommended@2026-11",
            "1.10",
        ] {
            assert_eq!(shown(text), text);
        }
        assert_eq!(shown(&"a ".repeat(40)), format!("{}...", "a ".repeat(20)));
        assert_eq!(quoted("a\u{1b}[31m\n"), "\"a\\u{1b}[31m\\n\"");
    }
}
