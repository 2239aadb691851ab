"""Write fixtures/<data source>.ndjson, always alike: documented rows, then made-up ones."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from operator import itemgetter
from pathlib import Path
from random import Random

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
FIRST_DAY = datetime.fromisoformat("2023-01-01")  # no zone: the columns have none
DAYS = 862  # the last one is 2025-05-11

Row = tuple[str, ...]  # values in the order of the columns

# Blocks of: name and columns, then the documented rows; a line that starts with | continues.
SAMPLES = """
ad_impressions|impression_id|ad_id|campaign_id|platform|timestamp|user_id|country|device_type
imp_53723|ad_723|camp_23|Email|2025-05-12 09:14:32|user_3723|Germany|Smart TV
imp_67930|ad_930|camp_30|Web|2025-05-12 02:24:25|user_2930|USA|Desktop
imp-123456|ad-789|camp-456|mobile|2023-05-01 14:30:00|user-abc123|US|smartphone

ad_clicks|click_id|impression_id|ad_id|campaign_id|platform|timestamp|user_id|country|device_type
click_43877|imp_43877|ad_877|camp_77|twitter|2025-05-11 22:25:23|user_3877|BR|desktop
click_6605|imp_6605|ad_605|camp_5|facebook|2025-05-11 22:06:35|user_1605|FR|desktop

marketing_events|event_time|channel|campaign|user_id|event_type
2025-05-12 06:18:15|search|holiday_special|user_312|conversion
2025-05-12 00:09:31|social|black_friday|user_236|click
2025-05-11 17:53:24|display|new_product|user_603|purchase
2023-10-15 14:30:00|email|fall_promotion|user_123|click

email_events|event_id|timestamp|event_type|campaign_id|email_id|recipient_id|recipient_email
|link_url|metadata|user_agent
ev_45738|2025-05-08 13:13:29|bounced|camp_8|email_738|user_38|user38@example.com
|https://example.com/landing|{"source":"promotion"}|Mozilla/5.0 (Windows)
ev_68578|2025-05-08 00:12:49|bounced|camp_8|email_578|user_78|user78@example.com
|https://example.com/landing|{"source":"announcement"}|Mozilla/5.0 (Windows)
ev_123456789|2023-05-15 10:30:00|open|camp_spring2023|email_abc123|user_456|user@example.com
|https://example.com/product|{"device":"mobile"}
|Mozilla/5.0 (iPhone; CPU iPhone OS 15_4 like Mac OS X)

app_events|event_id|user_id|event_type|event_time|app_version|device_type|os_version|country
|properties|session_id
evt_254834|user_4834|error|2025-05-11 22:01:58|5.4.4|Desktop|15.4|FR
|{"screen":"product","value":834}|sess_4834
e123456789|u987654321|app_open|2023-04-15 08:30:45|1.2.3|smartphone|iOS 16.2|US
|{"key":"screen","value":"home"}|sess_abc123

