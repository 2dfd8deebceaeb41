//! Thirty thousand findings: what has a limit is cut, and says how much.

use secgen::check::gate::Gate;
use secgen::check::{Report, fingerprint};
use secgen::finding::{Finding, Kind, Verdict};
use secgen::report::text::Style;
use secgen::report::{self, Format};
use secgen::source::{Sources, Span};

const MANY: usize = 30_000;

/// Findings of every severity of nginx's rules, each on a line of its own, with texts that differ.
pub(super) fn many() -> (Report, Sources) {
    let mut sources = Sources::new(std::path::Path::new("."));
    let line = "    location /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa { }\n";
    let id = sources.add("deploy/nginx/nginx.conf", line.repeat(MANY));
    let rules = secgen::targets::by_name("nginx").unwrap().rules();
    let verdicts = [Verdict::Absent, Verdict::Weaker, Verdict::Unverifiable, Verdict::Incomparable];
    let mut state = 7_u64;
    let findings = (0..MANY).map(|i| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let rule = rules[i % rules.len()];
        let kind = if i % 5 == 4 { Kind::Warning } else { Kind::Verdict(verdicts[i % 4]) };
        let message = format!("http.headers.csp is absent at server app{state:x}.example.com > location /{i}/: nothing sets it there");
        let span = Span::new(id, i * line.len() + 4, i * line.len() + 20);
        let mut finding =
            Finding::new(rule, kind, message).at(span, "here").help(format!("include deploy/nginx/secgen/security-headers.conf in location /{i}/"));
        finding.intent = Some("http.headers.csp".to_owned());
        finding.target = Some("nginx");
        finding.place = Some(format!("server app.example.com > location /{i}/"));
        finding.expected = Some("default-src 'self'; object-src 'none'; base-uri 'none'".to_owned());
        finding.spec = Some(Span::new(id, 4, 20));
        finding
    });
    let mut findings: Vec<Finding> = findings.collect();
    fingerprint::name(&mut findings, &sources);
    (Report { command: "check", gate: Gate::default(), date: 20_784, findings, ..Report::default() }, sources)
}

fn write(format: Format) -> String {
    let (mut report, sources) = many();
    report::clean(&mut report, true);
    report::write(format, &report, &sources, Style { quiet: false, verbose: false, color: false })
}

#[test]
fn sarif_is_within_the_limits_of_github_and_says_what_was_cut() {
    let text = write(Format::Sarif);
    let log: serde_json::Value = serde_json::from_str(&text).unwrap();
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 25_000);
    assert_eq!(run["properties"]["omitted"]["cut"], 5_000);
    let notes = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    assert!(notes.iter().any(|n| n["message"]["text"].as_str().unwrap().starts_with("5000 findings of 30000 left out, the least important ones")));
    // The worst come first, as GitHub keeps 5,000 of them.
    let level = |r: &serde_json::Value| r["properties"]["level"].as_str().unwrap().to_owned();
    assert!(results[..5_000].iter().all(|r| level(r) == "failure") && results[..5_000].iter().all(|r| severity(run, r) >= 8));
    let prints: std::collections::HashSet<&str> = results.iter().map(|r| r["partialFingerprints"]["primaryLocationLineHash"].as_str().unwrap()).collect();
    assert_eq!(prints.len(), 25_000);
    // 10 MB after compression, by a program of its own where there is one.
    let mut gzip = std::process::Command::new("gzip").arg("-c").stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().unwrap();
    let mut input = gzip.stdin.take().unwrap();
    let writer = std::thread::spawn(move || std::io::Write::write_all(&mut input, text.as_bytes()));
    let packed = gzip.wait_with_output().unwrap().stdout.len();
    writer.join().unwrap().unwrap();
    assert!(packed > 100_000 && packed < 5_000_000, "{packed}");
}

/// The number before the point of a rule's score.
fn severity(run: &serde_json::Value, result: &serde_json::Value) -> u8 {
    let rule = &run["tool"]["driver"]["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
    assert_eq!(rule["id"], result["ruleId"]);
    rule["properties"]["security-severity"].as_str().map_or(0, |s| s.split('.').next().unwrap().parse().unwrap())
}

#[test]
fn markdown_fits_into_a_comment_and_says_what_does_not() {
    let text = write(Format::Markdown);
    assert!(text.len() < 65_536 && text.len() > 40_000, "{}", text.len());
    assert!(text.contains("30000 more do not fit here; all are in the other reports."), "{}", &text[text.len() - 500..]);
    assert!(text.contains("24000 failures, 6000 warnings"));
}

#[test]
fn annotations_are_ten_of_a_kind_and_a_count() {
    let text = write(Format::Github);
    assert_eq!(text.lines().filter(|l| l.starts_with("::error ")).count(), 10);
    assert!(text.contains("::error title=secgen::9 errors and 23991 more: the log of this step lists them"));
    assert!(text.lines().count() < 500);
}

#[test]
fn the_page_says_what_is_not_on_it() {
    let text = write(Format::Html);
    assert!(text.contains("28000 findings more, the least important of 30000; all are in the JSON report."));
    assert!(text.len() < 5_000_000, "{}", text.len());
}
