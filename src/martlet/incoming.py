"""Bodies of requests on their way in: in memory, or in a file where an operation takes files."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import NamedTemporaryFile, gettempdir
from typing import IO, Any
from weakref import WeakKeyDictionary

from martlet.api.http import Request
from martlet.api.write import MAX_BODY_BYTES, body_too_large
from martlet.errors import EngineError

# What a request's body may have without being counted.
UNCOUNTED_BYTES = 64 * 1024

# Bodies of all requests under way, for what each has above `UNCOUNTED_BYTES`: in memory, in files.
MAX_BODIES_BYTES = 512 * 1024 * 1024
MAX_FILES_BYTES = 16 * 1024**3

# What is left to the rest of the server on the disk of these files.
_FREE_BYTES = 1024**3

# Pieces of a body are a socket's reads; they are written to its file in steps of this size.
_STEP = 1024 * 1024

Receive = Callable[[], Awaitable[dict[str, Any]]]
LargestBody = Callable[[Request], int]
"""Returns the size that a request's body may have; raises a MartletError where it may not come."""


class Bodies:
    """The bodies of the requests under way, bounded in memory and on disk."""

    def __init__(self, folder: Path | None, largest: LargestBody) -> None:
        """Begin with none.

        Args:
            folder: for large ones, else the system's own.
            largest: asked for a body that is not in memory: above `MAX_BODY_BYTES`.
        """
        self._folder = folder
        self._largest = largest
        self._in_memory = 0
        # Files that are closed are gone: a job may still have one when its request is answered.
        self._files: WeakKeyDictionary[IO[bytes], int] = WeakKeyDictionary()

    async def read(self, request: Request, receive: Receive) -> None:
        """Read the body of a request: into `body`, or into `file` where it is large.

        What it takes is counted until `leave`, also where this fails.

        Raises:
            TooLargeError: it is announced, or turns out, larger than it may be.
            EngineError: there are too many of them, or the file cannot be written.
            TokenError: it is large, and the token does not allow that.
            ConnectionError: the client left before the end.
        """
        announced = request.headers.get("content-length", "0")
        size, limit = 0, MAX_BODY_BYTES
        if announced.isdecimal() and int(announced) > limit:
            limit = self._limit(request, int(announced))
        pieces: list[bytes] = []
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ConnectionError
            piece = message.get("body", b"")
            size += len(piece)
            if size > limit:
                limit = self._limit(request, size)
            if request.file is None:
                self._grow(request, size)
            pieces.append(piece)
            more = message.get("more_body", False)
            if size > MAX_BODY_BYTES:
                pieces = await self._spill(request, pieces, is_last=not more)
        request.body = pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def leave(self, request: Request) -> None:
        """Count the body of a request no more, and remove its file unless somebody took it."""
        self._in_memory -= request.counted_bytes
        request.counted_bytes = 0
        if request.file is not None:
            request.file.close()
            request.file = None

    def _limit(self, request: Request, size: int) -> int:
        limit = self._largest(request)
        if size > limit:
            raise body_too_large(limit)
        return limit

    def _grow(self, request: Request, size: int) -> None:
        """Count a body in memory that has grown to a size."""
        counted = max(0, min(size, MAX_BODY_BYTES) - UNCOUNTED_BYTES)
        more = counted - request.counted_bytes
        if more and self._in_memory + more > MAX_BODIES_BYTES:
            raise EngineError("Too many large requests at a time: send the request again later")
        self._in_memory += more
        request.counted_bytes = counted

    async def _spill(self, request: Request, pieces: list[bytes], *, is_last: bool) -> list[bytes]:
        """Write pieces to the request's file once they are a step; return those that are not."""
        size = sum(map(len, pieces))
        if size < _STEP and not is_last:
            return pieces
        on_disk = sum(known for file, known in self._files.items() if not file.closed)
        if on_disk + size > MAX_FILES_BYTES:
            raise EngineError("Too many large files at a time: send the request again later")
        # In a thread: a disk that is behind would hold all other requests.
        loop = asyncio.get_running_loop()
        request.file = await loop.run_in_executor(
            None, _write, request.file, self._folder, pieces, is_last
        )
        self._files[request.file] = self._files.get(request.file, 0) + size
        self._in_memory -= request.counted_bytes
        request.counted_bytes = 0
        return []


def _write(
    file: IO[bytes] | None, folder: Path | None, pieces: list[bytes], is_last: bool
) -> IO[bytes]:
    try:
        if shutil.disk_usage(folder or gettempdir()).free < _FREE_BYTES:
            raise EngineError("The disk is nearly full: no large file is taken")
        file = file or NamedTemporaryFile(dir=folder, prefix="martlet-")  # noqa: SIM115  the request's
        file.writelines(pieces)
        if is_last:
            file.flush()
    except OSError as error:
        raise EngineError(f"The rows cannot be put into a file: {error.strerror}") from error
    return file
