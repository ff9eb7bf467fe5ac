"""The servers that are measured, each a process of its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from portal.processes import tie
from tests.bench.stores import cpu_of

NGINX = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 100000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{ add_header Cache-Control "private, no-store"; return 302 /apply/night-nurse-leeds; }}
  }}
}}
"""


@dataclass
class Server:
    port: int
    process: subprocess.Popen[bytes]

    def cpu(self) -> float:
        """Seconds that it and its children have used."""
        return cpu_of(self.process.pid)


@contextmanager
def application(target: str, workers: int = 1) -> Iterator[Server]:
    """`target` (``module:factory``) on the server, and with the options, of `portal serve`."""
    port = _free_port()
    with _running([sys.executable, "-m", "tests.bench.serve", target, str(port), str(workers)], port) as server:
        yield server


@contextmanager
def nginx() -> Iterator[Server]:
    port = _free_port()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "nginx.conf"
        config.write_text(NGINX.format(folder=folder, port=port))
        found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
        with _running([str(found), "-c", str(config), "-e", f"{folder}/error.log"], port) as server:
            yield server


@contextmanager
def _running(command: Sequence[str], port: int) -> Iterator[Server]:
    process = subprocess.Popen(command, preexec_fn=tie(signal.SIGTERM))  # noqa: PLW1509 - two system calls, no lock taken
    try:
        _wait_until_open(port)
        yield Server(port, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_open(port: int) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("a server did not open its port")
