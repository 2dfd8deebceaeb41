//! Secrets in files that we read never reach an output: they are masked by key and by shape, length kept, so that
//! columns stay right.

use std::borrow::Cow;

/// Words in a key that make its value a secret.
const KEY_WORDS: [&str; 12] =
    ["password", "passwd", "passphrase", "secret", "token", "private_key", "privatekey", "api_key", "apikey", "bindpasswd", "credential", "auth_basic_user"];

/// Settings of PostgreSQL whose value holds credentials or a command that prints them.
const SECRET_SETTINGS: [&str; 5] = ["primary_conninfo", "ssl_passphrase_command", "krb_server_keyfile_password", "ldapbindpasswd", "radiussecrets"];

/// Options of access rules whose value is a secret, as they stand in a file.
const HBA_SECRETS: [&str; 2] = ["ldapbindpasswd=", "radiussecrets="];

/// Headers whose whole value is a secret, where a line begins with them (perhaps behind the mark of `curl -v`).
const SECRET_HEADERS: [&str; 9] =
    ["authorization", "proxy-authorization", "authentication-info", "proxy-authentication-info", "cookie", "x-api-key", "x-auth-key", "x-session-id", "dpop"];

/// Values that name something and are no secret, although their key has such a word.
const PUBLIC_VALUES: [&str; 17] =
    ["scram-sha-256", "md5", "on", "off", "true", "false", "yes", "no", "deny", "warn", "allow", "none", "null", "workspace", "all", "prompt", "required"];

/// Whether a text has the shape of a secret: a PEM block, a token, a long random word, a password in a URL.
#[must_use]
pub fn looks_secret(text: &str) -> bool {
    text.contains("-----BEGIN")
        || url_password(text).is_some()
        || text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | '=')).any(is_random)
        || text.split(is_break).any(|word| secret_parts(word).next().is_some())
}

/// What parts the words of a line that [`masked`] looks at.
fn is_break(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ';' | '=' | ':' | '(' | ')' | '<' | '>' | '[' | ']' | '{' | '}')
}

/// Whether a text of ASCII has anything that [`shapes`] could mask, seen in one pass: a random word, the start of a PEM
/// block, or an address with a scheme.
#[must_use]
pub fn may_be_secret(text: &str) -> bool {
    let is_long = |word: &str| word.len() >= SHORTEST_TOKEN && (is_random(word) || secret_parts(word).next().is_some());
    let long = || text.len() >= SHORTEST_TOKEN && text.split(is_break).any(is_long);
    text.contains(":/") || text.contains("-----BEGIN") || (text.contains('=') && has_key_word(text)) || long()
}

/// Whether one of the words is in a text, in any case.
fn has_key_word(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    KEY_WORDS.iter().any(|word| lower.contains(word))
}

/// `sk-` and sixteen characters.
const SHORTEST_TOKEN: usize = 19;

/// Whether the value of a setting of PostgreSQL is a secret.
#[must_use]
pub fn is_secret_setting(name: &str, value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    (SECRET_SETTINGS.contains(&name) && lower.contains("password")) || lower.contains("password=") || looks_secret(value)
}

/// A word of 24 characters or more that no person would choose: a JWT, hexadecimal, base64.
fn is_random(word: &str) -> bool {
    if is_token(word) {
        return true;
    }
    if DIGESTS.iter().any(|prefix| word.starts_with(prefix)) {
        return false;
    }
    let body = word.trim_end_matches('=');
    if body.len() < 32 || !body.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'_' | b'-')) {
        return false;
    }
    let digits = body.bytes().filter(u8::is_ascii_digit).count();
    let upper = body.bytes().filter(u8::is_ascii_uppercase).count();
    let lower = body.bytes().filter(u8::is_ascii_lowercase).count();
    let punctuation = body.len() - digits - upper - lower;
    let hex = body.bytes().all(|b| b.is_ascii_hexdigit());
    (hex && digits >= 6 && digits + upper.max(lower) == body.len()) || (digits >= 4 && upper >= 4 && lower >= 4 && punctuation * 8 <= body.len())
}

/// Digests and hashes are public, and CSP is full of them.
const DIGESTS: [&str; 6] = ["sha256-", "sha384-", "sha512-", "sha256:", "body", "policy"];

