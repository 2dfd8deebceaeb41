#!/usr/bin/env python3
"""Reports of 30,000 findings: time above the text report, size, and size after gzip.

    cargo build --release && python3 benches/reports.py [RUNS]

    SECGEN    another binary

Formats take turns; the figures are medians of whole processes.
"""
import gzip
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECGEN = os.environ.get("SECGEN", os.path.join(ROOT, "target", "release", "secgen"))
FORMATS = ["text", "json", "sarif", "github", "junit", "markdown", "html", "oscal"]


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    folder = tempfile.mkdtemp(prefix="secgen-bench-")
    os.mkdir(os.path.join(folder, ".git"))
    try:
        # A name that no server knows is a finding of its own.
        with open(os.path.join(folder, "postgresql.conf"), "w", encoding="utf-8") as file:
            file.writelines(f"unknown_{i} = on\n" for i in range(30_000))
        times = {name: [] for name in FORMATS}
        sizes = {}
        for _ in range(runs):
            for name in FORMATS:
                begin = time.perf_counter()
                args = [SECGEN, "check", "--spec", "secgen:recommended@2026-11", "--source", "postgres=postgresql.conf", "--format", name]
                out = subprocess.run(args, cwd=folder, capture_output=True, check=False).stdout
                times[name].append(time.perf_counter() - begin)
                sizes[name] = (len(out), len(gzip.compress(out)))
        text = statistics.median(times["text"])
        print(f"{'format':<10} {'seconds':>8} {'above text':>11} {'bytes':>12} {'gzip':>10}")
        for name in FORMATS:
            median = statistics.median(times[name])
            print(f"{name:<10} {median:>8.2f} {median - text:>+11.2f} {sizes[name][0]:>12,} {sizes[name][1]:>10,}")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
