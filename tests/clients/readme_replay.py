#!/usr/bin/env python3
"""Replays a Markdown file's ```redis-session blocks and compares every answer, byte for byte.

    with_server.py --server build/release/freshet-server -- readme_replay.py README.md
    readme_replay.py --server build/release/freshet-server --cores 4 README.md

In a block, a line that starts with redis-cli's prompt (`127.0.0.1:6379> `) is a command, the lines
up to the next one are its answer as redis-cli prints it to a terminal. `...` alone on a line stands
for any lines, none included; at the end of a line it stands for the rest of that line.

The blocks of a file share one server and run from top to bottom, as a reader would type them; each
block is a connection of its own. `<token of KEY>` in a command stands for the token that the block's
last `FETCH KEY` returned, which a reader would paste. The server is the one at FRESHET_PORT, or one started for the
purpose with --server.
"""

import argparse
import difflib
import os
import re
import subprocess
import sys
import threading
from dataclasses import dataclass, field

from server import Server

FENCE = "```"
PROMPT = re.compile(r"^127\.0\.0\.1:6379(\[\d+\])?(\(TX\))?> (?P<command>.*)$")
# redis-cli answers a ":word" that it does not know by itself: a mark between two answers that never
# reaches the server, and so also works between MULTI and EXEC.
MARK = ":freshet-replay-mark"
MARK_ANSWER = f"unknown redis-cli internal command '{MARK}'\n"
SLOW = re.compile(r"^\(\d+\.\d\ds\)\n", re.MULTILINE)  # printed after a slow command's answer
FETCH = re.compile(r"^FETCH (?P<key>\S+)", re.IGNORECASE)
TOKEN = re.compile(r'^3\) (?P<token>".*")$', re.MULTILINE)  # of FETCH's answer
PASTE = re.compile(r"<token of (?P<key>[^>]*)>")
TIMEOUT_S = 60


@dataclass
class Step:
    line: int
    command: str
    expected: list = field(default_factory=list)


def blocks_of(text):
    """The ```redis-session blocks, each a list of steps."""
    blocks, steps, inside = [], None, False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(FENCE):
            inside = not inside
            if steps is not None:
                blocks.append(steps)
            steps = [] if inside and line[len(FENCE):].strip() == "redis-session" else None
        elif steps is not None:
            prompt = PROMPT.match(line)
            if prompt:
                steps.append(Step(number, prompt["command"]))
            elif steps:
                steps[-1].expected.append(line)
            elif line.strip():
                raise ValueError(f"line {number}: an answer before any command: {line}")
    if inside:
        raise ValueError("the last fence is never closed")
    return blocks


def pattern_of(expected):
    """A regular expression for an answer's lines; blank lines at its end mean nothing."""
    lines = list(expected)
    while lines and not lines[-1].strip():
        lines.pop()
    pattern = ""
    for line in lines:
        if line.strip() == "...":
            pattern += r"(?:.*\n)*?"
        elif line.endswith("..."):
            pattern += re.escape(line[:-3]) + r".*\n"
        else:
            pattern += re.escape(line) + r"\n"
    return re.compile(pattern)


def matches(expected, answer):
    # A blank line that the answer ends with is as invisible in a document as in a terminal.
    answer = answer.rstrip("\n")
    return pattern_of(expected).fullmatch(answer + "\n" if answer else "") is not None


class Terminal:
    """A redis-cli that prints as to a terminal, asked one command after another."""

    def __init__(self, port):
        environment = dict(os.environ, HOME=os.devnull, REDISCLI_RCFILE=os.devnull)
        # Without stdbuf the mark, which no server answers, would wait in redis-cli's buffer.
        self.process = subprocess.Popen(
            ["stdbuf", "-o0", "redis-cli", "-h", "127.0.0.1", "-p", str(port), "--no-raw"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=environment)
        self.watchdog = threading.Timer(TIMEOUT_S, self.process.kill)
        self.tokens = {}

    def __enter__(self):
        self.watchdog.start()
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.watchdog.cancel()

    def answer(self, command):
        self.process.stdin.write(f"{paste(command, self.tokens)}\n{MARK}\n".encode())
        self.process.stdin.flush()
        printed = b""
        while not printed.endswith(MARK_ANSWER.encode()):
            more = os.read(self.process.stdout.fileno(), 1 << 16)
            if not more:
                raise RuntimeError(f"redis-cli stopped at {command}:\n{printed.decode()}")
            printed += more
        answer = SLOW.sub("", printed.decode(errors="surrogateescape")[:-len(MARK_ANSWER)])
        keep_token(command, answer, self.tokens)
        return answer


def paste(command, tokens):
    """The command with the tokens of earlier FETCHes in their places."""
    return PASTE.sub(lambda match: tokens.get(match["key"], '""'), command)


def keep_token(command, answer, tokens):
    fetch, token = FETCH.match(command), TOKEN.search(answer)
    if fetch and token:
        tokens[fetch["key"]] = token["token"]


def replay(port, path, out=sys.stdout):
    """The number of commands whose answer was another than the document's."""
    with open(path, encoding="utf-8") as document:
        blocks = blocks_of(document.read())
    commands = failures = 0
    for steps in blocks:
        with Terminal(port) as terminal:
            answers = [terminal.answer(step.command) for step in steps]
        for step, answer in zip(steps, answers):
            commands += 1
            if matches(step.expected, answer):
                continue
            failures += 1
            print(f"{path}:{step.line}: {step.command}", file=out)
            difference = difflib.unified_diff(step.expected, answer.splitlines(), "document",
                                              "server", lineterm="", n=100)
            print("\n".join(difference), file=out)
    print(f"{path}: {len(blocks)} sessions, {commands} commands, {failures} differ", file=out)
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", help="start this server instead of using FRESHET_PORT")
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("document")
    args = parser.parse_args()
    if not args.server:
        return replay(int(os.environ["FRESHET_PORT"]), args.document) != 0
    with Server(args.server, args.cores) as server:
        return replay(server.port, args.document) != 0


if __name__ == "__main__":
    sys.exit(main())
