#!/usr/bin/env python3
"""docs/statistics.md and CACHESTATS name the same figures; each has a unit, and RESET resets what the page says.

    statistics_test.py --server build/release/freshet-server --cores 1 --page docs/statistics.md
"""

import argparse
import fnmatch
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "clients"))
from server import Server  # noqa: E402

SINCE = {"reset", "start", "now", "window"}
ALWAYS_AT_WORK = ("*_us", "server_calls", "error_rate")  # of CACHESTATS itself


def documented(page):
    """Patterns of names, by section: figures' "since"."""
    found = {}
    for section in re.split(r"^## ", page, flags=re.M)[1:]:
        title = section.split("\n", 1)[0]
        rows = {}
        in_table = False
        for line in section.split("\n"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if line.startswith("| figure "):
                assert cells[:3] == ["figure", "unit", "since"] and len(cells) == 4, line
                in_table = True
            elif not line.startswith("|"):
                in_table = False
            elif in_table and not line.startswith("|---"):
                assert len(cells) == 4 and all(cells) and cells[2] in SINCE, line
                for name in re.findall(r"`([^`]+)`", cells[0]):
                    rows[name.replace("…", "*")] = cells[2]
                if re.search(r"` … `", cells[0]):  # from the first to the last
                    first = re.findall(r"`([^`]+)`", cells[0])[0]
                    rows[first.split("_")[0] + "_*"] = cells[2]
        if rows:
            found[title] = rows
    return found


def map_of(server, *args):
    done = subprocess.run(["redis-cli", "-p", str(server.port), "CACHESTATS", *args], capture_output=True, text=True,
                          check=True)
    lines = done.stdout.rstrip("\n").split("\n")
    return dict(zip(lines[::2], lines[1::2]))


def work(server):
    lines = ["CONFIG SET maxmemory-policy allkeys-lru", "SET user 1", "GET user", "GET none", "FETCH other",
             *(f"DEPSET page:{i} v DEPS 1 user TAGS 1 t" for i in range(20)), "DEPSET top v DEPS 1 page:1",
             "SET user 1", "SET user 2", "DEPSET page:1 v TAGS 1 t", "INVALIDATE TAG t",
             "DEPSET a v FENCE 99", "DEPSET soft v TAGS 1 s", "INVALIDATE TAG s SOFT 60000", "KEYS *"]
    subprocess.run(["redis-cli", "-p", str(server.port)], input="\n".join(lines), text=True, check=True,
                   capture_output=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True)
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--page", required=True)
    args = parser.parse_args()
    with open(args.page, encoding="utf-8") as page:
        sections = documented(page.read())
    assert len(sections) >= 10, list(sections)
    with Server(args.server, args.cores) as server:
        work(server)
        counted = 0
        for title, rows in sections.items():
            curve = title == "MRC"
            figures = map_of(server, *(["MRC"] if curve else [title]))
            if curve:
                figures = {name: value for name, value in figures.items() if name in rows}
            for name in figures:
                assert any(fnmatch.fnmatch(name, row) for row in rows), f"{title}: {name} is not explained"
            for row in rows:
                assert fnmatch.filter(figures, row), f"{title}: nobody says {row}"
            counted += sum(value not in ("0", "0.0000") for value in figures.values())
        assert counted > 40, counted
        subprocess.run(["redis-cli", "-p", str(server.port), "CACHESTATS", "RESET"], check=True, capture_output=True)
        for title, rows in sections.items():
            if title == "MRC":
                continue
            for name, value in map_of(server, title).items():
                since = {since for row, since in rows.items() if fnmatch.fnmatch(name, row)}
                if since == {"reset"} and not any(fnmatch.fnmatch(name, one) for one in ALWAYS_AT_WORK):
                    assert float(value) == 0, f"{title}: {name} is {value} after RESET"
    print(f"{sum(map(len, sections.values()))} figures are explained")


if __name__ == "__main__":
    main()
