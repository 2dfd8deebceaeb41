//! The `secgen` program: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    secgen::cli::install_panic_hook();
    ExitCode::from(secgen::cli::run(std::env::args_os()))
}
