"""Starting: what is refused and how it reads, what is printed, what the options do."""

import json
import shutil
import socket
import stat
import subprocess

import pytest
from tests.server.conftest import EVENTS, write_files
from tests.server.process import TOKEN, run

from martlet.errors import EngineError
from martlet.server import bind

ENDPOINT = "NODE n\nSQL >\n    SELECT * FROM names\nTYPE endpoint\n"
NAMES = "SCHEMA >\n    name String `json:$.name`\n"


# What is refused


def test_a_taken_port(project):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ran = run("serve", project, "--port", str(port))
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert ran.stderr == (
        f"error: Port {port} on 127.0.0.1 is taken by another program\nhint: choose one with --port or MARTLET_PORT\n"
    )
    assert not (project / ".martlet").exists()


def test_a_port_is_ours_before_the_server_answers():
    with bind("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(EngineError, match=f"Port {port} on 127.0.0.1 is taken"):
            bind("127.0.0.1", port)


@pytest.mark.parametrize("options", [(), ("--fresh",)])
def test_a_data_folder_in_use(start_server, project, options):
    server = start_server(project)
    assert server.post("plain", {"id": "a"}).status == 202
    ran = run("serve", project, "--port", "0", *options)
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert ran.stderr == (
        f"error: The data folder {project}/.martlet/clickhouse is in use: another server runs on it\n"
        "hint: stop that one, or choose another folder with --data\n"
    )
    assert server.rows("plain_count") == [{"rows": 1, "ids": 1}]
    assert server.stop() == 0
    assert start_server(project).rows("plain_count") == [{"rows": 1, "ids": 1}]


def test_all_errors_of_a_project_and_nothing_started(project):
    write_files(
        project,
        {
            "datasources/bad_type.datasource": "SCHEMA >\n    a Strin `json:$.a`\n",
            "datasources/bad_key.datasource": NAMES + "\nENGINE_SORTING_KEY nope\n",
            "pipes/bad_table.pipe": "NODE n\nSQL >\n    SELECT 1 FROM nowhere\nTYPE endpoint\n",
            "pipes/bad_template.pipe": "NODE n\nSQL >\n    %\n    SELECT {{ Int8(a }}\nTYPE endpoint\n",
        },
    )
    ran = run("serve", project, "--port", "0")
    assert ran.returncode == 1
    assert ran.stdout == ""
    errors = [line for line in ran.stderr.splitlines() if line.startswith("error: ")]
    places = [line.removeprefix("error: ").split(": ")[0] for line in errors]
    assert [place.rpartition(":")[0] for place in places] == [
        "datasources/bad_key.datasource:4",
        "datasources/bad_type.datasource:2",
        "pipes/bad_table.pipe:3",
        "pipes/bad_template.pipe:4",
    ]
    assert all(place.rpartition(":")[2].isdigit() for place in places)
    assert "    2 |     a Strin `json:$.a`" in ran.stderr
    assert not (project / ".martlet").exists()


def test_a_start_that_fails_changes_nothing_stored(start_server, project):
    view = project / "pipes" / "copying.pipe"
    good = view.read_text()
    write_files(project, {"datasources/copies.datasource": EVENTS})
    server = start_server(project)
    assert server.post("viewed", {"id": "a"}).status == 202
    server.stop()
    view.write_text(good.replace("n FROM", "nofunction(n) AS n FROM"))
    ran = run("serve", project, "--port", "0")
    assert ran.returncode == 1
    assert "error: pipes/copying.pipe:3" in ran.stderr
    view.write_text(good)
    assert start_server(project).rows("copies_ids") == [{"id": "a", "times": 1}]


def test_a_folder_that_is_not_there(tmp_path):
    ran = run("serve", tmp_path / "nowhere", "--port", "0")
    assert ran.returncode == 1
    assert ran.stderr.startswith(f"error: Cannot read {tmp_path}/nowhere: No such file")
    assert "Traceback" not in ran.stderr
    assert not (tmp_path / "nowhere").exists()


def test_an_empty_folder(tmp_path):
    ran = run("dev", tmp_path, "--port", "0")
    assert ran.returncode == 1
    assert ran.stderr.startswith(f"error: No .datasource or .pipe file in {tmp_path}\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("port", ["65536", "-1", "x", "\u0661"])
def test_a_port_that_is_none(project, port):
    ran = run("serve", project, f"--port={port}")
    assert ran.returncode == 2
    assert f"argument --port: '{port}' is not a port (0 to 65535)" in ran.stderr


def test_an_address_that_is_not_ours(project):
    ran = run("serve", project, "--host", "192.0.2.1", "--port", "0")
    assert ran.returncode == 1
    assert ran.stderr.startswith("error: Cannot listen on 192.0.2.1:0: ")


# What is printed


def commands(server) -> list[str]:
    """Return the two commands of the start block, as a person would copy them."""
    text = server.out.text
    post = text.partition("# post an event\n")[2].partition("\n\n")[0]
    return [post, text.partition("# call an endpoint\n")[2].partition("\n\n")[0]]


def bash(command: str):
    if not shutil.which("curl"):
        pytest.skip("NO CURL ON THIS MACHINE: the printed commands were not tried")
    ran = subprocess.run(
        ["bash", "-c", command.replace("curl ", "curl -sS --max-time 10 ")],
        capture_output=True, text=True, timeout=20,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_the_printed_commands_work_as_they_are(start_server, tmp_path):
    row = {"name": """it's "quoted" \\ $HOME `id` é !x"""}
    root = write_files(
        tmp_path / "project",
        {
            "names.datasource": NAMES,
            "shown.pipe": ENDPOINT,
            "fixtures/names.ndjson": json.dumps(row, ensure_ascii=False) + "\n",
        },
    )
    server = start_server(root, command="dev", env={"MARTLET_ADMIN_TOKEN": "a+b &'c/d"})
    server.out.wait_for("# call an endpoint")
    server.out.wait_for("  curl .*json")
    post, call = commands(server)
    assert bash(post) == {"successful_rows": 1, "quarantined_rows": 0}
    assert bash(call)["data"] == [row, row]


def test_the_block_names_a_token_that_is_made_and_kept(start_server, tmp_path):
    root = write_files(tmp_path / "project", {"names.datasource": NAMES, "shown.pipe": ENDPOINT})
    server = start_server(root, env={"MARTLET_ADMIN_TOKEN": ""})
    token = server.out.wait_for(r"^  token  (\S+)$").group(1)
    tokens = root / ".martlet" / "tokens.json"
    server.out.wait_for(rf"\(the admin token, kept in {tokens}\)")
    server.out.wait_for("  curl .*json")
    post, call = commands(server)
    assert bash(post) == {"successful_rows": 1, "quarantined_rows": 0}
    assert bash(call)["data"] == [{"name": "text"}]

    assert stat.S_IMODE(tokens.stat().st_mode) == 0o600
    kept = sorted(each.name for each in tokens.parent.iterdir())
    assert kept == ["clickhouse", "incoming", "jobs.jsonl", "tokens.json"]
    answer = server.request("GET", "/tokens", token=None)
    assert answer.json()["workspace_admin_token"] == token
    assert server.request("GET", "/v0/pipes/shown.json", token="x").status == 403

    server.stop()
    again = start_server(root, env={"MARTLET_ADMIN_TOKEN": ""})
    assert again.out.wait_for(r"^  token  (\S+)$").group(1) == token


def test_each_type_of_column_has_a_sample_that_is_accepted(start_server, tmp_path):
    types = """
        Int8 UInt256 Float32 Decimal(9,2) Bool String FixedString(2) LowCardinality(String) UUID
        Date DateTime DateTime64(3) Enum8('a'=1,'b'=2) IPv4 IPv6 Array(Int8) Map(String,Int8)
        Nullable(Int8) LowCardinality(Nullable(String)) Tuple(Int8,String)
    """
    columns = [f"    c{i} {t} `json:$.a.c{i}`" for i, t in enumerate(types.split())]
    root = write_files(
        tmp_path / "project",
        {
            "every.datasource": "SCHEMA >\n" + ",\n".join(columns) + "\n",
            "n.pipe": "NODE n\nSQL >\n    SELECT 1 AS one\nTYPE endpoint\n",
        },
    )
    server = start_server(root)
    server.out.wait_for("  curl .*json")
    assert bash(commands(server)[0]) == {"successful_rows": 1, "quarantined_rows": 0}


# Options


def test_port_and_token_from_the_environment(start_server, project):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    env = {"MARTLET_PORT": str(port), "MARTLET_ADMIN_TOKEN": "mine"}
    server = start_server(project, port=None, env=env)
    assert server.port == port
    server.out.wait_for(r"\(the admin token, given in MARTLET_ADMIN_TOKEN\)")
    assert server.request("GET", "/v0/pipes/plain_ids.json", token="mine").status == 200
    assert server.request("GET", "/v0/pipes/plain_ids.json", token=TOKEN).status == 403
    assert "mine" not in (project / ".martlet" / "tokens.json").read_text()


def test_a_wrong_port_in_the_environment(project):
    ran = run("serve", project, env={"MARTLET_PORT": "http"})
    assert ran.returncode == 2
    assert "'http' is not a port (0 to 65535)" in ran.stderr
    assert run("--version", env={"MARTLET_PORT": "http"}).returncode == 0


def test_data_and_fresh(start_server, project, tmp_path):
    data = tmp_path / "elsewhere"
    server = start_server(project, "--data", str(data))
    assert server.post("plain", {"id": "a"}).status == 202
    assert not (project / ".martlet").exists()
    assert server.stop() == 0
    tokens = (data / "tokens.json").read_text()

    kept = start_server(project, "--data", str(data))
    assert kept.rows("plain_ids") == [{"id": "a", "times": 1}]
    kept.kill()  # and so the lock file of the data folder stays

    fresh = start_server(project, "--data", str(data), "--fresh")
    assert fresh.rows("plain_ids") == []
    assert (data / "tokens.json").read_text() == tokens


def test_a_host_of_the_sixth_version(start_server, project):
    if not socket.has_ipv6:
        pytest.skip("no IPv6 on this machine")
    server = start_server(project, "--host", "::1")
    server.out.wait_for(rf"^  url    http://\[::1\]:{server.port}$")
    with socket.create_connection(("::1", server.port), timeout=10) as connection:
        connection.sendall(b"GET /v0/health HTTP/1.0\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")


# Sample data


@pytest.mark.parametrize("command", ["dev", "serve"])
def test_dev_alone_fills_data_sources_and_only_empty_ones(start_server, project, command):
    write_files(
        project,
        {
            "fixtures/plain.ndjson": '{"id":"p"}\n{"id":"q"}\n{"id":3,"n":"x"}\n',
            "fixtures/viewed.ndjson": '{"id":"v"}\n',
        },
    )
    server = start_server(project)  # serve, whatever comes after
    assert server.rows("plain_ids") == []
    assert server.post("viewed", {"id": "mine"}).status == 202
    server.stop()

    expected = [{"id": "p", "times": 1}, {"id": "q", "times": 1}] if command == "dev" else []
    for _ in range(2):  # the second start finds the rows of the first
        server = start_server(project, command=command)
        assert sorted(server.rows("plain_ids"), key=str) == expected
        assert server.rows("viewed_ids") == [{"id": "mine", "times": 1}]
        assert server.rows("copies_ids") == [{"id": "mine", "times": 1}]
        server.stop()


def test_a_data_source_that_keeps_no_rows_is_filled_once(start_server, tmp_path):
    root = write_files(
        tmp_path / "project",
        {
            "events.datasource": NAMES + "\nENGINE Null\n",
            "kept.datasource": "SCHEMA >\n    name String\n",
            "keep.pipe": "NODE n\nSQL >\n    SELECT name FROM events\nTYPE materialized\nDATASOURCE kept\n",
            "shown.pipe": ENDPOINT.replace("names", "kept"),
            "fixtures/events.ndjson": '{"name":"a"}\n',
        },
    )
    for _ in range(2):
        server = start_server(root, command="dev")
        assert server.rows("shown") == [{"name": "a"}]
        server.stop()


FIXTURES = [
    ("csv", b'name\n"a, b"\nc\n', ["a, b", "c"], None),
    ("csv", b"a\nb\n", ["a", "b"], None),
    ("csv", b"\xef\xbb\xbfname\na\n", ["a"], None),
    ("csv", b"name\n\xff\n", [], "1 rows of {} are in "),
    ("csv", b"name\na,b,c\nd\n", ["d"], "1 rows of {} are in "),
    ("sql", b"SELECT 'q' AS name", ["q"], None),
    ("sql", b"SELECT nothing", [], "{} is not loaded: "),
    ("parquet", b"PAR1", [], None),
    ("ndjson", b'{"name":"a"}\n\nbroken\n[]\n', ["a"], "2 rows of {} are in "),
    ("ndjson", b"", [], None),
]  # fmt: skip


def test_kinds_of_fixtures(start_server, tmp_path):
    root = write_files(tmp_path / "project", {"fixtures/none": ""})
    for i, (kind, content, _, _) in enumerate(FIXTURES):
        endpoint = ENDPOINT.replace("names", f"names{i}")
        write_files(root, {f"names{i}.datasource": NAMES, f"shown{i}.pipe": endpoint})
        (root / "fixtures" / f"names{i}.{kind}").write_bytes(content)
    server = start_server(root, command="dev")
    for i, (kind, _, rows, warning) in enumerate(FIXTURES):
        assert sorted(row["name"] for row in server.rows(f"shown{i}")) == rows
        file = f"names{i}.{kind}"
        warnings = [line for line in server.err.lines if "warning" in line and file in line]
        assert len(warnings) == (0 if warning is None else 1)
        assert (warning or "").replace("{}", file) in "".join(warnings)
