"""Texts of valid `.pipe` and `.connection` files, with every form that Tinybird Forward takes."""

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

NAMES = ("n", "top_pages", "Node_2", "_x", "filtered", "endpoint", "total")
_WORDS = ("visits", "daily", "by country", "it's", 'a "quoted" word', "100%", "a > b", "{x}", "é")
_SPACES = st.sampled_from((" ", " ", " ", "  ", "\t"))
_INDENTS = st.sampled_from(("    ", "    ", "  ", "\t", " ", "      ", ""))
_CRON = ("0 * * * *", "*/15 * * * *", "5 4 * jan mon-fri", "0 0 1,15 * *", "@hourly", "@daily")
_SCHEDULES = ("@on-demand", *_CRON)

_SQL = (
    ("SELECT 1",),
    ("SELECT a, b", "FROM events", "WHERE a > 1 -- the rest", "ORDER BY a"),
    ("SELECT", "    a,", "      b", "", "FROM events"),
    ("-- a comment first", "SELECT 'a # b', \"c\", `d`", "# a line that is left out", "FROM t"),
    ("SELECT 'it''s', 100 % 7 AS r", "", "", "FROM numbers(3)"),
    ("WITH x AS (", "  SELECT '", "    two lines'", ")", "SELECT * FROM x"),
    ("SELECT $1, '${HOME}', '\\n', '\\''", "/* type", "endpoint */"),
)
_TEMPLATES = (
    ("SELECT {{Int32(n, 10)}} AS n",),
    ("SELECT {{String(name, 'x', description='A name', required=False)}}", "", "FROM t"),
    ("SELECT *", "FROM t", "{% if defined(a) %}", "  WHERE a = {{Int8(a)}}", "{% end %}"),
    ("SELECT 1", "{# a comment #}", "# a line that is left out", "LIMIT {{Int32(limit, 10)}}"),
    ("{% set x = 5 %}", "SELECT {{x}}", "{% for i in [1, 2] %}", ", {{i}}", "{% end %}"),
    ("SELECT {{columns('a,b', 'a')}} FROM t", "WHERE d > {{DateTime(d, '2020-01-01 00:00:00')}}"),
)


@st.composite
def _word(draw: DrawFn, word: str) -> str:
    """An instruction's word or a type, in some case."""
    return draw(st.sampled_from((word, word, word, word.lower(), word.capitalize())))


@st.composite
def _quoted(draw: DrawFn, value: str) -> str:
    """A value with or without quotes."""
    if any(char in value for char in "\"'#"):
        return value
    quote = draw(st.sampled_from(("", "", "", '"', "'")))
    return f"{quote}{value}{quote}"


@st.composite
def _line(draw: DrawFn, word: str, value: str) -> str:
    """An instruction of one line."""
    written = draw(_word(word)) + draw(_SPACES) + draw(_quoted(value))
    return draw(st.sampled_from(("", "", "", "", "  ", "\t"))) + written + draw(_ends())


def _ends() -> SearchStrategy[str]:
    return st.sampled_from(("", "", "", " ", "  # a comment", "\t# it's"))


@st.composite
def _block(draw: DrawFn, word: str, lines: tuple[str, ...]) -> str:
    """An instruction with a block of lines below it."""
    indent = draw(_INDENTS)
    odd = draw(st.sampled_from(("", "", "", "  ", "\t")))  # of all lines but the first
    shown = [f"{odd if i else ''}{indent}{line}" if line else "" for i, line in enumerate(lines)]
    opening = draw(_word(word)) + draw(_SPACES) + ">" + draw(st.sampled_from(("", "", " ", " # c")))
    before = draw(st.sampled_from(("", "", "\n")))
    return f"{opening}\n{before}" + "\n".join(shown)


@st.composite
def _description(draw: DrawFn) -> str:
    words = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=3).map(" ".join)
    if draw(st.booleans()):
        return draw(_word("DESCRIPTION")) + draw(_SPACES) + draw(words)
    lines = draw(st.lists(words | st.just(""), min_size=1, max_size=4).filter(lambda x: x[0]))
    return draw(_block("DESCRIPTION", tuple(lines)))


