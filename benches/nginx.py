#!/usr/bin/env python3
"""Semantic checks of nginx configuration, against other checkers and against reading the bytes, in turn.

    cargo build --release && python3 benches/nginx.py [RUNS] [--peer NAME=PROGRAM ...]

    --peer gixy-next=/path/to/gixy   a checker to compare with; may be given several times
    SECGEN_SHARED                    the folder with the corpus; without it only the made inputs are timed

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
SPEC = """version: 1
service: bench
extends: ["secgen:recommended@2026-11"]
targets: { nginx: { version: "1.26", check: [nginx.conf] } }
"""


def server(i):
    """Eighteen lines: a TLS server with headers and locations, one of which cuts them."""
    return f"""server {{
    listen 443 ssl;
    server_name host{i}.example.com;
    ssl_certificate /etc/ssl/{i}.pem;
    add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;
    add_header X-Content-Type-Options nosniff always;
    add_header X-Frame-Options SAMEORIGIN always;
    add_header Referrer-Policy strict-origin-when-cross-origin always;
    location / {{
        proxy_pass http://127.0.0.1:{8000 + i % 1000};
    }}
    location /static/ {{
        add_header Cache-Control public;
    }}
    location = /health {{
        return 204;
    }}
}}
"""


def big(folder):
    """One file of 18,006 lines."""
    text = "events { }\nhttp {\nssl_protocols TLSv1.2 TLSv1.3;\nserver_tokens off;\n" + "".join(server(i) for i in range(1000)) + "}\n"
    write(os.path.join(folder, "nginx.conf"), text)


def tree(folder, files):
    """A main file that includes this many small ones, a thousand in a folder."""
    for i in range(files):
        text = f"server {{ listen 443 ssl; server_name h{i}.test; ssl_certificate c;\nadd_header X-Content-Type-Options nosniff always;\nlocation / {{ }}\n}}\n"
        write(os.path.join(folder, "sites", str(i // 1000), f"{i}.conf"), text)
    write(os.path.join(folder, "nginx.conf"), "events { }\nhttp {\ninclude sites/*/*.conf;\n}\n")
    write(os.path.join(folder, "secgen.yaml"), SPEC)


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def turns(commands, folder, runs, slow):
    times = {name: [] for name in commands}
    for i in range(runs + 1):
        for name, command in commands.items():
            # Checkers that take seconds need no twenty runs.
            if name in slow and i > max(3, runs // 5):
                continue
            elapsed, _ = once(command, folder)
            if i > 0:
                times[name].append(elapsed)
    return {name: statistics.median(all_of) for name, all_of in times.items()}


def compare(title, folder, files, runs, peers):
    cat = [shutil.which("cat"), *files]
    commands = {"cat": cat, "secgen": [SECGEN, "check", "--spec", PROFILE, *(f"--source=nginx={file}" for file in files)]}
    commands.update({name: [program, *files] for name, program in peers.items()})
    medians = turns(commands, folder, runs, peers)
    ours = medians["secgen"]
    others = "".join(f", {name} takes {medians[name] / ours:.0f} times as long" for name in peers)
    print(f"{title}: secgen takes {ours / medians['cat']:.1f} times as long as cat{others}")
    memory = ", ".join(f"{name} {peak(command, folder):.0f} MB" for name, command in commands.items())
    print(f"  one run of secgen: {ours * 1000:.0f} ms on this machine; peak memory {memory}")


def main():
    arguments = sys.argv[1:]
    peers = dict(arguments[i + 1].split("=", 1) for i, a in enumerate(arguments) if a == "--peer")
    numbers = [a for a in arguments if a.isdigit()]
    runs = int(numbers[0]) if numbers else 15
    with tempfile.TemporaryDirectory() as folder:
        shared = os.environ.get("SECGEN_SHARED")
        if shared:
            corpus = os.path.join(folder, "corpus")
            shutil.copytree(os.path.join(shared, "corpus", "nginx"), corpus)
            os.remove(os.path.join(corpus, "MANIFEST.tsv"))
            files = sorted(os.path.relpath(os.path.join(at, name), corpus) for at, _, names in os.walk(corpus) for name in names)
            compare(f"corpus, {len(files)} files", corpus, files, runs, peers)
        else:
            print("SKIPPED: the corpus; set SECGEN_SHARED")
        one = os.path.join(folder, "big")
        big(one)
        compare("one file of 18,006 lines", one, ["nginx.conf"], runs, peers)
        base = None
        for count in (1000, 10000, 100000):
            many = os.path.join(folder, str(count))
            tree(many, count)
            median = turns({"secgen": [SECGEN, "check", "--root", "."]}, many, 3, [])["secgen"]
            base = base or median
            growth = f"{median / base:.1f} times as long as 1,000 files"
            print(f"tree of {count} files: {growth}; peak memory {peak([SECGEN, 'check', '--root', '.'], many):.0f} MB")


if __name__ == "__main__":
    main()