/// Whether a word begins as tokens of well-known services do.
fn is_token(word: &str) -> bool {
    const PREFIXES: [&str; 25] = [
        "ghp_",
        "gho_",
        "ghs_",
        "ghu_",
        "ghr_",
        "github_pat_",
        "sk_live_",
        "sk_test_",
        "rk_live_",
        "rk_test_",
        "whsec_",
        "sk-",
        "xoxb-",
        "xoxp-",
        "xapp-",
        "AKIA",
        "ASIA",
        "glpat-",
        "glrt-",
        "npm_",
        "hf_",
        "hvs.",
        "dop_v1_",
        "pypi-AgEI",
        "SG.",
    ];
    (word.starts_with("eyJ") && word.len() >= 20 && word.contains('.'))
        || PREFIXES.iter().any(|prefix| word.strip_prefix(prefix).is_some_and(|rest| rest.len() >= 16))
}

/// Secrets that are a part of a word: a token in an address (`https://TOKEN@host/`, `/services/T0/B0/TOKEN`), or in a path.
fn secret_parts(word: &str) -> impl Iterator<Item = std::ops::Range<usize>> {
    // Of an address the scheme and its colon are a word of their own; where a path was made of it, one slash is left.
    let is_address = word.starts_with('/');
    let is_digest = DIGESTS.iter().any(|prefix| word.starts_with(prefix));
    let is_part = |c: char| matches!(c, '/' | '?' | '&' | '@' | '#');
    let mut next = 0;
    let parts = word.split(is_part).map(move |part| {
        let range = next..next + part.len();
        next = range.end + 1;
        (range, part)
    });
    let is_inner = word.contains(is_part);
    let is_secret = move |part: &str| is_token(part) || (!is_digest && is_random(part)) || (is_address && is_random_part(part));
    parts.filter(move |(_, part)| is_inner && is_secret(part)).map(|(range, _)| range)
}

/// Whether a part of an address is nothing that a person would choose: twenty characters, digits and letters of both cases
/// among each other.
fn is_random_part(part: &str) -> bool {
    if part.len() < 20 || !part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')) {
        return false;
    }
    let count = |of: fn(&u8) -> bool| part.bytes().filter(of).count();
    let (digits, upper, lower) = (count(u8::is_ascii_digit), count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase));
    let marks = part.len() - digits - upper - lower;
    digits >= 2 && upper >= 2 && lower >= 2 && marks * 8 <= part.len()
}

/// Whether a word is a SHA-256 digest that says so: `sha256: 9f86...`. Digests are public, and a pinned layer has one.
fn is_digest(before: &str, word: &str) -> bool {
    let key = before.trim_end_matches([' ', '"', '\'']).strip_suffix("sha256:");
    let is_word = key.is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '=')));
    is_word && word.len() == 64 && word.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// The range of the first password in `scheme://user:password@host`, also where a path was made of it and one slash is
/// left.
fn url_password(text: &str) -> Option<std::ops::Range<usize>> {
    text.match_indices(":/").find_map(|(scheme, _)| {
        let rest = text[scheme + 1..].trim_start_matches('/');
        let begin = text.len() - rest.len();
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '?')).unwrap_or(rest.len());
        let at = rest[..end].rfind('@')?;
        let colon = rest[..at].find(':')?;
        (at > colon + 1).then_some(begin + colon + 1..begin + at)
    })
}

