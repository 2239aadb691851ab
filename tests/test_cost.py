"""The cost calculator: against AWS's own examples and arithmetic done by hand."""

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scripts import cost
from scripts.cost import GIB, MIB, MONTH_S, TIB, fixed_cost, ingest_cost, query_cost

from martlet.api.http import new_request_id
from martlet.aws.firehose import pack
from martlet.errors import Location
from martlet.ingest.lake import LakeCoder
from martlet.model import Column, Datasource
from martlet.types import parse_type

HIDDEN = cost.HIDDEN_BYTES
INFRA = Path(__file__).parent.parent / "src" / "martlet_infra"


def test_http_api_requests_are_cheaper_above_300_million():
    assert ingest_cost(1e9, per_request=1).parts["HTTP API"] == pytest.approx(300 + 630)


def test_a_request_over_512_kb_counts_twice():
    small = ingest_cost(1e6, per_request=1, event_bytes=512 * 1024).parts["HTTP API"]
    large = ingest_cost(1e6, per_request=1, event_bytes=512 * 1024 + 1).parts["HTTP API"]
    assert (small, large) == (pytest.approx(1), pytest.approx(2))


def test_lambda_is_paid_by_request_and_gb_second():
    month = query_cost(100_000 / MONTH_S, seconds=0.35, memory_mb=512)  # 17,500 GB-s
    assert month.parts["Lambda"] == pytest.approx(0.02 + 0.2333, abs=1e-4)


@pytest.mark.parametrize(("sent", "billed"), [(3, 5), (5, 5), (12, 15)])  # AWS's own examples
def test_firehose_counts_a_record_in_steps_of_5_kb(sent: int, billed: int):
    kb = 1024
    found = ingest_cost(GIB / (billed * kb), per_request=1, event_bytes=sent * kb - HIDDEN)
    assert found.parts["Firehose"] == pytest.approx(0.029 + 0.018)


def test_packing_a_hundred_small_events_costs_a_tenth_of_one_a_record():
    single, packed = (ingest_cost(1e9, per_request=n, event_bytes=512 - HIDDEN) for n in (1, 100))
    assert single.parts["Firehose"] == pytest.approx(10 * packed.parts["Firehose"])


def test_a_request_of_501_events_takes_a_second_record():
    events = 512 - HIDDEN  # ten of them, with what is added to each, are 5 KB
    one, two = (ingest_cost(n, per_request=n, event_bytes=events) for n in (500, 501))
    per_unit = (0.029 + 0.018) * 5 * 1024 / GIB
    assert one.parts["Firehose"] == pytest.approx(50 * per_unit)
    assert two.parts["Firehose"] == pytest.approx(51 * per_unit)


def test_records_hold_900_kb_at_most():
    large = ingest_cost(10, per_request=10, event_bytes=500_000)  # one a record
    per_unit = (0.029 + 0.018) * 5 * 1024 / GIB
    assert large.parts["Firehose"] == pytest.approx(10 * 98 * per_unit)


@pytest.mark.parametrize(
    ("scanned", "mib"), [(0, 10), (10 * MIB, 10), (10 * MIB + 1, 11), (TIB, MIB)]
)
def test_athena_counts_whole_megabytes_and_ten_at_least(scanned: float, mib: int):
    one = query_cost(1 / MONTH_S, scanned=scanned)
    assert one.parts["Athena"] == pytest.approx(5 * mib / MIB)


def test_s3_is_asked_twice_for_each_object_and_once_for_each_day():
    month = query_cost(1e6 / MONTH_S, objects=50, days=7)
    assert month.parts["S3 reads"] == pytest.approx(100 * 0.40 + 7 * 5.00)


def test_a_line_about_each_request_to_s3_is_kept_for_90_days():
    month = query_cost(1e6 / MONTH_S, objects=49)  # 98 reads, a list, two writes: 101 lines
    assert month.parts["S3 access logs"] == pytest.approx(101e6 * 600 / GIB * 0.023 * 2160 / 730)


