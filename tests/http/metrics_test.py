#!/usr/bin/env python3
"""/metrics through Prometheus's own tools: promtool, a Prometheus that scrapes, the dashboard's and the
alerts' expressions evaluated by it, and prometheus-redis-exporter reading INFO.

    metrics_test.py --server build/release/freshet-server --cores 1 --conf conf
"""

import json
import os
import re
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request

from http_server import HttpServer, arguments, free_port

PATIENCE_S = 60


def fetch(url, accept=None):
    request = urllib.request.Request(url, headers={"Accept": accept} if accept else {})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def eventually(ask):
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            found = ask()
        except OSError:
            found = None
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def work(server):
    """Something of everything that is counted."""
    commands = ["SET user 1", "GET user", "GET none", "DEL none", "NOSUCH",
                *(f"DEPSET page:{i} v DEPS 1 user TAGS 1 t" for i in range(50)), "SET user 2",
                "DEPSET page:1 v TAGS 1 t", "INVALIDATE TAG t", "FETCH none", "INCR user"]
    server.resp(input="\n".join(commands))


def page_is_clean(base):
    kind, text = fetch(base + "/metrics")
    assert kind.startswith("text/plain; version=0.0.4"), kind
    checked = subprocess.run(["promtool", "check", "metrics"], input=text.encode(),
                             capture_output=True, check=False)
    assert checked.returncode == 0 and not checked.stderr, checked.stderr.decode()
    kind, openmetrics = fetch(base + "/metrics", "application/openmetrics-text; version=1.0.0")
    assert kind.startswith("application/openmetrics-text"), kind
    assert openmetrics.endswith("# EOF\n")
    for line in openmetrics.splitlines():
        if line.startswith("# TYPE") and line.endswith(" counter"):
            assert not line.split()[2].endswith("_total"), line
    return text


def value_of(text, series):
    found = re.search("^" + re.escape(series) + r" (\S+)$", text, re.M)
    assert found, f"no {series}"
    return float(found[1])


def figures_are_right(text):
    assert value_of(text, "freshet_hits_total") >= 1
    assert value_of(text, 'freshet_misses_total{cause="never_set"}') >= 1
    assert value_of(text, 'freshet_invalidated_keys_total{kind="change"}') == 50
    assert value_of(text, 'freshet_invalidated_keys_total{kind="tag"}') == 1
    assert value_of(text, 'freshet_cascade_width_keys_bucket{le="32"}') == 0
    assert value_of(text, 'freshet_cascade_width_keys_bucket{le="64"}') == 1
    assert value_of(text, "freshet_cascade_width_keys_sum") == 50
    assert value_of(text, 'freshet_commands_total{command="depset"}') == 51
    assert value_of(text, 'freshet_error_replies_total{code="ERR"}') == 1


class Prometheus:
    def __init__(self, folder, targets, rules):
        config = os.path.join(folder, "prometheus.yml")
        with open(config, "w") as out:
            json.dump({"global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                       "rule_files": [rules],
                       "scrape_configs": [{"job_name": name, "static_configs": [{"targets": [at]}]}
                                          for name, at in targets.items()]}, out)
        self.port = free_port()
        self.process = subprocess.Popen(
            ["prometheus", "--config.file", config, "--storage.tsdb.path", os.path.join(folder, "data"),
             "--web.listen-address", f"127.0.0.1:{self.port}", "--log.level=error"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ask(self, path, **query):
        text = fetch(f"http://127.0.0.1:{self.port}{path}?{urllib.parse.urlencode(query)}")[1]
        return json.loads(text)["data"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)


def scraped_by_prometheus(prometheus, conf):
    value = eventually(lambda: prometheus.ask("/api/v1/query", query='freshet_commands_total{command="depset"}')["result"])
    assert value and float(value[0]["value"][1]) == 51, value
    assert eventually(lambda: prometheus.ask("/api/v1/query", query='up{job="freshet"}')["result"][0]["value"][1] == "1")
    with open(os.path.join(conf, "grafana-freshet.json")) as board:
        panels = json.load(board)["panels"]
    for panel in panels:
        for target in panel["targets"]:
            expression = target["expr"].replace("$__rate_interval", "1m").replace("$instance", ".*")
            answer = prometheus.ask("/api/v1/query", query=expression)
            assert answer["resultType"] == "vector", expression
            names = set(re.findall(r"freshet_\w+", expression))
            for name in names:
                found = prometheus.ask("/api/v1/query", query=f"count({name})")["result"]
                assert found, f"{panel['title']}: nobody has {name}"
    groups = eventually(lambda: prometheus.ask("/api/v1/rules")["groups"])
    healthy = eventually(lambda: all(rule["health"] == "ok" for group in prometheus.ask("/api/v1/rules")["groups"]
                                     for rule in group["rules"]))
    assert groups and healthy


def exporter_reads_info(server):
    port = free_port()
    log = tempfile.TemporaryFile()
    exporter = subprocess.Popen(
        ["prometheus-redis-exporter", "-redis.addr", f"redis://127.0.0.1:{server.port}",
         "-web.listen-address", f"127.0.0.1:{port}"], stdout=log, stderr=log)
    try:
        text = eventually(lambda: fetch(f"http://127.0.0.1:{port}/metrics")[1])
        assert value_of(text, "redis_up") == 1
        assert "redis_exporter_last_scrape_error{err=\"\"} 0" in text
        assert value_of(text, "redis_keyspace_hits_total") >= 1
        assert 'redis_commands_total{cmd="depset"} 51' in text
    finally:
        exporter.terminate()
        exporter.wait(30)
    log.seek(0)
    lines = log.read().decode()
    assert "level=error" not in lines and "ERR" not in lines, lines


def main():
    args = arguments(__doc__, "conf")
    rules = os.path.abspath(os.path.join(args.conf, "prometheus-alerts.yml"))
    subprocess.run(["promtool", "check", "rules", rules], check=True, capture_output=True)
    with tempfile.TemporaryDirectory(prefix="freshet-metrics-") as folder, HttpServer(args) as server:
        work(server)
        figures_are_right(page_is_clean(server.base))
        exporter_reads_info(server)
        with Prometheus(folder, {"freshet": f"127.0.0.1:{server.http_port}"}, rules) as prometheus:
            scraped_by_prometheus(prometheus, args.conf)
    print("scraped")


if __name__ == "__main__":
    main()
