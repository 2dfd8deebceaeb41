//! What all files of this target are about: the facts of one policy that their texts are made of.

use super::encode;
use crate::policy::intents::is_here;
use crate::policy::{Policy, intents, programs};
use crate::spec::Analysis;

/// The facts of a policy that makefile and workflows have in common.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// The folder that is written to; empty for the root.
    pub folder: String,
    /// The spec's path.
    pub spec: String,
    /// The folder of `Cargo.toml`; empty for the root.
    pub crates: String,
    /// Programs beside `secgen check`.
    pub analyses: Vec<Analysis>,
    /// Services that may be tested.
    pub scan_targets: Vec<String>,
    /// The image of ZAP.
    pub image: String,
    /// Whether the spec gives people tasks.
    pub has_tasks: bool,
}

impl Plan {
    /// Of a policy that writes to a folder.
    ///
    /// # Errors
    /// A path that no command line can hold.
    pub(super) fn new(policy: &Policy, folder: String) -> Result<Self, String> {
        let out = policy.spec.targets.as_ref().and_then(|t| t.cargo.as_ref()?.out.as_ref());
        // A folder that differs by environment is no place of one Cargo.toml.
        let crates = out.filter(|out| !out.as_str().contains('{')).map(|out| policy.out_folder(out)).unwrap_or_default();
        encode::refuse_control(&policy.spec_path)?;
        if policy.spec_path.contains("${{") {
            return Err("the path of the spec holds ${{, which GitHub replaces before a command is run".to_owned());
        }
        Ok(Self {
            folder,
            spec: policy.spec_path.clone(),
            crates,
            analyses: intents::analyses(&policy.spec).into_iter().collect(),
            scan_targets: intents::scan_targets(&policy.spec).into_iter().collect(),
            image: intents::zap_image(&policy.spec),
            has_tasks: !intents::schedule(&policy.spec).is_empty(),
        })
    }

    /// A plan with both programs, for tests.
    #[cfg(test)]
    pub(super) fn of_tests(scan_targets: &[&str]) -> Self {
        Self {
            folder: "ops".to_owned(),
            spec: "secgen.yaml".to_owned(),
            crates: String::new(),
            analyses: vec![Analysis::CargoDeny, Analysis::CargoAudit],
            scan_targets: scan_targets.iter().map(|target| (*target).to_owned()).collect(),
            image: "ghcr.io/zaproxy/zaproxy:2.17.0".to_owned(),
            has_tasks: true,
        }
    }

    /// Services that CI can reach.
    pub(super) fn far_targets(&self) -> Vec<&str> {
        self.scan_targets.iter().map(String::as_str).filter(|target| !is_here(target)).collect()
    }

    /// A file in the folder.
    pub(super) fn at(&self, name: &str) -> String {
        if self.folder.is_empty() { name.to_owned() } else { format!("{}/{name}", self.folder) }
    }

    /// `secgen`, with the spec where that is not found by itself.
    pub(super) fn secgen(&self, quote: impl Fn(&str) -> String) -> String {
        if self.spec == "secgen.yaml" { "secgen".to_owned() } else { format!("secgen --spec {}", quote(&self.spec)) }
    }

    /// A command of cargo, in the folder of the crates: cargo-audit reads its configuration from there only.
    pub(super) fn cargo(&self, command: &str, quote: impl Fn(&str) -> String) -> String {
        if self.crates.is_empty() { command.to_owned() } else { format!("cd {} && {command}", quote(&self.crates)) }
    }
}

/// How to get a program: by the one version of the table.
pub(super) fn install(program: &str) -> String {
    format!("cargo install --locked {}", programs::pinned(program))
}
