"""Files at URLs: what is fetched, what is too much, and who is never asked."""

import io
import ipaddress
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from martlet import fetch as module
from martlet.errors import MartletError, NotAvailableError, RequestError, TooLargeError
from martlet.fetch import check_url, fetch, is_public


class Web(BaseHTTPRequestHandler):
    """Answers by path."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/file":
            self.reply(200, b"id\n1\n")
        elif path == "/open-ended":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"x" * 1000)
        elif path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"x" * 10)
        elif path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
        elif path == "/host":
            self.reply(200, (self.headers["Host"] + " " + self.path).encode())
        else:
            self.reply(404, b"")

    def reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Web)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def unstopped(stop) -> Iterator[None]:
    yield


def get(url: str, *, allow_private: bool = True, **options) -> bytes:
    file = io.BytesIO()
    size = fetch(
        url, file, allow_private=allow_private, progress=lambda size, of: None,
        stopped_by=unstopped, **options,
    )  # fmt: skip
    assert size == len(file.getvalue())
    return file.getvalue()


def test_files_are_fetched_and_redirects_followed(web: str):
    assert get(f"{web}/file") == b"id\n1\n"
    assert get(f"{web}/to//to//file") == b"id\n1\n"
    assert get(f"{web}/host?a=1&b=%20") == f"{web[7:]} /host?a=1&b=%20".encode()
    assert get(web.replace("127.0.0.1", "localhost") + "/file") == b"id\n1\n"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/none", "answered 404"),
        ("/cut", "ended after 10 of 100 bytes"),
        ("/to/" * 6 + "/file", "more than 5 redirects"),
        ("/to/file:///etc/passwd", "URLs with file:// are not available"),
        ("/to/http://user@host/", "has a user or password"),
    ],
)
def test_what_is_no_file_is_said(web: str, path: str, said: str):
    with pytest.raises(MartletError, match=said):
        get(web + path)


@pytest.mark.parametrize("path", ["/file", "/open-ended"])
def test_a_file_above_the_limit(web: str, path: str):
    with pytest.raises(TooLargeError, match="more than 4 bytes"):
        get(web + path, max_bytes=4)


def test_a_query_is_in_no_message(web: str):
    with pytest.raises(RequestError) as raised:
        get(f"{web}/none?signature=secret")
    assert "secret" not in str(raised.value)


def test_nobody_there():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(RequestError, match=r"cannot be fetched: .*refused"):
            get(f"http://127.0.0.1:{taken.getsockname()[1]}/x")


@pytest.mark.parametrize(
    "url",
    ["s3://bucket/key", "gs://bucket/key", "file:///etc/passwd", "ftp://host/x"],
)
def test_kinds_that_are_not_fetched(url: str):
    with pytest.raises(NotAvailableError):
        check_url(url)


@pytest.mark.parametrize(
    "url",
    ["", "x", "http://", "//host/x", "http://user:secret@host/", "http://host:99999/", "http://[::1/",
     "http://host/a b", "http://host/\r\nX: y", "http://host:0/", "gopher://host/"],
)  # fmt: skip
def test_what_is_no_url(url: str):
    with pytest.raises(RequestError):
        check_url(url)


PRIVATE = """0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.1.2.3 169.254.169.254 172.16.0.1 192.0.0.1
192.168.1.1 198.18.0.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 :: ::1 fe80::1 fec0::1 fc00::1
fd00:ec2::254 ff02::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::1
2002:7f00:1:: 2002:a00:1:: 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::1 fe80::1%1""".split()


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_public(address: str):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "2002:101:101::"]
)
def test_addresses_that_are(address: str):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f000001", "127.1", "[::ffff:127.0.0.1]",
     "169.254.169.254", "0"],
)  # fmt: skip
def test_hosts_that_are_not_public_are_not_asked(web: str, host: str):
    port = web.rpartition(":")[2]
    with pytest.raises(RequestError, match="not public"):
        get(f"http://{host}:{port}/file", allow_private=False)


def test_a_redirect_to_one_is_not_followed(web: str, monkeypatch):
    """The first host counts as public, the one that it leads to does not."""
    port = int(web.rpartition(":")[2])
    look_up = socket.getaddrinfo

    def resolve(host: str, *arguments: object, **options: object):
        if host == "public.test":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("1.1.1.1", port))]
        return look_up(host, *arguments, **options)

    connect = socket.create_connection
    asked = []

    def connect_here(address, timeout):
        asked.append(address[0])
        return connect(("127.0.0.1", port), timeout=timeout)

    monkeypatch.setattr(module.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(module.socket, "create_connection", connect_here)
    assert get("http://public.test/file", allow_private=False) == b"id\n1\n"
    with pytest.raises(RequestError, match=r"'127\.0\.0\.1' has an address that is not public"):
        get(f"http://public.test/to/{web}/file", allow_private=False)
    assert asked == ["1.1.1.1", "1.1.1.1"]


def test_of_several_addresses_all_must_be_public(web: str, monkeypatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 80)) for a in ("1.1.1.1", "10.0.0.1")]
    monkeypatch.setattr(module.socket, "getaddrinfo", lambda *a, **o: found)
    with pytest.raises(RequestError, match="not public"):
        get("http://both.test/file", allow_private=False)
