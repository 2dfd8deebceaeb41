#!/usr/bin/env python3
"""Requests a second of examples/service, with and without the modules that secgen renders.

    cargo build --release && python3 benches/service.py [ROUNDS]        needs wrk, and what examples/service/run needs

    SECGEN      the program [default: target/release/secgen]

What is compared, in one process, of a release build of a copy of the example with a quota that is never used up:

    /reports/1       rate limit by address, type and size of bodies, an access token (Ed25519), role, scope and tenant,
                     and the report from PostgreSQL
    /bare/reports/1  the same answer from the same query, with none of these
    /health          no query and no module: what axum and the connection cost

once with the counts in memory (dev: over TLS, with the headers module around all of them) and once in Redis (test: one
instance, past nginx). The routes take turns; each figure is the median of the rounds. It says what the modules cost a
request that reads one row; a request that does more work loses less.
"""
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECGEN = os.environ.get("SECGEN", os.path.join(ROOT, "target", "release", "secgen"))
COPY = os.path.join(ROOT, "target", "tmp", "service-bench")
BARE = """
/// The report to anybody, for comparison.
pub async fn bare(State(app): State<Arc<App>>, Path(id): Path<i64>) -> Result<Json<Shown>, Refusal> {
    let report = app.database.report(id).await?.ok_or(Refusal::NotFound)?;
    let Report { owner, body, .. } = report;
    Ok(Json(Shown { id, owner, body }))
}
"""
ROUTE = '    let router = router.merge(Router::new().route("/bare/reports/{id}", get(reports::bare)).with_state(bare));\n'


def edit(name, *changes):
    path = os.path.join(COPY, name)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for old, new in changes:
        assert text.count(old) == 1, (name, old)
        text = text.replace(old, new)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def build():
    shutil.rmtree(COPY, ignore_errors=True)
    shutil.copytree(os.path.join(ROOT, "examples", "service"), COPY, ignore=shutil.ignore_patterns("target"))
    edit("secgen.yaml", ("api: { requests: 100, per: 1h", "api: { requests: 1000000, per: 1h"))
    edit("src/reports.rs", ("/// `PUT /reports/{id}`", BARE + "\n/// `PUT /reports/{id}`"))
    health = '    let router = router.route("/health"'
    edit("src/routes.rs", ("    let policy = app.policy;\n", "    let policy = app.policy;\n    let bare = app.clone();\n"), (health, ROUTE + health))
    subprocess.run([SECGEN, "render", "--root", "."], cwd=COPY, check=True, capture_output=True)
    target = os.path.join(ROOT, "target", "service")
    subprocess.run(["cargo", "build", "--release", "--locked", "--quiet"], cwd=COPY, check=True, env={**os.environ, "CARGO_TARGET_DIR": target})
    return os.path.join(target, "release", "reports")


def wrk(url, *fields):
    command = ["wrk", "-t", "1", "-c", "16", "-d", "4s", *[part for field in fields for part in ("-H", field)], url]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in said, said
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1))


def measure(service, environment, rounds):
    run = subprocess.Popen(["./run", environment], cwd=COPY, env={**os.environ, "SERVICE": service}, stdout=subprocess.PIPE, text=True)
    try:
        folder = re.search(r"\(folder (.*)\)", run.stdout.readline()).group(1)
        while "Ctrl-C" not in run.stdout.readline():
            assert run.poll() is None, "the stack has ended"
        with open(os.path.join(folder, "stack.env"), encoding="utf-8") as file:
            values = dict(line.rstrip("\n").split("=", 1) for line in file)
        login = json.dumps({"account": "ann", "password": values["PASSWORD"]})
        curl = ["curl", "-sf", "--cacert", f"{folder}/tls/ca.pem", values["URL"] + "/login", "-H", "content-type: application/json", "-d", login]
        token = json.loads(subprocess.run(curl, check=True, capture_output=True).stdout)["access_token"]
        base = values["URL"] if environment == "dev" else "http://127.0.0.1:" + values["INSTANCES"].split(" ")[0]
        routes = {"/reports/1": [f"authorization: Bearer {token}"], "/bare/reports/1": [], "/health": []}
        found = {route: [] for route in routes}
        for i in range(rounds + 1):
            for route, fields in routes.items():
                rate = wrk(base + route, *fields)
                if i > 0:
                    found[route].append(rate)
        return {route: statistics.median(rates) for route, rates in found.items()}
    finally:
        run.send_signal(signal.SIGTERM)
        run.wait()


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    service = build()
    for environment, store in (("dev", "memory"), ("test", "redis")):
        found = measure(service, environment, rounds)
        bare = found["/bare/reports/1"]
        for route, rate in found.items():
            print(f"{store:7} {route:16} {rate:8.0f} requests/s  {rate / bare:5.2f} of /bare/reports/1")


if __name__ == "__main__":
    main()
