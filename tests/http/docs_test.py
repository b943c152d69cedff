#!/usr/bin/env python3
"""Runs the examples of docs/http.md: each `$ curl …` must print the lines below it. In them `...` stands
for anything; a line of `...` alone for any lines.

    docs_test.py --server build/release/freshet-server --cores 1 --page docs/http.md
"""

import argparse
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "clients"))
from server import Server, free_port  # noqa: E402


def examples(page):
    """Pairs of a command and what it prints."""
    found = []
    for block in re.findall(r"^```console\n(.*?)^```", page, re.M | re.S):
        for piece in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, expected = piece.partition("\n")
            found.append((command, expected.rstrip("\n")))
    return found


def matches(expected, printed):
    pattern = re.escape(expected).replace(re.escape("..."), ".*")
    return re.fullmatch(pattern + r"\s*", printed, re.S) is not None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True)
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--page", required=True)
    args = parser.parse_args()
    with open(args.page) as page:
        found = examples(page.read())
    assert len(found) > 20, "where are the examples?"
    assert not matches("a...c", "abd") and matches("a...c", "abc")
    port = free_port()
    options = ["--http-port", str(port), "--source", "main", f"redis://127.0.0.1:{free_port()}/0"]
    with Server(args.server, args.cores, options) as server:
        for command, expected in found:
            command = command.replace("localhost:8080", f"127.0.0.1:{port}")
            command = command.replace("curl", "curl -sS -m 20", 1)
            # curl 7.82 and later know --json; what it means is spelled out for older ones.
            command = re.sub(r"--json ('.*')", r"-H 'Content-Type: application/json' -d \1", command)
            printed = subprocess.run(command, shell=True, capture_output=True, text=True, check=True).stdout
            if not matches(expected, printed):
                sys.exit(f"$ {command}\nprinted:\n{printed}\nexpected:\n{expected}\n{server.log()}")
    print(f"{len(found)} examples")


if __name__ == "__main__":
    main()
