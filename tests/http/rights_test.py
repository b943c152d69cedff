#!/usr/bin/env python3
"""Who may ask for what: every call of openapi.json, and every file of the dashboard, without, with a wrong and
with the right password; and each of the commands that a call stands for taken away.

    rights_test.py --server build/release/freshet-server --cores 1
"""

import base64
import json

from http_server import HttpServer, arguments, free_port

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


def ask(server, method, path, authorization=None):
    """A call of the description."""
    headers = {"Authorization": authorization} if authorization else {}
    body = BODIES.get((method, path))
    if body is not None:
        headers["Content-Type"] = "application/json"
    target = path.replace("{key}", "k").replace("{job}", "1") + QUERIES.get(path, "")
    return server.ask(target, method.upper(), json.dumps(body) if body is not None else None, headers)


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def started(args, *options):
    return HttpServer(args, "--source", "none", f"redis://127.0.0.1:{free_port()}/0", *options)


def described(args):
    """Of each call the commands that it stands for, and of each part of an event the one that it needs."""
    with started(args) as server:
        paths = server.ask("/api/openapi.json").json()["paths"]
    return {(method, path): row.get("x-commands", []) for path, rows in paths.items()
            for method, row in rows.items() if method != "parameters"}, paths["/api/events"]["get"]["x-parts"]


def the_password_guards_all(args, calls):
    with started(args, "--requirepass", "secret") as server:
        for method, path in [*calls, *(("get", path) for path in FILES)]:
            for wrong in (None, "Bearer wrong", "Bearer", basic("default", "wrong"), basic("nobody", "secret"),
                          "Basic !!!", "Digest secret", basic("default", "")):
                answer = ask(server, method, path, wrong)
                assert answer.status == 401 and set(answer.json()) == {"error"}, (method, path, wrong, answer.status)
            for right in ("Bearer secret", basic("default", "secret"), basic("", "secret")):
                status = ask(server, method, path, right).status
                assert status not in (401, 403), (method, path, right, status)


def a_command_that_is_gone_takes_its_calls_along(args, calls, parts):
    commands = sorted({command.split()[0] for of_call in (*calls.values(), parts.values()) for command in of_call})
    assert len(commands) > 10, commands
    for gone in commands:
        with started(args, "--rename-command", gone, "") as server:
            for (method, path), of_call in calls.items():
                refused = gone in (command.split()[0] for command in of_call)
                answer = ask(server, method, path)
                assert (answer.status == 403) == refused, (gone, method, path, answer.status, answer.body)
            event = server.event()
            for part, command in parts.items():
                without = gone == command.split()[0]
                assert (event[part] is None) == without, (gone, part)
                assert ("unknown command" in event["refused"].get(part, "")) == without, (gone, event["refused"])


def main():
    args = arguments(__doc__)
    calls, parts = described(args)
    the_password_guards_all(args, calls)
    a_command_that_is_gone_takes_its_calls_along(args, calls, parts)
    print(f"{len(calls)} calls are guarded")


if __name__ == "__main__":
    main()
