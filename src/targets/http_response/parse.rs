//! What `curl -i`, `-I` and `-v` print of responses, on bytes: status lines and field lines with their places. Bodies
//! are skipped.
//!
//! The grammar is that of RFC 9112 (HTTP/1.1), in which curl prints HTTP/2 and HTTP/3 too. A line that does not fit
//! refuses the whole text: a response that is read in part would lack headers, or hide some.

use std::borrow::Cow;
use std::ops::Range;

/// The most field lines of one response, as curl has it (`MAX_HTTP_RESP_HEADER_COUNT`).
const MAX_FIELDS: usize = 5000;
/// The most bytes of one response without its body, as curl has it (`MAX_HTTP_RESP_HEADER_SIZE`).
const MAX_BYTES: usize = 300 << 10;
/// The most responses of one text; curl follows 50 redirects at most unless told otherwise.
const MAX_RESPONSES: usize = 64;

/// What a text holds.
#[derive(Debug, Default)]
pub struct Capture<'b> {
    /// Responses in order; at least one. Interim ones (1xx) and the answer of a proxy to CONNECT are not among them.
    pub responses: Vec<Response<'b>>,
    /// The first line behind a body that looks like one more response: bodies are not read, so neither is that.
    pub behind_body: Option<Range<usize>>,
}

/// One response without its body.
#[derive(Debug)]
pub struct Response<'b> {
    /// Its status.
    pub status: u16,
    /// The status line.
    pub line: Range<usize>,
    /// Its field lines in order.
    pub fields: Vec<FieldLine<'b>>,
    /// Whether it opens a tunnel of a proxy (RFC 9110 9.3.6) by the phrase that proxies use.
    opens_tunnel: bool,
}

/// A field line.
#[derive(Debug)]
pub struct FieldLine<'b> {
    /// The name as sent.
    pub name: &'b str,
    /// The value without the white space around it. Bytes that are no UTF-8 stand as U+FFFD: no grammar of a header that
    /// is judged has a use for either.
    pub value: Cow<'b, str>,
    /// The line; of a folded one, its first.
    pub line: Range<usize>,
    /// Whether the value goes on over several lines (RFC 9112 5.2).
    pub is_folded: bool,
}

impl<'b> Response<'b> {
    /// Lines of a field, in order; names are compared in any letter case (RFC 9110 5.1).
    pub fn lines<'r>(&'r self, name: &str) -> impl Iterator<Item = &'r FieldLine<'b>> {
        self.fields.iter().filter(move |f| f.name.eq_ignore_ascii_case(name))
    }

    /// Where a redirect leads that browsers follow (RFC 9110 15.4).
    #[must_use]
    pub fn redirects_to(&self) -> Option<&str> {
        if !matches!(self.status, 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        self.lines("Location").map(|l| l.value.as_ref()).find(|location| !location.is_empty())
    }
}

/// Why a text cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line.
    pub line: Range<usize>,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
    /// What to do.
    pub help: &'static str,
}

/// Most problems are of a text that is not curl's.
const PIPE: &str = "give what curl prints and nothing else: curl -si URL | secgen check --source http-response=-";

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Of a response.
    Text,
    /// Of curl itself: `* Connected to`, and lines of the request.
    Talk,
    /// In curl's verbose output, anything else: a body, or what another program printed.
    Other,
}

/// A line without its end.
#[derive(Clone, Copy, Debug)]
struct Line<'b> {
    kind: Kind,
    start: usize,
    bytes: &'b [u8],
}

impl Line<'_> {
    fn range(&self) -> Range<usize> {
        self.start..self.start + self.bytes.len()
    }
}

