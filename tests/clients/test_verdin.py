"""`verdin`: queries, pipes, appended rows, and its clients of the single APIs."""

import base64

import pytest
from tests.clients.harness import ClientError, operation
from tests.clients.project import EVENTS, VIEWS
from tests.server.process import TOKEN

CLIENT = "verdin"
FILES = {
    # Tinybird Classic's way to have versions, which verdin keeps up: its names end in `__v0`.
    "datasources/versioned__v0.datasource": EVENTS,
}


@pytest.fixture(scope="module")
def verdin(python, server):
    worker = python(CLIENT)
    url = f"http://127.0.0.1:{server.port}"
    worker(
        """
        global tinybird, client
        from verdin import tinybird
        client = tinybird.Client(token, api=url)
        """,
        token=TOKEN, url=url,
    )  # fmt: skip
    server.post("page_views", *VIEWS)
    return worker


@operation("`client.sql(…).json()`")
def test_sql(verdin):
    code = """
        found = client.sql("SELECT pathname, country FROM page_views ORDER BY timestamp").json()
        return {"data": found.data, "meta": found.meta}
    """
    assert verdin(code) == {
        "meta": [
            {"name": "pathname", "type": "String"},
            {"name": "country", "type": "LowCardinality(Nullable(String))"},
        ],
        "data": [{key: view[key] for key in ("pathname", "country")} for view in VIEWS],
    }


@operation("`client.sql(…).get(format=OutputFormat.CSV)`")
def test_sql_as_csv(verdin):
    code = """
        query = client.sql("SELECT pathname, count() AS views FROM page_views GROUP BY 1 ORDER BY 1")
        return query.get(format=tinybird.OutputFormat.CSV).text
    """
    assert verdin(code) == '"/",3\n"/docs",1\n"/pricing",1\n'


@operation("`client.sql(…)` of an error")
def test_error_of_sql(verdin):
    with pytest.raises(ClientError, match="QueryError"):
        verdin("return client.sql('SELECT nothing FROM page_views').json().data")


@operation("`client.pipe(…).query({…})`")
def test_pipe(verdin):
    code = "return client.pipe('top_pages').query({'limit': '2', 'country': 'ES'}).data"
    assert verdin(code) == [{"pathname": "/", "views": 1}, {"pathname": "/pricing", "views": 1}]


@operation("`client.pipe(…).pages(…)`")
def test_pages_of_a_pipe(verdin):
    code = "return [page.data for page in client.pipe('top_pages').pages(page_size=2)]"
    assert verdin(code) == [
        [{"pathname": "/", "views": 3}, {"pathname": "/docs", "views": 1}],
        [{"pathname": "/pricing", "views": 1}],
    ]


@operation("`client.datasource(…, version=0).append([…])`")
def test_append_of_tuples(verdin, sql):
    code = """
        rows = [("2025-02-01 10:00:00", "/a", "x", "ES"), ("2025-02-02 10:00:00", "/b,'", "y", "")]
        return client.datasource("versioned", version=0).append(rows).status_code
    """
    assert verdin(code) == 200
    found = sql("SELECT pathname, session_id FROM versioned__v0 ORDER BY pathname")
    assert found == [{"pathname": "/a", "session_id": "x"}, {"pathname": "/b,'", "session_id": "y"}]


@operation("`client.datasource(…).append_ndjson([…])`")
def test_append_of_ndjson(verdin, sql):
    code = """
        rows = [{"timestamp": "2025-02-01 10:00:00", "pathname": "/nd", "session_id": "ë"}]
        return client.datasource("versioned", version=0).append_ndjson(rows).json()
    """
    assert verdin(code)["quarantine_rows"] == 0
    found = sql("SELECT session_id, country FROM versioned__v0 WHERE pathname = '/nd'")
    assert found == [{"session_id": "ë", "country": None}]


@operation("`client.datasource(…).send_events(records=[…])`")
def test_events(verdin, sql):
    code = """
        rows = [{"timestamp": "2025-03-01 10:00:00", "pathname": "/hfi", "session_id": "a"}] * 2
        return client.datasource("versioned", version=0).send_events(records=rows).json
    """
    assert verdin(code) == {"successful_rows": 2, "quarantined_rows": 0}
    assert sql("SELECT count() AS c FROM versioned__v0 WHERE pathname = '/hfi'") == [{"c": 2}]


@operation("`QueuingDatasourceAppender`")
def test_queue(verdin, sql):
    code = """
        from queue import Queue
        from threading import Thread
        from verdin.worker import QueuingDatasourceAppender
        records = Queue()
        for n in range(3):
            records.put((f"2025-04-0{n + 1} 10:00:00", "/queued", str(n), "PT"))
        destination = client.datasource("versioned", version=0)
        appender = QueuingDatasourceAppender(records, destination, min_interval=0)
        thread = Thread(target=appender.run)
        thread.start()
        appender.close()
        thread.join()
    """
    verdin(code)
    found = sql("SELECT session_id FROM versioned__v0 WHERE pathname = '/queued' ORDER BY 1")
    assert [row["session_id"] for row in found] == ["0", "1", "2"]


