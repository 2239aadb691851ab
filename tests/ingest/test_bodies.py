import gzip
import time

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from martlet.errors import MartletError, RequestError, TooLargeError
from martlet.ingest.bodies import UNREAD, decode_body, split_events

TEXT = b'{"a": 1}\n' * 1000
LIMIT = 100_000


def zstd(body: bytes, *, has_size: bool = True) -> bytes:
    return zstandard.ZstdCompressor(write_content_size=has_size).compress(body)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (None, TEXT),
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT, mtime=0)),
        (" GZip ", gzip.compress(TEXT, mtime=0)),
        ("x-gzip", gzip.compress(TEXT, mtime=0)),
        (
            "gzip",
            gzip.compress(TEXT[:90], mtime=0)
            + gzip.compress(b"", mtime=0)
            + gzip.compress(TEXT[90:], mtime=0),
        ),
        ("zstd", zstd(TEXT)),
        ("zstd", zstd(TEXT, has_size=False)),
        ("zstd", zstd(TEXT[:90]) + zstd(b"") + zstd(TEXT[90:], has_size=False)),
    ],
)
def test_encodings(encoding: str | None, body: bytes) -> None:
    assert decode_body(body, encoding=encoding, max_decoded_bytes=LIMIT) == TEXT


@pytest.mark.parametrize("encoding", ["identity", "gzip", "zstd"])
def test_an_empty_body_stays_empty(encoding: str) -> None:
    assert decode_body(b"", encoding=encoding, max_decoded_bytes=LIMIT) == b""


@pytest.mark.parametrize(
    ("encoding", "body", "message"),
    [
        ("br", b"", "Unknown Content-Encoding 'br'"),
        ("gzip, zstd", b"", "Unknown Content-Encoding 'gzip, zstd'"),
        ("gzip", TEXT, "The body is not valid gzip: Error -3"),
        (
            "gzip",
            gzip.compress(TEXT, mtime=0)[:-1],
            "The body is not valid gzip: it ends too early",
        ),
        ("gzip", gzip.compress(TEXT, mtime=0) + b"x", "The body is not valid gzip"),
        ("zstd", TEXT, "The body is not valid zstd"),
        ("zstd", zstd(TEXT)[:-1], "The body is not valid zstd: it ends too early"),
    ],
)
def test_what_cannot_be_decoded(encoding: str, body: bytes, message: str) -> None:
    with pytest.raises(RequestError, match="^" + message) as raised:
        decode_body(body, encoding=encoding, max_decoded_bytes=LIMIT)
    assert raised.value.status == 400


@pytest.mark.parametrize("has_size", [True, False])
@pytest.mark.parametrize("encoding", ["identity", "gzip", "zstd"])
def test_a_bomb_stops_at_the_limit(encoding: str, has_size: bool) -> None:
    bomb = bytes(100_000_000)
    body = {"identity": bomb, "gzip": gzip.compress(bomb, 1, mtime=0),
            "zstd": zstd(bomb, has_size=has_size)}[encoding]  # fmt: skip
    del bomb
    started = time.thread_time()
    with pytest.raises(TooLargeError, match="larger than 100000 bytes when decoded"):
        decode_body(body, encoding=encoding, max_decoded_bytes=LIMIT)
    assert time.thread_time() - started < 1


def test_the_limit_itself_is_allowed() -> None:
    body = gzip.compress(bytes(LIMIT))
    assert len(decode_body(body, encoding="gzip", max_decoded_bytes=LIMIT)) == LIMIT


@given(st.sampled_from(["gzip", "zstd"]), st.binary(max_size=300), st.integers(0, 400))
def test_any_bytes_decode_or_are_refused(encoding: str, noise: bytes, cut: int) -> None:
    good = gzip.compress(TEXT, mtime=0) if encoding == "gzip" else zstd(TEXT)
    for body in (noise, good[:cut] + noise):
        try:
            decode_body(body, encoding=encoding, max_decoded_bytes=LIMIT)
        except MartletError as error:
            assert error.status in (400, 413)  # noqa: PT017


def split(body: bytes, format: str = "ndjson") -> list[tuple[str, object]]:
    return [
        (text.decode().strip(), "?" if value is UNREAD else value)
        for events in split_events(body, format=format)
        for text, value in zip(events.texts, events.values, strict=True)
    ]


A, B = ('{"a": 1}', {"a": 1}), ('{"b": 2}', {"b": 2})
PRETTY = '{\n  "a": [\n    1\n  ]\n}'


