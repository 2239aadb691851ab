"""Rows for the data sources of `project/`: made up, always the same, and as JSON events carry them.

What a query may take from any row of a group (`any(device)` of a session) is the same in all of
them, and times by which a query picks a row are unique: so answers are determined.
"""

import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

Row = dict[str, object]

COUNT = 500
START = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 45

_COUNTRIES = ["US", "DE", "FR", "JP", ""]
_DEVICES = ["desktop", "mobile", "tablet"]
_BROWSERS = ["chrome", "firefox", "safari"]
_TENANTS = ["acme", "globex", "initech"]
_AGENTS = [
    "Mozilla/5.0 (Windows NT 10.0) Chrome/120.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) Safari/604.1",
    "Mozilla/5.0 (X11; Linux) Gecko/20100101 Firefox/121.0",
    "Mozilla/5.0 (Linux; Android 14) Chrome/119.0 Mobile",
    "Googlebot/2.1 (+http://www.google.com/bot.html)",
]
_REFERRERS = [
    "",
    "https://www.google.com/search?q=shoes",
    "https://t.co/abc",
    "https://news.example.org/story?id=1#top",
    "https://shop.example.com/",
    "https://www.bing.com/",
]
_URLS = [
    "https://shop.example.com/",
    "https://shop.example.com/products/1?utm_source=news&utm_campaign=winter%20sale",
    "https://shop.example.com/products/2?utm_source=ads&utm_campaign=spring&x=1#reviews",
    "https://shop.example.com/search?q=red%20shoes",
    "https://shop.example.com/search?q=M%C3%BCtze&page=2",
    "http://shop.example.com/cart",
]


def _seconds(rng: random.Random, days: int = DAYS) -> datetime:
    return START + timedelta(seconds=rng.randrange(days * 86_400))


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _text3(moment: datetime, milliseconds: int) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}.{milliseconds:03}"


def _uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"


def page_hits(rng: random.Random) -> Iterator[Row]:
    for i in range(COUNT):
        session = rng.randrange(110)
        own = random.Random(session)
        country, agent = own.choice(_COUNTRIES), own.choice(_AGENTS)
        begin = own.randrange((DAYS - 10) * 86_400)
        referrer, url = rng.choice(_REFERRERS), rng.choice(_URLS)
        moment = START + timedelta(seconds=begin + rng.choice([0, 7]) * 86_400 + 37 * i)
        payload = {
            "user-agent": agent,
            "locale": own.choice(["en-US", "de-DE", "fr-FR", "ja"]),
            "location": country,
            "referrer": referrer,
            "pathname": "/" + url.split("?")[0].split("/", 3)[3],
            "href": url,
        }
        yield {
            "timestamp": _text(moment),
            "session_id": f"s{session:03}",
            "visitor": f"v{session // 2}" if session % 5 else None,
            "tenant_id": _TENANTS[session % 3],
            "action": rng.choice(["page_hit"] * 6 + ["add_to_cart"] * 2 + ["purchase", "signup"]),
            "version": "1",
            "payload": json.dumps(payload, ensure_ascii=i % 2 == 0),
            "url": url,
            "referrer": referrer,
            "device": own.choice(_DEVICES),
            "browser": own.choice(_BROWSERS),
            "country": country,
            "duration_ms": rng.choice([0, rng.randrange(60_000)]),
        }


def orders(rng: random.Random) -> Iterator[Row]:
    for i in range(300):
        created = _seconds(rng)
        items = [
            (f"sku-{rng.randrange(8)}", rng.randrange(1, 5), rng.choice([4.99, 10.0, 25.5, 99.9]))
            for _ in range(rng.randrange(4))
        ]
        order = {
            "order_id": 1000 + i if i else 18_446_744_073_709_551_000,
            "customer_id": rng.randrange(1, 90),
            "created_at": _text(created),
            "total": f"{rng.randrange(500, 40_000) / 100:.2f}",
            "discount": rng.choice([None, 0.0, 5.5, 12.25]),
            "coupon": rng.choice([None, None, "WELCOME", "SPRING24", ""]),
            "currency": rng.choice(["EUR", "USD", "USD"]),
            "skus": [item[0] for item in items],
            "quantities": [item[1] for item in items],
            "prices": [item[2] for item in items],
            "store_id": f"s{rng.randrange(6)}",
            "is_gift": rng.random() < 0.2,
        }
        states = ["new", "paid", rng.choice(["shipped", "cancelled"])][: rng.choice([1, 1, 2, 3])]
        for version, status in enumerate(states):
            changed = created + timedelta(hours=version * 7, seconds=version)
            yield {**order, "status": status, "updated_at": _text3(changed, i)}


