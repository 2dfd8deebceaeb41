//! One HTML page for an auditor: what was checked, what came out, intents by target, evidence with file, line and
//! digest, waivers, what was not examined. No script, no resource from elsewhere, and a policy that says so.

use super::escape::{cut, xml};
use super::matrix::{Cell, Matrix, is_fine};
use super::share::{Waiver, control_name, counts, fair, label_place, outcome, place, plural, terms, waivers, word, worst_first};
use super::waivers::emergencies;
use crate::check::controls::{self, Control};
use crate::check::gate::{Level, Totals};
use crate::check::{Intents, Report};
use crate::compare::Check;
use crate::finding::{Finding, Verdict};
use crate::render::header;
use crate::source::{SourceId, Sources};
use crate::spec::scalar::format_date;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write;

const STYLE: &str = include_str!("html.css");
/// Findings that stand on the page.
const FINDINGS: usize = 2_000;
/// Verdicts that stand on the page.
const CHECKS: usize = 5_000;
/// Places of one finding.
const PLACES: usize = 50;
/// Characters of a value.
const MOST_TEXT: usize = 600;

/// The whole page.
pub(super) fn report(report: &Report, sources: &Sources) -> String {
    let mut out = String::new();
    let name = name(report);
    let hash = base64(&Sha256::digest(STYLE.as_bytes()));
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>secgen: {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
        xml(name)
    );
    head(&mut out, report, sources, name);
    let digests = short_digests(sources);
    let mut page = Page { findings: FINDINGS, checks: CHECKS, of: String::new() };
    if report.is_workspace {
        let mut parts: Vec<&Report> = report.parts.iter().collect();
        parts.sort_by_key(|part| std::cmp::Reverse(part.exit()));
        specs(&mut out, &parts);
        if !report.own_findings().is_empty() {
            findings(&mut out, report, report.own_findings().iter().collect(), sources, &mut page, FINDINGS / 2);
        }
        for (i, part) in parts.iter().enumerate() {
            page.of = format!(" <span class=\"soft\">of {}</span>", code(&super::path(part.spec_path().unwrap_or_default())));
            intro(&mut out, part, sources);
            body(&mut out, part, sources, &digests, &mut page, parts.len() - 1 - i);
        }
        page.of.clear();
        if !report.own_not_examined().is_empty() {
            not_examined(&mut out, report.own_not_examined(), &page);
        }
    } else {
        body(&mut out, report, sources, &digests, &mut page, 0);
    }
    let _ = write!(
        out,
        "<footer>\n<p>A verdict says what stands in the named files, or what a server answered, on the day above. It is evidence for a control, and does \
         not say that a control is satisfied.</p>\n<p>secgen {}</p>\n</footer>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION")
    );
    out
}

/// How far the page is written.
struct Page {
    /// Findings that there is still room for.
    findings: usize,
    /// Verdicts that there is still room for.
    checks: usize,
    /// Behind each heading: which spec it is about, where there are several.
    of: String,
}

impl Page {
    /// Opens a section.
    fn section(&self, out: &mut String, title: &str) {
        let _ = writeln!(out, "<section>\n<h2>{title}{}</h2>", self.of);
    }
}

/// All that there is to say about one spec; `others` come after it and want room, too.
fn body(out: &mut String, report: &Report, sources: &Sources, digests: &HashMap<&str, String>, page: &mut Page, others: usize) {
    let (most_findings, most_checks) = (fair(page.findings, others), fair(page.checks, others));
    findings(out, report, worst_first(report), sources, page, most_findings);
    matrix(out, report, page);
    files(out, report, sources, page);
    evidence(out, report, sources, digests, page, most_checks);
    accepted(out, report, page);
    not_examined(out, &report.not_examined, page);
}

fn name(report: &Report) -> &str {
    match &report.spec {
        _ if report.is_workspace => "All specs",
        Some(spec) if !spec.service.is_empty() => &spec.service,
        _ => report.spec_path().unwrap_or("no spec"),
    }
}

/// Every spec, and what it came to.
fn specs(out: &mut String, parts: &[&Report]) {
    out.push_str("<section>\n<h2>Specs</h2>\n");
    let rows = parts.iter().map(|part| {
        let class = ["good", "bad"].get(usize::from(part.exit())).unwrap_or(&"warn");
        let Intents { all, verified, .. } = part.intents();
        let (spec, service) = (part.spec_path().unwrap_or_default(), part.spec.as_ref().map_or("", |spec| &spec.service));
        vec![
            code(&super::path(spec)),
            if service.is_empty() { none() } else { xml(service) },
            format!("<span class=\"verdict {class}\">{}</span>", word(part)),
            part.gate_name().to_owned(),
            if all > 0 { format!("{verified} of {all}") } else { none() },
            xml(&counts(part)),
        ]
    });
    table(out, "specs", &["Spec", "Service", "Result", "Gate", "Intents verified", "Findings"], rows);
    out.push_str("</section>\n");
}

