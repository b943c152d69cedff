"""A Freshet server process for a script: free port, own directory, stopped with SIGTERM.

With cores=0 the program is taken to be redis-server, which knows no --cores.
"""

import os
import signal
import socket
import subprocess
import tempfile
import time

PATIENCE_S = 30


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """Use as a context manager; leaving it checks that the server ends with code 0."""

    def __init__(self, program, cores, options=()):
        self.folder = tempfile.TemporaryDirectory(prefix="freshet-clients-")
        self.port = free_port()
        self.socket_path = os.path.join(self.folder.name, "s.sock")
        self.log_path = os.path.join(self.folder.name, "log")
        own = ["--cores", str(cores)] if cores else ["--save", ""]
        # The server runs in a folder of its own, where a relative path means another file.
        self.argv = [os.path.abspath(program), "--port", str(self.port), "--bind", "127.0.0.1",
                     "--unixsocket", self.socket_path, "--protected-mode", "no",
                     "--logfile", self.log_path, *own, *options]

    def __enter__(self):
        self.output = open(os.path.join(self.folder.name, "output"), "wb")
        self.process = subprocess.Popen(self.argv, cwd=self.folder.name, stdout=self.output,
                                        stderr=subprocess.STDOUT)
        deadline = time.monotonic() + PATIENCE_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise RuntimeError("the server does not start:\n" + self.log())
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = "none: it had to be killed"
        self.output.close()
        log = self.log()
        self.folder.cleanup()
        if code != 0:
            raise RuntimeError(f"the server ended with code {code}:\n{log}")

    def _answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return os.path.exists(self.socket_path)
        except OSError:
            return False

    def log(self):
        text = ""
        for path in (self.output.name, self.log_path):
            if os.path.exists(path):
                with open(path, errors="replace") as lines:
                    text += lines.read()
        return text
