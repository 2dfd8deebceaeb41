//! What may be typed.

use crate::report::Format;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

const EXIT_CODES: &str = "Exit codes: 0 nothing at or above the gate; 1 the gate failed, or a dry run would change something; \
2 could not do the job (usage, spec, unreadable input, refusal); 3 a fault of secgen.";

/// One YAML security spec, rendered into the configuration that enforces it, and checked for drift by effect.
#[derive(Debug, Parser)]
#[command(name = "secgen", version, about, after_help = format!("Examples:\n  secgen init && secgen render && secgen check\n  secgen check --spec secgen:recommended nginx.conf\n\n{EXIT_CODES}"), disable_help_subcommand = true)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
    /// The spec: a file, or a built-in profile (secgen:recommended, secgen:hardened) [default: the nearest secgen.yaml]
    #[arg(long, global = true, value_name = "FILE|PROFILE", help_heading = "Input")]
    pub(super) spec: Option<String>,
    /// The root: files are read and written below it [default: the nearest folder with .git]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Input")]
    pub(super) root: Option<PathBuf>,
    /// Every spec below the root in one report (check, validate)
    #[arg(long, global = true, conflicts_with = "spec", help_heading = "Input")]
    pub(super) workspace: bool,
    /// The day on which dates are judged, UTC [default: today]
    #[arg(long, global = true, value_name = "YYYY-MM-DD", help_heading = "Input")]
    pub(super) date: Option<String>,
    /// The format of the result
    #[arg(long, global = true, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    pub(super) format: Format,
    /// One line a failing finding, and the last line
    #[arg(short, long, global = true, help_heading = "Output")]
    pub(super) quiet: bool,
    /// Notes in full, and every verdict
    #[arg(short, long, global = true, conflicts_with = "quiet", help_heading = "Output")]
    pub(super) verbose: bool,
    /// When to use colour (NO_COLOR and CLICOLOR_FORCE are heard)
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN", help_heading = "Output")]
    pub(super) color: Color,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write a commented secgen.yaml that fits what is found here; never overwrites
    #[command(after_help = "Example:\n  secgen init            # in the root of the repository\n  secgen render && secgen check")]
    Init(Init),
    /// Check the spec and its waivers alone: syntax, schema, layers, lints
    #[command(after_help = "Example:\n  secgen validate --spec services/pay/secgen.yaml")]
    Validate(Validate),
    /// Write the files that enforce the spec
    #[command(
        after_help = "Examples:\n  secgen render --dry-run --diff     # show what would change\n  secgen render --env prod --target nginx\n  secgen render --merge --diff       # and bring a hand-written deny.toml up to the policy\n  secgen render --force deploy/nginx/secgen/tls.conf   # drop a hand edit"
    )]
    Render(Render),
    /// Compare what is really configured with the spec; the gate
    #[command(after_help = format!("Examples:\n  secgen check\n  secgen check --fail-on security --format json\n  secgen check --format github --report sarif=secgen.sarif --report html=secgen.html\n  secgen check --spec secgen:recommended nginx.conf\n  nginx -T | secgen check --source nginx=-\n  curl -si https://app.example.com | secgen check --source http-response=-\n  DATABASE_URL=postgres://auditor@db.example.com/postgres secgen check --live postgres\n\n{EXIT_CODES}"))]
    Check(Check),
    /// List what is accepted knowingly, or accept a finding
    #[command(
        after_help = "Examples:\n  secgen waivers list\n  secgen waivers add 3f9c2a7be01d4c58 --reason \"Card readers need it until March\" --owner @acme/pay --until 2027-03-31\n  secgen waivers add --all --kind baseline --owner @acme/pay --until 2027-06-30   # take in a whole tree, once"
    )]
    Waivers(Waivers),
    /// List what people are to do and when, or note that it was done
    #[command(
        after_help = "Examples:\n  secgen tasks list --due\n  secgen tasks done access-review --by @acme/security --note \"two accounts removed, SEC-31\""
    )]
    Tasks(Tasks),
    /// Explain a rule, a spec key, or a line of a file
    #[command(
        after_help = "Examples:\n  secgen explain header-cut-by-location\n  secgen explain tls.min_version\n  secgen explain deploy/nginx/nginx.conf:12   # what decides here, where it comes from, who accepted it"
    )]
    Explain(Explain),
    /// Show the effective policy, or compare two specs by strictness
    #[command(after_help = "Examples:\n  secgen spec show --env prod\n  secgen spec diff main:secgen.yaml secgen.yaml")]
    Spec(Spec),
    /// Print a JSON schema: of the spec, the waivers, or the JSON report
    #[command(after_help = "Example:\n  secgen schema spec > schemas/secgen.schema.json")]
    Schema(Schema),
    /// Print a completion script for a shell
    #[command(after_help = "Example:\n  secgen completions bash > /etc/bash_completion.d/secgen")]
    Completions(Completions),
    /// Print the manual page, or write a page for each command
    #[command(after_help = "Examples:\n  secgen man | man -l -\n  secgen man --out /usr/local/share/man/man1")]
    Man(Man),
}