/// What stands behind a word that announces a secret in a command: `Bearer TOKEN`, `Basic TOKEN`, `-u user:password`,
/// `--user user:password`. `lower` is in lower case.
fn announced(lower: &str) -> Vec<std::ops::Range<usize>> {
    let mut ranges = Vec::new();
    for (word, of_user) in [("bearer ", false), ("basic ", false), (" -u ", true), (" --user ", true)] {
        for (at, _) in lower.match_indices(word) {
            let rest = lower[at + word.len()..].trim_start();
            let begin = lower.len() - rest.len();
            let value = &rest[..rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')).unwrap_or(rest.len())];
            match value.find(':').filter(|_| of_user) {
                Some(colon) => ranges.push(begin + colon + 1..begin + value.len()),
                None if !of_user && value.len() >= 8 => ranges.push(begin..begin + value.len()),
                None => {}
            }
        }
    }
    ranges
}

/// The values of cookies in `Set-Cookie: name=value; Secure`, also where a configuration writes such a line. `lower` is
/// in lower case.
fn cookie_values(lower: &str) -> Vec<std::ops::Range<usize>> {
    const NAME: &str = "set-cookie";
    let mut ranges = Vec::new();
    let mut from = 0;
    while let Some(found) = lower[from..].find(NAME) {
        from += found + NAME.len();
        let rest = &lower[from..];
        // To the end of the pair: a quote ends it only where one begins it.
        let begin = rest.find(|c: char| !(c.is_whitespace() || matches!(c, ':' | '"' | '\''))).unwrap_or(rest.len());
        let pair = &rest[begin..];
        let end = pair.find(';').unwrap_or(pair.len());
        let value = pair[..end].find('=').map_or(0, |equals| equals + 1);
        if begin > 0 {
            ranges.push(from + begin + value..from + begin + end);
        }
    }
    ranges
}

/// The value of a line that is a header with a secret.
fn secret_header(lower: &str) -> Option<std::ops::Range<usize>> {
    let line = lower.trim_start_matches(['<', '>', ' ', '\t']);
    let (name, value) = line.split_once(':')?;
    let is_secret = SECRET_HEADERS.iter().any(|header| name.trim_end() == *header) || name.starts_with("x-csrf") || name.starts_with("x-xsrf");
    is_secret.then(|| lower.len() - value.len()..lower.len())
}

/// Our own words with values in them: secrets by shape, and behind a key with `=`. A sentence may speak of a secret or a
/// token.
#[must_use]
pub fn shapes(text: &str) -> String {
    masked(text, false)
}

/// One line without a control character or a secret by its shape; the same again where it is already. What a CI system would
/// take for a command is the business of each format.
#[must_use]
pub fn safe(text: &str) -> Cow<'_, str> {
    // As nearly all texts are.
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) && !may_be_secret(text) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(visible(&shapes(text)))
}

/// The same without looking for secrets.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push(' '),
            c if is_unsafe(c) => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}

/// Control characters, direction marks, and characters without a width.
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{61c}' | '\u{2028}' | '\u{2029}')
}

/// A line of a file with every secret replaced by `*`, character by character: by shape and by key.
#[must_use]
pub fn line(text: &str) -> String {
    masked(text, true)
}

fn masked(text: &str, by_key: bool) -> String {
    let mut mask = vec![false; text.len()];
    let mut cover = |range: std::ops::Range<usize>| mask[range].iter_mut().for_each(|m| *m = true);
    if text.contains("-----BEGIN") || (by_key && text.len() >= 48 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))) {
        cover(0..text.len());
    }
    let mut offset = 0;
    while let Some(range) = url_password(&text[offset..]) {
        cover(offset + range.start..offset + range.end);
        offset += range.end;
    }
    // Random words.
    let mut start = 0;
    for (i, c) in text.char_indices().chain(std::iter::once((text.len(), ' '))) {
        if is_break(c) {
            let word = &text[start..i];
            // `=` ends base64 too, so the padding is taken in.
            if i > start && is_random(word) && !is_digest(&text[..start], word) {
                cover(start..i);
            } else {
                secret_parts(word).for_each(|part| cover(start + part.start..start + part.end));
            }
            start = i + c.len_utf8().min(text.len() - i);
        }
    }
    // key = value, key: value, key 'value' and key=value inside a connection string.
    let lower = text.to_ascii_lowercase();
    for word in KEY_WORDS {
        let mut from = 0;
        while let Some(found) = lower[from..].find(word) {
            let key_end = from + found + word.len();
            // To the end of the key, then over the separator.
            let rest = &text[key_end..];
            let tail = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(rest.len());
            let sep = rest[tail..].find(|c: char| !(c.is_whitespace() || matches!(c, '=' | ':' | '\"' | '\'' | '>' | '['))).unwrap_or(rest.len() - tail);
            let begin = key_end + tail + sep;
            // A sentence may speak of a secret; `secret=x` is none.
            if sep > 0 && (by_key || rest[tail..].starts_with('=')) {
                let value = &text[begin..];
                let separator = &text[key_end + tail..begin];
                // A list is masked as a whole.
                let end = if separator.contains('[') { value.find(']').unwrap_or(value.len()) } else { value_end(separator, value) };
                let bare = value[..end].trim_end_matches([',', ';', ')', '}']);
                let public = PUBLIC_VALUES.contains(&bare.to_ascii_lowercase().as_str()) || bare.starts_with('$') || bare.starts_with('{') || bare.is_empty();
                if !public {
                    cover(begin..begin + end);
                }
            }
            from = key_end;
        }
    }
    if by_key {
        announced(&lower).into_iter().for_each(&mut cover);
    }
    // Options of pg_hba.conf: quotes, blanks and commas may belong to the secret, so that the rest of the line is masked.
    for key in HBA_SECRETS.iter().filter(|_| by_key) {
        if let Some(found) = lower.find(key) {
            cover(found + key.len()..text.len());
        }
    }
    if by_key {
        cookie_values(&lower).into_iter().chain(secret_header(&lower)).for_each(&mut cover);
    }
    let mut out = String::with_capacity(text.len());
    for (i, c) in text.char_indices() {
        out.push(if mask[i] { '*' } else { c });
    }
    out
}

