"""`mcp-tinybird`: its tools, prompts and resources, asked by the official MCP client over stdio."""

import json

import pytest
from tests.clients.conftest import python_client
from tests.clients.harness import ClientError, needs_seal, operation
from tests.clients.project import VIEWS
from tests.server.process import TOKEN

CLIENT = "mcp-tinybird"
FILES = {
    "datasources/prompts.datasource": """\
SCHEMA >
    `name` String `json:$.name`,
    `description` String `json:$.description`,
    `timestamp` DateTime `json:$.timestamp`,
    `arguments` Array(String) `json:$.arguments[:]`,
    `prompt` String `json:$.prompt`

ENGINE MergeTree
ENGINE_SORTING_KEY name
"""
}

# Where it sends a log of its own, whatever it is told: nothing that it documents turns that off.
ITS_LOG = "api.tinybird.co"

pytestmark = needs_seal

START = """
    import asyncio
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client

    async def talk(ready):
        given = StdioServerParameters(command=program, args=["stdio"], env=env)
        async with stdio_client(given) as streams, ClientSession(*streams) as session:
            await session.initialize()
            ready.set_result(session)
            await asyncio.Event().wait()

    async def call(tool, **arguments):
        answer = await session.call_tool(tool, arguments)
        text = "\\n".join(part.text for part in answer.content)
        if answer.isError:
            raise RuntimeError(text)
        return text

    ready = asyncio.get_running_loop().create_future()
    talking = asyncio.create_task(talk(ready))
    session = await ready
    globals().update(session=session, call=call, talking=talking)
"""


@pytest.fixture(scope="module")
def mcp(python, server, home):
    server.post("page_views", *VIEWS)
    server.post("prompts", {
        "name": "summary", "description": "In short", "timestamp": "2025-01-01 00:00:00",
        "arguments": ["topic"], "prompt": "Tell about {topic}",
    })  # fmt: skip
    worker = python(CLIENT, but=[ITS_LOG])
    env = {"TB_API_URL": f"http://127.0.0.1:{server.port}", "TB_ADMIN_TOKEN": TOKEN, "HOME": str(home)}  # fmt: skip
    worker(START, program=str(python_client(CLIENT).program("mcp-tinybird")), env=env)
    return worker


@operation("tool `list-data-sources`")
def test_list_data_sources(mcp):
    found = mcp("return await call('list-data-sources')")
    assert all(name in found for name in ("page_views", "prompts")), found


@operation("tool `get-data-source`")
def test_get_data_source(mcp):
    found = mcp("return await call('get-data-source', datasource_id='page_views')")
    assert "LowCardinality(Nullable(String))" in found, found
    assert "'sorting_key': 'pathname, timestamp'" in found, found


@operation("tool `list-pipes`")
def test_list_pipes(mcp):
    assert "top_pages" in mcp("return await call('list-pipes')")


@operation("tool `get-pipe`")
def test_get_pipe(mcp):
    found = mcp("return await call('get-pipe', pipe_id='top_pages')")
    assert "GROUP BY pathname" in found, found


@operation("tool `request-pipe-data`")
def test_request_pipe_data(mcp):
    code = "return await call('request-pipe-data', pipe_id='top_pages', params={'country': 'ES'})"
    found = mcp(code)
    assert "/pricing" in found, found
    assert "/docs" not in found, found


@operation("tool `run-select-query`")
def test_run_select_query(mcp):
    code = "return await call('run-select-query', select_query='SELECT count() AS rows_of_it FROM page_views')"
    assert f"'data': [{{'rows_of_it': {len(VIEWS)}}}]" in mcp(code)


@operation("tool `append-insight`, resource `tinybird://insights`")
def test_append_insight(mcp):
    mcp("return await call('append-insight', insight='pages are visited')")
    code = """
        from pydantic import AnyUrl
        return (await session.read_resource(AnyUrl("tinybird://insights"))).contents[0].text
    """
    assert "pages are visited" in mcp(code)


@operation("tool `save-event`")
def test_save_event(mcp, sql):
    event = {"timestamp": "2025-01-01 00:00:00", "pathname": "/saved", "session_id": "m"}
    mcp(
        "return await call('save-event', datasource_name='page_views', data=data)",
        data=json.dumps(event),
    )
    assert sql("SELECT session_id FROM page_views WHERE pathname = '/saved'") == [
        {"session_id": "m"}
    ]


@operation("tool `analyze-pipe`")
def test_analyze_pipe(mcp):
    found = mcp("return await call('analyze-pipe', pipe_name='top_pages')")
    assert "page_views" in found, found


@operation("tool `push-datafile`: new and changed; what has errors changes nothing")
def test_push_datafile(mcp, server, home):
    def push(name: str, text: str) -> str:
        (home / name).write_text(text)
        return mcp("return await call('push-datafile', files=path)", path=str(home / name))

    assert "created" in push("pushed.datasource", "SCHEMA >\n    `a` String `json:$.a`\n")
    server.post("pushed", {"a": "x"})
    one = "NODE n\nSQL >\n    SELECT 1 AS one, a FROM pushed\nTYPE endpoint\n"
    assert "created" in push("one.pipe", one)
    assert server.rows("one") == [{"one": 1, "a": "x"}]
    assert "changed" in push("one.pipe", one.replace("1 AS one", "2 AS one"))
    with pytest.raises(ClientError, match="400 Bad Request"):
        push("one.pipe", one.replace("pushed", "nowhere"))
    assert server.rows("one") == [{"one": 2, "a": "x"}]


@operation(
    "tool `llms-tinybird-docs`",
    why_not="of this version it fails before it asks anybody; it would fetch its vendor's documentation",
)
def test_docs(mcp):
    with pytest.raises(ClientError, match="missing 1 required positional argument"):
        mcp("return await call('llms-tinybird-docs')")


@operation("prompts: its own, and those of the data source `prompts`")
def test_prompts(mcp):
    code = """
        listed = (await session.list_prompts()).prompts
        got = await session.get_prompt("summary", {"topic": "pages"})
        return [[prompt.name for prompt in listed], got.messages[0].content.text]
    """
    names, text = mcp(code)
    assert sorted(names) == ["summary", "tinybird-default"]
    assert text == "Tell about pages"
