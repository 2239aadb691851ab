"""Small HTTP servers on loopback that speak AWS's JSON protocol, for what stands in for AWS."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol

AWS_JSON = "application/x-amz-json-1.1"


class DroppedError(Exception):
    """The connection ends without an answer, as after a time-out on the way."""


@dataclass
class Call:
    """One HTTP request.

    Attributes:
        headers: by lower-case name.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def operation(self) -> str:
        """The operation of an AWS JSON call: what stands behind the dot of `X-Amz-Target`."""
        return self.headers.get("x-amz-target", "").rpartition(".")[2]


@dataclass
class Reply:
    """One HTTP answer."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": AWS_JSON})

    @classmethod
    def json(cls, content: object, status: int = 200) -> "Reply":
        return cls(status, json.dumps(content).encode())

    @classmethod
    def error(cls, code: str, message: str, status: int = 400, **more: str) -> "Reply":
        """Return an error as AWS's JSON protocol has it."""
        reply = cls.json({"__type": code, "Message": message, "message": message, **more}, status)
        reply.headers["x-amzn-errortype"] = code
        return reply


class Service(Protocol):
    """What answers calls, of any number of threads."""

    def handle(self, call: Call) -> Reply: ...


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    service: Service

    def handle_error(self, request, client_address) -> None:
        pass  # a client that went away; what a service raises is answered with 500


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet
    disable_nagle_algorithm = True
    server: _Server

    def _answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = Call(self.command, self.path, headers, self.rfile.read(length))
        try:
            reply = self.server.service.handle(call)
        except DroppedError:
            self.close_connection = True
            return
        except Exception as error:  # noqa: BLE001  a test sees it as an error of AWS
            reply = Reply.error("InternalFailure", repr(error), 500)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _answer  # noqa: N815  the base class's names

    def log_message(self, format: str, *args: object) -> None:
        pass


def make_server(service: Service, port: int = 0) -> ThreadingHTTPServer:
    """Return a server on 127.0.0.1 that is not started; port 0 is any free one."""
    server = _Server(("127.0.0.1", port), _Handler)
    server.service = service
    return server


@contextmanager
def serving(service: Service, port: int = 0) -> Iterator[str]:
    """Serve in a thread and yield the address."""
    server = make_server(service, port)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
