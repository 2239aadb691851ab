"""`@tinybirdco/sdk`: its clients of the API, plain and typed."""

import pytest
from tests.clients.harness import ClientError, finished, operation
from tests.clients.project import EVENTS, VIEWS, WORKSPACE
from tests.server.process import TOKEN

CLIENT = "@tinybirdco/sdk"
FILES = {"datasources/imported.datasource": EVENTS}

CSV = (
    b'2025-05-01 10:00:00,/csv,"a, b",ES\n2025-05-02 10:00:00,/csv,c,US\n2025-05-03 10:00:00,/,d,\n'
)


@pytest.fixture(scope="module")
def sdk(node, server):
    node(
        """
        globalThis.sdk = await load("@tinybirdco/sdk");
        const { createTinybirdApi, createClient, Tinybird, defineDatasource, defineEndpoint, node, t, p, engine } = sdk;
        globalThis.api = createTinybirdApi({ baseUrl, token });
        globalThis.client = createClient({ baseUrl, token });
        const schema = {
          timestamp: t.dateTime(), pathname: t.string(), session_id: t.string(),
          country: t.string().lowCardinality().nullable(),
        };
        const pageViews = defineDatasource("page_views", {
          schema, engine: engine.mergeTree({ sortingKey: ["pathname", "timestamp"] }) });
        const imported = defineDatasource("imported", {
          schema, engine: engine.mergeTree({ sortingKey: ["pathname", "timestamp"] }) });
        const topPages = defineEndpoint("top_pages", {
          params: { country: p.string().optional(), limit: p.int32().optional(10) },
          nodes: [node({ name: "n", sql: "SELECT 1" })],
          output: { pathname: t.string(), views: t.uint64() } });
        globalThis.tinybird = new Tinybird({
          datasources: { pageViews, imported }, pipes: { topPages }, baseUrl, token, devMode: false });
        """,
        token=TOKEN, baseUrl=f"http://127.0.0.1:{server.port}",
    )  # fmt: skip
    server.post("page_views", *VIEWS)
    return node


@pytest.fixture(scope="module")
def done(sdk, server):
    """Start a job with the client and wait for its end."""

    def do(code: str, **values: object) -> None:
        job = sdk(f"return await {code}", **values)
        assert finished(server, job["job_id"])["status"] == "done"

    return do


def count(sql, where: str, table: str = "page_views") -> int:
    return sql(f"SELECT count() AS c FROM {table} WHERE {where}")[0]["c"]


@operation("`api.query(…)`")
def test_query(sdk):
    found = sdk("return await api.query('top_pages', { country: 'ES', limit: 1 })")
    assert found["data"] == [{"pathname": "/", "views": 1}]
    assert found["rows"] == 1
    with pytest.raises(ClientError, match="Error validating 'x' to type Int32"):
        sdk("return await api.query('top_pages', { limit: 'x' })")


@operation("`api.ingest(…)`, also with `maxRetries`")
def test_ingest(sdk, sql):
    code = """
        const row = { timestamp: "2025-07-01 10:00:00", pathname: "/sdk", session_id: "a", country: null };
        const other = { ...row, timestamp: "2025-07-02 10:00:00", session_id: "b" };
        return [await api.ingest("page_views", row), await api.ingest("page_views", other, { maxRetries: 3 })];
    """
    assert sdk(code) == [{"successful_rows": 1, "quarantined_rows": 0}] * 2
    found = sql("SELECT toString(timestamp) AS t, session_id FROM page_views WHERE pathname = '/sdk' ORDER BY 2")  # fmt: skip
    assert [(row["t"], row["session_id"]) for row in found] == [
        ("2025-07-01 10:00:00", "a"), ("2025-07-02 10:00:00", "b"),
    ]  # fmt: skip


@operation("`api.ingestBatch(…)`")
def test_ingest_batch(sdk, sql):
    code = "return await api.ingestBatch('page_views', rows)"
    rows = [{**view, "pathname": "/batch"} for view in VIEWS]
    assert sdk(code, rows=rows)["successful_rows"] == len(rows)
    assert count(sql, "pathname = '/batch'") == len(rows)


@operation("`api.sql(…)`")
def test_sql(sdk):
    found = sdk("return await api.sql('SELECT toUInt64(18446744073709551615) AS total')")
    assert found["meta"] == [{"name": "total", "type": "UInt64"}]
    assert found["data"] == [{"total": 18446744073709552000}]  # JavaScript's number of it
    with pytest.raises(ClientError, match="nothing_here"):
        sdk("return await api.sql('SELECT * FROM nothing_here')")