/// Where the part of a spec begins.
fn intro(out: &mut String, part: &Report, sources: &Sources) {
    let (class, word) = result(part);
    let _ = writeln!(out, "<section class=\"spec\">\n<h2>{}</h2>", code(&super::path(part.spec_path().unwrap_or_default())));
    let _ = writeln!(out, "<p class=\"outcome {class}\"><strong>{word}</strong> <span>{}</span></p>\n<dl>", xml(&outcome(part)));
    for (term, value) in about_spec(part, sources).into_iter().skip(1) {
        let _ = writeln!(out, "<div><dt>{term}</dt><dd>{value}</dd></div>");
    }
    out.push_str("</dl>\n</section>\n");
}

/// Class and word of a result.
fn result(report: &Report) -> (&'static str, &'static str) {
    match report.exit() {
        0 => ("pass", "Passed"),
        1 => ("fail", "Failed"),
        _ => ("cannot", "Not completed"),
    }
}

/// Terms about the spec itself; its path is the first.
fn about_spec(report: &Report, sources: &Sources) -> Vec<(&'static str, String)> {
    let Some(spec) = &report.spec else { return Vec::new() };
    let mut facts = vec![("Spec", code(&super::path(&spec.path))), ("Digest of the spec", format!("<code>{}</code>", digest(sources, spec.id)))];
    if !spec.environments.is_empty() {
        facts.push(("Environments", xml(&spec.environments.join(", "))));
    }
    facts
}

fn head(out: &mut String, report: &Report, sources: &Sources, name: &str) {
    let (class, word) = result(report);
    let _ = write!(out, "<header>\n<p class=\"kind\">Security configuration: secgen {}</p>\n<h1>{}</h1>\n", report.command, xml(name));
    let _ = writeln!(out, "<p class=\"outcome {class}\"><strong>{word}</strong> <span>{}</span></p>", xml(&outcome(report)));
    for emergency in emergencies(report) {
        let _ = writeln!(out, "<p class=\"outcome cannot\">{}</p>", xml(&cut(&emergency, MOST_TEXT)));
    }
    out.push_str("<dl>\n");
    let mut facts = about_spec(report, sources);
    if report.is_workspace {
        facts.push(("Specs", report.parts.len().to_string()));
    }
    facts.push(("Date (UTC)", format_date(report.date)));
    facts.push(("Gate", report.gate_name().to_owned()));
    facts.extend(terms(report).into_iter().map(|(term, value)| (term, xml(&value))));
    if let Some(floor) = report.floor_in_force() {
        facts.push(("Digest of the floor", format!("<code>{}</code>", digest(sources, floor.id))));
    }
    facts.push(("Exit code", report.exit().to_string()));
    if report.other_specs > 0 {
        facts.push(("Not looked at", plural(report.other_specs, "other spec") + " below the root"));
    }
    for (term, value) in facts {
        let _ = writeln!(out, "<div><dt>{term}</dt><dd>{value}</dd></div>");
    }
    out.push_str("</dl>\n<ul class=\"counts\">\n");
    let Totals { errors, failures, warnings, notes, accepted } = report.totals();
    let Intents { all, verified, rendered, attested, .. } = report.intents();
    let counts = [(errors, "error", "bad"), (failures, "failure", "bad"), (warnings, "warning", "warn"), (notes, "note", ""), (accepted, "accepted", "")];
    for (n, what, class) in counts {
        let what = if n == 1 || what == "accepted" { what.to_owned() } else { format!("{what}s") };
        let _ = writeln!(out, "<li class=\"{}\"><b>{n}</b> {what}</li>", if n > 0 { class } else { "" });
    }
    if all > 0 {
        let _ = writeln!(
            out,
            "<li><b>{verified} of {all}</b> intents verified</li>\n<li><b>{rendered}</b> only rendered</li>\n<li><b>{attested}</b> attested</li>"
        );
    }
    out.push_str("</ul>\n</header>\n");
}

fn findings(out: &mut String, report: &Report, all: Vec<&Finding>, sources: &Sources, page: &mut Page, most: usize) {
    page.section(out, "Findings");
    let all: Vec<&Finding> = all.into_iter().filter(|f| report.level(f) != Level::Accepted).collect();
    page.findings = page.findings.saturating_sub(all.len().min(most));
    if all.is_empty() {
        out.push_str("<p>None.</p>\n");
    }
    for finding in all.iter().take(most) {
        one(out, report, finding, sources);
    }
    more(out, all.len(), most, "finding");
    out.push_str("</section>\n");
}

