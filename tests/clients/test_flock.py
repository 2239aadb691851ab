"""`@tinybirdco/flock.js`: the tracker of web sites, in a browser."""

import json

import pytest
from tests.clients.conftest import node_clients
from tests.clients.harness import operation
from tests.server.process import wait_until

CLIENT = "@tinybirdco/flock.js"

EVENTS = """\
TOKEN tracker APPEND

SCHEMA >
    `timestamp` DateTime `json:$.timestamp`,
    `session_id` Nullable(String) `json:$.session_id`,
    `action` LowCardinality(String) `json:$.action`,
    `version` LowCardinality(String) `json:$.version`,
    `payload` String `json:$.payload`,
    `tenant_id` String `json:$.tenant_id` DEFAULT '',
    `domain` String `json:$.domain` DEFAULT ''

ENGINE MergeTree
ENGINE_PARTITION_KEY toYYYYMM(timestamp)
ENGINE_SORTING_KEY tenant_id, domain, timestamp
"""
FILES = {
    "datasources/analytics_events.datasource": EVENTS,
    "datasources/other_events.datasource": EVENTS,
}


@pytest.fixture(scope="module")
def visit(browser, server):
    """Open a page with the tracker, whose script tag has some attributes; return the worker."""
    tokens = server.get("/v0/tokens").json()["tokens"]
    token = next(token["token"] for token in tokens if token["name"] == "tracker")
    host = f"http://127.0.0.1:{server.port}"
    browser(
        "site['/flock.js'] = ['text/javascript', script];",
        script=(node_clients() / "@tinybirdco" / "flock.js" / "dist" / "index.js").read_text(),
    )

    def visit(path: str, **attributes: str):
        given = {"data-host": host, "data-token": token, **attributes}
        tag = " ".join(f'{name}="{value}"' for name, value in given.items())
        page = f"<!doctype html><title>{path}</title><h1>Hello</h1><script src='/flock.js' {tag}></script>"
        browser(
            """
            site[path] = ["text/html", html];
            globalThis.page = await context.newPage();
            await page.goto(origin + path);
            """,
            path=path, html=page,
        )  # fmt: skip
        return browser

    return visit


@pytest.fixture(scope="module")
def events(sql):
    """Wait for a number of events and return them, with their payloads decoded."""

    def ask(where: str, count: int, table: str = "analytics_events") -> list[dict]:
        query = f"SELECT * FROM {table} WHERE {where} ORDER BY timestamp, payload"
        found = wait_until(lambda: len(rows := sql(query)) >= count and rows)
        assert len(found) == count
        return [{**row, "payload": json.loads(row["payload"])} for row in found]

    return ask


@operation("a page hit")
def test_page_hit(visit, events):
    visit("/first")
    (hit,) = events("action = 'page_hit' AND payload LIKE '%/first%'", 1)
    assert hit["payload"]["pathname"] == "/first"
    assert hit["payload"]["locale"] == "en-GB"
    assert hit["payload"]["location"] == "GB"


@operation("`history.pushState`: a page hit")
def test_route_of_an_app(visit, events):
    browser = visit("/app")
    events("payload LIKE '%/app%'", 1)  # it says where the page is by the time that it is sent
    browser("await page.evaluate(() => history.pushState({}, '', '/app/inner'));")
    events("payload LIKE '%/app/inner%'", 1)


@operation("`Tinybird.trackEvent(…)`")
def test_custom_event(visit, events):
    visit("/shop")(
        "await page.evaluate(() => Tinybird.trackEvent('add_to_cart', { partnumber: 'A1708 \"ë\"', quantity: 2 }));"
    )
    (event,) = events("action = 'add_to_cart'", 1)
    assert {name: event["payload"][name] for name in ("partnumber", "quantity")} == {
        "partnumber": 'A1708 "ë"', "quantity": 2,
    }  # fmt: skip


@operation("`data-datasource`, `tb_…`: another data source, values for all events")
def test_attributes(visit, events):
    visit("/shop", **{"data-datasource": "other_events", "tb_plan": "free"})
    (event,) = events("1", 1, "other_events")
    assert event["payload"]["plan"] == "free"


@operation("a session over several pages")
def test_sessions(visit, events):
    browser = visit("/one")
    events("payload LIKE '%/one%'", 1)
    browser("site['/two'] = site['/one']; await page.goto(origin + '/two');")
    events("payload LIKE '%/two%'", 1)
    found = events("payload LIKE '%/one%' OR payload LIKE '%/two%'", 2)
    assert len({event["session_id"] for event in found}) == 1
    assert len(found[0]["session_id"]) == 36


@operation("nothing that the browser refuses, nothing in the quarantine")
def test_no_failure(browser, sql):
    assert browser("return failures") == []
    assert sql("SELECT * FROM analytics_events_quarantine") == []
