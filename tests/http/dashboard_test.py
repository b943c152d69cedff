#!/usr/bin/env python3
"""Starts a server with HTTP and runs dashboard_test.js beside it.

    dashboard_test.py --server build/release/freshet-server --cores 2 --chromium /usr/bin/chromium
"""

import argparse
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "clients"))
from server import Server, free_port  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    args = parser.parse_args()
    port, poor = free_port(), free_port()
    options = ["--http-port", str(port), "--maxmemory", "2mb", "--maxmemory-policy", "allkeys-lru",
               "--slowlog-log-slower-than", "1000"]
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dashboard_test.js")
    with Server(args.server, 1) as source:
        options += ["--source", "main", f"redis://127.0.0.1:{source.port}/0"]
        lacking = ["--http-port", str(poor), "--rename-command", "slowlog", "", "--rename-command", "cachestats", ""]
        with Server(args.server, args.cores, options) as server, Server(args.server, 1, lacking):
            environment = dict(os.environ, FRESHET_HTTP_PORT=str(port), FRESHET_PORT=str(server.port),
                               FRESHET_LACKING_PORT=str(poor), FRESHET_SOURCE_PORT=str(source.port), FRESHET_CHROMIUM=args.chromium)
            timeout = 500 if "FRESHET_PICTURES" in environment else 150
            return subprocess.run(["node", script], env=environment, timeout=timeout).returncode


if __name__ == "__main__":
    sys.exit(main())
