"""What the tests of HTTP share: their arguments, a server that answers HTTP, and ways to ask it."""

import argparse
import http.client
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "clients"))
from server import Server, free_port  # noqa: E402


def arguments(doc, *files):
    """--server, --cores, and for each of `files` an option that names one."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--server", required=True)
    parser.add_argument("--cores", type=int, default=1)
    for name in files:
        parser.add_argument(f"--{name}", required=True)
    return parser.parse_args()


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


class HttpServer(Server):
    def __init__(self, args, *options):
        self.http_port = free_port()
        self.base = f"http://127.0.0.1:{self.http_port}"
        super().__init__(args.server, args.cores, ["--http-port", str(self.http_port), *options])

    def ask(self, path, method="GET", body=None, headers=None):
        """Of a stream nothing but the head is read."""
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=20)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        stream = answer.headers["Content-Type"] == "text/event-stream"
        found = Answer(answer.status, answer.headers, b"" if stream else answer.read())
        connection.close()
        return found

    def event(self):
        """The next of /api/events."""
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=20)
        connection.request("GET", "/api/events")
        answer = connection.getresponse()
        assert answer.headers["Content-Type"] == "text/event-stream", answer.headers
        line = next(line for line in answer if line.startswith(b"data: "))
        connection.close()
        return json.loads(line[len(b"data: "):])

    def resp(self, *args, **options):
        """What redis-cli prints for a command, or for the lines of `input`."""
        done = subprocess.run(["redis-cli", "-p", str(self.port), *args], capture_output=True, check=True, text=True,
                              **options)
        return done.stdout.removesuffix("\n")
