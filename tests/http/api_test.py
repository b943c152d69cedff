#!/usr/bin/env python3
"""Asks every endpoint of the HTTP API through curl, and holds each answer against openapi.json.

    api_test.py --server build/release/freshet-server --cores 1
"""

import json
import re
import subprocess

from http_server import Answer, HttpServer, arguments, free_port

JSON = ("-H", "Content-Type: application/json")


class Api:
    """Calls through curl; each answer is checked against the description, once it is known."""

    def __init__(self, base):
        self.base = base
        self.schema = None
        self.seen = set()
        self.schema = self("GET", "/api/openapi.json").json()
        self.seen = {("get", "/api/openapi.json", 200)}

    def __call__(self, method, path, body=None, *options):
        command = ["curl", "-sS", "-m", "20", "-X", method, *options, "-w",
                   "\n%{http_code} %{content_type}", self.base + path]
        if isinstance(body, (dict, list)):
            command[1:1] = [*JSON, "--data-binary", json.dumps(body)]
        elif body is not None:
            command[1:1] = ["--data-binary", "@-"]
        given = body.encode() if isinstance(body, str) else body
        done = subprocess.run(command, capture_output=True, check=True,
                              input=given if isinstance(given, bytes) else b"")
        text, _, last = done.stdout.rpartition(b"\n")
        status, _, kind = last.decode().partition(" ")
        answer = Answer(int(status), {"Content-Type": kind.split(";")[0]}, text)
        if self.schema is not None:
            self.check(method.lower(), path.partition("?")[0], answer)
        return answer

    def check(self, method, path, answer):
        template = self.template_of(path)
        if template is None:
            return
        row = self.schema["paths"][template].get(method)
        if row is None:
            assert answer.status == 405, (method, path, answer.status)
            return
        self.seen.add((method, template, answer.status))
        known = row["responses"].get(str(answer.status))
        if known is None:
            assert answer.status in (400, 401, 403, 405, 408, 413, 414, 415, 431, 503), (
                f"{method} {path}: {answer.status} is not described")
            known = {"$ref": "#/components/responses/Error"}
        content = self.resolve(known).get("content")
        if content is None:
            assert answer.body == b"", answer.body
            return
        kind = answer.headers["Content-Type"]
        assert kind in content, (path, kind)
        if kind == "application/json":
            self.fits(answer.json(), content[kind]["schema"], path)

    def template_of(self, path):
        if path in self.schema["paths"]:
            return path
        if path.startswith("/api/keys/"):
            path = "/api/cache/" + path[len("/api/keys/"):]
        for template in sorted(self.schema["paths"], key=len, reverse=True):
            if re.fullmatch(re.sub(r"\\?\{\w+\\?\}", ".+", re.escape(template)), path):
                return template
        return None

    def resolve(self, schema):
        while "$ref" in schema:
            node = self.schema
            for part in schema["$ref"].lstrip("#/").split("/"):
                node = node[part]
            schema = node
        return schema

    def fits(self, value, schema, where):
        schema = self.resolve(schema)
        if value is None and schema.get("nullable"):
            return
        for part in schema.get("allOf", []):
            self.fits(value, part, where)
        kinds = {"object": dict, "array": list, "string": str, "boolean": bool,
                 "integer": int, "number": (int, float)}
        if "type" in schema:
            kind = schema["type"]
            assert isinstance(value, kinds[kind]), f"{where}: {value!r} is no {kind}"
            assert kind == "boolean" or not isinstance(value, bool), f"{where}: {value!r}"
        if "enum" in schema:
            assert value in schema["enum"], f"{where}: {value!r} is none of {schema['enum']}"
        for name in schema.get("required", []):
            assert name in value, f"{where}: {name} is missing in {value}"
        for name, inner in schema.get("properties", {}).items():
            if isinstance(value, dict) and name in value:
                self.fits(value[name], inner, f"{where}.{name}")
        for item in value if isinstance(value, list) else []:
            self.fits(item, schema.get("items", {}), where)


def values_come_back(api, server):
    for value in ("Ada", "", "42", 42, -1.5, True, "true", None, {"a": [1, {"b": "ü"}]}, [],
                  '"quoted"', '{"a":1}', "1e3", "007", "12345678901234567890", "null"):
        assert api("PUT", "/api/cache/v", {"value": value}).status == 200
        assert api("GET", "/api/cache/v").json()["value"] == value, value
    api("PUT", "/api/cache/v", {"value": {"a": 1}})
    assert server.resp("GET", "v") == '{"a":1}'
    assert api("POST", "/api/cache/v", {"value": [1]}).json() == {"key": "v", "ttl": 3600}
    raw = bytes(range(256))
    assert api("PUT", "/api/cache/raw?ttl=50", raw,
               "-H", "Content-Type: image/png").status == 200
    got = api("GET", "/api/cache/raw", None, "-H", "Accept: application/octet-stream")
    assert got.body == raw and got.headers["Content-Type"] == "application/octet-stream"
    shown = api("GET", "/api/cache/raw").json()
    assert shown["encoding"] == "base64" and shown["ttl"] == 50


