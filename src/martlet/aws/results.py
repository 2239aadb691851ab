"""Answers that are too large for Lambda: put on S3, and told where they are for a quarter hour.

Lambda's answer is 6 MB at most, as it is sent: text escaped as a JSON string, or Base64.
Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

import zlib
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from martlet.errors import EngineError

# Of the 6 MB, some are the answer's headers.
MAX_SENT_BYTES = 5_500_000
VALID_S = 15 * 60

_LEVEL = 4
_EXTENSIONS = {"application/json": "json", "application/x-ndjson": "ndjson", "text/csv": "csv"}

# Characters that take two bytes or six in a JSON string.
_ESCAPED = b'"\\\n\r\t'


def fits(body: bytes) -> bool:
    """Whether Lambda can send a text."""
    size = len(body)
    if size > MAX_SENT_BYTES or size * 2 <= MAX_SENT_BYTES:
        return size <= MAX_SENT_BYTES
    return size + sum(body.count(byte) for byte in _ESCAPED) <= MAX_SENT_BYTES


def compressed(body: bytes) -> bytes | None:
    """Return a body as gzip, None where Lambda cannot send even that."""
    compressor = zlib.compressobj(_LEVEL, wbits=31)
    made = compressor.compress(body) + compressor.flush()
    return made if len(made) * 4 // 3 <= MAX_SENT_BYTES else None


class LargeAnswers:
    """The results bucket, for answers of its own."""

    def __init__(self, s3: Any, bucket: str) -> None:  # noqa: ANN401  botocore makes its classes when asked
        self._s3, self._bucket = s3, bucket

    def put(self, body: bytes, media_type: str, request_id: str) -> str:
        """Put an answer on S3 and return a URL that is good for `VALID_S` seconds.

        Args:
            body: of any size.
            media_type: its Content-Type there too.
            request_id: names the object.

        Raises:
            EngineError: S3 does not take the answer.
        """
        extension = _EXTENSIONS.get(media_type.partition(";")[0], "bin")
        place = {"Bucket": self._bucket, "Key": f"answers/{request_id}.{extension}"}
        try:
            self._s3.put_object(**place, Body=body, ContentType=media_type)
            url: str = self._s3.generate_presigned_url(
                "get_object", Params=place, ExpiresIn=VALID_S
            )
        except (BotoCoreError, ClientError, HTTPClientError) as error:
            raise EngineError(
                "The result is too large for one answer, and cannot be stored"
            ) from error
        return url
