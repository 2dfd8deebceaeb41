//! `secgen completions` and `secgen man`: made from the arguments themselves.

use super::args::{self, Args};
use super::{CANNOT, print_err, print_out};
use crate::report::safe;
use clap::CommandFactory;

/// Prints a completion script.
pub(super) fn completions(shell: clap_complete::Shell) -> u8 {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "secgen", &mut bytes);
    print_out(&String::from_utf8_lossy(&bytes));
    0
}

/// Prints the manual page, each command with its options; or writes a page for each command.
pub(super) fn man(options: &args::Man) -> u8 {
    let command = Args::command();
    if let Some(folder) = &options.out {
        if let Err(error) = std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder)) {
            print_err(&format!("error: the manual pages cannot be written to {}: {error}\n", safe(&folder.display().to_string())));
            print_err("  = help: name a folder that the user who runs secgen may write\n");
            return CANNOT;
        }
        return 0;
    }
    let mut bytes = Vec::new();
    let mut result = clap_mangen::Man::new(command.clone()).render(&mut bytes);
    for sub in command.get_subcommands().filter(|s| !s.is_hide_set()) {
        let man = clap_mangen::Man::new(sub.clone().display_name(format!("secgen {}", sub.get_name())));
        result = result.and_then(|()| {
            bytes.extend_from_slice(format!(".SH \"SECGEN {}\"\n", sub.get_name().to_uppercase()).as_bytes());
            man.render_description_section(&mut bytes)?;
            man.render_options_section(&mut bytes)
        });
    }
    if let Err(error) = result {
        print_err(&format!("error: the manual page cannot be made: {error}\n"));
        return CANNOT;
    }
    print_out(&String::from_utf8_lossy(&bytes));
    0
}
