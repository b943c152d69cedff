#!/usr/bin/env python3
"""docs/statistics.md and CACHESTATS name the same figures; each has a unit and
since when it counts, and RESET resets what the page says. The same for INFO and what else has figures.

    statistics_test.py --server build/release/freshet-server --cores 1 --page docs/statistics.md
"""

import fnmatch
import re

from http_server import HttpServer, arguments

SINCE = {"reset", "start", "now", "window", "event"}
ALWAYS_AT_WORK = ("*_us", "*_usec", "server_calls", "error_rate", "cmdstat_*", "total_*", "used_memory_peak*")  # of the test itself
NOT_NUMBERS = ("MRC", "LOG", "KEY", "TOP", "ORIGINS", "GET /api/cache/metrics")  # after RESET: empty, or as before


def documented(page):
    """Patterns of names, by section: figures' "since". Every table but that of "since" itself is one of figures."""
    found = {}
    for section in re.split(r"^## ", page, flags=re.M)[1:]:
        title, _, text = section.partition("\n")
        rows = {}
        for table in re.findall(r"(?:^\|.*\n)+", text, flags=re.M):
            head, _, *lines = ([cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines())
            assert head[:3] == ["figure", "unit", "since"] and len(head) == 4, f"{title}: {head}"
            for cells in lines:
                assert len(cells) == 4 and all(cells) and cells[2] in SINCE, cells
                names = re.findall(r"`([^`]+)`", cells[0])
                rows.update((name.replace("…", "*"), cells[2]) for name in names)
                if re.search(r"` … `", cells[0]):  # from the first to the last
                    rows[names[0].split("_")[0] + "_*"] = cells[2]
        if rows:
            found[title] = rows
    return found


def gaps_are_found(page):
    for whole, gap in (("| keys | event |", "| | event |"), ("| keys | event |", "| keys | |"),
                       ("| figure | unit | since |", "| figure | unit |")):
        assert whole in page
        try:
            documented(page.replace(whole, gap))
        except AssertionError:
            continue
        raise AssertionError(f"nobody misses what lacks in {gap}")


def map_of(server, *args):
    lines = server.resp("CACHESTATS", *args).split("\n")
    return dict(zip(lines[::2], lines[1::2]))


def figures_of(server, title):
    """What the server says under the page's title: names and values."""
    if title == "INFO":
        return dict(line.split(":", 1) for line in server.resp("INFO", "everything").split("\n") if ":" in line)
    if title == "TOP":  # a row has no names: they are documented in its order
        row = server.ask("/api/cache/top").json()["prefixes"][0]
        values = server.resp("CACHESTATS", "TOP").split("\n")[1:6]
        assert values == [str(row[name]) for name in ("name", "hits", "misses", "evictions", "error")], values
        return dict(zip(("name", "hits", "misses", "evictions", "error"), values))
    if title == "GET /api/cache/metrics":
        spans = server.ask("/api/cache/metrics").json()
        return spans["lastMinute"] | spans["sinceStart"] | next(iter(spans["families"].values()))
    arguments = {"KEY": ["KEY", "none"], "TAG": ["TAG", "t"], "PREFIX": ["PREFIX", "pa"], "LOG": ["LOG", "1"]}
    return map_of(server, *arguments.get(title, [title]))


def work(server):
    lines = ["CONFIG SET maxmemory-policy allkeys-lru", "SET user 1", "GET user", "GET none", "FETCH other",
             *(f"DEPSET page:{i} v DEPS 1 user TAGS 1 t" for i in range(20)), "DEPSET top v DEPS 1 page:1", "GET page:1",
             "SET user 1", "SET user 2", "DEPSET page:1 v TAGS 1 t", "INVALIDATE TAG t",
             "DEPSET a v FENCE 99", "DEPSET soft v TAGS 1 s", "INVALIDATE TAG s SOFT 60000", "KEYS *", "NOSUCH"]
    server.resp(input="\n".join(lines))


def main():
    args = arguments(__doc__, "page")
    with open(args.page, encoding="utf-8") as page:
        text = page.read()
    gaps_are_found(text)
    sections = documented(text)
    assert len(sections) >= 18, list(sections)
    with HttpServer(args) as server:
        work(server)
        counted = 0
        for title, rows in sections.items():
            figures = figures_of(server, title)
            if title == "MRC":  # its rows are lines of their own
                figures = {name: value for name, value in figures.items() if name in rows}
            for name in figures:
                assert any(fnmatch.fnmatch(name, row) for row in rows), f"{title}: {name} is not explained"
            for row in rows:
                assert fnmatch.filter(figures, row), f"{title}: nobody says {row}"
            counted += sum(value not in ("0", "0.0000") for value in figures.values())
        assert counted > 40, counted
        before = figures_of(server, "GET /api/cache/metrics")["seconds"]
        server.resp("CONFIG", "RESETSTAT")
        assert figures_of(server, "GET /api/cache/metrics")["seconds"] < before
        for title, rows in sections.items():
            if title in NOT_NUMBERS:
                continue
            for name, value in figures_of(server, title).items():
                since = {since for row, since in rows.items() if fnmatch.fnmatch(name, row)}
                if since == {"reset"} and not any(fnmatch.fnmatch(name, one) for one in ALWAYS_AT_WORK):
                    assert float(value) == 0, f"{title}: {name} is {value} after RESET"
    print(f"{sum(map(len, sections.values()))} figures are explained")


if __name__ == "__main__":
    main()
