"""JWTs: what is signed by the admin token, and nothing that only looks like it."""

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlet.access import Grant
from martlet.errors import TokenError
from martlet.jwt import MAX_CHARACTERS, Claims, looks_like_jwt, sign, verify

KEY, WORKSPACE = "p.key.ключ", "61f0c404-5cb3-11e7-907b-a6006ad3dba0"
SCOPE = {"type": "PIPES:READ", "resource": "top", "fixed_params": {"org": "x"}}
CLAIMS = {"workspace_id": WORKSPACE, "name": "web", "exp": 2_000_000_000, "scopes": [SCOPE]}
HEADER = {"alg": "HS256", "typ": "JWT"}


def part(content: object) -> str:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def made(
    claims: object = CLAIMS, *, header: object = HEADER, key: str = KEY, algorithm: str = "sha256"
) -> str:
    """Make a JWT as any library of another party does: nothing of ours is used."""
    signed = f"{part(header)}.{part(claims)}"
    return f"{signed}.{part(hmac.new(key.encode(), signed.encode(), algorithm).digest())}"


def read(value: str) -> Claims:
    return verify(value, KEY, workspace_id=WORKSPACE)


def test_a_jwt_of_another_library():
    said = read(made({**CLAIMS, "iat": 1, "sub": "me", "limits": {"rps": 10}, "nbf": 5}))
    assert said == Claims("web", 2e9, (Grant("PIPES:READ", "top", fixed={"org": "x"}),), 10, 5.0)


def test_the_example_of_rfc_7515():
    """Appendix A.1: header, payload, key and signature are given there."""
    key = base64.urlsafe_b64decode(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow=="
    )
    token = (
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    )
    signed, _, signature = token.rpartition(".")
    assert part(hmac.new(key, signed.encode(), hashlib.sha256).digest()) == signature
    with pytest.raises(TokenError, match="not signed with the workspace's admin token"):
        read(token)


def test_ours_is_read_back():
    grants = (
        Grant("PIPES:READ", "a", fixed={"n": 2**80}),
        Grant("DATASOURCES:READ", "e", "t = 'ü'"),
        Grant("DATASOURCES:APPEND", "e"),
    )
    value = sign(KEY, workspace_id=WORKSPACE, name="ü", expires=9, grants=grants, rate=3)
    assert looks_like_jwt(value)
    assert read(value) == Claims("ü", 9.0, grants, 3)
    assert value.isascii()


@pytest.mark.parametrize("rps", [None, 0, -1])
def test_no_limit(rps):
    assert read(made({**CLAIMS, "limits": {"rps": rps}})).rate is None


def test_the_time_of_a_jwt():
    said = read(made({**CLAIMS, "exp": 100.5, "nbf": 50}))
    said.require_valid(50.0)
    said.require_valid(100.4)
    with pytest.raises(TokenError, match="The JWT 'web' has expired"):
        said.require_valid(100.5)
    with pytest.raises(TokenError, match="The JWT 'web' is not valid yet"):
        said.require_valid(49.9)


FORGED = {
    "another key": made(key="other"),
    "the key's start": made(key=KEY[:-1]),
    "no signature": made().rpartition(".")[0] + ".",
    "alg none": f"{part({'alg': 'none'})}.{part(CLAIMS)}.",
    "alg none, signed": made(header={"alg": "none"}),
    "alg in other letters": made(header={"alg": "hs256"}),
    "another alg": made(header={"alg": "HS512"}, algorithm="sha512"),
    "RS256": made(header={"alg": "RS256"}),
    "alg a list": made(header={"alg": ["HS256"]}),
    "no alg": made(header={}),
    "crit": made(header={**HEADER, "crit": ["exp"]}),
    "b64": made(header={**HEADER, "b64": False}),
    "header a list": made(header=["HS256"]),
    "header no JSON": made(header=b"{"),
    "padded signature": made() + "=",
    "signature and more": made() + "A",
    "another workspace": made({**CLAIMS, "workspace_id": "x"}),
    "no workspace": made({k: v for k, v in CLAIMS.items() if k != "workspace_id"}),
    "payload a list": made([CLAIMS]),
    "payload no UTF-8": made(b'{"name": "\xff"}'),
    "half a character": made({**CLAIMS, "name": "\ud800"}),
    "not a number": made(json.dumps(CLAIMS).replace("2000000000", "NaN").encode()),
    "deep": made(b"[" * 5000),
    "large": made({**CLAIMS, "more": "x" * MAX_CHARACTERS}),
    "two parts": made().rpartition(".")[0],
    "four parts": made() + ".x",
}


