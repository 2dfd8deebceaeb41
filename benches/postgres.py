#!/usr/bin/env python3
"""Semantic checks of PostgreSQL files, against reading the same bytes, in turn.

    cargo build --release && python3 benches/postgres.py [RUNS]

    SECGEN_SHARED   the folder with the corpus; without it only the made inputs are timed

Every figure is a ratio of medians of whole processes that took turns in one run; peak memory is as GNU time says it.
"""
import os
import shutil
import statistics
import sys
import tempfile

from turns import once, peak

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECGEN = os.path.join(ROOT, "target", "release", "secgen")
PROFILE = "secgen:recommended@2026-11"
KINDS = {".conf": "settings", ".sql": "scripts", ".sample": "settings"}


def corpus(shared):
    """The files that are configuration or scripts, by their names."""
    found = []
    for folder, _, names in os.walk(os.path.join(shared, "corpus", "postgres")):
        if os.path.basename(folder) in ("_guc", "pg15", "pg18", "_expected"):
            continue
        found += [os.path.join(folder, name) for name in names if os.path.splitext(name)[1] in KINDS]
    return sorted(found)


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def made(folder):
    """A long file of each kind."""
    names = ["log_statement", "log_min_messages", "password_encryption", "authentication_timeout"]
    values = ["ddl", "warning", "'scram-sha-256'", "60s"]
    settings = "".join(f"{names[i % 4]} = {values[i % 4]}  # line {i}\n" for i in range(50_000))
    rules = "".join(f"hostssl db{i} user{i} 10.{i % 256}.0.0/16 scram-sha-256\n" for i in range(500)) + "host all all all reject\n"
    script = "".join(f"CREATE TABLE t{i} (id bigint); GRANT SELECT ON t{i} TO reader; -- {i}\n" for i in range(10_000))
    return {
        "50,000 settings": [write(folder, "postgresql.conf", settings)],
        "501 access rules": [write(folder, "pg_hba.conf", rules)],
        "20,000 statements": [write(folder, "schema.sql", script)],
    }


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    folder = tempfile.mkdtemp(prefix="secgen-bench-")
    os.mkdir(os.path.join(folder, ".git"))
    try:
        inputs = made(folder)
        if os.environ.get("SECGEN_SHARED"):
            inputs["corpus"] = corpus(os.environ["SECGEN_SHARED"])
        for what, files in inputs.items():
            sources = [word for file in files for word in ("--source", f"postgres={file}")]
            ours = [SECGEN, "check", "--spec", PROFILE, "--root", folder, "--format", "json", *sources]
            cat = [shutil.which("cat"), *files]
            times = {"secgen": [], "cat": []}
            for _ in range(runs):
                for name, command in (("secgen", ours), ("cat", cat)):
                    elapsed, code = once(command, folder)
                    assert code in (0, 1, 2), code
                    times[name].append(elapsed)
            secgen, reading = (statistics.median(times[name]) for name in ("secgen", "cat"))
            size = sum(os.path.getsize(file) for file in files) / 1024
            print(f"{what}: {len(files)} files, {size:.0f} kB: {secgen / reading:.1f} times cat, {len(files) / secgen:.0f} files a second, {peak(ours, folder):.0f} MB")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
