"""`tinybird-sdk`: its clients of the API, plain and typed."""

import pytest
from tests.clients.harness import ClientError, finished, operation
from tests.clients.project import EVENTS, VIEWS, WORKSPACE
from tests.clients.test_sdk_api import CSV, count
from tests.server.process import TOKEN

CLIENT = "tinybird-sdk"
FILES = {"datasources/imported.datasource": EVENTS}


@pytest.fixture(scope="module")
def sdk(python, server):
    worker = python(CLIENT)
    worker(
        """
        import tinybird_sdk
        from tinybird_sdk import Tinybird, create_client, create_tinybird_api
        from tinybird_sdk import define_datasource, define_endpoint, engine, node, p, t
        where = {"base_url": url, "token": token}
        schema = {
            "timestamp": t.date_time(), "pathname": t.string(), "session_id": t.string(),
            "country": t.string().low_cardinality().nullable(),
        }
        table = {"schema": schema, "engine": engine.merge_tree({"sorting_key": ["pathname", "timestamp"]})}
        top_pages = define_endpoint("top_pages", {
            "params": {"country": p.string().optional(), "limit": p.int32().optional(10)},
            "nodes": [node({"name": "n", "sql": "SELECT 1"})],
            "output": {"pathname": t.string(), "views": t.uint64()},
        })
        tinybird = Tinybird({
            "datasources": {name: define_datasource(name, table) for name in ("page_views", "imported")},
            "pipes": {"top_pages": top_pages}, "dev_mode": False, **where,
        })
        globals().update(
            url=url, tinybird=tinybird, api=create_tinybird_api(where), client=create_client(where),
            create_tinybird_api=create_tinybird_api)
        """,
        token=TOKEN, url=f"http://127.0.0.1:{server.port}",
    )  # fmt: skip
    server.post("page_views", *VIEWS)
    return worker


@pytest.fixture(scope="module")
def done(sdk, server):
    """Start a job with the client and wait for its end."""

    def do(code: str, **values: object) -> None:
        job = sdk(f"return {code}", **values)
        assert finished(server, job["job_id"])["status"] == "done"

    return do


@operation("`api.query(…)`")
def test_query(sdk):
    found = sdk("return api.query('top_pages', {'country': 'ES', 'limit': 1})")
    assert found["data"] == [{"pathname": "/", "views": 1}]
    with pytest.raises(ClientError, match="Error validating 'x' to type Int32"):
        sdk("return api.query('top_pages', {'limit': 'x'})")


@operation("`api.ingest(…)`, also with `max_retries`")
def test_ingest(sdk, sql):
    code = """
        row = {"timestamp": "2025-07-01 10:00:00", "pathname": "/sdk", "session_id": "a", "country": None}
        return [api.ingest("page_views", row), api.ingest("page_views", row, {"max_retries": 3})]
    """
    assert sdk(code) == [{"successful_rows": 1, "quarantined_rows": 0}] * 2
    assert count(sql, "pathname = '/sdk'") == 2


@operation("`api.sql(…)`")
def test_sql(sdk):
    found = sdk("return api.sql('SELECT toUInt64(18446744073709551615) AS total')")
    assert found["data"] == [{"total": 18446744073709551615}]
    with pytest.raises(ClientError, match="nothing_here"):
        sdk("return api.sql('SELECT * FROM nothing_here')")


@operation("`api.request_json(…)`: any path, another token")
def test_request(sdk):
    assert sdk("return api.request_json('/v1/workspace')")["name"] == WORKSPACE
    with pytest.raises(ClientError, match="The token is not known"):
        sdk("return api.request_json('/v1/workspace', token='nobody')")


@operation("`api.append_datasource(…, {'url': …})`")
def test_append_from_a_url(done, sql, files):
    done("api.append_datasource('imported', {'url': url})", url=files("rows.csv", CSV))
    assert count(sql, "1", "imported") == 3


@operation("`api.append_datasource(…, {'file': …})`")
def test_append_of_a_file(sdk, sql, home):
    path = home / "rows.ndjson"
    path.write_text(
        '{"timestamp": "2025-08-01 10:00:00", "pathname": "/file", "session_id": "f"}\n' * 2
    )
    sdk("return api.append_datasource('imported', {'file': path})", path=str(path))
    assert count(sql, "pathname = '/file'", "imported") == 2


@operation("`tinybird.<data source>.append({'url': …})`, `.replace({'url': …})`")
def test_typed_append(done, sql, files):
    done("tinybird.imported.append({'url': url})", url=files("rows.csv", CSV))
    assert count(sql, "1", "imported") == 8
    done("tinybird.imported.replace({'url': url})", url=files("rows.csv", CSV))
    assert count(sql, "1", "imported") == 3


@operation("`api.delete_datasource(…, {'delete_condition': …, 'dry_run': …})`")
def test_delete(sdk, done, sql):
    given = {"delete_condition": "pathname = '/csv'"}
    dry = sdk("return api.delete_datasource('imported', given)", given={**given, "dry_run": True})
    assert dry["rows_to_be_deleted"] == 2
    assert count(sql, "1", "imported") == 3
    done("api.delete_datasource('imported', given)", given=given)
    assert sql("SELECT session_id FROM imported") == [{"session_id": "d"}]


@operation("`tinybird.<data source>.delete({…})`, `.truncate()`")
def test_typed_delete(sdk, done, sql):
    done("tinybird.imported.delete({'delete_condition': \"session_id = 'x'\"})")
    assert count(sql, "1", "imported") == 1
    sdk("return tinybird.imported.truncate()")
    assert count(sql, "1", "imported") == 0


@operation("`api.truncate_datasource(…)`")
def test_truncate(sdk, sql, server):
    server.post("imported", *VIEWS)
    sdk("return api.truncate_datasource('imported')")
    assert count(sql, "1", "imported") == 0


@operation("`tinybird.<data source>.ingest({…})`, `tinybird.<pipe>.query({…})`")
def test_typed_client(sdk):
    code = """
        tinybird.page_views.ingest({
            "timestamp": "2025-09-01 10:00:00", "pathname": "/typed", "session_id": "a", "country": "XX"})
        return tinybird.top_pages.query({"country": "XX"})["data"]
    """
    assert sdk(code) == [{"pathname": "/typed", "views": 1}]


@operation("`client.tokens.create_jwt({…})`: fixed parameters, filters, appending")
def test_jwt(sdk):
    code = """
        from datetime import datetime, timedelta, timezone
        def user(*scopes):
            made = client.tokens.create_jwt({
                "name": "user", "expires_at": datetime.now(tz=timezone.utc) + timedelta(hours=1),
                "scopes": list(scopes), "limits": {"rps": 10}})
            return create_tinybird_api({"base_url": url, "token": made["token"]})
        reader = user({"type": "PIPES:READ", "resource": "top_pages", "fixed_params": {"country": "FR"}})
        other = user(
            {"type": "DATASOURCES:READ", "resource": "page_views", "filter": "country = 'US'"},
            {"type": "DATASOURCES:APPEND", "resource": "imported"})
        row = {"timestamp": "2025-01-01 00:00:00", "pathname": "/", "session_id": "j"}
        try:
            refused = other.ingest("page_views", row)
        except Exception as error:
            refused = error.status_code
        return [
            reader.query("top_pages", {"country": "ES"})["data"],
            other.sql("SELECT count() AS c FROM page_views")["data"],
            other.ingest("imported", row),
            refused,
        ]
    """
    assert sdk(code) == [
        [{"pathname": "/docs", "views": 1}],
        [{"c": 1}],
        {"successful_rows": 1, "quarantined_rows": 0},
        403,
    ]