@pytest.mark.parametrize(
    ("body", "events"),
    [
        (b'{"a": 1}', [A]),
        (b'{"a": 1}\n{"b": 2}\n', [A, B]),
        (b'\xef\xbb\xbf{"a": 1}\r\n{"b": 2}\r\n', [A, B]),
        (b'\n\n{"a": 1}\n \t \r\n\n{"b": 2}\n\n', [A, B]),
        (b'{"a": 1}\nbroken\n{"b": 2}', [A, ("broken", "?"), B]),
        (b'{"a": 1\n{"b": 2}', [('{"a": 1', "?"), B]),
        (b'{"a": 1}{"b": 2}', [('{"a": 1}{"b": 2}', "?")]),
        (b'{"a": 1},{"b": 2}', [('{"a": 1},{"b": 2}', "?")]),
        (b'{"a": 1},\n{"b": 2}', [('{"a": 1},', "?"), B]),
        (b"1\nnull\n[2]", [("1", 1), ("null", None), ("[2]", [2])]),
        (b'{"a": NaN}', [('{"a": NaN}', "?")]),
        (PRETTY.encode(), [(PRETTY, {"a": [1]})]),
        (f"\n{PRETTY}\r\n{PRETTY}\n".encode(), [(PRETTY, {"a": [1]})] * 2),
        (f'{{"a": 1}}\n{PRETTY}\nx\n{{"b": 2}}'.encode(), [A, (PRETTY, {"a": [1]}), ("x", "?"), B]),
        ('{\n"é": "ü"\n}\n{"a": 1}'.encode(), [('{\n"é": "ü"\n}', {"é": "ü"}), A]),
        (f"{PRETTY} x".encode(), [("{", "?"), ('"a": [', "?"), ("1", 1), ("]", "?"), ("} x", "?")]),
        (b'[{"a": 1},{"b": 2}]', [A, B]),
        (b' [\n{"a": 1} ,\n {"b": 2}\n]\n', [A, B]),
        (b'[{"a": 1}, 3, [4], {"a": "\\ud800"}]',
         [A, ("3", 3), ("[4]", [4]), ('{"a": "\\ud800"}', "?")]),
        (b" [ ]\n", []),
        (b'[]\n{"a": 1}', [("[]", []), A]),
        (b'[{"a": 1}]\n[{"b": 2}]', [('[{"a": 1}]', [{"a": 1}]), ('[{"b": 2}]', [{"b": 2}])]),
        (b'[{"a": 1}', [('[{"a": 1}', "?")]),
        (b'[{"a": 1},]', [('[{"a": 1},]', "?")]),
    ],
)  # fmt: skip
def test_ndjson(body: bytes, events: list[tuple[str, object]]) -> None:
    assert split(body) == events


@pytest.mark.parametrize(
    ("body", "events"),
    [
        (b'{"a": 1}', [A]),
        (PRETTY.encode(), [(PRETTY, {"a": [1]})]),
        (b'\xef\xbb\xbf [ {"a": 1},\n{"b": 2} ] ', [A, B]),
        (b"[]", []),
        (b"3", [("3", 3)]),
        (b'{"a": "\\ud800"}', [('{"a": "\\ud800"}', "?")]),
    ],
)
def test_json(body: bytes, events: list[tuple[str, object]]) -> None:
    assert split(body, "json") == events


@pytest.mark.parametrize(
    ("body", "format", "message"),
    [
        (b"", "ndjson", "The body is empty"),
        (b" \r\n\t", "json", "The body is empty"),
        (b"\xef\xbb\xbf", "ndjson", "The body is empty"),
        (b"{}", "csv", "Unknown format 'csv'"),
        (b'{"a": 1\n', "json", "The body is not JSON: Expecting ',' delimiter: line 2 column 1"),
        (b"{}\n{}", "json", "The body is not JSON: more follows the document at line 1"),
        (b'{"a": NaN}', "json", "The body is not JSON: NaN is not JSON"),
        (b"[" * 100_000, "json", "The body is not JSON: nested too deeply"),
    ],
)
def test_bodies_at_fault_as_a_whole(body: bytes, format: str, message: str) -> None:
    with pytest.raises(RequestError, match="^" + message) as raised:
        split(body, format)
    assert raised.value.status == 400


def test_a_large_body_comes_in_parts() -> None:
    lines = [b'{"a": %d}' % number for number in range(100_000)]
    for body in (b"\n".join(lines), b"[" + b",".join(lines) + b"]", b"x\n" + b"\n".join(lines)):
        parts = list(split_events(body))
        assert len(parts) > 1
        texts = [text for part in parts for text in part.texts]
        assert texts[-len(lines) :] == lines


@pytest.mark.parametrize("line", [b"[1,\n", b"[\n", b'{"a":\n', b"{\n", b'["\n', b"x\n"])
def test_broken_lines_take_linear_time(line: bytes) -> None:
    body = line * (400_000 // len(line))
    started = time.thread_time()
    assert sum(len(part.texts) for part in split_events(body)) == body.count(b"\n")
    assert time.thread_time() - started < 4
