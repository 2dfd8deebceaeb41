//! The command line: one short file a command, and the only place that prints, reads the environment or asks the clock.

mod args;
pub mod catalogue;
mod check;
mod completions;
mod controls;
mod diff;
mod explain;
mod git;
mod given;
mod init;
mod locate;
mod merge;
mod render;
mod reports;
mod schema;
mod spec;
mod tasks;
mod validate;
mod waivers;
mod words;
mod workspace;

use crate::check::gate::Gate;
use crate::check::{Report, SpecInfo, fingerprint};
use crate::finding::{Finding, Kind};
use crate::policy::Loaded;
use crate::render::Selection;
use crate::report::{self, Format, text};
use crate::source::Sources;
use crate::spec::scalar::parse_date;
use args::{Args, Color, Command};
use clap::Parser;
use std::ffi::OsString;
use std::io::{IsTerminal, Write};

/// Could not do the job.
const CANNOT: u8 = 2;
/// A fault of secgen itself.
const FAULT: u8 = 3;

/// Faults of secgen end with exit code 3 and a request to report them, whatever RUST_BACKTRACE says.
pub fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(|l| format!(" at {}:{}", l.file(), l.line())).unwrap_or_default();
        print_err(&format!(
            "secgen {} has a fault{place}. Nothing was written after this point.\nPlease report it with the command and, if you can, the spec.\n",
            env!("CARGO_PKG_VERSION")
        ));
        #[allow(clippy::exit)]
        std::process::exit(i32::from(FAULT));
    }));
}

/// Runs a command line and returns its exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> u8 {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) => {
            let is_help = !error.use_stderr();
            let text = if color_wanted(Color::Auto, is_help) { error.render().ansi().to_string() } else { error.render().to_string() };
            if is_help {
                print_out(&text);
            } else {
                print_err(&text);
            }
            return if is_help { 0 } else { CANNOT };
        }
    };
    let session = match Session::new(&args) {
        Ok(session) => session,
        Err(message) => {
            print_err(&format!("error: {message}\n"));
            return CANNOT;
        }
    };
    if args.workspace && !matches!(args.command, Command::Check(_) | Command::Validate(_)) {
        print_err("error: --workspace works with check and validate\n");
        return CANNOT;
    }
    // Said, and not silently another format: something waits for this one.
    let has_report = matches!(args.command, Command::Check(_) | Command::Validate(_) | Command::Render(_));
    if !has_report && !matches!(args.format, Format::Text | Format::Json) {
        print_err("error: this format is for reports of check, render and validate; here --format is text or json\n");
        return CANNOT;
    }
    match &args.command {
        Command::Validate(_) if session.workspace => workspace::validate(&session),
        Command::Check(options) if session.workspace => workspace::check(&session, options),
        Command::Init(options) => init::run(&session, options),
        Command::Validate(_) => validate::run(&session),
        Command::Render(options) => render::run(&session, options),
        Command::Check(options) => check::run(&session, options),
        Command::Waivers(options) => waivers::run(&session, options),
        Command::Tasks(options) => tasks::run(&session, options),
        Command::Explain(options) => explain::run(&session, &options.what),
        Command::Spec(options) => spec::run(&session, options),
        Command::Schema(options) => schema::run(options),
        Command::Completions(options) => completions::completions(options.shell),
        Command::Man(options) => completions::man(options),
    }
}

/// What every command needs to know, decided once.
struct Session {
    format: Format,
    style: text::Style,
    /// Days since 1970-01-01.
    today: i64,
    /// Seconds since 1970-01-01, for formats that want a time.
    now: i64,
    /// Reports into files, beside the one that is printed.
    reports: Vec<(Format, std::path::PathBuf)>,
    spec: Option<String>,
    root: Option<std::path::PathBuf>,
    /// All specs below the root.
    workspace: bool,
}

impl Session {
    fn new(args: &Args) -> Result<Self, String> {
        let today = match &args.date {
            Some(date) => parse_date(date).ok_or_else(|| format!("--date {date} is no date; write it as 2026-11-25"))?,
            None => today(),
        };
        let color = color_wanted(args.color, true);
        let style = text::Style { quiet: args.quiet, verbose: args.verbose, color };
        // A day that is given is the whole clock. SOURCE_DATE_EPOCH makes reports alike, and is never asked whether
        // something has ended: it may lie in the past.
        let now = if args.date.is_some() { today * 86_400 } else { epoch().unwrap_or_else(seconds) };
        let reports = match &args.command {
            Command::Check(options) => options.reports.files.clone(),
            Command::Render(options) => options.reports.files.clone(),
            Command::Validate(options) => options.reports.files.clone(),
            _ => Vec::new(),
        };
        Ok(Self { format: args.format, style, today, now, reports, spec: args.spec.clone(), root: args.root.clone(), workspace: args.workspace })
    }

