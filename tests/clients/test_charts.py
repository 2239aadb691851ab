"""`@tinybirdco/charts`: charts of React, in a browser."""

import json

import pytest
from tests.clients import harness
from tests.clients.harness import operation
from tests.clients.project import VIEWS
from tests.server.process import TOKEN

CLIENT = "@tinybirdco/charts"

# The application: components by name, with properties from the page.
APP = """
import React from "react";
import { createRoot } from "react-dom/client";
import * as charts from "@tinybirdco/charts";
import { getInstanceByDom } from "echarts";

const Hooked = (props) => {
  const { data, meta, error, loading } = charts.useQuery(props);
  if (loading) return React.createElement("p", null, "loading");
  return React.createElement("pre", null, JSON.stringify({ data, meta, error }));
};
const components = { ...charts, Hooked };

window.show = (name, props, provider) => {
  const chart = React.createElement(components[name], { height: 300, width: 500, ...props });
  const whole = provider
    ? React.createElement(charts.ChartProvider, provider(React), chart) : chart;
  createRoot(document.getElementById("root")).render(whole);
};

// What is drawn: the option that ECharts was given, or the text where it draws nothing.
window.drawn = () => {
  const canvas = document.querySelector("[_echarts_instance_]");
  const option = canvas ? getInstanceByDom(canvas).getOption() : {};
  return { series: option.series?.map(({ type, data }) => ({ type, data })), text: document.getElementById("root").innerText };
};
"""
GIVEN = {"index": "pathname", "categories": ["views"]}


@pytest.fixture(scope="module")
def show(browser, server):
    """Open a page with a chart, and return what it shows once that has a text in it."""
    server.post("page_views", *VIEWS)
    browser(
        """
        const { build } = await load("esbuild");
        const made = await build({
          stdin: { contents: app, resolveDir: folder, loader: "jsx" }, bundle: true, write: false,
          format: "iife", define: { "process.env.NODE_ENV": '"production"' }, logLevel: "silent",
        });
        site["/app.js"] = ["text/javascript", made.outputFiles[0].text];
        site["/"] = ["text/html", "<!doctype html><meta charset=utf-8><div id=root></div><script src=/app.js></script>"];
        """,
        app=APP, folder=str(harness.HERE),
    )  # fmt: skip

    def show(name: str, until: str, *, provider: str = "null", **given: object) -> dict:
        return browser(
            """
            globalThis.page = await context.newPage();
            await page.goto(origin);
            await page.evaluate(
              ([name, given, provider]) => show(name, given, eval(provider)), [name, given, provider]);
            await page.waitForFunction(
              (until) => JSON.stringify(drawn()).includes(until), until, { timeout: 20000 })
              .catch(async () => { throw new Error(JSON.stringify(await page.evaluate(() => drawn()))) });
            return await page.evaluate(() => JSON.parse(JSON.stringify(drawn())));
            """,
            name=name, given=given, provider=provider, until=until,
        )  # fmt: skip

    return show


@pytest.fixture(scope="module")
def source(server) -> dict[str, object]:
    url = f"http://127.0.0.1:{server.port}/v0/pipes/top_pages.json"
    return {"endpoint": url, "token": TOKEN, **GIVEN}


@pytest.mark.parametrize("name", ["AreaChart", "BarChart", "LineChart"])
@operation("`<AreaChart>`, `<BarChart>`, `<LineChart>`: `endpoint`, `token`, `params`")
def test_charts(name, show, source):
    drawn = show(name, "/pricing", **source, params={"country": "ES"})
    kind = "bar" if name == "BarChart" else "line"
    assert drawn["series"] == [{"type": kind, "data": [["/", 1], ["/pricing", 1]]}]


@pytest.mark.parametrize("name", ["DonutChart", "PieChart"])
@operation("`<DonutChart>`, `<PieChart>`")
def test_pies(name, show, source):
    (series,) = show(name, "/pricing", **source)["series"]
    assert series["type"] == "pie"
    found = [(part["name"], part["value"]) for part in series["data"]]
    assert found == [("/", 3), ("/docs", 1), ("/pricing", 1)]


@operation("`<BarList>`")
def test_bar_list(show, source):
    text = show("BarList", "/pricing", **source)["text"]
    assert [word for word in text.split() if word[0] in "/31"] == ["/", "/docs", "/pricing", "3", "1", "1"]  # fmt: skip


@operation("`<Table>`")
def test_table(show, source):
    text = show("Table", "/pricing", **{**source, "categories": ["pathname", "views"]})["text"]
    assert [line.split() for line in text.splitlines() if line.startswith("/")] == [
        ["/", "3"], ["/docs", "1"], ["/pricing", "1"],
    ]  # fmt: skip


@operation("`<ChartProvider queryConfig={…}>`, a `fetcher` of its own")
def test_provider(show, source):
    provider = f"""(React) => ({{
      queryConfig: {{
        endpoint: {source["endpoint"]!r}, token: {source["token"]!r},
        fetcher: async (endpoint) => {{
          const answer = await (await fetch(endpoint)).json();
          return {{ ...answer, data: answer.data.map((row) => ({{ ...row, views: row.views * 100 }})) }};
        }},
      }},
    }})"""
    assert "300" in show("BarList", "300", provider=provider, **GIVEN)["text"]


@operation("`useQuery(…)`")
def test_hook(show, source):
    text = show("Hooked", "views", **source, params={"limit": 1})["text"]
    found = json.loads(text)
    assert found["data"] == [{"pathname": "/", "views": 3}]
    assert [column["name"] for column in found["meta"]] == ["pathname", "views"]


@operation("`useQuery(…)`: the error of an endpoint")
def test_error(show, source):
    text = show("Hooked", "Error validating", **source, params={"limit": "x"})["text"]
    assert "Error validating 'x' to type Int32" in json.loads(text)["error"]
