#!/usr/bin/env python3
"""A check of a running server, against psql reading pg_settings from the same server, in turn.

    cargo build --release && python3 benches/live.py [RUNS]

    SECGEN      the program [default: target/release/secgen]
    PG_BIN      the folder of initdb and pg_ctl [default: Debian's 15]

The server is a throwaway cluster of its own on a loopback address, with TLS. Every figure is a ratio of medians of whole
processes that took turns in one run.
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

from turns import once, peak

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECGEN = os.environ.get("SECGEN", os.path.join(ROOT, "target", "release", "secgen"))
PG_BIN = os.environ.get("PG_BIN", "/usr/lib/postgresql/15/bin")
HOST = "127.77.0.1"
SPEC = """version: 1
service: bench
tls: { min_version: TLSv1.3 }
postgres: { settings: { ssl: "on", log_connections: "on", log_statement: ddl, password_encryption: scram-sha-256 } }
targets: { postgres: { versions: "15-18", live: { url: { env: BENCH_URL } } } }
"""


def as_server(*command):
    """A server does not run as root."""
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*prefix, *command], cwd="/", check=True, stdout=subprocess.DEVNULL)


def start(folder):
    data = os.path.join(folder, "data")
    as_server(os.path.join(PG_BIN, "initdb"), "-A", "trust", "-U", "postgres", "--no-sync", "-D", data)
    key, certificate = os.path.join(data, "server.key"), os.path.join(data, "server.crt")
    as_server("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=db", "-keyout", key, "-out", certificate)
    as_server("chmod", "0600", key)
    with open(os.path.join(data, "postgresql.conf"), "a", encoding="utf-8") as conf:
        conf.write(f"listen_addresses = '{HOST}'\nssl = on\nssl_min_protocol_version = 'TLSv1.3'\nfsync = off\n")
    as_server(os.path.join(PG_BIN, "pg_ctl"), "start", "-w", "-D", data, "-o", f"-k {folder}", "-l", os.path.join(folder, "log"))
    return data


def main():
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    folder = tempfile.mkdtemp(prefix="secgen-bench-")
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    os.chmod(folder, 0o755)
    data = start(folder)
    try:
        project = os.path.join(folder, "project")
        os.mkdir(project)
        with open(os.path.join(project, "secgen.yaml"), "w", encoding="utf-8") as spec:
            spec.write(SPEC)
        os.environ["BENCH_URL"] = f"postgres://postgres@{HOST}:5432/postgres?sslmode=require"
        psql = [shutil.which("psql"), "-X", "-h", HOST, "-U", "postgres", "-d", "postgres"]
        commands = {
            "psql, one query": [*psql, "-c", "SELECT * FROM pg_settings"],
            "secgen, files only": [SECGEN, "validate", "--root", "."],
            "secgen --live": [SECGEN, "check", "--live", "postgres", "--root", "."],
        }
        times = {name: [] for name in commands}
        for i in range(runs + 1):
            for name, command in commands.items():
                elapsed, code = once(command, project)
                if code > 1:
                    raise SystemExit(f"{name} ends with {code}")
                if i > 0:
                    times[name].append(elapsed)
        medians = {name: statistics.median(all_of) for name, all_of in times.items()}
        base = medians["psql, one query"]
        for name, median in medians.items():
            print(f"{name}: {median / base:.2f} times as long as psql with one query ({median * 1000:.0f} ms on this machine)")
        print(f"peak memory of secgen --live: {peak(commands['secgen --live'], project):.0f} MB")
    finally:
        as_server(os.path.join(PG_BIN, "pg_ctl"), "stop", "-m", "immediate", "-D", data)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
