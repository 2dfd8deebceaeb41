#!/usr/bin/env python3
"""Checks of deny.toml files, against reading the bytes, in turn.

    cargo build --release && SECGEN_SHARED=... python3 benches/cargo.py [RUNS]

    SECGEN_SHARED   the folder with the corpus; without it only made files are timed

Every figure is a ratio of medians of whole processes that took turns in one run; peak memory is as GNU time says it.
"""
import os
import shutil
import statistics
import sys
import tempfile

from turns import once, peak

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECGEN = os.environ.get("SECGEN", os.path.join(ROOT, "target", "release", "secgen"))
SPEC = """version: 1
service: bench
dependencies:
  advisories: { unmaintained: workspace, unsound: all, yanked: deny, ignore: [] }
  licenses: { allow: [MIT, Apache-2.0] }
  bans: { wildcards: deny, deny: [{ crate: openssl }] }
  sources: { unknown_registry: deny, unknown_git: deny, allow_git: [] }
targets: { cargo: { check: ["**/deny.toml"] } }
"""


def corpus(folder):
    """Every public deny.toml, each in a folder of its own. Returns their number."""
    source, count = os.path.join(os.environ["SECGEN_SHARED"], "corpus", "cargo"), 0
    for base, _, names in os.walk(source):
        for name in names:
            if name.endswith("deny.toml"):
                place = os.path.join(folder, f"f{count}")
                os.makedirs(place)
                shutil.copy(os.path.join(base, name), os.path.join(place, "deny.toml"))
                count += 1
    return count


def workflows(folder):
    """One deny.toml, and 200 workflows and scripts that nothing but the last calls cargo-deny from."""
    os.makedirs(os.path.join(folder, ".github", "workflows"))
    with open(os.path.join(folder, "deny.toml"), "w", encoding="utf-8") as f:
        f.write('[advisories]\nyanked = "deny"\nunsound = "all"\n')
    step = "      - run: |\n          cargo test --workspace --all-features\n          cargo clippy -- -D warnings || exit 1\n"
    for i in range(200):
        run = "      - run: cargo deny check\n" if i == 199 else ""
        with open(os.path.join(folder, ".github", "workflows", f"w{i}.yml"), "w", encoding="utf-8") as f:
            f.write("on: push\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    steps:\n" + step * 20 + run)
    return 201


def measure(name, folder, files, runs):
    with open(os.path.join(folder, "secgen.yaml"), "w", encoding="utf-8") as f:
        f.write(SPEC)
    ours = [SECGEN, "check", "--root", ".", "--fail-on", "none", "-q"]
    names = sorted(os.path.relpath(os.path.join(at, name), folder) for at, _, all_of in os.walk(folder) for name in all_of)
    cat = [shutil.which("cat"), *names]
    times = {"secgen": [], "cat": []}
    for i in range(runs + 1):
        for who, command in (("secgen", ours), ("cat", cat)):
            elapsed, code = once(command, folder)
            if code not in (0, 1, 2):
                sys.exit(f"{who} ended with {code}")
            if i > 0:
                times[who].append(elapsed)
    one, other = (statistics.median(times[who]) for who in ("secgen", "cat"))
    print(f"{name}: {files} files: secgen takes {one / other:.1f} times as long as cat")
    print(f"  one run of secgen: {one * 1000:.0f} ms on this machine; peak memory {peak(ours, folder):.0f} MB")


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    inputs = [("200 workflows", workflows)]
    if "SECGEN_SHARED" in os.environ:
        inputs.insert(0, ("public deny.toml files", corpus))
    for name, make in inputs:
        with tempfile.TemporaryDirectory() as folder:
            measure(name, folder, make(folder), runs)


if __name__ == "__main__":
    main()
