"""Run a command where nothing but some ports of loopback can be reached, and tell what it tried.

`unshare -rnm python seal.py <ports> <channel> <report> -- <command>`: the network is a new and empty one, in which
`127.0.0.1` listens on these ports. The listening sockets are handed over the channel, an inherited Unix socket;
who has them accepts the command's connections outside. A name server on loopback knows no name and notes
which it was asked for. What was tried is in the report, as JSON, when the command is over.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

_SIOCSIFFLAGS = 0x8914
_UP_AND_RUNNING = 0x1 | 0x40
_MS_BIND = 0x1000
_PR_SET_CHILD_SUBREAPER = 36
_ORPHANS_S = 5
_NAME_ERROR = 0x8183  # the flags of an answer: there is no such name


def raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _UP_AND_RUNNING))


def use_our_name_server() -> None:
    """Put a file of ours in the place of resolv.conf, for this process and its children."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write("nameserver 127.0.0.1\noptions attempts:1 timeout:2\n")
        file.flush()
        Path(file.name).chmod(0o644)
        target = str(Path("/etc/resolv.conf").resolve()).encode()
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.mount(file.name.encode(), target, None, _MS_BIND, None):
            raise OSError(ctypes.get_errno(), "resolv.conf cannot be replaced")


def serve_names(asked: set[str]) -> None:
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))

    def answer() -> None:
        while True:
            query, client = server.recvfrom(4096)
            asked.add(name_in(query))
            question = query[12:]
            flags = struct.pack(">HHHHH", _NAME_ERROR, 1, 0, 0, 0)
            server.sendto(query[:2] + flags + question[: question.index(b"\0") + 5], client)

    threading.Thread(target=answer, daemon=True).start()


def name_in(query: bytes) -> str:
    labels, at = [], 12
    while length := query[at]:
        labels.append(query[at + 1 : at + 1 + length].decode("ascii", "replace"))
        at += 1 + length
    return ".".join(labels).lower()


def unreachable() -> int:
    """Return how often a packet had nowhere to go: addresses that were tried without a name."""
    count = 0
    lines = [line.split() for line in Path("/proc/net/snmp").read_text().splitlines()]
    for head, numbers in zip(lines[::2], lines[1::2], strict=True):
        if head[0] == "Ip:":
            count += int(numbers[head.index("OutNoRoutes")])
    for line in Path("/proc/net/snmp6").read_text().splitlines():
        if line.startswith("Ip6OutNoRoutes"):
            count += int(line.split()[1])
    return count


def adopt_orphans() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def wait_for_orphans() -> None:
    """Wait for what the command has left running, which may send something still; then end it."""

    def give_up(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(_ORPHANS_S)
    with contextlib.suppress(ChildProcessError, TimeoutError):
        while True:
            os.waitpid(-1, 0)
    signal.alarm(0)
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    for pid in children.read_text().split() if children.exists() else ():
        os.kill(int(pid), signal.SIGKILL)


def main() -> int:
    ports, channel, report = sys.argv[1].split(","), int(sys.argv[2]), Path(sys.argv[3])
    command = sys.argv[sys.argv.index("--") + 1 :]
    raise_loopback()
    if Path("/etc/resolv.conf").exists():
        use_our_name_server()
    asked: set[str] = set()
    serve_names(asked)
    listeners = [socket.create_server(("127.0.0.1", int(port)), backlog=128) for port in ports]
    with socket.socket(fileno=channel) as handed_over:
        socket.send_fds(handed_over, [b"L"], [listener.fileno() for listener in listeners])
    for listener in listeners:
        listener.close()
    adopt_orphans()
    before = unreachable()
    process = subprocess.Popen(command)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())  # then the report is written
    code = process.wait()
    wait_for_orphans()
    report.write_text(json.dumps({"names": sorted(asked), "addresses": unreachable() - before}))
    return code


if __name__ == "__main__":
    sys.exit(main())