def wrong_is_refused(api):
    for body in ({"value": 1, "ttl": -1}, {"value": 1, "ttl": 1.5}, {"value": 1, "ttl": "1"},
                 {"ttl": 1}, {"value": 1, "tag": []}, {"value": 1, "tags": [1]}, [],
                 {"value": 1, "priority": 8}, {"value": 1, "cost": -1}, {"value": 1, "dependencies": "k,", "fence": 7}):
        assert api("PUT", "/api/cache/k", body).status == 400, body
    for text in ("{", "", "[" * 100000, '{"value": ' + "[" * 500 + "]" * 500 + "}", '{"value":"\\ud800"}'):
        assert api("PUT", "/api/cache/k", text, *JSON).status == 400, text[:20]
    assert api("PUT", "/api/cache/k", {"value": 1, "dependencies": ["k"]}).status == 409
    assert api("PUT", "/api/cache/k", {"value": 1, "fence": "0"}).status == 409
    assert api("GET", "/api/cache/none").status == 404
    assert api("GET", "/no/such").status == 404
    assert api("PATCH", "/api/cache/stats", "{}").status == 405
    assert api("GET", "/api/cache/k?db=99").status == 400
    assert api("GET", "/api/cache/%zz").status == 400
    assert api("GET", "/api/keys?count=0").status == 400
    assert api("GET", "/api/keys?count=1001").status == 400
    assert api("PUT", "/api/cache/k", "x", "-H", "Content-Encoding: gzip").status == 415


def graph_is_shown(api, server):
    for page in range(30):
        assert api("PUT", f"/api/cache/page:{page}", {"value": 1, "dependencies": ["user", "db:1"],
                                                      "tags": ["home"]}).status == 200
    assert api("PUT", "/api/cache/site", {"value": 1, "dependencies": ["page:3"]}).status == 200
    graph = api("GET", "/api/cache/dependencies?name=user&depth=2").json()
    assert {node["name"] for node in graph["nodes"]} >= {"user", "page:3", "site"}
    assert {"from": "page:3", "to": "site"} in graph["edges"] and not graph["truncated"]
    graph = api("GET", "/api/cache/dependencies?key=page:3").json()
    assert {"from": "db:1", "to": "page:3"} in graph["edges"]
    found, cursor = set(), "0"
    for _ in range(40):
        page = api("GET", f"/api/cache/dependencies?name=user&limit=8&cursor={cursor}").json()
        assert len(page["nodes"]) <= 8
        found |= {edge["to"] for edge in page["edges"] if edge["from"] == "user"}
        cursor = page["nodes"][0].get("cursor", "0")
        if cursor == "0":
            break
    assert len(found) == 30, len(found)
    assert api("GET", "/api/cache/dependencies?key=none").status == 404
    for query in ("", "?key=a&name=b", "?key=a&depth=0", "?key=a&depth=33", "?name=a&limit=1001"):
        assert api("GET", "/api/cache/dependencies" + query).status == 400
    dry = {"tags": ["home"], "pattern": "page:1*", "dependencies": ["user"], "cascade": True}
    assert api("POST", "/api/cache/invalidate", {**dry, "dryRun": True}).json()["invalidated"] == 31
    assert api("POST", "/api/cache/invalidate", dry).json() == {"invalidated": 31}
    why = api("GET", "/api/cache/why?key=site").json()
    assert why["cause"] == "invalidated" and why["kill"]["name"] == "http:127.0.0.1", why
    assert api("GET", "/api/cache/why").status == 400
    entries = api("GET", "/api/cache/log?count=5").json()["entries"]
    assert (entries[0]["kind"], entries[0]["keys"]) == ("union", 31), entries
    assert len(entries) == 1, entries
    assert api("GET", "/api/cache/log?count=0").status == 400
    assert api("POST", "/api/cache/invalidate", {"cascade": True}).status == 400
    assert api("POST", "/api/cache/invalidate", {"keys": ["a"], "soft": 0}).status == 400


def figures_add_up(api, server):
    server.resp("CONFIG", "SET", "slowlog-log-slower-than", "0")
    stats = api("GET", "/api/cache/stats").json()
    assert stats["hits"] + stats["misses"] > 0
    assert stats["memoryUsage"].endswith("B")
    assert abs(stats["hitRate"] + stats["missRate"] - 1) < 0.001
    assert api("GET", "/api/cache/metrics").json()["sinceStart"]["operations"] > 50
    assert api("GET", "/api/cache/slowlog?count=3").json()["entries"]
    assert api("GET", "/api/cache/slowlog?count=x").status == 400
    for path in ("/api/cache/health", "/healthz", "/readyz"):
        assert api("GET", path).json() == {"status": "ok", "reasons": []}
    server.resp("CONFIG", "SET", "maxmemory", "1")
    for _ in range(60):
        if api("GET", "/readyz").status == 503:
            break
        subprocess.run(["sleep", "0.1"], check=True)
    assert "maxmemory" in api("GET", "/api/cache/health").json()["reasons"][0]
    assert api("GET", "/healthz").status == 200
    assert api("PUT", "/api/cache/k", {"value": 1}).status == 507
    server.resp("CONFIG", "SET", "maxmemory", "0")