@pytest.mark.parametrize(
    ("requests", "sent", "sources", "objects"),
    [
        (1e9, 0, 1, 43_800),  # one a minute
        (1e9, 0, 3, 131_400),
        (1000, 0, 1, 1000),  # fewer requests than minutes
        (1e9, 100_000 * 64 * MIB, 1, 100_000),  # buffers are full before the minute has passed
    ],
)
def test_firehose_writes_a_file_a_minute_or_when_64_mib_are_full(requests, sent, sources, objects):
    assert cost.objects_a_month(requests, sent, sources) == pytest.approx(objects)


@pytest.mark.parametrize("price", [ingest_cost, query_cost])
def test_only_tokens_with_a_limit_write(price):
    free, limited = price(1e6), price(1e6, limited=True)
    more = limited.parts["DynamoDB"] - free.parts["DynamoDB"]
    requests = 1e4 if price is ingest_cost else 1e6 * MONTH_S
    assert more == pytest.approx(requests / 1e6 * 0.625)


def test_what_nobody_uses_costs_its_fixed_parts_alone():
    assert ingest_cost(0).total == query_cost(0).total == 0
    assert fixed_cost(2).total == pytest.approx(0.40 + (12 + 2) * 0.10 + 15 * 0.30 + 3)


def test_each_event_is_stored_with_that_many_bytes_more():
    place = Location("d.datasource", 1)
    source = Datasource("d", place, (Column("v", parse_type("Int32"), place, "$.v"),))
    event = b'{"v":1}'
    body = b"\n".join([event] * 100)
    rows = LakeCoder(source).code(body, "ndjson", batch=new_request_id(), moment=10**18)
    more = [len(document) - len(event) for document in rows.documents]
    assert sum(more) / len(more) == pytest.approx(HIDDEN, abs=1)


@given(st.integers(1, 1200), st.integers(2, 3000))
@example(3, 900_001)
def test_firehose_is_paid_for_the_records_that_the_sink_makes(events: int, size: int):
    made = pack([b"x" * size] * events)
    billed = sum(-(-len(data) // 5120) * 5120 for data, _, _ in made)
    assert cost._firehose_bytes(events, size) == billed


@pytest.mark.parametrize(
    ("file", "name", "value"),
    [
        ("project.py", "_EVENTS_MEMORY_MB", cost.EVENTS_MEMORY_MB),
        ("project.py", "_QUERY_MEMORY_MB", cost.QUERY_MEMORY_MB),
        ("lake.py", "_BUFFER_MIB", cost.BUFFER_BYTES // MIB),
        ("lake.py", "_BUFFER_S", cost.BUFFER_S),
        ("storage.py", "_ACCESS_LOG_DAYS", cost.ACCESS_LOG_DAYS),
    ],
)
def test_the_deployment_is_as_it_is_calculated(file: str, name: str, value: int):
    text = (INFRA / file).read_text()  # not imported: the CDK takes seconds, and Node
    assert re.findall(rf"^{name} = (\d+)", text, re.M) == [str(value)]


@given(st.integers(1, 2000), st.integers(1, 20_000))
def test_more_events_a_request_never_cost_more_at_the_gateway(per_request: int, size: int):
    one, two = (ingest_cost(1e9, per_request=n, event_bytes=size) for n in (1, per_request))
    assert two.parts["HTTP API"] <= one.parts["HTTP API"] * (1 + 1e-9)
    assert two.parts["Firehose"] <= one.parts["Firehose"] * (1 + 1e-9)


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0.00"), (0.004, "<0.01"), (0.005, "0.01"), (99.994, "99.99"), (1234.5, "1,234")],
)
def test_amounts_are_rounded_for_reading(amount: float, text: str):
    assert cost.money(amount) == text


def test_the_command_prints_parts_and_their_sum(capsys):
    argv = "--events 100e6 --per-request 100 --queries-per-second 1 --scanned 10e6".split()
    assert cost.main(argv) == 0
    printed = capsys.readouterr().out
    total = ingest_cost(100e6).total + query_cost(1).total + fixed_cost(1).total
    assert printed.rstrip().endswith(cost.money(total))
    assert cost.READ_ON in printed


@pytest.mark.parametrize("option", ["--per-request", "--event-bytes", "--data-sources"])
def test_the_command_refuses_a_number_that_makes_no_sense(option: str, capsys):
    with pytest.raises(SystemExit):
        cost.main([option, "0"])
    assert "1 or more" in capsys.readouterr().err