@operation("`api.request(…)`, `api.requestJson(…)`: any path, another token")
def test_request(sdk):
    code = """
        const response = await api.request("/v1/workspace");
        const other = await api.request("/v1/workspace", { token: "nobody's" });
        return [response.status, (await response.json()).name, other.status];
    """
    assert sdk(code) == [200, WORKSPACE, 403]


@operation("`api.appendDatasource(…, {url})`")
def test_append_from_a_url(done, sql, files):
    done("api.appendDatasource('imported', { url })", url=files("rows.csv", CSV))
    assert count(sql, "1", "imported") == 3


@operation("`api.appendDatasource(…, {file})`")
def test_append_of_a_file(sdk, sql, home):
    (home / "rows.ndjson").write_text(
        '{"timestamp": "2025-08-01 10:00:00", "pathname": "/file", "session_id": "f"}\n' * 2
    )
    sdk(
        "return await api.appendDatasource('imported', { file })",
        file=str(home / "rows.ndjson"),
    )
    assert count(sql, "pathname = '/file'", "imported") == 2


@operation("`tinybird.<data source>.append({url})`")
def test_typed_append(done, sql, files):
    done("tinybird.imported.append({ url })", url=files("rows.csv", CSV))
    assert count(sql, "pathname = '/csv'", "imported") == 4


@operation("`tinybird.<data source>.replace({url})`")
def test_replace(done, sql, files):
    done("tinybird.imported.replace({ url })", url=files("rows.csv", CSV))
    assert count(sql, "1", "imported") == 3


@operation("`api.deleteDatasource(…, {deleteCondition, dryRun})`")
def test_delete(sdk, done, sql):
    dry = sdk("return await api.deleteDatasource('imported', { deleteCondition: \"pathname = '/csv'\", dryRun: true })")  # fmt: skip
    assert dry["rows_to_be_deleted"] == 2
    assert count(sql, "1", "imported") == 3
    done("api.deleteDatasource('imported', { deleteCondition: \"pathname = '/csv'\" })")
    assert sql("SELECT session_id FROM imported") == [{"session_id": "d"}]


@operation("`tinybird.<data source>.delete({deleteCondition})`, `.truncate()`")
def test_typed_delete(sdk, done, sql):
    done("tinybird.imported.delete({ deleteCondition: \"session_id = 'x'\" })")
    assert count(sql, "1", "imported") == 1
    sdk("return await tinybird.imported.truncate()")
    assert count(sql, "1", "imported") == 0


@operation("`api.truncateDatasource(…)`")
def test_truncate(sdk, sql, server):
    server.post("imported", *VIEWS)
    sdk("return await api.truncateDatasource('imported')")
    assert count(sql, "1", "imported") == 0


@operation("`tinybird.<data source>.ingest({…})`, `tinybird.<pipe>.query({…})`")
def test_typed_client(sdk):
    code = """
        await tinybird.pageViews.ingest({
          timestamp: "2025-09-01 10:00:00", pathname: "/typed", session_id: "a", country: "XX" });
        return (await tinybird.topPages.query({ country: "XX" })).data;
    """
    assert sdk(code) == [{"pathname": "/typed", "views": 1}]


@operation("`client.tokens.createJWT({…})`: fixed parameters, filters, appending")
def test_jwt(sdk, server):
    code = """
        const expiresAt = new Date(Date.now() + 3600000);
        const user = async (...scopes) => {
          const made = await client.tokens.createJWT({ name: "user", expiresAt, scopes, limits: { rps: 10 } });
          return sdk.createTinybirdApi({ baseUrl, token: made.token });
        };
        const reader = await user({ type: "PIPES:READ", resource: "top_pages", fixed_params: { country: "FR" } });
        const other = await user(
          { type: "DATASOURCES:READ", resource: "page_views", filter: "country = 'US'" },
          { type: "DATASOURCES:APPEND", resource: "imported" });
        const row = { timestamp: "2025-01-01 00:00:00", pathname: "/", session_id: "j" };
        return [
          (await reader.query("top_pages", { country: "ES" })).data,
          (await other.sql("SELECT count() AS c FROM page_views")).data,
          await other.ingest("imported", row),
          await other.ingest("page_views", row).catch((error) => error.statusCode),
        ];
    """
    assert sdk(code, baseUrl=f"http://127.0.0.1:{server.port}") == [
        [{"pathname": "/batch", "views": 1}, {"pathname": "/docs", "views": 1}],
        [{"c": 2}],
        {"successful_rows": 1, "quarantined_rows": 0},
        403,
    ]