def names_and_curve(api, server):
    server.resp("CACHESTATS", "RESET")
    assert api("GET", "/api/cache/mrc").json()["measuredHitRate"] is None
    server.resp("DEPSET", "shop:1", "v", "TAGS", "1", "sale")
    for _ in range(3):
        server.resp("GET", "shop:1")
    server.resp("GET", "shop:none")
    top = api("GET", "/api/cache/top").json()
    shop = next(row for row in top["prefixes"] if row["name"] == "shop:")
    assert (shop["hits"], shop["misses"], shop["hitRate"]) == (3, 1, 0.75), shop
    sale = next(row for row in top["tags"] if row["name"] == "sale")
    assert (sale["hits"], sale["misses"], sale["hitRate"]) == (3, 0, 1), sale
    server.resp("INVALIDATE", "TAG", "sale")
    server.resp("GET", "shop:1")
    sale = next(row for row in api("GET", "/api/cache/top").json()["tags"] if row["name"] == "sale")
    assert (sale["hits"], sale["misses"], sale["hitRate"]) == (3, 1, 0.75), sale
    curve = api("GET", "/api/cache/mrc").json()
    assert curve["references"] == 5 and curve["measuredHitRate"] == 0.6, curve
    limits = [row["maxmemory"] for row in curve["rows"]]
    assert len(limits) > 4 and limits == sorted(limits), curve
    assert all(0 <= row["lru"] <= 1 for row in curve["rows"]), curve


def events_come(api, server):
    """An event has all that the dashboard shows."""
    event = server.event()
    parts = api.schema["paths"]
    for part, path in (("stats", "/api/cache/stats"), ("top", "/api/cache/top"), ("mrc", "/api/cache/mrc")):
        kind = parts[path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        api.fits(event[part], kind, part)
    described = set(parts["/api/events"]["get"]["x-parts"]) | {"time", "maxMemory", "reasons", "refused"}
    assert set(event) == described and event["refused"] == {} and None not in event.values(), event
    api.seen.add(("get", "/api/events", 200))


def databases_and_keys(api, server):
    assert api("POST", "/api/cache/clear", {"confirm": True}).json() == {"cleared": True, "db": 0}
    assert api("POST", "/api/cache/clear", {}).status == 400
    assert api("PUT", "/api/cache/a%2Fb%20c?db=3", {"value": 1}).status == 200
    assert server.resp("-n", "3", "KEYS", "*") == "a/b c"
    assert api("DELETE", "/api/cache/a%2Fb%20c").status == 404
    assert api("DELETE", "/api/cache/a/b%20c?db=3").status == 204
    for i in range(25):
        api("PUT", f"/api/keys/k:{i}", "v")
    keys, cursor = [], "0"
    for _ in range(100):
        page = api("GET", f"/api/keys?pattern=k:*&count=5&cursor={cursor}").json()
        keys += page["keys"]
        cursor = page["cursor"]
        if cursor == "0":
            break
    assert sorted(set(keys)) == sorted(f"k:{i}" for i in range(25))


def warming(api):
    assert api("POST", "/api/cache/warm", {"source": "nobody"}).status == 400
    assert api("POST", "/api/cache/warm", {"keys": ["a"]}).status == 400
    started = api("POST", "/api/cache/warm", {"source": "none", "pattern": "*", "ttl": 5})
    assert started.status == 202
    job = started.json()["job"]
    for _ in range(100):
        status = api("GET", f"/api/cache/warm/{job}").json()
        if status["state"] == "failed":
            break
        subprocess.run(["sleep", "0.05"], check=True)
    assert status["state"] == "failed" and status["reason"], status
    assert api("GET", "/api/cache/warm").json()["jobs"]
    assert api("DELETE", f"/api/cache/warm/{job}").status == 404
    assert api("GET", "/api/cache/warm/99").status == 404
    assert api("GET", "/api/cache/warm/x").status == 404


def everything_was_asked(api):
    missing = [(method, path) for path, rows in api.schema["paths"].items() for method in rows
               if method != "parameters" and not any(
                   seen[:2] == (method, path) for seen in api.seen)]
    assert not missing, f"no test asks {missing}"


def main():
    args = arguments(__doc__)
    source = f"redis://127.0.0.1:{free_port()}/0"
    with HttpServer(args, "--source", "none", source) as server:
        api = Api(server.base)
        values_come_back(api, server)
        wrong_is_refused(api)
        graph_is_shown(api, server)
        figures_add_up(api, server)
        names_and_curve(api, server)
        events_come(api, server)
        databases_and_keys(api, server)
        warming(api)
        assert api("GET", "/metrics").status == 200
        everything_was_asked(api)
    print(f"{len(api.seen)} kinds of answers, as described")


if __name__ == "__main__":
    main()