fn more(out: &mut String, all: usize, shown: usize, what: &str) {
    if all > shown {
        let _ = writeln!(out, "<p class=\"cut\">{} more, the least important of {all}; all are in the JSON report.</p>", plural(all - shown, what));
    }
}

fn one(out: &mut String, report: &Report, finding: &Finding, sources: &Sources) {
    let level = report.level(finding);
    let class = match level {
        Level::Error | Level::Failure => "bad",
        Level::Warning => "warn",
        _ => "mild",
    };
    let _ = writeln!(out, "<article class=\"{class}\">\n<h3><span class=\"tag\">{}</span> {}</h3>\n<dl>", level.name(), coded(&cut(&finding.message, 1_500)));
    let mut row = |term: &str, value: String| {
        let _ = writeln!(out, "<div><dt>{term}</dt><dd>{value}</dd></div>");
    };
    row("Rule", format!("<code>{}</code> <span class=\"soft\">{}</span>", finding.rule.name, xml(finding.rule.title)));
    if let Some(place) = place(finding, sources) {
        row("Where", code(&place));
    }
    let pairs =
        [("Intent", &finding.intent), ("Environment", &finding.env), ("Place", &finding.place), ("Required", &finding.expected), ("Found", &finding.found)];
    for (term, value) in pairs {
        if let Some(value) = value.as_ref().filter(|v| !v.is_empty() && finding.path.as_ref() != Some(v)) {
            row(term, xml(&cut(value, MOST_TEXT)));
        }
    }
    if let Some(spec) = finding.spec {
        row("Required at", code(&super::path(&sources.place(spec))));
    }
    let mut also: Vec<String> = finding
        .also
        .iter()
        .filter_map(|a| Some((a.place.as_deref()?, a)))
        .map(|(place, a)| {
            let at = a.at.as_ref().map(|l| format!(" <code>{}</code>", xml(&label_place(l, sources)))).unwrap_or_default();
            let intent = a.intent.as_ref().filter(|i| finding.intent.as_ref() != Some(i)).map(|i| format!("{}: ", xml(i))).unwrap_or_default();
            format!("<li>{intent}{}{at}</li>", xml(place))
        })
        .collect();
    let rest = also.len().saturating_sub(PLACES);
    also.truncate(PLACES);
    if rest > 0 {
        also.push(format!("<li>and {rest} more</li>"));
    }
    if !also.is_empty() {
        row("Also", format!("<ul>{}</ul>", also.concat()));
    }
    if !finding.help.is_empty() {
        let ways: Vec<String> = finding.help.iter().map(|h| format!("<li>{}</li>", coded(&cut(h, MOST_TEXT)))).collect();
        row("To mend it", format!("<ul>{}</ul>", ways.concat()));
    }
    let controls: Vec<String> = report.controls_of(finding).iter().map(|c| format!("<li>{}</li>", control(c))).collect();
    if !controls.is_empty() {
        row("Controls", format!("<ul>{}</ul>", controls.concat()));
    }
    out.push_str("</dl>\n</article>\n");
}

/// A control, how the setting stands to it, and why.
fn control(control: &Control) -> String {
    let why = if control.rationale.is_empty() { String::new() } else { format!(": {}", cut(&control.rationale, MOST_TEXT)) };
    format!("{} <span class=\"soft\">{}{}</span>", xml(&cut(&control_name(control), MOST_TEXT)), control.relation, xml(&why))
}

/// A name or a path, which may be broken where its parts meet.
fn code(text: &str) -> String {
    let parts = xml(text).replace('.', ".<wbr>").replace('/', "/<wbr>").replace('_', "_<wbr>");
    format!("<code>{parts}</code>")
}

/// Our own words: what stands between backticks is code.
fn coded(text: &str) -> String {
    if text.matches('`').count() % 2 == 1 {
        return xml(text);
    }
    let parts = text.split('`').enumerate();
    parts.map(|(i, part)| if i % 2 == 1 { code(part) } else { xml(part) }).collect()
}

fn table(out: &mut String, class: &str, head: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let _ = write!(out, "<div class=\"scroll\"><table class=\"{class}\">\n<thead><tr>");
    for h in head {
        let _ = write!(out, "<th scope=\"col\">{h}</th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        let cells: Vec<String> = row.iter().zip(head).map(|(cell, label)| format!("<td data-label=\"{label}\"><div>{cell}</div></td>")).collect();
        let _ = writeln!(out, "<tr>{}</tr>", cells.concat());
    }
    out.push_str("</tbody></table></div>\n");
}