def customers(rng: random.Random) -> Iterator[Row]:
    for i in range(1, 141):
        plans = [rng.choice([None, "free", "pro", "team"]) for _ in range(rng.choice([1, 2, 4, 7]))]
        for version, plan in enumerate(plans):
            yield {
                "customer_id": i,
                "name": f"{['Ada', 'Björn', 'Chloé', '大輔'][i % 4]} {i}",
                "email": f"User{i}@{['Example.com', 'mail.example.org', 'ünï.example'][i % 3]}",
                "country": _COUNTRIES[i % 4],
                "plan": plan,
                "signup_date": f"2023-{i % 12 + 1:02}-{i % 28 + 1:02}",
                "is_active": (i + version) % 3 > 0,
                "account_id": _uuid(i),
                "referred_by": None if i % 3 else i // 6 + 1,
                "interests": ["music", "sports", "books", "food"][i % 4 : i % 7],
                "updated_at": _text(START + timedelta(days=version * 5, seconds=i)),
            }


def logs(rng: random.Random) -> Iterator[Row]:
    messages = ["GET done", "connection refused", "Timeout after {} ms", "panic: nil", "Überlauf"]
    for i in range(COUNT):
        level = rng.choice(["debug", "info", "info", "info", "warn", "error"])
        status = rng.choice([500, 503]) if level == "error" else rng.choice([0, 200, 204, 301, 404])
        attributes = {"region": rng.choice(["eu", "us"]), "pod": f"p{i % 7}", "": "none"}
        yield {
            "timestamp": _text3(_seconds(rng), i),
            "level": level,
            "service": rng.choice(["api", "auth", "web"]),
            "host": f"host-{rng.randrange(5)}",
            "message": rng.choice(messages).format(i),
            "trace_id": _uuid(rng.randrange(200)),
            "method": rng.choice(["GET", "POST"]),
            "path": rng.choice(["/", "/users/17", f"/users/{i}", "/orders/9/items/3", "/health"]),
            "status": status,
            "duration_ms": round(rng.lognormvariate(4, 1), 3),
            "request_bytes": rng.randrange(5_000_000_000),
            "attributes": dict(rng.sample(sorted(attributes.items()), rng.randrange(4))),
        }


def llm_calls(rng: random.Random) -> Iterator[Row]:
    models = [("small-1", "north"), ("large-1", "north"), ("fast-2", "south"), ("mini", "own")]
    for i in range(COUNT):
        start, took = _seconds(rng), timedelta(milliseconds=rng.randrange(50, 9000))
        model, provider = rng.choice(models)
        metadata: Row = {"feature": rng.choice(["chat", "search", "ünï"]), "test": i % 9 == 0}
        if i % 2:
            metadata.update(version=i % 3, temperature=rng.choice([0, 0.5, 1]))
        if i % 5 == 0:
            metadata["parent"] = {"id": f"p{i % 4}"}
        yield {
            "start_time": _text3(start, i),
            "end_time": f"{start + timedelta(milliseconds=i) + took:%Y-%m-%d %H:%M:%S.%f}"[:-3],
            "model": model,
            "provider": provider,
            "organization": rng.choice(["acme", "globex", "initech"]),
            "project": f"project-{rng.randrange(4)}",
            "user": rng.choice(["", "ann", "bob", "chloé", "dan"]),
            "environment": rng.choice(["production", "production", "staging"]),
            "prompt_tokens": rng.randrange(1, 4000),
            "completion_tokens": rng.randrange(1500),
            "cost": round(rng.random() / 50, 6),
            "response_status": rng.choice([None, 200, 200, 429, 500]),
            "exception": rng.choice([None, None, "", "rate limit", "timeout"]),
            "tags": rng.sample(["beta", "batch", "eu", "vip"], rng.randrange(4)),
            "metadata": rng.choice([json.dumps(metadata), json.dumps(metadata), "", "broken {"]),
            "stream": rng.random() < 0.5,
        }


