//! Real nginx programs, and folders for them.

use crate::support::{nginx_current, nginx_debian};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An nginx program with the versions that it names.
pub(super) struct Program {
    path: PathBuf,
    pub(super) nginx: String,
    pub(super) openssl: String,
}

/// Debian's and a current one, those that are installed.
pub(super) fn programs() -> Vec<Program> {
    [nginx_debian(), nginx_current()].into_iter().flatten().map(program).collect()
}

fn program(path: PathBuf) -> Program {
    let output = Command::new(&path).arg("-V").output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap();
    let after = |mark: &str| {
        let rest = text.split(mark).nth(1).unwrap_or_else(|| panic!("{text}"));
        rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect()
    };
    Program { path, nginx: after("nginx version: nginx/"), openssl: after("built with OpenSSL ") }
}

impl Program {
    /// With a folder as its prefix, and `nginx.conf` in it.
    pub(super) fn command(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command.arg("-p").arg(folder).arg("-c").arg(folder.join("nginx.conf")).arg("-e").arg(folder.join("error.log")).args(arguments);
        command
    }
}

pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub(super) fn write(path: &Path, text: &str) {
    write_bytes(path, text.as_bytes());
}

pub(super) fn write_bytes(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// A certificate and its key, as `cert.pem` and `key.pem`.
pub(super) fn certificate(root: &Path) {
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "cert.pem"]);
    let output = openssl.current_dir(root).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