/// Lines of a text; `verbose` takes the marks of `curl -v` off.
fn lines(bytes: &[u8], verbose: bool) -> impl Iterator<Item = Line<'_>> {
    let mut start = 0;
    bytes.split_inclusive(|b| *b == b'\n').map(move |full| {
        let bare = full.strip_suffix(b"\n").unwrap_or(full);
        let bare = bare.strip_suffix(b"\r").unwrap_or(bare);
        let at = start;
        start += full.len();
        if !verbose {
            return Line { kind: Kind::Text, start: at, bytes: bare };
        }
        match bare {
            [b'<', b' ', rest @ ..] => Line { kind: Kind::Text, start: at + 2, bytes: rest },
            b"<" => Line { kind: Kind::Text, start: at + 1, bytes: b"" },
            _ if is_talk(bare) => Line { kind: Kind::Talk, start: at, bytes: bare },
            _ => Line { kind: Kind::Other, start: at, bytes: bare },
        }
    })
}

/// Whether a line is one of curl's own: `* `, `> `, `{ [5 bytes data]`, `} [5 bytes data]`.
fn is_talk(line: &[u8]) -> bool {
    line == b"*" || line == b">" || [&b"* "[..], b"> ", b"{ [", b"} ["].iter().any(|mark| line.starts_with(mark))
}

/// Status and reason of a status line (RFC 9112 4): `HTTP/1.1 200 OK`, `HTTP/2 200`.
#[must_use]
pub fn status_line(line: &[u8]) -> Option<(u16, &[u8])> {
    let rest = line.strip_prefix(b"HTTP/")?;
    let rest = [&b"1.0 "[..], b"1.1 ", b"2 ", b"2.0 ", b"3 ", b"3.0 "].iter().find_map(|version| rest.strip_prefix(*version))?;
    let (digits, reason) = rest.split_at_checked(3)?;
    let reason = match reason {
        [] => reason,
        [b' ', reason @ ..] => reason,
        _ => return None,
    };
    let status = digits.iter().try_fold(0_u16, |n, d| d.is_ascii_digit().then(|| n * 10 + u16::from(d - b'0')))?;
    (100..600).contains(&status).then_some((status, reason))
}

/// Reads all responses of a text.
///
/// # Errors
/// The first line that fits nothing that curl prints.
pub fn parse(bytes: &[u8]) -> Result<Capture<'_>, Problem> {
    let first = lines(bytes, false).find(|line| !line.bytes.is_empty());
    let Some(first) = first else {
        return Err(Problem {
            line: 0..0,
            message: "there is no response: the text is empty".to_owned(),
            help: "did the request fail? see what `curl -i URL` says",
        });
    };
    let verbose = is_talk(first.bytes) || first.bytes.starts_with(b"< ");
    let mut all = lines(bytes, verbose).peekable();
    let mut capture = Capture::default();
    let mut interim = None;
    loop {
        // Empty lines before a status line do no harm (RFC 9112 2.2); in verbose output anything may stand there.
        while all.next_if(|line| if verbose { line.kind != Kind::Text || status_line(line.bytes).is_none() } else { line.bytes.is_empty() }).is_some() {}
        let Some(line) = all.peek().copied() else { break };
        let Some((status, reason)) = status_line(line.bytes) else {
            if interim.is_some() || capture.responses.is_empty() {
                return Err(no_response(&line));
            }
            // What stands behind the last response is its body.
            capture.behind_body = all.by_ref().find(|line| status_line(line.bytes).is_some()).map(|line| line.range());
            break;
        };
        all.next();
        let response = section(&line, status, reason, &mut all)?;
        interim = (status < 200).then(|| line.range());
        if interim.is_none() {
            capture.responses.push(response);
        }
        if capture.responses.len() > MAX_RESPONSES {
            let message = format!("there are more than {MAX_RESPONSES} responses");
            return Err(Problem { line: line.range(), message, help: "check fewer responses at once" });
        }
    }
    if let Some(line) = interim {
        let message = "the last response is an interim one (1xx), and the one that answers the request is missing".to_owned();
        return Err(Problem { line, message, help: PIPE });
    }
    // A proxy's answer to CONNECT says nothing of the server behind it.
    let last = capture.responses.len().saturating_sub(1);
    let mut index = 0;
    capture.responses.retain(|response| {
        index += 1;
        index - 1 == last || !response.opens_tunnel
    });
    if capture.responses.is_empty() {
        return Err(Problem { line: first.range(), message: "there is no response, only what curl says itself".to_owned(), help: PIPE });
    }
    Ok(capture)
}