/// Where a secret ends that stands behind a separator: at the quote that closes it, written twice where it opens
/// twice, as inside of another string; without quotes at a blank or a quote, and at punctuation unless it is bound to
/// its key by `=`, as in a connection string. What a backslash escapes belongs to it.
fn value_end(separator: &str, value: &str) -> usize {
    for escaped in ["\\'", "\\\""] {
        if let Some(inner) = value.strip_prefix(escaped) {
            return inner.find(escaped).map_or(value.len(), |at| at + escaped.len());
        }
    }
    let last = separator.trim_end();
    let quote = last.chars().last().filter(|c| matches!(c, '"' | '\''));
    let is_bound = separator == "=";
    let is_twice = quote.is_some_and(|q| last.chars().rev().nth(1) == Some(q));
    // Two quotes with nothing in between are an empty value.
    if is_twice && (last.len() < separator.len() || value.starts_with([',', ';', '}', ')'])) {
        return 0;
    }
    let mut chars = value.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match quote {
            _ if c == '\\' => {
                chars.next();
            }
            Some(quote) if c == quote => {
                let is_next_too = chars.peek().is_some_and(|(_, next)| *next == quote);
                if is_next_too == is_twice {
                    return at;
                }
                // One quote written twice is a part of the value.
                if is_next_too {
                    chars.next();
                }
            }
            Some(_) => {}
            None if c.is_whitespace() || matches!(c, '\'' | '"') || (!is_bound && matches!(c, ';' | ',' | '}' | ')')) => return at,
            None => {}
        }
    }
    value.len()
}

