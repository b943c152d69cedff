#!/usr/bin/env python3
"""Starts a server with HTTP and runs dashboard_test.js beside it.

    dashboard_test.py --server build/release/freshet-server --cores 2 --chromium /usr/bin/chromium
"""

import os
import subprocess
import sys

from http_server import HttpServer, arguments


def main():
    args = arguments(__doc__, "chromium")
    options = ["--maxmemory", "2mb", "--maxmemory-policy", "allkeys-adaptive", "--slowlog-log-slower-than", "1000"]
    lacking = ["--rename-command", "slowlog", "", "--rename-command", "cachestats", ""]
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dashboard_test.js")
    with HttpServer(args) as source, HttpServer(args, *lacking) as poor:
        options += ["--source", "main", f"redis://127.0.0.1:{source.port}/0"]
        with HttpServer(args, *options) as server:
            environment = dict(os.environ, FRESHET_HTTP_PORT=str(server.http_port), FRESHET_PORT=str(server.port),
                               FRESHET_LACKING_PORT=str(poor.http_port), FRESHET_SOURCE_PORT=str(source.port),
                               FRESHET_CHROMIUM=args.chromium)
            timeout = 500 if "FRESHET_PICTURES" in environment else 150
            return subprocess.run(["node", script], env=environment, timeout=timeout).returncode


if __name__ == "__main__":
    sys.exit(main())
