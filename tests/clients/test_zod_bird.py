"""`@chronark/zod-bird`: typed pipes and events."""

import pytest
from tests.clients.harness import ClientError, operation
from tests.clients.project import VIEWS
from tests.server.process import TOKEN

CLIENT = "@chronark/zod-bird"


@pytest.fixture(scope="module")
def bird(node, server):
    node(
        """
        const { Tinybird } = await load("@chronark/zod-bird");
        const { z } = await load("zod");
        globalThis.z = z;
        globalThis.tb = new Tinybird({ token, baseUrl });
        globalThis.view = z.object({
          timestamp: z.string(), pathname: z.string(), session_id: z.string(),
          country: z.string().nullable().optional(),
        });
        """,
        token=TOKEN, baseUrl=f"http://127.0.0.1:{server.port}",
    )  # fmt: skip
    return node


@operation("`buildIngestEndpoint({…})`: one event")
def test_one_event(bird, sql):
    code = """
        const publish = tb.buildIngestEndpoint({ datasource: "page_views", event: view });
        return await publish(one);
    """
    one = {"timestamp": "2025-06-01 10:00:00", "pathname": "/one", "session_id": "ë\n'"}
    assert bird(code, one=one) == {"successful_rows": 1, "quarantined_rows": 0}
    assert sql("SELECT session_id, country FROM page_views WHERE pathname = '/one'") == [
        {"session_id": "ë\n'", "country": None}
    ]


@operation("`buildIngestEndpoint({…})`: several events in one request, `wait`")
def test_events(bird, sql):
    code = """
        const publish = tb.buildIngestEndpoint({ datasource: "page_views", event: view, wait: true });
        return await publish(views);
    """
    answer = {"successful_rows": len(VIEWS), "quarantined_rows": 0}
    assert bird(code, views=VIEWS) == answer
    assert sql("SELECT count() AS c FROM page_views WHERE pathname != '/one'") == [
        {"c": len(VIEWS)}
    ]


@operation("`buildPipe({…})`: parameters and rows by their schemas")
def test_pipe(bird):
    code = """
        const top = tb.buildPipe({
          pipe: "top_pages",
          parameters: z.object({ country: z.string().optional(), limit: z.number().optional() }),
          data: z.object({ pathname: z.string(), views: z.number().transform((n) => n * 10) }),
        });
        return [await top({ country: "ES", limit: 1 }), await top({ country: "nowhere" })];
    """
    some, none = bird(code)
    assert some["data"] == [{"pathname": "/", "views": 10}]
    assert [column["name"] for column in some["meta"]] == ["pathname", "views"]
    assert none["data"] == []


@operation("`opts: {cache: 'no-store'}`, `opts: {next: {revalidate: …}}`")
def test_options(bird):
    code = """
        const ask = (opts) => tb.buildPipe({
          pipe: "top_pages", parameters: z.object({ limit: z.number() }),
          data: z.object({ pathname: z.string(), views: z.number() }), opts,
        })({ limit: 1 });
        return [(await ask({ cache: "no-store" })).data, (await ask({ next: { revalidate: 900 } })).data];
    """
    assert bird(code) == [[{"pathname": "/", "views": 3}]] * 2


@operation("errors: of the pipe, of the events")
def test_errors(bird):
    with pytest.raises(ClientError, match="Error validating 'x' to type Int32"):
        bird("""
            return await tb.buildPipe({ pipe: "top_pages", parameters: z.object({ limit: z.string() }),
              data: z.any() })({ limit: "x" });
        """)
    with pytest.raises(ClientError, match="nothing_here"):
        bird("""
            return await tb.buildIngestEndpoint({ datasource: "nothing_here", event: z.any() })({ a: 1 });
        """)


@operation("a request over a token's limit is sent again")
def test_limit(bird, server):
    server.request("POST", "/v0/tokens", '{"name": "slow", "scopes": [{"type": "PIPES:READ", "resource": "top_pages"}], "limits": {"rps": 2}}', {"content-type": "application/json"})  # fmt: skip
    token = server.get("/v0/tokens/slow").json()["token"]
    code = """
        const { Tinybird } = await load("@chronark/zod-bird");
        const slow = new Tinybird({ token, baseUrl });
        const ask = slow.buildPipe({ pipe: "top_pages", data: z.any() });
        const found = [];
        for (let n = 0; n < 4; n++) found.push((await ask({})).data.length);
        return found;
    """
    assert bird(code, token=token, baseUrl=f"http://127.0.0.1:{server.port}") == [4] * 4
    assert "/v0/pipes/top_pages.json 429" in server.err.text
