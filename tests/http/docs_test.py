#!/usr/bin/env python3
"""Runs the examples of docs/http.md: each `$ curl …` must print the lines below it. In them `...` stands
for anything; a line of `...` alone for any lines.

    docs_test.py --server build/release/freshet-server --cores 1 --page docs/http.md
"""

import re
import subprocess
import sys

from http_server import HttpServer, arguments, free_port


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
    args = arguments(__doc__, "page")
    with open(args.page) as page:
        found = examples(page.read())
    assert len(found) > 20, "where are the examples?"
    assert not matches("a...c", "abd") and matches("a...c", "abc")
    with HttpServer(args, "--source", "main", f"redis://127.0.0.1:{free_port()}/0") as server:
        for command, expected in found:
            command = command.replace("localhost:8080", f"127.0.0.1:{server.http_port}")
            command = command.replace("curl", "curl -sS -m 20", 1)
            # curl 7.82 and later know --json; what it means is spelled out for older ones.
            command = re.sub(r"--json ('.*')", r"-H 'Content-Type: application/json' -d \1", command)
            printed = subprocess.run(command, shell=True, capture_output=True, text=True, check=True).stdout
            if not matches(expected, printed):
                sys.exit(f"$ {command}\nprinted:\n{printed}\nexpected:\n{expected}\n{server.log()}")
    print(f"{len(found)} examples")


if __name__ == "__main__":
    main()