user_events|event_id|user_id|session_id|event_type|page_url|referrer|device_type|browser|country
|city|properties|timestamp
ev_73902|user_902|session_3902|scroll|https://example.com/about|https://twitter.com|tablet|Safari
|Canada|Toronto|{"button_id":"btn_2","page_section":"main"}|2025-05-11 17:49:55
e123456|u789012|s345678|page_view|https://example.com/pricing|https://google.com|desktop|Chrome
|USA|New York|{"page_section":"main"}|2023-06-15 14:32:45
"""
COUNTRIES = ("US", "US", "US", "GB", "GB", "DE", "DE", "FR", "ES", "BR", "IN", "CA")
CLICK_RATES = {"facebook": 0.03, "mobile": 0.05, "twitter": 0.02, "web": 0.04}
DEVICES = {"desktop": 55, "smartphone": 35, "tablet": 10}
SEASONS = ("winter", "spring", "summer", "autumn")
AGENTS = ("iPhone; CPU iPhone OS 16_5 like Mac OS X", "Windows NT 10.0; Win64; x64", "Macintosh")
RELEASES = ("1.2.3", "1.2.3", "2.0.1", "3.1.0", "4.2.0", "5.4.4")  # each lives 150 days
PHONES = (("smartphone", "iOS 16.2"), ("smartphone", "Android 13"), ("tablet", "iPadOS 17.1"))
SCREENS = {f"screen_view screen {name}": 20 for name in ("home", "product", "cart", "offers")}
ACTIONS = SCREENS | {"tap button add_to_cart": 25, "purchase payment card": 6, "error code 500": 3}
BROWSERS = (("desktop", "Chrome"), ("mobile", "Safari"), ("desktop", "Firefox"))
PLACES = (("USA", "New York"), ("Canada", "Toronto"), ("UK", "London"), ("Brazil", "São Paulo"))
PAGES = {"/": 30, "/products": 30, "/pricing": 20, "/blog": 12, "/about": 8}
REFERRERS = {"https://google.com": 50, "https://twitter.com": 20, "": 30}
SITE = "https://example.com"


def pick(rng: Random, weights: dict[str, int]) -> str:
    """Choose a key by its weight."""
    return rng.choices(list(weights), list(weights.values()))[0]


def moment(rng: Random, every_days: int = 1) -> datetime:
    """Choose a time on every n-th day of the range, most often in the afternoon."""
    day = FIRST_DAY + timedelta(days=rng.randrange(0, DAYS, every_days))
    return day + timedelta(seconds=int(rng.triangular(0, 86_000, 54_000)))


def ad_impressions(rng: Random) -> Iterator[Row]:
    """Show the ads of three campaigns on four platforms."""
    for number in range(100_000, 103_000):
        campaign = pick(rng, {"camp_23": 4, "camp_30": 3, "camp-456": 3})
        platform = pick(rng, {"facebook": 35, "mobile": 25, "twitter": 15, "web": 25})
        ad, user = f"ad_{campaign[5:]}{rng.randrange(1, 5)}", f"user_{rng.randrange(4_000, 6_000)}"
        device = "smartphone" if platform == "mobile" else pick(rng, DEVICES)
        viewer = (user, rng.choice(COUNTRIES), device)
        yield f"imp_{number}", ad, campaign, platform, str(moment(rng)), *viewer


def ad_clicks(rng: Random) -> Iterator[Row]:
    """Click an impression at most once, in steps that keep each platform near its rate."""
    due: defaultdict[str, float] = defaultdict(rng.random)
    for row in sorted(ad_impressions(Random("ad_impressions")), key=itemgetter(4)):
        impression, ad, campaign, platform, shown, *viewer = row
        due[campaign + platform] += 2 * rng.random() * CLICK_RATES[platform]
        if due[campaign + platform] > 1:
            due[campaign + platform] -= 1
            clicked = str(datetime.fromisoformat(shown) + timedelta(seconds=rng.randrange(2, 90)))
            click = impression.replace("imp", "click")
            yield click, impression, ad, campaign, platform, clicked, *viewer


def marketing_events(rng: Random) -> Iterator[Row]:
    """React to one of four campaigns in one of five channels."""
    channels = {"email": 30, "search": 25, "social": 25, "display": 12, "direct": 8}
    campaigns = {"black_friday": 5, "fall_promotion": 4, "holiday_special": 3, "new_product": 2}
    types = {"view": 55, "click": 30, "signup": 7, "conversion": 5, "purchase": 3}
    for _ in range(2_500):
        user = f"user_{rng.randrange(1_000)}"
        yield str(moment(rng)), pick(rng, channels), pick(rng, campaigns), user, pick(rng, types)


def message(rng: Random, sent: datetime) -> Iterator[tuple[str, datetime]]:
    """Follow one message: sent, then bounced, or opened and perhaps acted upon."""
    yield "send", sent
    if rng.random() < 0.025:
        yield "bounce", sent + timedelta(seconds=rng.randrange(1, 60))
    elif rng.random() < 0.4:
        opened = sent + timedelta(minutes=int(rng.triangular(1, 4_000, 30)))
        yield "open", opened
        action = pick(rng, {"click": 25, "unsubscribe": 3, "": 72})
        if action:
            yield action, opened + timedelta(seconds=rng.randrange(5, 300))


def email_events(rng: Random) -> Iterator[Row]:
    """Send a mailing to 150 recipients on a Tuesday of every quarter."""
    event = 100_000
    for mailing in range(10):
        day = FIRST_DAY + timedelta(days=37 + 91 * mailing, hours=9)
        campaign = f"camp_{SEASONS[mailing % 4]}{day.year}"
        metadata = f'{{"source":"{rng.choice(("promotion", "announcement"))}"}}'
        for person in range(1, 151):
            ids = (f"email_{1_000 * (mailing + 1) + person}", f"user_{person}")
            for kind, time in message(rng, day + timedelta(seconds=rng.randrange(3_600))):
                event += 1
                link = f"{SITE}/landing" if kind == "click" else ""
                agent = "" if kind in ("send", "bounce") else f"Mozilla/5.0 ({AGENTS[person % 3]})"
                contact = (*ids, f"user{person}@example.com", link, metadata, agent)
                yield f"ev_{event}", str(time), kind, campaign, *contact


def visits(rng: Random) -> Iterator[tuple[int, int, int, bool, datetime]]:
    """Yield event, user, session, whether it opens the session, and time; some users come often."""
    event = 300_000
    for session in range(10_000, 10_450):
        user, time = int(60 * rng.random() ** 2), moment(rng, every_days=7)
        for step in range(rng.randrange(2, 10)):
            event += 1
            yield event, user, session, step == 0, time
            time += timedelta(seconds=rng.randrange(3, 120))


def app_events(rng: Random) -> Iterator[Row]:
    """Open the app, then use it."""
    for event, user, session, first, time in visits(rng):
        action = "app_open screen home" if first else pick(rng, ACTIONS)
        kind, key, value = action.split()
        client = (RELEASES[(time - FIRST_DAY).days // 150], *PHONES[user % 3], COUNTRIES[user % 12])
        rest = (*client, f'{{"key":"{key}","value":"{value}"}}', f"sess_{session}")
        yield f"evt_{event}", f"user_{5_000 + user}", kind, str(time), *rest


def user_events(rng: Random) -> Iterator[Row]:
    """View a page of the site, then move on, scroll, click or send a form."""
    kinds = {"page_view": 40, "scroll": 30, "click": 24, "form_submit": 6}
    for event, user, session, first, time in visits(rng):
        kind = "page_view" if first else pick(rng, kinds)
        page, referrer = f"{SITE}{pick(rng, PAGES)}", pick(rng, REFERRERS) if first else SITE
        button = f'"button_id":"btn_{rng.randrange(1, 6)}",' if kind == "click" else ""
        properties = f'{{{button}"page_section":"{rng.choice(("header", "main", "footer"))}"}}'
        client = (*BROWSERS[user % 3], *PLACES[user % 4])
        ids = (f"ev_{event}", f"user_{1_000 + user}", f"session_{session}")
        yield *ids, kind, page, referrer, *client, properties, str(time)


MAKERS = (ad_impressions, ad_clicks, marketing_events, email_events, app_events, user_events)


def main() -> None:
    """Write every fixture: the rows as documented, then the made-up ones by time."""
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    blocks = SAMPLES.replace("\n|", "|").strip().split("\n\n")
    for make, block in zip(MAKERS, blocks, strict=True):
        (name, *columns), *samples = (line.split("|") for line in block.split("\n"))
        time = columns.index("timestamp" if "timestamp" in columns else "event_time")
        rows = sorted(make(Random(name)), key=itemgetter(time))
        lines = [encode(dict(zip(columns, row, strict=True))) for row in (*samples, *rows)]
        (FIXTURES / f"{name}.ndjson").write_text("\n".join(lines) + "\n", "utf-8", newline="\n")


if __name__ == "__main__":
    main()
