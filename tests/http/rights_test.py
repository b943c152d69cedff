#!/usr/bin/env python3
"""Who may ask for what: every call of openapi.json, and every file of the dashboard, without, with a wrong and
with the right password; and each of the commands that a call stands for taken away.

    rights_test.py --server build/release/freshet-server --cores 1
"""

import argparse
import base64
import http.client
import json
import os
import sys
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "clients"))
from server import Server, free_port  # noqa: E402

# A request for each call; what it answers does not matter, but for 401 and 403.
BODIES = {
    ("post", "/api/cache/{key}"): {"value": 1},
    ("put", "/api/cache/{key}"): {"value": 1},
    ("post", "/api/cache/invalidate"): {"keys": ["k"], "tags": ["t"], "cascade": True},
    ("post", "/api/cache/warm"): {"source": "none", "pattern": "*"},
    ("post", "/api/cache/clear"): {"confirm": True},
}
QUERIES = {"/api/cache/why": "?key=k", "/api/cache/dependencies": "?name=k"}
FILES = ("/", "/start.js", "/d3.min.js", "/words.js", "/charts.js", "/live.js", "/explorer.js", "/no/such/path")


def ask(port, method, path, authorization=None):
    """The status, and the body unless it is a stream."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Authorization": authorization} if authorization else {}
    body = BODIES.get((method, path))
    if body is not None:
        headers["Content-Type"] = "application/json"
    target = path.replace("{key}", "k").replace("{job}", "1") + QUERIES.get(path, "")
    connection.request(method.upper(), target, json.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    text = b"" if answer.headers["Content-Type"] == "text/event-stream" else answer.read()
    connection.close()
    return answer.status, text


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def started(args, port, *options):
    return Server(args.server, args.cores, ["--http-port", str(port), "--http-bind", "127.0.0.1",
                                            "--source", "none", f"redis://127.0.0.1:{free_port()}/0", *options])


def described(args):
    """Of each call the commands that it stands for, and of each part of an event the one that it needs."""
    port = free_port()
    with started(args, port):
        _, text = ask(port, "get", "/api/openapi.json")
    paths = json.loads(text)["paths"]
    return {(method, path): row.get("x-commands", []) for path, rows in paths.items()
            for method, row in rows.items() if method != "parameters"}, paths["/api/events"]["get"]["x-parts"]


def first_event(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/events", timeout=20) as stream:
        line = next(line for line in stream if line.startswith(b"data: "))
    return json.loads(line[len(b"data: "):])


def the_password_guards_all(args, calls):
    port = free_port()
    with started(args, port, "--requirepass", "secret"):
        for method, path in [*calls, *(("get", path) for path in FILES)]:
            for wrong in (None, "Bearer wrong", "Bearer", basic("default", "wrong"), basic("nobody", "secret"),
                          "Basic !!!", "Digest secret", basic("default", "")):
                status, text = ask(port, method, path, wrong)
                assert status == 401 and set(json.loads(text)) == {"error"}, (method, path, wrong, status)
            for right in ("Bearer secret", basic("default", "secret"), basic("", "secret")):
                status, _ = ask(port, method, path, right)
                assert status not in (401, 403), (method, path, right, status)


def a_command_that_is_gone_takes_its_calls_along(args, calls, parts):
    commands = sorted({command.split()[0] for of_call in (*calls.values(), parts.values()) for command in of_call})
    assert len(commands) > 10, commands
    for gone in commands:
        port = free_port()
        with started(args, port, "--rename-command", gone, ""):
            for (method, path), of_call in calls.items():
                refused = gone in (command.split()[0] for command in of_call)
                status, text = ask(port, method, path)
                assert (status == 403) == refused, (gone, method, path, status, text)
            event = first_event(port)
            for part, command in parts.items():
                without = gone == command.split()[0]
                assert (event[part] is None) == without, (gone, part)
                assert ("unknown command" in event["refused"].get(part, "")) == without, (gone, event["refused"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True)
    parser.add_argument("--cores", type=int, default=1)
    args = parser.parse_args()
    calls, parts = described(args)
    the_password_guards_all(args, calls)
    a_command_that_is_gone_takes_its_calls_along(args, calls, parts)
    print(f"{len(calls)} calls are guarded")


if __name__ == "__main__":
    main()
