#!/usr/bin/env python3
"""Cold runs over many specs, and over the repository of a pre-commit hook, against `true`, in turn.

    cargo build --release && python3 benches/workspace.py [RUNS] [BINARY]

50 specs of a service each with a rendered nginx configuration that is checked; and one repository of 20 files, as a hook
checks it. Prints the median wall time, its ratio to `true`, and the peak memory of one run.
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

from turns import once, peak

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SPEC = """version: 1
service: {name}
extends: ["secgen:recommended@2026-11"]
targets:
  nginx: {{ out: {folder}/secgen, check: [{folder}/nginx.conf] }}
"""
NGINX = """events {{}}
http {{
  include secgen/tls.conf;
  server {{
    listen 443 ssl;
    server_name {name}.example;
    include secgen/security-headers.conf;
    location / {{ return 204; }}
  }}
}}
"""


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def service(root, name, folder, secgen):
    spec = os.path.join(folder, "secgen.yaml")
    write(os.path.join(root, spec), SPEC.format(name=name, folder=folder))
    write(os.path.join(root, folder, "nginx.conf"), NGINX.format(name=name))
    subprocess.run([secgen, "render", "--root", ".", "--spec", spec], cwd=root, check=True, capture_output=True)


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    secgen = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else os.path.join(ROOT, "target", "release", "secgen")
    with tempfile.TemporaryDirectory() as folder:
        many, hook = os.path.join(folder, "many"), os.path.join(folder, "hook")
        for root in (many, hook):
            os.makedirs(os.path.join(root, ".git"))
        for i in range(50):
            service(many, f"service-{i:02}", f"services/service-{i:02}", secgen)
        service(hook, "app", "deploy", secgen)
        written = sum(len(files) for _, _, files in os.walk(hook))
        for i in range(max(0, 20 - written)):
            write(os.path.join(hook, "src", f"file{i}.rs"), "fn main() {}\n" * 50)
        commands = {
            "true": ([shutil.which("true")], folder),
            "check --workspace, 50 specs": ([secgen, "check", "--workspace"], many),
            "validate --workspace": ([secgen, "validate", "--workspace"], many),
            "check -q, 20 files": ([secgen, "check", "-q", "--spec", "deploy/secgen.yaml"], hook),
            "spec diff, profile to spec": ([secgen, "spec", "diff", "secgen:recommended", "deploy/secgen.yaml", "--fail-on", "none"], hook),
        }
        times = {name: [] for name in commands}
        for i in range(runs + 3):
            for name, (command, root) in commands.items():
                elapsed, code = once(command, root)
                # A finding is no failure of the bench; a spec or file that cannot be used is.
                assert code in (0, 1), (name, code)
                if i >= 3:
                    times[name].append(elapsed)
        base = statistics.median(times["true"])
        for name, (command, root) in commands.items():
            median = statistics.median(times[name])
            print(f"{name:<28} {median * 1000:7.1f} ms  {median / base:6.1f} x true   {peak(command, root):6.1f} MB peak   ({runs} runs)")
        os.chdir(ROOT)


main()
