//! One running stack.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};

/// A stack of its own, stopped and removed when it goes out of scope, also by a panic.
pub struct Stack {
    run: Child,
    /// Its folder.
    pub folder: PathBuf,
    values: HashMap<String, String>,
    clients: AtomicU8,
}

impl Stack {
    /// Starts the stack of an environment.
    pub fn start(environment: &str) -> Self {
        let mut run = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/run"))
            .arg(environment)
            .env("SERVICE", env!("CARGO_BIN_EXE_reports"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(run.stdout.take().unwrap()).lines();
        let mut lines = lines.map_while(Result::ok);
        let first = lines.next().expect("the stack starts");
        // The last line says that all is there.
        assert!(lines.any(|line| line.contains("Ctrl-C")), "{first}");
        let folder = first.split_once("(folder ").expect(&first).1;
        let folder = PathBuf::from(folder.trim_end_matches(')'));
        let values = fs::read_to_string(folder.join("stack.env")).unwrap();
        let values = values.lines().filter_map(|line| line.split_once('='));
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            run,
            folder: folder.clone(),
            values: values.collect(),
            clients: AtomicU8::new(0),
        }
    }

    /// A value of `stack.env`.
    pub fn value(&self, name: &str) -> &str {
        &self.values[name]
    }

    /// The ports of the instances.
    pub fn instances(&self) -> Vec<u16> {
        let ports = self.value("INSTANCES").split(' ');
        ports.map(|port| port.parse().unwrap()).collect()
    }

    /// A path in the stack's folder.
    pub fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// A file of the stack's folder.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap()
    }

    /// The address of a client that nobody has seen yet: all of 127.0.0.0/8 is this machine.
    pub fn client(&self) -> String {
        format!(
            "127.0.8.{}",
            self.clients.fetch_add(1, Ordering::Relaxed) + 1
        )
    }

    /// What the instances logged.
    pub fn log(&self) -> String {
        self.read("service.log")
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let stop = Command::new("kill").arg(self.run.id().to_string()).status();
        assert!(stop.is_ok_and(|status| status.success()), "no kill");
        self.run.wait().unwrap();
        assert!(
            !self.folder.exists(),
            "{} is left over",
            self.folder.display()
        );
    }
}
