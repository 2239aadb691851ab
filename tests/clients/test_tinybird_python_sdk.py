"""`tinybird-python-sdk`: buffered events, any request, log handlers."""

import pytest
from tests.clients.harness import ClientError, finished, operation
from tests.clients.project import VIEWS
from tests.server.process import TOKEN, wait_until

CLIENT = "tinybird-python-sdk"
LOGS = """\
SCHEMA >
    `name` String `json:$.name` DEFAULT '',
    `app_name` String `json:$.app_name` DEFAULT '',
    `level` String `json:$.level` DEFAULT '',
    `message` String `json:$.message` DEFAULT ''

ENGINE MergeTree
ENGINE_SORTING_KEY name
"""
FILES = {"datasources/tb_logs.datasource": LOGS, "datasources/other_logs.datasource": LOGS}


@pytest.fixture(scope="module")
def client(python, server):
    worker = python(CLIENT)
    given = {"token": TOKEN, "url": f"http://127.0.0.1:{server.port}", "views": VIEWS}
    worker("globals().update(given)", given=given)
    return worker


@operation("`with Datasource(…) as ds: ds << {…}`")
def test_datasource(client, sql):
    code = """
        from tb.datasource import Datasource
        with Datasource("page_views", token, api_url=url) as ds:
            for view in views:
                ds << view
    """
    client(code)
    assert sql("SELECT count() AS c, uniqExact(session_id) AS ids FROM page_views") == [
        {"c": len(VIEWS), "ids": len(VIEWS)}
    ]


@operation("`async with AsyncDatasource(…) as ds`: `await ds.append({…})`, `await ds.flush()`")
def test_async_datasource(client, sql):
    code = """
        from tb.a.datasource import AsyncDatasource
        async with AsyncDatasource("page_views", token, api_url=url) as ds:
            for view in views:
                await ds.append({**view, "pathname": "/async"})
            await ds.flush()
    """
    client(code)
    assert sql("SELECT count() AS c FROM page_views WHERE pathname = '/async'") == [
        {"c": len(VIEWS)}
    ]


@operation(
    "`async with AsyncDatasource(…) as ds: await ds << {…}`",
    why_not="the client cannot do what its README shows: to Python this is `(await ds) << {…}`, a TypeError",
)
def test_async_datasource_as_its_readme_has_it(client):
    code = """
        from tb.a.datasource import AsyncDatasource
        async with AsyncDatasource("page_views", token, api_url=url) as ds:
            await ds << views[0]
    """
    with pytest.raises(ClientError, match="can't be used in 'await' expression"):
        client(code)


@operation("`await AsyncAPI(…).post('datasources', params={'mode': 'append', 'url': …})`")
def test_async_api_appends_from_a_url(client, sql, files, server):
    address = files("views.ndjson", b'{"timestamp": "2025-01-01 00:00:00", "pathname": "/url", "session_id": "a"}\n' * 3)  # fmt: skip
    code = """
        from tb.a.api import AsyncAPI
        async with AsyncAPI(token, url) as api:
            answer = await api.post("datasources", params={
                "name": "page_views", "mode": "append", "format": "ndjson", "url": address})
            return await answer.json()
    """
    job = client(code, address=address)
    assert finished(server, job["job_id"])["status"] == "done"
    assert sql("SELECT count() AS c FROM page_views WHERE pathname = '/url'") == [{"c": 3}]


@operation("`AsyncAPI(…).get(…)`, `API(…).get(…)` of a pipe")
def test_get(client, sql):
    code = """
        from tb.api import API
        from tb.a.api import AsyncAPI
        path, params = "pipes/top_pages.json", {"country": "FR"}
        async with AsyncAPI(token, url) as api:
            found = await (await api.get(path, params=params)).json()
        return [found["data"], API(token, url).get(path, params=params).json()["data"]]
    """
    rows = [{"pathname": "/async", "views": 1}, {"pathname": "/docs", "views": 1}]
    assert client(code) == [rows, rows]


@operation("`API(…).send(…)`, `.post(…)`: SQL, events")
def test_post(client, sql):
    code = """
        from tb.api import API
        api = API(token, url)
        event = '{"timestamp": "2025-01-01 00:00:00", "pathname": "/posted", "session_id": "a"}'
        return [
            api.post("events", params={"name": "page_views"}, data=event).json(),
            api.send("sql", data="SELECT 1 AS one FORMAT JSON").json()["data"],
        ]
    """
    assert client(code) == [{"successful_rows": 1, "quarantined_rows": 0}, [{"one": 1}]]
    assert sql("SELECT count() AS c FROM page_views WHERE pathname = '/posted'") == [{"c": 1}]


@operation("`TinybirdLoggingHandler`")
def test_logging(client, sql):
    code = """
        import logging
        from tb.logger import TinybirdLoggingHandler
        logger = logging.getLogger("direct")
        logger.addHandler(TinybirdLoggingHandler(
            tinybird_api_url=url, tinybird_admin_token=token, app_name="the-app"))
        logger.warning("it is %s", "late")
    """
    client(code)
    assert sql("SELECT * FROM tb_logs WHERE name = 'direct'") == [
        {"name": "direct", "app_name": "the-app", "level": "30", "message": "it is late"}
    ]


@operation("`TinybirdLoggingQueueHandler`")
def test_logging_through_a_queue(client, sql):
    code = """
        import logging
        from multiprocessing import Queue
        from tb.logger import TinybirdLoggingQueueHandler
        logger = logging.getLogger("queued")
        logger.addHandler(TinybirdLoggingQueueHandler(
            Queue(-1), tinybird_api_url=url, tinybird_admin_token=token, app_name="the-app",
            ds_name="other_logs"))
        logger.error("broken")
    """
    client(code)
    found = wait_until(lambda: sql("SELECT * FROM other_logs"))
    assert found == [{"name": "queued", "app_name": "the-app", "level": "40", "message": "broken"}]
