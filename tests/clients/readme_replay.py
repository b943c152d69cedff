#!/usr/bin/env python3
"""Replays a Markdown file's ```redis-session blocks and compares every answer, byte for byte.

    with_server.py --server build/release/freshet-server -- readme_replay.py README.md
    readme_replay.py --server build/release/freshet-server --cores 4 README.md

In a block, a line that starts with redis-cli's prompt (`127.0.0.1:6379> `) is a command, the lines
up to the next one are its answer as redis-cli prints it to a terminal. `...` alone on a line stands
for any lines, none included; at the end of a line it stands for the rest of that line.

The blocks of a file share one server and run from top to bottom, as a reader would type them; each
block is a connection of its own. The server is the one at FRESHET_PORT, or one started for the
purpose with --server.
"""

import argparse
import difflib
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field

from server import Server

FENCE = "```"
PROMPT = re.compile(r"^127\.0\.0\.1:6379(\[\d+\])?(\(TX\))?> (?P<command>.*)$")
# redis-cli answers a ":word" that it does not know by itself: a mark between two answers that never
# reaches the server, and so also works between MULTI and EXEC.
MARK = ":freshet-replay-mark"
MARK_ANSWER = f"unknown redis-cli internal command '{MARK}'\n"
SLOW = re.compile(r"^\(\d+\.\d\ds\)\n", re.MULTILINE)  # printed after a slow command's answer
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


def answers_to(port, commands):
    """What redis-cli prints to a terminal for each command, all on one connection."""
    script = "".join(f"{command}\n{MARK}\n" for command in commands)
    environment = dict(os.environ, HOME=os.devnull, REDISCLI_RCFILE=os.devnull)
    done = subprocess.run(["redis-cli", "-h", "127.0.0.1", "-p", str(port), "--no-raw"],
                          input=script.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=environment, timeout=TIMEOUT_S, check=False)
    parts = done.stdout.decode(errors="surrogateescape").split(MARK_ANSWER)
    if len(parts) != len(commands) + 1:
        raise RuntimeError("redis-cli stopped early:\n" + "".join(parts))
    return [SLOW.sub("", part) for part in parts[:-1]]


def replay(port, path, out=sys.stdout):
    """The number of commands whose answer was another than the document's."""
    with open(path, encoding="utf-8") as document:
        blocks = blocks_of(document.read())
    commands = failures = 0
    for steps in blocks:
        for step, answer in zip(steps, answers_to(port, [step.command for step in steps])):
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
