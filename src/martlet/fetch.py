"""Files at URLs, fetched within bounds, and never from addresses that only this machine sees."""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from time import monotonic
from typing import IO
from urllib.parse import SplitResult, urljoin, urlsplit

from martlet.errors import NotAvailableError, RequestError, TooLargeError

MAX_FILE_BYTES = 5 * 1024**3
MAX_REDIRECTS = 5
CONNECT_TIMEOUT_S = 10.0
# Between two pieces of the file, and for all of it.
READ_TIMEOUT_S = 30.0
FETCH_TIMEOUT_S = 3600.0

_STEP = 256 * 1024
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_ELSEWHERE = ("s3", "gs", "gcs", "abfs", "abfss", "az", "hdfs", "ftp", "file")

# Prefixes with which IPv6 carries IPv4 addresses, which routers or the system take out again.
_CARRIERS = tuple(map(ipaddress.ip_network, ("::/96", "64:ff9b::/96", "64:ff9b:1::/48")))

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def check_url(url: str) -> SplitResult:
    """Return the parts of a URL that can be fetched.

    Raises:
        RequestError: it is none.
        NotAvailableError: it is of a kind that is not fetched here.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise RequestError(f"The URL cannot be read: {error}") from error
    if parts.scheme.lower() in _ELSEWHERE:
        raise NotAvailableError(
            f"URLs with {parts.scheme.lower()}:// are not available: http and https are",
            hint="a presigned https URL of the file can be fetched",
        )
    if parts.scheme.lower() not in ("http", "https"):
        raise RequestError("The URL does not begin with http:// or https://")
    if not host or port == 0 or not url.isprintable() or " " in url.strip():
        raise RequestError("The URL has no host, or characters that a URL cannot have")
    if parts.username is not None or parts.password is not None:
        raise RequestError("The URL has a user or password: send a presigned URL instead")
    return parts


def fetch(
    url: str,
    file: IO[bytes],
    *,
    allow_private: bool,
    progress: Callable[[int, int | None], None],
    stopped_by: Callable[[Callable[[], None]], AbstractContextManager[None]],
    max_bytes: int = MAX_FILE_BYTES,
) -> int:
    """Write what is at a URL to a file and return its size.

    Args:
        url: http or https; redirects are followed.
        file: to write to.
        allow_private: whether the host may have an address that is not public.
        progress: told the bytes that are there, and how many there will be if that is known; what
            it raises ends the fetch.
        stopped_by: takes what ends a wait for the host, while it is waited for.
        max_bytes: of the file.

    Raises:
        RequestError: the URL cannot be read or fetched, or its host is not public.
        NotAvailableError: it is of a kind that is not fetched here.
        TooLargeError: the file is above the limit.
    """
    deadline = monotonic() + FETCH_TIMEOUT_S
    for _ in range(MAX_REDIRECTS + 1):
        parts = check_url(url)
        try:
            with _asked(parts, allow_private, stopped_by) as answer:
                if answer.status in _REDIRECTS and (location := answer.getheader("location")):
                    url = urljoin(url, location)
                    continue
                if answer.status != 200:
                    raise RequestError(f"{_place(parts)} answered {answer.status} {answer.reason}")
                return _save(answer, file, progress, deadline, max_bytes)
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            reason = str(error) or type(error).__name__
            raise RequestError(f"{_place(parts)} cannot be fetched: {reason}") from error
    raise RequestError(f"The URL leads to more than {MAX_REDIRECTS} redirects")


def _place(parts: SplitResult) -> str:
    """Return a URL for messages: without its query, where signatures are."""
    return f"{parts.scheme.lower()}://{parts.netloc}{parts.path}"[:300]


@contextmanager
def _asked(
    parts: SplitResult,
    allow_private: bool,
    stopped_by: Callable[[Callable[[], None]], AbstractContextManager[None]],
) -> Iterator[http.client.HTTPResponse]:
    host, is_secure = str(parts.hostname), parts.scheme.lower() == "https"
    port = parts.port or (443 if is_secure else 80)
    connection = http.client.HTTPConnection(host, port)
    try:
        # Connected here and not by name: the address that was checked is the one that is asked.
        sock = _connect(host, port, allow_private=allow_private)
        if is_secure:
            sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
        connection.sock = sock
        sock.settimeout(READ_TIMEOUT_S)
        path = parts.path or "/"
        connection.putrequest(
            "GET",
            f"{path}?{parts.query}" if parts.query else path,
            skip_host=True,
            skip_accept_encoding=True,
        )
        shown = f"[{host}]" if ":" in host else host
        connection.putheader("Host", shown if parts.port is None else f"{shown}:{parts.port}")
        connection.putheader("Accept", "*/*")
        connection.putheader("Accept-Encoding", "identity")
        connection.putheader("User-Agent", "martlet")
        connection.endheaders()

        def hang_up() -> None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

        with stopped_by(hang_up), closing(connection.getresponse()) as answer:
            yield answer
    finally:
        connection.close()


def _connect(host: str, port: int, *, allow_private: bool) -> socket.socket:
    """Return a connection to the first address of a host that answers, if all may be asked."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not allow_private:
        for text in addresses:
            if not is_public(ipaddress.ip_address(text)):
                raise RequestError(
                    f"The host '{host[:200]}' has an address that is not public: it is not asked",
                    hint="allow_private_urls in martlet.toml allows it",
                )
    failure: OSError | None = None
    for text in addresses:
        try:
            return socket.create_connection((text, port), timeout=CONNECT_TIMEOUT_S)
        except OSError as error:
            failure = error
    raise failure or OSError("it has no address")


def is_public(address: Address) -> bool:
    """Whether an address is one that everybody on the internet reaches."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None or any(address in carrier for carrier in _CARRIERS):
            return False
        if address.is_site_local or address.scope_id is not None:
            return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
    )


def _save(
    answer: http.client.HTTPResponse,
    file: IO[bytes],
    progress: Callable[[int, int | None], None],
    deadline: float,
    max_bytes: int,
) -> int:
    announced, size = answer.length, 0
    if announced is not None and announced > max_bytes:
        raise _too_large(max_bytes)
    # `read1` returns what there is: `read` would wait for a full step, however slowly it comes.
    while piece := answer.read1(_STEP):
        size += len(piece)
        if size > max_bytes:
            raise _too_large(max_bytes)
        if monotonic() > deadline:
            raise RequestError(f"The file was not there after {FETCH_TIMEOUT_S:.0f} s")
        file.write(piece)
        progress(size, announced)
    progress(size, announced)
    if announced is not None and size != announced:
        raise RequestError(f"The file ended after {size} of {announced} bytes")
    return size


def _too_large(max_bytes: int) -> TooLargeError:
    return TooLargeError(f"The file has more than {max_bytes} bytes, the limit of one import")