/// Reports into files.
#[derive(Debug, Default, ClapArgs)]
pub(super) struct Reports {
    /// Write the result into a file too, in any format of --format (repeatable)
    #[arg(long = "report", value_name = "FMT=FILE", value_parser = report_file, help_heading = "Output")]
    pub(super) files: Vec<(Format, PathBuf)>,
}

/// `FMT=FILE`.
fn report_file(text: &str) -> Result<(Format, PathBuf), String> {
    let names = || Format::value_variants().iter().filter_map(|f| Some(f.to_possible_value()?.get_name().to_owned())).collect::<Vec<_>>().join(", ");
    let (format, file) = text.split_once('=').ok_or_else(|| format!("write FMT=FILE, FMT one of {}", names()))?;
    let format = Format::from_str(format, false).map_err(|_| format!("{format} is no format; write one of {}", names()))?;
    match file {
        "" => Err("the file has no name".to_owned()),
        "-" => Err(format!("a report goes to a file; for standard output use --format {}", text.trim_end_matches("=-"))),
        file => Ok((format, PathBuf::from(file))),
    }
}

#[derive(Debug, ClapArgs)]
pub(super) struct Validate {
    #[command(flatten)]
    pub(super) reports: Reports,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Init {
    /// Look for existing configuration in this folder
    #[arg(long, value_name = "PATH")]
    pub(super) from: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Which {
    /// Only this environment (repeatable) [default: all]
    #[arg(long, value_name = "NAME")]
    pub(super) env: Vec<String>,
    /// Only this target (repeatable) [default: all]
    #[arg(long, value_name = "NAME", value_parser = ["nginx", "postgres", "rust", "cargo", "operations", "http-response"])]
    pub(super) target: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Render {
    #[command(flatten)]
    pub(super) which: Which,
    /// Change nothing; exit 1 if something would change
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Show the changes
    #[arg(long)]
    pub(super) diff: bool,
    /// Bring hand-written files up to the policy too (deny.toml): what is weaker is raised, what is missing added; comments, stricter values and all else stay
    #[arg(long)]
    pub(super) merge: bool,
    /// Overwrite this file although it was edited or is not of secgen (repeatable)
    #[arg(long, value_name = "PATH")]
    pub(super) force: Vec<String>,
    #[command(flatten)]
    pub(super) reports: Reports,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Check {
    /// With a built-in profile: files to check. With a spec: report only what lies here
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<String>,
    #[command(flatten)]
    pub(super) which: Which,
    /// A source that the spec does not list; - is standard input (repeatable). http-response: what curl -i prints
    #[arg(long, value_name = "KIND=FILE|-")]
    pub(super) source: Vec<String>,
    /// Ask the running server too, as targets.postgres.live of the spec says; nothing else uses the network
    #[arg(long, value_enum, value_name = "TARGET", conflicts_with = "paths")]
    pub(super) live: Vec<Live>,
    /// What fails the run: stricter than `gate` of the spec, or none [default: the spec's gate, else standard]
    #[arg(long, value_enum, value_name = "GATE")]
    pub(super) fail_on: Option<FailOn>,
    /// A minimum from outside: the spec must ask for at least as much in every environment. A layer, spec or built-in profile
    #[arg(long, value_name = "FILE|PROFILE")]
    pub(super) floor: Option<String>,
    /// Show how rendered files differ
    #[arg(long)]
    pub(super) diff: bool,
    /// Show findings as if secgen.waivers.yaml did not exist
    #[arg(long)]
    pub(super) no_waivers: bool,
    #[command(flatten)]
    pub(super) reports: Reports,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Waivers {
    #[command(subcommand)]
    pub(super) command: WaiversCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum WaiversCommand {
    /// Every waiver, when it ends, who answers for it, and whether it is used
    List,
    /// Accept one finding, in all places that it stands for; or all that fail, as the baseline
    Add(Box<Add>),
}

#[derive(Debug, ClapArgs)]
pub(super) struct Add {
    /// The finding, by its fingerprint as `secgen check` prints it; its first 8 digits or more
    #[arg(value_name = "FINGERPRINT", required_unless_present = "all", conflicts_with = "all")]
    pub(super) fingerprint: Option<String>,
    /// Everything that fails the gate; only with --kind baseline
    #[arg(long)]
    pub(super) all: bool,
    /// What kind of acceptance
    #[arg(long, value_enum, default_value_t = AddKind::Waiver, value_name = "KIND")]
    pub(super) kind: AddKind,
    /// Why it is accepted, in one line
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
    /// Who answers for it, such as @acme/security
    #[arg(long, value_name = "WHO")]
    pub(super) owner: String,
    /// The last day on which it holds, UTC [default for an emergency: the day after tomorrow]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(super) until: Option<String>,
    /// Who agreed to it
    #[arg(long, value_name = "WHO")]
    pub(super) approved_by: Option<String>,
    /// Where the work is tracked
    #[arg(long, value_name = "TEXT")]
    pub(super) ticket: Option<String>,
    #[command(flatten)]
    pub(super) which: Which,
    /// As for check: a source that the spec does not list (repeatable)
    #[arg(long, value_name = "KIND=FILE|-")]
    pub(super) source: Vec<String>,
    /// As for check: ask the running server too
    #[arg(long, value_enum, value_name = "TARGET")]
    pub(super) live: Vec<Live>,
    /// As for check: a minimum from outside
    #[arg(long, value_name = "FILE|PROFILE")]
    pub(super) floor: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum AddKind {
    /// Agreed on, for a year at most
    Waiver,
    /// For three days at most, today included; heads every report
    Emergency,
    /// All that is there now, once; can only shrink
    Baseline,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Tasks {
    #[command(subcommand)]
    pub(super) command: TasksCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum TasksCommand {
    /// Every task of the spec: how often, by whom it was done last, and when it is due; -v says how to do it
    List {
        /// Only what is due today, or overdue
        #[arg(long)]
        due: bool,
    },
    /// Append to the log that a task was done: today (UTC), or on the day of --date
    Done(Done),
}

#[derive(Debug, ClapArgs)]
pub(super) struct Done {
    /// The task, as `secgen tasks list` names it
    #[arg(value_name = "ID")]
    pub(super) id: String,
    /// Who did it, such as @acme/security
    #[arg(long, value_name = "OWNER")]
    pub(super) by: String,
    /// What came of it, in one line; no secrets, the log is committed
    #[arg(long, value_name = "TEXT")]
    pub(super) note: String,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Explain {
    /// The name of a rule, a spec key, or a file with the number of a line
    #[arg(value_name = "RULE|KEY|FILE:LINE")]
    pub(super) what: String,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Spec {
    #[command(subcommand)]
    pub(super) command: SpecCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum SpecCommand {
    /// The effective policy, each value with its file and line
    Show {
        /// Only this environment (repeatable) [default: all]
        #[arg(long, value_name = "NAME")]
        env: Vec<String>,
    },
    /// Compare two specs by strictness; exit 1 where the new one lowers the bar
    #[command(
        after_help = "Examples:\n  secgen spec diff main:secgen.yaml secgen.yaml        # a pull request; layers are read from the commit too\n  secgen spec diff secgen:hardened secgen.yaml\n  git show main:secgen.yaml | secgen spec diff - secgen.yaml"
    )]
    Diff(SpecDiff),
}

#[derive(Debug, ClapArgs)]
pub(super) struct SpecDiff {
    /// The old spec: a file, REV:PATH of git, a built-in profile, or - for standard input
    #[arg(value_name = "OLD")]
    pub(super) old: String,
    /// The new spec: a file, REV:PATH of git, or a built-in profile
    #[arg(value_name = "NEW")]
    pub(super) new: String,
    /// What fails the run
    #[arg(long, value_enum, default_value_t = DiffFailOn::Weaker, value_name = "CHANGE")]
    pub(super) fail_on: DiffFailOn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum DiffFailOn {
    /// What lowers the bar: weaker, removed, incomparable
    Weaker,
    /// Every difference
    Any,
    /// Nothing
    None,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Schema {
    /// Which schema
    #[arg(value_enum, default_value_t = SchemaOf::Spec)]
    pub(super) of: SchemaOf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum SchemaOf {
    /// Of secgen.yaml
    Spec,
    /// Of --format json
    Report,
    /// Of secgen.waivers.yaml
    Waivers,
    /// Of what templates of your own get
    TemplateContext,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Man {
    /// Write secgen.1 and a page for each command into this folder
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: clap_complete::Shell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Live {
    /// A PostgreSQL server: settings, overrides, and TLS on the wire; it is only read
    Postgres,
}

impl Live {
    pub(super) fn target(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// Nothing, and the output says that the gate is off
    None,
    /// Protections that are weaker, absent or unknown
    Security,
    /// These, and the state of rendered files
    Standard,
    /// These, and every warning and note
    Strict,
}
