"""Requests that are stored once, however often they are sent: what tells one from another."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from martlet.errors import IdempotencyError, RequestError

HEADER = "idempotency-key"
MAX_KEY_LENGTH = 255

# Of an answer that an earlier request had.
REPLAYED = "idempotency-replayed"


@dataclass(slots=True)
class Key:
    """The Idempotency-Key of a request, and what is told of the request with it.

    Attributes:
        name: digest of the key and of the data source, for which alone the key counts.
        digest: of what the request is: its body, and the parameters by which it is read.
        note: what its answer has besides counts; of a repetition, what the first one's had.
        is_replayed: whether the outcome is that of an earlier request.
        is_begun: whether an earlier request began to be stored, and nobody knows its end.
    """

    name: bytes
    digest: bytes
    note: bytes
    is_replayed: bool = False
    is_begun: bool = False

    def repeat(self, digest: bytes, note: bytes) -> None:
        """Become a repetition of an earlier request.

        Raises:
            IdempotencyError: it was another request, with the same key.
        """
        if digest != self.digest:
            raise IdempotencyError(
                "The Idempotency-Key was used before, for another request to this data source:"
                " nothing of this one was stored",
                hint="give each request a key of its own, and only its repetitions the same",
            )
        self.note, self.is_replayed = note, True


def read_key(
    headers: Mapping[str, str], datasource: str, body: bytes, *, form: object, note: bytes
) -> Key | None:
    """Return the key of a request, None if it has none.

    Args:
        headers: by lower-case name.
        datasource: that the rows are for.
        body: decoded, so that a repetition may be compressed in another way.
        form: by which the body is read; what has another text is another request.
        note: what the answer has besides counts.

    Raises:
        RequestError: it is no key, or there are several.
    """
    if HEADER not in headers:
        return None
    text = check_key(headers[HEADER])
    name = hashlib.blake2b(f"{datasource}\0{text}".encode(), digest_size=16)
    digest = hashlib.blake2b(body, digest_size=16)
    digest.update(f"\0{form!r}".encode())
    return Key(name.digest(), digest.digest(), note)


def check_key(sent: str) -> str:
    """Return the key that a header has.

    A header that is sent twice arrives as one with a comma, as RFC 9110 has it in 5.3: so no key
    has one, and the same key sent twice is one key.

    Raises:
        RequestError: it is no key, or there are several.
    """
    keys = {part.strip() for part in sent.split(",")}
    if len(keys) > 1:
        raise RequestError(
            "The Idempotency-Key has a comma, as if there were several headers with different keys"
        )
    key = keys.pop()
    if not key or len(key) > MAX_KEY_LENGTH or not (key.isascii() and key.isprintable()):
        raise RequestError(
            f"The Idempotency-Key must have 1 to {MAX_KEY_LENGTH} printable ASCII characters"
        )
    return key