@st.composite
def _sql(draw: DrawFn) -> str:
    lines = draw(st.sampled_from(_SQL))
    if draw(st.booleans()):
        first, *others = draw(st.sampled_from(_TEMPLATES))
        lines = draw(
            st.sampled_from(
                (
                    ("%", first, *others),
                    ("%", first, *others),
                    (f"% {first}", *others),
                    (f"%{first}", *others),
                    ("%  ", "", first, *others),
                )
            )
        )
    return draw(_block("SQL", lines))


def _sink(draw: DrawFn) -> list[tuple[str, str]]:
    rows = [
        ("EXPORT_CONNECTION_NAME", "my_connection"),
        ("EXPORT_SCHEDULE", draw(st.sampled_from(_SCHEDULES))),
    ]
    if draw(st.booleans()):
        return [*rows, ("EXPORT_KAFKA_TOPIC", "my.topic")]
    return [
        *rows,
        ("EXPORT_BUCKET_URI", draw(st.sampled_from(("s3://bucket/a", "gs://b")))),
        ("EXPORT_FILE_TEMPLATE", draw(st.sampled_from(("{day}/f", "f_{8}", "a/b_c")))),
        *_some(draw, ("EXPORT_FORMAT", ("csv", "ndjson", "parquet"))),
        *_some(draw, ("EXPORT_COMPRESSION", ("none", "gz", "zstd"))),
        *_some(draw, ("EXPORT_WRITE_STRATEGY", ("new", "truncate"))),
        *_some(draw, ("EXPORT_STRATEGY", ("@new",))),
    ]


def _settings(draw: DrawFn, kind: str) -> list[tuple[str, str]]:
    """What a node of a type has: what it needs, and some of what it may have."""
    if kind == "materialized":
        return [("DATASOURCE", "target"), *_some(draw, ("DEPLOYMENT_METHOD", ("alter", "ALTER")))]
    if kind == "copy":
        mode = draw(st.sampled_from(("COPY_MODE", "MODE")))
        return [
            ("TARGET_DATASOURCE", "target"),
            *_some(draw, ("COPY_SCHEDULE", _SCHEDULES)),
            *_some(draw, (mode, ("append", "replace"))),
            *_some(draw, ("ON_DEMAND_COMPUTE", ("true", "false", "True", "1", "no"))),
        ]
    if kind == "sink":
        return _sink(draw)
    return []