@operation("`client.api.datasources.list()`")
def test_api_datasources_list(verdin):
    code = "return [source['name'] for source in client.api.datasources.list().datasources]"
    assert verdin(code) == ["page_views", "versioned__v0"]


@operation("`client.api.datasources.get_information(…)`")
def test_api_datasources_information(verdin):
    code = "return client.api.datasources.get_information('page_views').info"
    found = verdin(code)
    assert found["name"] == "page_views"
    assert found["statistics"]["row_count"] == len(VIEWS)


@operation("`client.api.datasources.append(…)`: CSV, NDJSON, Parquet")
def test_api_datasources_append(verdin, sql, server):
    parquet = server.request(
        "POST", "/v0/sql", "SELECT timestamp, '/parquet' AS pathname, session_id, country FROM page_views FORMAT Parquet"
    ).body  # fmt: skip
    code = """
        import base64
        append = client.api.datasources.append
        answers = [
            append("versioned__v0", "2025-05-01 10:00:00;/csv;a;ES\\n", format="csv", dialect_delimiter=";"),
            append("versioned__v0", '{"timestamp": "2025-05-01 10:00:00", "pathname": "/json", "session_id": "b"}', format="ndjson"),
            append("versioned__v0", base64.b64decode(parquet), format="parquet"),
        ]
        return [(each.error, each.invalid_lines, each.quarantine_rows) for each in answers]
    """
    assert verdin(code, parquet=base64.b64encode(parquet).decode()) == [[None, 0, 0]] * 3
    found = sql(
        "SELECT pathname, count() AS c FROM versioned__v0 WHERE pathname IN ('/csv', '/json', '/parquet')"
        " GROUP BY 1 ORDER BY 1"
    )
    assert [(row["pathname"], row["c"]) for row in found] == [("/csv", 1), ("/json", 1), ("/parquet", len(VIEWS))]  # fmt: skip


@operation("`client.api.datasources.truncate(…)`")
def test_api_datasources_truncate(verdin, sql):
    verdin("client.api.datasources.truncate('versioned__v0')")
    assert sql("SELECT count() AS c FROM versioned__v0") == [{"c": 0}]


@operation("`client.api.events.send(…)`, also compressed")
def test_api_events(verdin, sql):
    code = """
        send = client.api.events.send
        row = {"timestamp": "2025-06-01 10:00:00", "pathname": "/sent", "session_id": "a"}
        plain = send("versioned__v0", records=[row, {"pathname": 1}], wait=True)
        packed = send("versioned__v0", records=[row], compress=True)
        return [(each.successful_rows, each.quarantined_rows) for each in (plain, packed)]
    """
    assert verdin(code) == [[1, 1], [1, 0]]
    assert sql("SELECT count() AS c FROM versioned__v0 WHERE pathname = '/sent'") == [{"c": 2}]


@operation("`client.api.pipes.list()`")
def test_api_pipes_list(verdin):
    assert verdin("return [pipe['name'] for pipe in client.api.pipes.list().pipes]") == [
        "top_pages"
    ]


@operation("`client.api.pipes.get_information(…)`")
def test_api_pipes_information(verdin):
    found = verdin("return client.api.pipes.get_information('top_pages').info")
    assert [node["name"] for node in found["nodes"]] == ["aggregated"]


@operation("`client.api.pipes.query(…, query='SELECT … FROM _')`: JSON, NDJSON, CSV")
def test_api_pipes_query(verdin):
    code = """
        ask = lambda format: client.api.pipes.query(
            "top_pages", parameters={"limit": "2"}, query="SELECT * FROM _ LIMIT 1", format=format)
        return [ask("json").data, ask("ndjson").data, ask("csv").text]
    """
    rows = [{"pathname": "/", "views": 3}]
    assert verdin(code) == [rows, rows, '"pathname","views"\n"/",3\n']


@operation("`client.api.query.query(…)`: with parameters of its template")
def test_api_query(verdin):
    code = """
        return client.api.query.query(
            "% SELECT count() AS c FROM page_views WHERE country = {{String(where)}}",
            parameters={"where": "ES"}, format="JSON").data
    """
    assert verdin(code) == [{"c": 2}]


@operation("`client.api.tokens.list()`, `.get_information(…)`")
def test_api_tokens(verdin):
    code = """
        tokens = client.api.tokens.list().tokens
        return [tokens[0]["name"], client.api.tokens.get_information(tokens[0]["id"]).info["name"]]
    """
    assert verdin(code) == ["workspace admin token"] * 2


@operation("`client.api.variables`: create, get, list, update, delete")
def test_api_variables(verdin):
    code = """
        variables = client.api.variables
        variables.create("key", "value")
        variables.update("key", "other")
        names = [variables.get("key").variable["name"], *(v["name"] for v in variables.list().variables)]
        variables.delete("key")
        return [names, len(variables.list().variables)]
    """
    assert verdin(code) == [["key", "key"], 0]