fn verdict(word: &str, verdict: Verdict) -> String {
    let class = match verdict {
        Verdict::Equal | Verdict::Equivalent | Verdict::Stricter => "good",
        Verdict::NotApplicable | Verdict::Rendered | Verdict::Attested => "plain",
        Verdict::Unverifiable => "warn",
        _ => "bad",
    };
    format!("<span class=\"verdict {class}\">{word}</span>")
}

fn matrix(out: &mut String, report: &Report, page: &Page) {
    let matrix = Matrix::new(report);
    if matrix.rows.is_empty() {
        return;
    }
    page.section(out, "Intents by target");
    let targets: Vec<String> = matrix.targets.iter().map(|t| xml(t)).collect();
    let mut head = vec!["Intent"];
    head.extend(targets.iter().map(String::as_str));
    let is_apart = matrix.rows.iter().any(|row| row.apart.is_some());
    if is_apart {
        head.push("no target");
    }
    head.push("Controls");
    let rows = matrix.rows.iter().map(|row| {
        let mut cells = vec![code(&row.name())];
        cells.extend(row.cells.iter().map(|cell| cell.as_ref().map_or_else(none, |cell: &Cell| verdict(&cell.text(), cell.verdict))));
        if is_apart {
            cells.push(row.apart.map_or_else(none, |v| verdict(v.name(), v)));
        }
        cells.push(numbers(&controls::of_key(&row.intent, &report.own_controls)));
        cells
    });
    table(out, "matrix", &head, rows);
    out.push_str("<p class=\"soft\">Each cell is the worst verdict of that target, with the number of places that have it. \u{201c}rendered\u{201d}: a file carries it, and no checked source shows it in force.</p>\n</section>\n");
}

/// Controls by framework: `OWASP ASVS 3.4.1, 3.4.3`; how the setting stands to each is said once, on the page of controls.
fn numbers(controls: &[Control]) -> String {
    let mut all: Vec<(&str, Vec<String>)> = Vec::new();
    for control in controls {
        let number = format!("{} <span class=\"soft\">{}</span>", xml(&cut(&control.id, MOST_TEXT)), control.relation);
        match all.iter_mut().find(|(title, _)| *title == control.title) {
            Some((_, numbers)) => numbers.push(number),
            None => all.push((&control.title, vec![number])),
        }
    }
    if all.is_empty() {
        return none();
    }
    let lines = all.iter().map(|(title, numbers)| format!("<li>{}: {}</li>", xml(&cut(title, MOST_TEXT)), numbers.join(", ")));
    format!("<ul class=\"controls\">{}</ul>", lines.collect::<String>())
}

fn none() -> String {
    "<span class=\"none\">\u{2013}</span>".to_owned()
}

fn digest(sources: &Sources, id: SourceId) -> String {
    format!("sha256:{}", header::digest(sources.get(id).bytes()))
}

/// The first digits of the digest of each file that was read.
fn short_digests(sources: &Sources) -> HashMap<&str, String> {
    let mut digests: HashMap<&str, String> = HashMap::new();
    for (id, source) in sources.iter() {
        digests.entry(&source.path).or_insert_with(|| header::digest(sources.get(id).bytes())[..12].to_owned());
    }
    digests
}

/// The files that were read, and rendered ones with their state.
fn files(out: &mut String, report: &Report, sources: &Sources, page: &Page) {
    if !report.sources.is_empty() {
        page.section(out, "Files examined");
        let rows = report.sources.iter().map(|(id, kind)| {
            let path = &sources.get(*id).path;
            vec![code(&super::path(path)), xml(kind), format!("<code>{}</code>", digest(sources, *id))]
        });
        table(out, "files", &["File", "Read as", "Digest"], rows);
        out.push_str("</section>\n");
    }
    if !report.files.is_empty() {
        page.section(out, "Files rendered by secgen");
        let rows = report.files.iter().map(|(path, state)| {
            let class = if *state == crate::finding::FileState::InSync { "good" } else { "warn" };
            vec![code(&super::path(path)), format!("<span class=\"verdict {class}\">{}</span>", state.name())]
        });
        table(out, "files", &["File", "State"], rows);
        out.push_str("</section>\n");
    }
}