/// A text of several lines, each redacted; a PEM block to its end.
#[must_use]
pub fn text(text: &str) -> String {
    let mut inside = false;
    let lines = text.split_inclusive('\n').map(|full| {
        let (bare, end) = full.strip_suffix('\n').map_or((full, ""), |b| (b, "\n"));
        inside = inside || (bare.contains("-----BEGIN") && !bare.contains("-----END"));
        let masked = if inside { "*".repeat(bare.chars().count()) } else { line(bare) };
        inside = inside && !bare.contains("-----END");
        masked + end
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the quick look lets through is what the masking leaves alone.
    #[test]
    fn the_quick_look_misses_nothing() {
        let words = [
            "a",
            "://",
            "/",
            "x@y",
            "ghp_",
            "@",
            "aB1",
            "2Cd",
            "-",
            "-----BEGIN",
            "AKIA",
            "0123456789abcdef",
            "eyJ",
            ".",
            " ",
            "=",
            "sk-",
            "Zz9",
            "password",
            "token",
            "_x",
            "\"",
            ":",
            "u:p",
        ];
        let mut state = 7_u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..state % 9 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push_str(words[(state >> 33) as usize % words.len()]);
            }
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            assert!(may_be_secret(&text) || shapes(&text) == text, "{text}");
        }
    }

    #[test]
    fn secrets_are_masked_by_key_and_by_shape() {
        for (given, want) in [
            (
                "primary_conninfo = 'host=db user=rep password=hunter2 sslmode=require'",
                "primary_conninfo = 'host=db user=rep password=******* sslmode=require'",
            ),
            ("primary_conninfo = 'password=a,b;c) sslmode=require'", "primary_conninfo = 'password=****** sslmode=require'"),
            (r"primary_conninfo = 'password=a\ b user=r'", "primary_conninfo = 'password=**** user=r'"),
            ("primary_conninfo = 'password=''a b'' user=r'", "primary_conninfo = 'password=''***'' user=r'"),
            (r"primary_conninfo = 'password=\'a b\' user=r'", r"primary_conninfo = 'password=*****\' user=r'"),
            ("include 'postgresql://u:pw@h/x'", "include 'postgresql://u:**@h/x'"),
            ("see https://a.example/ and postgresql:/u:pw@h", "see https://a.example/ and postgresql:/u:**@h"),
            ("run 'curl -H \"Authorization: Bearer abcdefgh\" -u bob:pw https://x'", "run 'curl -H \"Authorization: Bearer ********\" -u bob:** https://x'"),
            ("ssl_passphrase_command = 'echo a b' # c", "ssl_passphrase_command = '********' # c"),
            ("ssl_passphrase_command = 'echo it''s' # c", "ssl_passphrase_command = '**********' # c"),
            ("ssl_passphrase_command = 'echo a", "ssl_passphrase_command = '******"),
            ("password: \"a b\", user: c", "password: \"***\", user: c"),
            ("password_encryption = scram-sha-256", "password_encryption = scram-sha-256"),
            ("url = postgres://app:s3cr3t@db/app", "url = postgres://app:******@db/app"),
            ("proxy_set_header X-Api-Token abc123;", "proxy_set_header X-Api-Token ******;"),
            ("ssl_ciphers = 'HIGH:!aNULL:!MD5'", "ssl_ciphers = 'HIGH:!aNULL:!MD5'"),
            ("host a b all ldap ldapbindpasswd=my secret", "host a b all ldap ldapbindpasswd=*********"),
            ("host a b all radius \"radiussecrets=\"\"x\"\",y z\" a=b", "host a b all radius \"radiussecrets=**************"),
            ("password: [\"a b\", c]", "password: [\"*******]"),
            ("password: [\"a", "password: [\"*"),
            ("set it to `ghp_0123456789abcdef0123`", "set it to `************************`"),
            ("key: ghp_0123456789abcdef0123", "key: ************************"),
            ("git clone https://ghp_0123456789abcdef0123@git.example/a", "git clone https://************************@git.example/a"),
            (
                "post https://hooks.example.com/services/T0A/B0B/abCD12efGH34ijKL56mnOP78?x",
                "post https://hooks.example.com/services/T0A/B0B/************************?x",
            ),
            ("https://a.example/v1/2fd4e1c67a2d28fced849ee1bb76e739/x", "https://a.example/v1/********************************/x"),
            ("include /etc/eyJhbGciOiJIUzI1NiJ9.e30.abc/x", "include /etc/****************************/x"),
            ("https://a.example/some/long-name-of-a-page-2026/Index.html", "https://a.example/some/long-name-of-a-page-2026/Index.html"),
            ("script-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='", "script-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"),
            ("Set-Cookie: sid=abc123; Secure; Path=/", "Set-Cookie: sid=******; Secure; Path=/"),
            ("< set-cookie: a=\"b c\", d; HttpOnly", "< set-cookie: a=********; HttpOnly"),
            ("set-cookie: lonely", "set-cookie: ******"),
            ("  add_header Set-Cookie \"sid=é=x; Path=/\";", "  add_header Set-Cookie \"sid=***; Path=/\";"),
            ("proxy_hide_header Set-Cookie;", "proxy_hide_header Set-Cookie;"),
            ("> Authorization: Basic dTpw", "> Authorization:***********"),
            ("Cookie: a=b; c=d", "Cookie:*********"),
            ("X-CSRF-Token: abc", "X-CSRF-Token:****"),
            ("X-Api-Key: k", "X-Api-Key:**"),
            ("secret: { env: JWT_SECRET }", "secret: { env: JWT_SECRET }"),
            (
                "- { file: a.yaml, sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 }",
                "- { file: a.yaml, sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 }",
            ),
            (
                "seed: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                "seed: ****************************************************************",
            ),
            (
                "my_sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                "my_sha256: ****************************************************************",
            ),
        ] {
            assert_eq!(line(given), want);
        }
        assert_eq!(shapes("knows no password=hunter2 as a secret: a token"), "knows no password=******* as a secret: a token");
        assert!(looks_secret("eyJhbGciOiJIUzUxMiJ9.eyJzdWIiOiIxIn0.abc"));
        assert!(!looks_secret("https://api.example.com"));
        assert!(!looks_secret("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"));
        assert!(!looks_secret("sha256-47DEQpj8HBSa-TImW-5JCeuQeRkm5NMpJWZG3hSuFU"));
        assert!(!looks_secret("strict-origin-when-cross-origin-and-so-on"));
        let pem = "a\n-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nb";
        assert_eq!(text(pem).lines().map(|l| l.contains(|c| c != '*')).collect::<Vec<_>>(), [true, false, false, false, true]);
    }
}
