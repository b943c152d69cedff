#!/usr/bin/env python3
"""What HTTP costs those who ask by RESP: cpu time of the reactors for a GET, and its latency, with no page open,
with 20 dashboards, and under a flood of requests; in turn, a few rounds. Before that, what 20 dashboards cost by
themselves: cpu time of a server that nobody else asks, which no load scatters.

    http_cost.py --server build/release/freshet-server

Only the threads that serve RESP are counted, by the scheduler's own clock; HTTP's threads have a column of their
own. They share the machine, though: a flood at another server, in a process of its own, shows what of the price is
the machine's (caches, the core's other half), not the server's.
"""

import argparse
import csv
import glob
import http.client
import os
import re
import selectors
import socket
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "clients"))
from server import Server, free_port  # noqa: E402

KEYS = 100_000
PAGES = 20
FLOODERS = 4


def thread_times(pid):
    """Nanoseconds on a cpu: of the reactors, and of HTTP's threads."""
    reactors = http_threads = 0
    for folder in glob.glob(f"/proc/{pid}/task/*"):
        with open(folder + "/comm") as comm, open(folder + "/schedstat") as stat:
            name, spent = comm.read().strip(), int(stat.read().split()[0])
        if name in ("http", "http-lobby"):
            http_threads += spent
        elif not name.startswith("jemalloc"):
            reactors += spent
    return reactors, http_threads