def sensor_readings(rng: random.Random) -> Iterator[Row]:
    for i in range(COUNT):
        device = rng.randrange(8)
        yield {
            "ts": _text(START + timedelta(days=2, seconds=(i + i // 40 * 20) * 2111)),
            "device_id": f"d{device}",
            "site": ["north", "south", ""][device % 3],
            "temperature": rng.choice([20.5, 21.25, -3.75, 35.0, 0.0]),
            "humidity": rng.choice([None, 40.5, 55.25, 60.0]),
            "battery": max(0, 100 - i // 5),
            "firmware": rng.choice(["1.2.0", "1.10.3", "2.0", "dev"]),
            "alarm": int(rng.random() < 0.1),
        }


def email_log(rng: random.Random) -> Iterator[Row]:
    for i in range(COUNT):
        event = rng.choice(["sent", "sent", "sent", "open", "open", "click", "bounce", "complaint"])
        meta = [("client", rng.choice(["web", "phone"])), ("os", rng.choice(["mac", "linux"]))]
        yield {
            "event_id": _uuid(i),
            "sent_at": int(_seconds(rng).timestamp()) * 1000 + i,
            "campaign_id": rng.randrange(1, 5),
            "recipient": f"user{rng.randrange(60)}@{rng.choice(['a.example', 'B.example'])}",
            "event": event,
            "link": rng.choice(["", "https://example.com/a/b?x=1", "https://www.example.org/c"]),
            "meta": dict(meta[: rng.randrange(3)]),
        }


def game_rounds(rng: random.Random) -> Iterator[Row]:
    for i in range(COUNT):
        player = rng.randrange(40)
        yield {
            "player_id": 9_000_000_000 + player,
            "game": rng.choice(["chess", "go", "dice"]),
            "score": rng.randrange(-50, 5000),
            "played_at": _text(START + timedelta(seconds=i * 7001)),
            "level": rng.randrange(1, 12),
            "region": ["eu", "us", "asia"][player % 3],
            "team": None if player % 4 == 0 else f"team {player % 5}",
            "rank_delta": rng.randrange(-30, 31),
            "mode": rng.choice(["solo", "duo", "squad"]),
        }


def usage_daily(rng: random.Random) -> Iterator[Row]:
    for _ in range(COUNT):
        yield {
            "day": f"{START + timedelta(days=rng.randrange(DAYS)):%Y-%m-%d}",
            "tenant_id": rng.choice(_TENANTS),
            "metric": rng.choice(["api", "storage", "seats"]),
            "amount": rng.choice([1, 10, 2500, 3_000_000_000]),
            "calls": rng.randrange(1, 100),
        }


def session_facts(rng: random.Random) -> Iterator[Row]:
    for _ in range(COUNT):
        session = rng.randrange(120)
        day = START + timedelta(days=session % DAYS)
        first = day + timedelta(seconds=rng.randrange(40_000))
        yield {
            "date": f"{day:%Y-%m-%d}",
            "tenant_id": _TENANTS[session % 3],
            "session_id": f"s{session:03}",
            "device": _DEVICES[session % 7 % 3],
            "first_hit": _text(first),
            "last_hit": _text(first + timedelta(seconds=rng.randrange(3600))),
            "hits": rng.randrange(1, 9),
        }


def exposures(rng: random.Random) -> Iterator[Row]:
    for i in range(COUNT):
        user = rng.randrange(150)
        usual = ["control", "blue", "green"][user % 3]
        yield {
            "ts": _text(START + timedelta(seconds=i * 4999)),
            "user_id": f"u{user}",
            "flag": rng.choice(["new_checkout", "dark_mode"]),
            "variant": usual if rng.random() < 0.9 else "control",
            "country": _COUNTRIES[user % 5],
        }


def conversions(rng: random.Random) -> Iterator[Row]:
    for i in range(COUNT):
        yield {
            "ts": _text(START + timedelta(seconds=i * 7499)),
            "user_id": f"u{rng.randrange(0, 150, 2)}",
            "goal": rng.choice(["purchase", "signup", "share"]),
            "value": rng.choice([None, 0.5, 19.99, 120.0]),
        }


_MAKERS: tuple[Callable[[random.Random], Iterator[Row]], ...] = (
    page_hits,
    orders,
    customers,
    logs,
    llm_calls,
    sensor_readings,
    email_log,
    game_rounds,
    usage_daily,
    session_facts,
    exposures,
    conversions,
)


def project_rows() -> dict[str, list[Row]]:
    """Return the rows of every data source, by its name."""
    return {make.__name__: list(make(random.Random(make.__name__))) for make in _MAKERS}