    /// Finds the spec and reads it.
    fn load(&self) -> Result<(Sources, Loaded), Box<(Sources, Report)>> {
        let place = match locate::locate(self.spec.as_deref(), self.root.as_deref()) {
            Ok(place) => place,
            Err((root, finding)) => return Err(Box::new((Sources::new(&root), self.failed(vec![*finding])))),
        };
        let mut sources = Sources::new(&place.root);
        match self.policy(&mut sources, &place.spec) {
            Ok(loaded) => Ok((sources, loaded)),
            Err(findings) => Err(Box::new((sources, self.broken(&place.spec, findings)))),
        }
    }

    /// Reads a spec; what it says of controls is about rules, which only the program as a whole knows.
    fn policy(&self, sources: &mut Sources, spec: &str) -> Result<Loaded, Vec<Finding>> {
        let loaded = crate::policy::load(sources, spec, self.today)?;
        let unknown = controls::unknown(&loaded);
        if unknown.is_empty() { Ok(loaded) } else { Err(unknown) }
    }

    /// A report of nothing but why the job could not be done.
    fn failed(&self, findings: Vec<Finding>) -> Report {
        Report { command: "", date: self.today, findings, ..Report::default() }
    }

    /// The same for one spec, which others may stand beside.
    fn broken(&self, spec: &str, findings: Vec<Finding>) -> Report {
        let mut report = self.failed(findings);
        report.name_findings(spec);
        report
    }

    /// Prints a report in the chosen format, writes it into every file that was asked for, and returns the exit code.
    fn print(&self, mut report: Report, sources: &Sources, command: &'static str) -> u8 {
        let complete = |report: &mut Report| {
            (report.command, report.date, report.time) = (command, self.today, self.now);
            // What was found after the check itself, or by another command.
            fingerprint::name(&mut report.findings, sources);
        };
        report.parts.iter_mut().for_each(complete);
        complete(&mut report);
        let formats = || self.reports.iter().map(|(format, _)| *format).chain([self.format]);
        report::clean(&mut report, self.style.verbose || formats().any(Format::has_checks));
        print_out(&report::write(self.format, &report, sources, self.style));
        let exit = report.exit();
        if reports::write(self, &report, sources) { exit } else { exit.max(CANNOT) }
    }
}

/// The environments and targets named on the command line, checked against the spec.
fn selection(loaded: &Loaded, envs: &[String], names: &[String]) -> Result<Selection, Box<Finding>> {
    let known: Vec<&str> = loaded.environments().collect();
    if let Some(unknown) = envs.iter().find(|e| !known.contains(&e.as_str())) {
        let help =
            if known.is_empty() { "the spec declares no environments: leave --env out".to_owned() } else { format!("write one of {}", known.join(", ")) };
        return Err(Box::new(Finding::error(&locate::USAGE, format!("--env {unknown} is no environment of the spec")).help(help)));
    }
    Ok(Selection { envs: envs.to_vec(), targets: names.to_vec() })
}

/// A report that has nothing but the spec's warnings. What fails the gate is a warning here: the gate is that of `check`.
fn plain_report(loaded: &Loaded, selection: &Selection) -> Report {
    let said = |f: &Finding| if matches!(f.kind, Kind::Verdict(_)) { Finding { kind: Kind::Warning, ..f.clone() } } else { f.clone() };
    Report { spec: Some(SpecInfo::new(loaded, selection)), gate: Gate::default(), findings: loaded.warnings.iter().map(said).collect(), ..Report::default() }
}

/// Today, UTC, in days since 1970-01-01.
fn today() -> i64 {
    seconds() / 86_400
}

/// Now, in seconds since 1970-01-01.
fn seconds() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.ok().and_then(|d| i64::try_from(d.as_secs()).ok()).unwrap_or(0)
}

/// SOURCE_DATE_EPOCH, up to the year 9999.
fn epoch() -> Option<i64> {
    std::env::var("SOURCE_DATE_EPOCH").ok()?.parse().ok().filter(|n| (0..253_402_300_800_i64).contains(n))
}

/// NO_COLOR, CLICOLOR_FORCE, and whether the stream is a terminal.
fn color_wanted(color: Color, stdout: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty() && v != "0");
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()) => false,
        Color::Auto if set("CLICOLOR_FORCE") => true,
        Color::Auto => {
            let terminal = if stdout { std::io::stdout().is_terminal() } else { std::io::stderr().is_terminal() };
            terminal && std::env::var_os("TERM").is_none_or(|t| t != "dumb")
        }
    }
}

/// Results. A reader that went away (`| head`) is no error.
fn print_out(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Everything that is no result.
fn print_err(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = err.write_all(text.as_bytes());
}