fn no_response(line: &Line) -> Problem {
    let message = if line.bytes.starts_with(b"\xff\xfe") || line.bytes.starts_with(b"\xfe\xff") {
        "the text is UTF-16; a response begins with its status line, such as HTTP/1.1 200 OK"
    } else {
        "this is no status line, such as HTTP/1.1 200 OK, with which a response begins"
    };
    Problem { line: line.range(), message: message.to_owned(), help: PIPE }
}

/// The field lines below a status line, up to an empty line or the end.
fn section<'b>(line: &Line<'b>, status: u16, reason: &[u8], all: &mut impl Iterator<Item = Line<'b>>) -> Result<Response<'b>, Problem> {
    let mut response = Response { status, line: line.range(), fields: Vec::new(), opens_tunnel: false };
    check_bytes(line)?;
    let mut size = line.bytes.len();
    for line in all {
        match line.kind {
            Kind::Talk => continue,
            Kind::Other => {
                let message = "this line stands between the headers of a response, and is none of curl's".to_owned();
                return Err(Problem { line: line.range(), message, help: "write the headers alone: curl -si URL, or curl -sv -o /dev/null URL 2>&1" });
            }
            Kind::Text if line.bytes.is_empty() => break,
            Kind::Text => check_bytes(&line)?,
        }
        size += line.bytes.len();
        if response.fields.len() >= MAX_FIELDS || size > MAX_BYTES {
            let message = format!("a response has more than {MAX_FIELDS} header lines or {MAX_BYTES} bytes of them, which no client takes");
            return Err(Problem { line: line.range(), message, help: PIPE });
        }
        if let [b' ' | b'\t', ..] = line.bytes {
            let Some(folded) = response.fields.last_mut() else { return Err(no_field(&line)) };
            folded.is_folded = true;
            let (whole, more) = (folded.value.to_mut(), String::from_utf8_lossy(line.bytes));
            // Each fold is as good as a space (RFC 9112 5.2).
            if !whole.is_empty() && !trim(&more).is_empty() {
                whole.push(' ');
            }
            whole.push_str(trim(&more));
            continue;
        }
        response.fields.push(field(&line)?);
    }
    let has_content = ["Content-Length", "Content-Type", "Transfer-Encoding"].iter().any(|name| response.lines(name).next().is_some());
    response.opens_tunnel = status == 200 && !has_content && reason.eq_ignore_ascii_case(b"connection established");
    Ok(response)
}

fn field<'b>(line: &Line<'b>) -> Result<FieldLine<'b>, Problem> {
    let colon = line.bytes.iter().position(|b| *b == b':').ok_or_else(|| no_field(line))?;
    let name = &line.bytes[..colon];
    let is_token = !name.is_empty() && name.iter().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b));
    let name = std::str::from_utf8(name).ok().filter(|_| is_token).ok_or_else(|| no_field(line))?;
    let value = match String::from_utf8_lossy(&line.bytes[colon + 1..]) {
        Cow::Borrowed(value) => Cow::Borrowed(trim(value)),
        Cow::Owned(value) => Cow::Owned(trim(&value).to_owned()),
    };
    Ok(FieldLine { name, value, line: line.range(), is_folded: false })
}

/// White space around a field value (RFC 9110 5.5).
fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

fn no_field(line: &Line) -> Problem {
    let message = "this is no header line, such as `Server: nginx` (RFC 9112 5); an empty line ends the headers".to_owned();
    Problem { line: line.range(), message, help: PIPE }
}

/// RFC 9110 5.5: what holds these bytes is no field value, and clients refuse the response or change it.
fn check_bytes(line: &Line) -> Result<(), Problem> {
    let name = if line.bytes.contains(&0) {
        "a NUL byte"
    } else if line.bytes.contains(&b'\r') {
        "a carriage return that does not end the line"
    } else {
        return Ok(());
    };
    Err(Problem { line: line.range(), message: format!("this line holds {name}, which no header may (RFC 9110 5.5)"), help: PIPE })
}
