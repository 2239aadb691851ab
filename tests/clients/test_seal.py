"""What holds the other tests here: a client that reaches for another host is found out."""

import sys

import pytest
from tests.clients import harness
from tests.clients.harness import Sealed, Worker, only_loopback, run_client

pytestmark = harness.needs_seal

REACHING = """
import socket, sys
for reach in sys.argv[1:]:
    try:
        socket.create_connection((reach, 443), timeout=5)
    except OSError as error:
        print(error)
"""


@pytest.mark.parametrize(
    ("host", "tried"),
    [
        ("api.tinybird.co", {"names": ["api.tinybird.co"], "addresses": 0}),
        ("192.0.2.1", {"names": [], "addresses": 1}),
        ("2001:db8::1", {"names": [], "addresses": 1}),
    ],
)
def test_another_host_is_out_of_reach_and_told(host, tried, server, capfd):
    process = Sealed([sys.executable, "-c", REACHING, host], server.port)
    assert process.close() == tried
    with pytest.raises(AssertionError, match="tried to reach"):
        run_client([sys.executable, "-c", REACHING, host], server.port, harness.HERE)


def test_what_a_client_leaves_behind_is_told_too(server, tmp_path):
    detached = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {REACHING!r}, 'example.com'], start_new_session=True)"
    process = Sealed([sys.executable, "-c", detached], server.port)
    assert process.close()["names"] == ["example.com"]


def test_the_server_is_in_reach_on_its_port_and_on_tinybird_locals(server, tmp_path):
    code = """
import sys, urllib.request
for port in sys.argv[1:]:
    print(urllib.request.urlopen(f"http://127.0.0.1:{port}/v0/health").status)
"""
    ports = [str(server.port), str(harness.LOCAL_PORT)]
    done = run_client([sys.executable, "-c", code, *ports], server.port, tmp_path)
    assert (done.returncode, done.stdout) == (0, "200\n200\n")


def test_what_a_worker_raises_is_said_and_it_goes_on(server, tmp_path):
    command = [sys.executable, harness.HERE / "python_worker.py"]
    with only_loopback(Worker(command, server.port, tmp_path)) as worker:
        with pytest.raises(harness.ClientError, match="ZeroDivisionError: division by zero"):
            worker("return 1 / 0")
        worker("global kept; kept = 2")
        assert worker("return kept + more", more=3) == 5
        with pytest.raises(harness.ClientError, match="is gone"):
            worker("import os; os._exit(3)")