@pytest.mark.parametrize("case", FORGED)
def test_what_is_forged_or_broken(case: str):
    with pytest.raises(TokenError, match=r"^The JWT") as raised:
        read(FORGED[case])
    assert raised.value.status == 403


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": None}, "has no 'exp'"),
        ({"exp": "2000000000"}, "'exp' is not a Unix time"),
        ({"exp": True}, "'exp' is not a Unix time"),
        ({"exp": 1e300}, "'exp' is not a Unix time"),
        ({"nbf": "x"}, "'nbf' is not a Unix time"),
        ({"name": None}, "'name' is not a text"),
        ({"name": ""}, "'name' is not a text"),
        ({"name": "a\nb"}, "'name' is not a text"),
        ({"name": "a" * 201}, "'name' is not a text"),
        ({"scopes": None}, "has no 'scopes'"),
        ({"scopes": SCOPE}, "has no 'scopes'"),
        ({"scopes": [{"type": "ADMIN"}]}, "cannot have the scope ADMIN, only PIPES:READ, DATASOURCES:READ and DATASOURCES:APPEND"),
        ({"scopes": [{"type": "TOKENS"}]}, "cannot have the scope TOKENS"),
        ({"scopes": [{"type": "PIPES:READ"}]}, "needs the name of one pipe"),
        ({"scopes": [{**SCOPE, "fixed": {}}]}, "A scope has no 'fixed'"),
        ({"scopes": [SCOPE, {**SCOPE, "fixed_params": {"org": "y"}}]}, "two kinds of 'fixed_params'"),
        ({"scopes": [SCOPE, {"type": "PIPES:READ", "resource": "top"}]}, "two kinds of 'fixed_params'"),
        ({"scopes": [{"type": "DATASOURCES:READ", "resource": "e", "filter": "a IN (SELECT 1)"}]}, "SELECT has no place in it"),
        ({"scopes": [{"type": "DATASOURCES:READ", "resource": "e", "filter": "a = 1) OR (1 = 1"}]}, "closes nothing"),
        ({"limits": 5}, "'limits' are not an object"),
        ({"limits": {"rps": 1.5}}, "'rps' is a whole number"),
        ({"limits": {"rps": True}}, "'rps' is a whole number"),
        ({"limits": {"rps": 10**9}}, "'rps' is a whole number"),
    ],
)  # fmt: skip
def test_claims_that_cannot_be_meant(claims: dict, reason: str):
    with pytest.raises(TokenError) as raised:
        read(made({**CLAIMS, **claims}))
    assert reason in raised.value.message


@given(st.data())
def test_no_change_of_one_character_is_accepted(data):
    value = made()
    place = data.draw(st.integers(0, len(value) - 1))
    other = data.draw(st.sampled_from("abcXYZ019-_.=+/ é"))
    changed = value[:place] + other + value[place + 1 :]
    if changed != value:
        with pytest.raises(TokenError):
            read(changed)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["name", "exp", "nbf", "scopes", "limits", "aud"]), JSON),
    st.lists(
        st.dictionaries(st.sampled_from(["type", "resource", "filter", "fixed_params"]), JSON),
        max_size=2,
    )
    | st.none(),
)
def test_whatever_is_signed_is_read_or_refused(claims: dict, scopes: list | None):
    more = {} if scopes is None else {"scopes": scopes}
    try:
        said = read(made({**CLAIMS, **claims, **more}))
    except TokenError:
        return
    assert isinstance(said, Claims)