fn evidence(out: &mut String, report: &Report, sources: &Sources, digests: &HashMap<&str, String>, page: &mut Page, most: usize) {
    if report.checks.is_empty() {
        return;
    }
    page.section(out, "Evidence");
    out.push_str(
        "<p class=\"soft\">Every verdict with the line that decides, and the digest of the file as it was read (the first 12 digits; whole ones above).</p>\n",
    );
    let mut checks: Vec<&Check> = report.checks.iter().collect();
    // What is not in force must not be the part that is cut.
    checks.sort_by_key(|c| is_fine(c.verdict));
    checks.truncate(most);
    page.checks = page.checks.saturating_sub(checks.len());
    checks.sort_by(|a, b| (&a.env, &a.intent, a.target).cmp(&(&b.env, &b.intent, b.target)));
    let rows = checks.iter().map(|c| {
        let env = c.env.as_ref().map(|e| format!(" [{}]", xml(e))).unwrap_or_default();
        let at = c.location.as_ref().map_or_else(none, |label| {
            let digest = digests.get(sources.get(label.span.source).path.as_str()).map(|d| format!(" <span class=\"soft\">{d}</span>")).unwrap_or_default();
            format!("{}{digest}", code(&label_place(label, sources)))
        });
        let found = if c.found.is_empty() { &c.why } else { &c.found };
        let place = if c.target.is_empty() { c.place.clone() } else { format!("{}: {}", c.target, c.place) };
        vec![
            format!("{}{env}", code(&c.intent)),
            xml(&place),
            verdict(c.verdict.name(), c.verdict),
            xml(&cut(&c.expected, MOST_TEXT)),
            xml(&cut(found, MOST_TEXT)),
            at,
        ]
    });
    table(out, "evidence", &["Intent", "Place", "Verdict", "Required", "Found", "File, line, digest"], rows);
    more(out, report.checks.len(), most, "verdict");
    out.push_str("</section>\n");
}

fn accepted(out: &mut String, report: &Report, page: &Page) {
    let all = waivers(report);
    page.section(out, "Waivers");
    if all.is_empty() {
        out.push_str("<p>No waiver accepts anything.</p>\n");
    } else {
        table(out, "waivers", &["Waiver", "Owner", "Approved by", "From, until", "Reason", "Accepts at worst", "Findings"], all.iter().map(waiver));
    }
    out.push_str("</section>\n");
}

fn waiver(waiver: &Waiver<'_>) -> Vec<String> {
    let of = |text: fn(&crate::check::UsedWaiver) -> String| waiver.used.map(text).filter(|t| !t.is_empty()).map_or_else(none, |t| xml(&cut(&t, MOST_TEXT)));
    let class = if waiver.is_ended() { "bad" } else { "plain" };
    let list: Vec<String> = waiver.findings.iter().take(PLACES).map(|f| format!("<li>{}</li>", coded(&cut(&f.message, MOST_TEXT)))).collect();
    let rest = waiver.findings.len().saturating_sub(PLACES);
    let rest = if rest > 0 { format!("<li>and {rest} more</li>") } else { String::new() };
    let ticket = |w: &crate::check::UsedWaiver| w.ticket.as_ref().map_or_else(|| w.reason.clone(), |ticket| format!("{} ({ticket})", w.reason));
    vec![
        format!("{} <span class=\"verdict {class}\">{}</span>", code(waiver.id), waiver.kind()),
        of(|w| w.owner.clone()),
        of(|w| w.approved_by.clone().unwrap_or_default()),
        of(|w| format!("{} to {}", w.created, w.until)),
        of(ticket),
        of(|w| w.accepts.clone()),
        format!("<ul>{}{rest}</ul>", list.concat()),
    ]
}

fn not_examined(out: &mut String, all: &[(String, String)], page: &Page) {
    page.section(out, "Not examined");
    if all.is_empty() {
        out.push_str("<p>Nothing that decides a verdict was left out, as far as the sources show.</p>\n");
    } else {
        out.push_str("<ul class=\"list\">\n");
        for (what, why) in all.iter().take(FINDINGS) {
            let _ = writeln!(out, "<li><strong>{}</strong> <span>{}</span></li>", xml(what), xml(why));
        }
        out.push_str("</ul>\n");
        more(out, all.len(), FINDINGS, "item");
    }
    out.push_str("</section>\n");
}

/// As a content security policy writes a digest.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let n = chunk.iter().fold(0_u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..4_usize {
            out.push(if i <= chunk.len() { char::from(DIGITS[(n >> (18 - 6 * i)) as usize & 63]) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    /// RFC 4648, section 10.
    #[test]
    fn base64_of_the_rfc() {
        for (text, want) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy")] {
            assert_eq!(super::base64(text.as_bytes()), want);
        }
    }
}
