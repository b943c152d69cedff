#!/usr/bin/env python3
"""Runs a command next to a fresh server and ends with the command's exit code.

    with_server.py --server build/release/freshet-server --cores 4 -- redis_cli.sh

The command finds the server through FRESHET_PORT and FRESHET_SOCKET. FRESHET_EXTRAS is 1 when the
server knows the extended commands, 0 when it is a redis-server (--cores 0).
"""

import argparse
import os
import subprocess
import sys

from server import Server


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True)
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=150, help="seconds for the command")
    parser.add_argument("command", nargs="+")
    args = parser.parse_args()
    with Server(args.server, args.cores) as server:
        environment = dict(os.environ, FRESHET_PORT=str(server.port),
                           FRESHET_SOCKET=server.socket_path,
                           FRESHET_EXTRAS="1" if args.cores else "0")
        code = subprocess.run(args.command, env=environment, timeout=args.timeout).returncode
        if code != 0:
            print("the server's log:\n" + server.log(), file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