def _some(draw: DrawFn, row: tuple[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    """A setting that may be left out."""
    return [(row[0], draw(st.sampled_from(row[1])))] if draw(st.booleans()) else []


@st.composite
def _node(draw: DrawFn, name: str, kind: str) -> list[str]:
    """The instructions of a node: NODE first, everything else in any order."""
    parts = [draw(_sql())]
    if draw(st.booleans()):
        parts.append(draw(_description()))
    rows = ([("TYPE", kind)] if kind else []) + _settings(draw, kind)
    parts += [draw(_line(*row)) for row in rows]
    if draw(st.booleans()):
        parts = draw(st.permutations(parts))
    return [draw(_line("NODE", name)), *parts]


@st.composite
def pipes(draw: DrawFn) -> str:
    """The text of a `.pipe` file."""
    head = []
    if draw(st.booleans()):
        head.append(draw(_description()))
    tokens = st.lists(st.sampled_from(("app", "my app", "a-b", "t_1")), max_size=2, unique=True)
    head += [draw(_token(name)) for name in draw(tokens)]
    if draw(st.booleans()):
        head.append(draw(_line("TAGS", draw(st.sampled_from(("a", "a, b", "use case,x"))))))
    head = draw(st.permutations(head))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    kinds = ("", "standard", "endpoint", "materialized", "copy", "sink")
    typed, kind = draw(st.sampled_from(names)), draw(st.sampled_from(kinds))
    nodes = [draw(_node(name, kind if name == typed else "")) for name in names]
    return draw(_file([*head, *(part for node in nodes for part in node)]))


@st.composite
def _token(draw: DrawFn, name: str) -> str:
    quote = draw(st.sampled_from(('"', "'"))) if " " in name else draw(st.sampled_from(("", '"')))
    permission = draw(_word("READ"))
    return draw(_word("TOKEN")) + draw(_SPACES) + f"{quote}{name}{quote} {permission}"


@st.composite
def _file(draw: DrawFn, parts: list[str]) -> str:
    """Instructions as a file: blank lines and comments between them, some kind of line ends.

    Behind a block an indented line would be part of it, so there nothing is indented.
    """
    text = draw(st.sampled_from(("", "", "\n", "# a comment\n"))) + parts[0]
    for part, last in zip(parts[1:], parts, strict=False):
        is_block = ">" in last.split("\n")[0]
        text += draw(st.sampled_from(("\n", "\n", "\n", "\n\n", "\n# TYPE in a comment\n")))
        text += part.lstrip() if is_block else part
    text += draw(st.sampled_from(("\n", "\n", "", "\n\n")))
    return text.replace("\n", "\r\n") if draw(st.integers(0, 4)) == 0 else text


_SECRET = '{{ tb_secret("a_secret") }}'
_WITH_DEFAULT = '{{ tb_secret("no_secret", "a default") }}'
# Type -> settings it needs, and those it may have.
_CONNECTIONS: dict[str, tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]] = {
    "kafka": (
        (("KAFKA_BOOTSTRAP_SERVERS", "a.example.com:9092,b:9092"),),
        (
            ("KAFKA_KEY", _SECRET),
            ("KAFKA_SECRET", _WITH_DEFAULT),
            ("KAFKA_SECURITY_PROTOCOL", "SASL_SSL"),
            ("KAFKA_SASL_MECHANISM", "SCRAM-SHA-256"),
            ("KAFKA_SCHEMA_REGISTRY_URL", "https://u:p@example.com"),
        ),
    ),
    "s3": (
        (("S3_REGION", "eu-west-1"), ("S3_ARN", "arn:aws:iam::1:role/r")),
        (("S3_ACCESS_KEY", "k"), ("S3_SECRET", _SECRET)),
    ),
    "gcs": (
        (("GCS_HMAC_ACCESS_ID", "id"), ("GCS_HMAC_SECRET", _SECRET)),
        (("GCS_ACCESS_ID", "id"), ("GCS_SECRET", "s")),
    ),
    "dynamodb": ((("DYNAMODB_ARN", "arn:aws:x"), ("DYNAMODB_REGION", "us-east-1")), ()),
    "postgres": (
        (("PG_HOST", "db.example.com"), ("PG_DATABASE", "d"), ("PG_USER", "u")),
        (("PG_PORT", "5432"), ("PG_PASSWORD", _SECRET), ("PG_SSL_MODE", "require")),
    ),
}
_CERTIFICATE = ("-----BEGIN CERTIFICATE-----", "MIIB+/=", "", "-----END CERTIFICATE-----")


@st.composite
def connections(draw: DrawFn) -> str:
    """The text of a `.connection` file; it may use `a_secret`, and defaults of others."""
    kind = draw(st.sampled_from(tuple(_CONNECTIONS)))
    needed, others = _CONNECTIONS[kind]
    chosen = [row for row in others if draw(st.booleans())]
    parts = [draw(_line("TYPE", draw(_word(kind))))]
    parts += [draw(_setting(*row)) for row in (*needed, *chosen)]
    if draw(st.booleans()):
        parts.append(draw(_description()))
    if kind == "kafka" and draw(st.booleans()):
        parts.append(draw(_block("KAFKA_SSL_CA_PEM", _CERTIFICATE)))
    return draw(_file(draw(st.permutations(parts))))


@st.composite
def _setting(draw: DrawFn, word: str, value: str) -> str:
    if "{{" in value:
        return f"{draw(_word(word))} {value}"
    return draw(_line(word, value))
