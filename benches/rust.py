#!/usr/bin/env python3
"""Checks of hand-written Rust code, against reading the same bytes, in turn.

    cargo build --release && python3 benches/rust.py [RUNS] [FOLDER]

    FOLDER   a folder with Rust sources; the registry's own, ~/.cargo/registry/src, without it

Every figure is a ratio of medians of whole processes that took turns in one run; peak memory is as GNU time says it.
"""
import os
import shutil
import statistics
import sys
import tempfile

from turns import once, peak

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECGEN = os.environ.get("SECGEN_BIN", os.path.join(ROOT, "target", "release", "secgen"))
SPEC = """version: 1
service: bench
jwt:
  role: verify
  issuer: https://app.example.com
  audience: https://api.example.com
  access_ttl: 1h
  keys: { main: { algorithm: HS512, secret: { env: JWT_SECRET } } }
targets: { rust: { check: ["**/*.rs"] } }
"""
# What a service may look like: every fifth file has something to say about tokens.
MODULE = """use std::collections::HashMap;

pub struct Part{i} {{ names: HashMap<String, u64> }}

impl Part{i} {{
    pub fn get(&self, name: &str) -> Option<u64> {{
        self.names.get(name).copied().filter(|n| *n > {i})
    }}
}}
"""
TOKENS = """use jsonwebtoken::{{Algorithm, DecodingKey, Validation, decode}};

pub fn verify{i}(token: &str, key: &DecodingKey) -> Option<Claims> {{
    let mut validation = Validation::new(Algorithm::HS512);
    validation.set_audience(&["https://api.example.com"]);
    decode::<Claims>(token, key, &validation).ok().map(|t| t.claims)
}}
"""


def files_below(folder):
    return sorted(os.path.join(at, name) for at, _, names in os.walk(folder) for name in names if name.endswith(".rs") and "/target/" not in at)


def service(folder, count):
    for i in range(count):
        at = os.path.join(folder, "src", str(i // 100))
        os.makedirs(at, exist_ok=True)
        text = (TOKENS if i % 5 == 0 else MODULE).format(i=i) + MODULE.format(i=count + i) * 10
        with open(os.path.join(at, f"m{i}.rs"), "w", encoding="utf-8") as file:
            file.write(text)


def cat(folder, files):
    """Reading all of them, in as few processes as the longest command line allows."""
    listed = os.path.join(folder, "files")
    with open(listed, "w", encoding="utf-8") as file:
        file.write("\0".join(files))
    return [shutil.which("xargs"), "-0", "-a", listed, shutil.which("cat")]


def compare(what, root, runs, allowed):
    files = files_below(root)
    size = sum(os.path.getsize(file) for file in files) / 1e6
    with tempfile.TemporaryDirectory() as folder:
        spec = os.path.join(root, "secgen.yaml")
        ours = [SECGEN, "check", "--root", root, "--spec", spec, "-q"]
        reading = cat(folder, files)
        times = {"secgen": [], "cat": []}
        for i in range(runs + 1):
            for name, command in (("secgen", ours), ("cat", reading)):
                elapsed, code = once(command, root)
                # The registry has files that do not parse, on purpose.
                assert name == "cat" or code in allowed, f"secgen exits with {code}"
                if i > 0:
                    times[name].append(elapsed)
        secgen, alone = (statistics.median(times[name]) for name in ("secgen", "cat"))
        print(f"{what}: {len(files)} files, {size:.0f} MB: {secgen / alone:.1f} times cat, {len(files) / secgen:.0f} files a second, {peak(ours, root):.0f} MB")


def main():
    numbers = [a for a in sys.argv[1:] if a.isdigit()]
    folders = [a for a in sys.argv[1:] if not a.isdigit()]
    runs = int(numbers[0]) if numbers else 7
    source = folders[0] if folders else os.path.expanduser("~/.cargo/registry/src")
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, ".git"))
        made = os.path.join(folder, "made")
        os.mkdir(made)
        service(made, 2000)
        # Copied, so that nothing is written into a folder of somebody else; links would not be followed.
        copy = os.path.join(folder, "registry")
        shutil.copytree(source, copy, ignore=lambda at, names: [n for n in names if not n.endswith(".rs") and not os.path.isdir(os.path.join(at, n))])
        for what, root, allowed in (("a service of 2,000 files", made, (1,)), ("sources of the registry", copy, (1, 2))):
            with open(os.path.join(root, "secgen.yaml"), "w", encoding="utf-8") as file:
                file.write(SPEC)
            compare(what, root, runs, allowed)


if __name__ == "__main__":
    main()