def benchmark(port, *options):
    """redis-benchmark against a server: a process."""
    return subprocess.Popen(["redis-benchmark", "-p", str(port), "-r", str(KEYS), "-d", "100", "--csv", *options],
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def row_of(process):
    """What it says in the end: rps, p99_latency_ms, …"""
    text, _ = process.communicate(timeout=300)
    return next(csv.DictReader(text.splitlines()))


def gets(server):
    done = subprocess.run(["redis-cli", "-p", str(server.port), "INFO", "commandstats"], capture_output=True,
                          text=True, check=True)
    return int(re.search(r"cmdstat_get:calls=(\d+)", done.stdout).group(1))


class Pages:
    """Browsers that listen to /api/events, and read what comes."""

    least = PAGES // 2  # events in a window

    def __init__(self, port):
        self.count = 0
        self.selector = selectors.DefaultSelector()
        for _ in range(PAGES):
            page = socket.create_connection(("127.0.0.1", port))
            page.sendall(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.selector.register(page, selectors.EVENT_READ)
        self.ended = False
        self.reader = threading.Thread(target=self.read)

    def read(self):
        while not self.ended:
            for key, _ in self.selector.select(0.1):
                bytes_ = key.fileobj.recv(1 << 20)
                if not bytes_:
                    raise RuntimeError("the server dropped a page")
                self.count += bytes_.count(b"data: {")

    def __enter__(self):
        self.reader.start()
        return self

    def __exit__(self, *_):
        self.ended = True
        self.reader.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()


class Flood:
    """Clients that ask without a pause, one connection each."""

    least = 10 * FLOODERS

    def __init__(self, port):
        self.count = 0
        self.ended = False
        self.threads = [threading.Thread(target=self.ask, args=(port, i)) for i in range(FLOODERS)]

    def ask(self, port, seed):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        paths = ["/api/cache/stats", "/metrics", *(f"/api/cache/key:{seed + i:012}" for i in range(8))]
        while not self.ended:
            for path in paths:
                connection.request("GET", path)
                answer = connection.getresponse()
                answer.read()
                if answer.status not in (200, 404):
                    raise RuntimeError(f"{path}: {answer.status}")
                self.count += 1
        connection.close()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended = True
        for thread in self.threads:
            thread.join()


ALONE = "nothing"
# Who else is there, and at which of two servers.
COMPANY = {"20 dashboards": (Pages, 0), "flood": (Flood, 0), "flood elsewhere": (Flood, 1)}


def measure(server, args):
    """While a window lasts, which is as long as a client needs for its GETs: microseconds of the reactors for a GET,
    cpu time of HTTP's threads by theirs, that client's p99 in ms."""
    count, before = gets(server), thread_times(server.process.pid)
    latency = row_of(benchmark(server.port, "-t", "get", "-c", "1", "-n", str(args.probes)))
    count, after = gets(server) - count, thread_times(server.process.pid)
    reactors, http_threads = (end - start for start, end in zip(before, after))
    return reactors / count / 1000, http_threads / reactors, float(latency["p99_latency_ms"])


def furnish(server):
    """Something for each part of an event: tags, invalidations with long names, changes, slow commands."""
    lines = ["CONFIG SET slowlog-log-slower-than 0"]
    for i in range(100):
        lines += [f"DEPSET page:{i} v DEPS 1 user:{i} TAGS 1 tag:{i}", f"GET page:{i}", f"SET user:{i} 1"]
        lines += [f"SET user:{i} 2", f"INVALIDATE PATTERN {'n' * 120}:{i}*"]
    lines.append("CONFIG SET slowlog-log-slower-than 10000")
    subprocess.run(["redis-cli", "-p", str(server.port)], input="\n".join(lines), text=True, check=True,
                   stdout=subprocess.DEVNULL)


def spent(server, seconds):
    """Microseconds a second of the reactors and of HTTP's threads."""
    before, start = thread_times(server.process.pid), time.monotonic()
    time.sleep(seconds)
    after, passed = thread_times(server.process.pid), time.monotonic() - start
    return [(end - begin) / 1000 / passed for begin, end in zip(before, after)]


def direct_cost(server, port, args):
    """Windows without and with pages in turn: the medians, side by side."""
    found = {False: [], True: []}
    for _ in range(args.rounds):
        found[False].append(spent(server, args.seconds))
        with Pages(port) as pages:
            time.sleep(1)  # they are being connected
            before = pages.count
            found[True].append(spent(server, args.seconds))
            if pages.count - before < PAGES * (args.seconds - 1):
                sys.exit(f"only {pages.count - before} events came; nothing was measured")
    print(f"{'no load, us a second of':<26}{'reactors':>10}{'HTTP threads':>14}")
    medians = {}
    for with_pages, name in ((False, "no page"), (True, f"{PAGES} dashboards")):
        medians[with_pages] = [statistics.median(column) for column in zip(*found[with_pages])]
        print(f"{name:<26}{medians[with_pages][0]:>10.0f}{medians[with_pages][1]:>14.0f}")
    reactors, threads = (with_ - without for with_, without in zip(medians[True], medians[False]))
    print(f"the pages cost the reactors {reactors:.0f} us a second, {reactors / args.cores / 10000:.3f} % of each core, and "
          f"HTTP's threads {threads:.0f} us ({threads / 10000:.2f} % of one):\nno longer than that can reactors wait at "
          "doors for them\n")


def rounds(server, ports, args):
    """Each window with company stands between two without."""
    found = {phase: [] for phase in (ALONE, *args.company)}
    ratios = {phase: [] for phase in args.company}
    counts = {phase: 0 for phase in args.company}
    found[ALONE].append(measure(server, args))
    for _ in range(args.rounds):
        for phase, (kind, where) in args.company.items():
            with kind(ports[where]) as company:
                here = measure(server, args)
            counts[phase] += company.count
            found[ALONE].append(measure(server, args))
            found[phase].append(here)
            ratios[phase].append(2 * here[0] / (found[ALONE][-1][0] + found[ALONE][-2][0]))
    for phase, (kind, _) in args.company.items():
        if counts[phase] < args.rounds * kind.least:
            sys.exit(f"{phase}: only {counts[phase]} answers came; nothing was measured")
    return found, ratios, counts


def report(found, ratios, counts):
    print(f"{'beside':<16}{'us a GET':>10}{'ratio':>8}{'middle half':>15}{'HTTP cpu':>10}{'p99 ms':>8}{'answers':>9}")
    for phase, windows in found.items():
        cpu, share, p99 = (statistics.median(column) for column in zip(*windows))
        ratio = f"{'':>23}"
        if phase in ratios:
            low, middle, high = statistics.quantiles(ratios[phase], n=4)
            ratio = f"{middle:>8.3f}{low:>9.3f}-{high:.3f}"
        print(f"{phase:<16}{cpu:>10.3f}{ratio}{share:>10.1%}{p99:>8.2f}{counts.get(phase, 0):>9}")
    print("ratio: to the windows before and after; HTTP cpu: by the reactors' own. Asked: 20 dashboards, at most 1.030")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True)
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--probes", type=int, default=30000, help="GETs, one at a time, that a window lasts")
    parser.add_argument("--seconds", type=float, default=5, help="of a window without load")
    parser.add_argument("--only", choices=COMPANY, action="append", help="with that company alone")
    args = parser.parse_args()
    args.company = {phase: COMPANY[phase] for phase in args.only or COMPANY}
    ports = free_port(), free_port()
    with Server(args.server, args.cores, ["--http-port", str(ports[0])]) as server, \
            Server(args.server, args.cores, ["--http-port", str(ports[1])]) as other:
        for one in (server, other):
            row_of(benchmark(one.port, "-t", "set", "-n", str(2 * KEYS), "-P", "32"))
        row_of(benchmark(server.port, "-t", "get", "-n", str(2 * KEYS), "-P", "32"))
        furnish(server)
        direct_cost(server, ports[0], args)
        load = subprocess.Popen(["redis-benchmark", "-p", str(server.port), "-r", str(KEYS), "-t", "get", "-P", "32",
                                 "-c", "1", "-l", "-q"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            report(*rounds(server, ports, args))
        finally:
            load.kill()
            load.wait()


if __name__ == "__main__":
    main()
