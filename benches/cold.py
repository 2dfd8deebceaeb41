#!/usr/bin/env python3
"""Cold runs of secgen against `true`, in turn, so that the machine's mood hits both alike.

    cargo build --release && python3 benches/cold.py [RUNS]

Prints the median wall time of each command as a ratio to `true`, and the peak memory of one run (as GNU time says it:
a child of this script would count the script's own memory).
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

from turns import once, peak

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECGEN = os.path.join(ROOT, "target", "release", "secgen")


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    with tempfile.TemporaryDirectory() as folder:
        project = os.path.join(folder, "quickstart")
        shutil.copytree(os.path.join(ROOT, "examples", "quickstart"), project)
        subprocess.run([SECGEN, "render", "--root", "."], cwd=project, check=True, capture_output=True)
        commands = {
            "true": [shutil.which("true")],
            "secgen --version": [SECGEN, "--version"],
            "secgen check": [SECGEN, "check", "--root", "."],
            "secgen render --dry-run": [SECGEN, "render", "--root", ".", "--dry-run"],
        }
        times = {name: [] for name in commands}
        for i in range(runs + 3):
            for name, command in commands.items():
                elapsed, code = once(command, project)
                assert code == 0, (name, code)
                if i >= 3:
                    times[name].append(elapsed)
        base = statistics.median(times["true"])
        for name in commands:
            median = statistics.median(times[name])
            print(f"{name:<26} {median / base:6.1f} x true   {peak(commands[name], project):6.1f} MB peak   ({runs} runs)")
        os.chdir(ROOT)
    print(f"binary                     {os.path.getsize(SECGEN) / 1e6:6.2f} MB")


main()
