"""The five public tutorials, followed: their datafiles, their curl bodies and their URLs.

Only host and token are changed. What a tutorial only names or cuts short comes from this
repository's own project, which completes it; the figures are worked out by hand from the rows.
"""

import shutil
from pathlib import Path

import orjson
import pytest
from tests.api.calls import Api, answer
from tests.conftest import ROOT

from martlet.files.project import load_project

TUTORIALS = Path(__file__).parent / "tutorials"
# What `curl -d` sends along.
CURL = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def follow(make_workspace, tmp_path: Path):
    """Open a tutorial's project."""

    def follow(name: str, *completions: str, settings: str = "") -> Api:
        root = tmp_path / "project"
        shutil.copytree(TUTORIALS / name, root)
        for completion in completions:
            shutil.copy(ROOT / completion, root)
        (root / "martlet.toml").write_text(settings)
        return Api(make_workspace(load_project(root)))

    return follow


def post(api: Api, target: str, body: str) -> None:
    """Send events as the tutorials do, and expect that each is taken."""
    response = api("POST", target, body, CURL)
    assert answer(response, status=202) == {"successful_rows": 1, "quarantined_rows": 0}


def send(api: Api, name: str, *rows: dict[str, object]) -> None:
    body = b"\n".join(map(orjson.dumps, rows))
    counts = answer(api.send(name, body), status=202)
    assert counts == {"successful_rows": len(rows), "quarantined_rows": 0}


def call(api: Api, url: str) -> list[dict[str, object]]:
    """Call an endpoint with a tutorial's URL, the token in it and in no header."""
    assert "TB_ADMIN_TOKEN" in url
    target = url.replace("%24TB_ADMIN_TOKEN", "admin").replace("$TB_ADMIN_TOKEN", "admin")
    return answer(api.get(target, token=None))["data"]


IMPRESSION = """{
       "impression_id": "imp-123456",
       "ad_id": "ad-789",
       "campaign_id": "camp-456",
       "platform": "mobile",
       "timestamp": "2023-05-01 14:30:00",
       "user_id": "user-abc123",
       "country": "US",
       "device_type": "smartphone"
     }"""
IMPRESSIONS = """[
  {"impression_id": "imp_53723", "ad_id": "ad_723", "campaign_id": "camp_23", "platform": "Email", "timestamp": "2025-05-12 09:14:32", "user_id": "user_3723", "country": "Germany", "device_type": "Smart TV"},
  {"impression_id": "imp_67930", "ad_id": "ad_930", "campaign_id": "camp_30", "platform": "Web", "timestamp": "2025-05-12 02:24:25", "user_id": "user_2930", "country": "USA", "device_type": "Desktop"}
]"""
CLICKS = """[
  {"click_id": "click_43877", "impression_id": "imp_43877", "ad_id": "ad_877", "campaign_id": "camp_77", "platform": "twitter", "timestamp": "2025-05-11 22:25:23", "user_id": "user_3877", "country": "BR", "device_type": "desktop"},
  {"click_id": "click_6605", "impression_id": "imp_6605", "ad_id": "ad_605", "campaign_id": "camp_5", "platform": "facebook", "timestamp": "2025-05-11 22:06:35", "user_id": "user_1605", "country": "FR", "device_type": "desktop"}
]"""
AD_EVENTS = "/v0/events?name=ad_impressions&utm_source=DEV&utm_campaign=tb+create+--prompt+DEV"
AD_URL = "/v0/pipes/campaign_performance_by_platform.json?token=%24TB_ADMIN_TOKEN&start_date=2023-01-01+00%3A00%3A00&end_date=2023-12-31+23%3A59%3A59&campaign_id=camp-456&utm_source=DEV&utm_campaign=tb+create+--prompt+DEV"
NULLS = "[settings]\njoin_use_nulls = true\n"


def test_ad_performance(follow):
    api = follow("ad_performance", "datasources/ad_clicks.datasource", settings=NULLS)
    post(api, AD_EVENTS, IMPRESSION)
    for name, array in (("ad_impressions", IMPRESSIONS), ("ad_clicks", CLICKS)):
        counts = answer(api.send(name, array), status=202)
        assert counts == {"successful_rows": 2, "quarantined_rows": 0}
    # Nobody has clicked on the tutorial's own impression yet.
    assert call(api, AD_URL) == [
        {"campaign_id": "camp-456", "platform": "mobile", "impressions": 1, "clicks": 0, "ctr": 0}
    ]
    shown = orjson.loads(IMPRESSION)
    send(
        api,
        "ad_impressions",
        {**shown, "impression_id": "imp-2"},
        {**shown, "impression_id": "imp-3"},
        {**shown, "impression_id": "imp-4", "platform": "web"},
        {**shown, "impression_id": "imp-5", "campaign_id": "camp-1"},
        {**shown, "impression_id": "imp-6", "timestamp": "2024-01-01 00:00:00"},
    )
    send(api, "ad_clicks", {**shown, "click_id": "click-1"})
    # camp-456 in 2023: three impressions on mobile, one of them clicked, and one on the web.
    expected = [
        {"campaign_id": "camp-456", "platform": "mobile", "impressions": 3, "clicks": 1, "ctr": 33.33},
        {"campaign_id": "camp-456", "platform": "web", "impressions": 1, "clicks": 0, "ctr": 0},
    ]  # fmt: skip
    assert call(api, AD_URL) == expected
    assert call(api, AD_URL.replace("&campaign_id=camp-456", "")) == [
        {"campaign_id": "camp-1", "platform": "mobile", "impressions": 1, "clicks": 0, "ctr": 0},
        *expected,
    ]


def test_ad_performance_counts_every_impression_without_the_setting(follow):
    """What the tutorial's SQL answers where unmatched rows of a join are empty, not NULL."""
    api = follow("ad_performance", "datasources/ad_clicks.datasource")
    post(api, AD_EVENTS, IMPRESSION)
    ((row),) = call(api, AD_URL)
    assert (row["clicks"], row["ctr"]) == (1, 100)


def test_this_repository_has_the_setting():
    assert load_project(ROOT).settings.join_use_nulls


MARKETING = """{
        "event_time": "2023-10-15 14:30:00",
        "channel": "email",
        "campaign": "fall_promotion",
        "user_id": "user_123",
        "event_type": "click"
    }"""
MARKETING_SAMPLE = """{"event_time": "2025-05-12 06:18:15", "channel": "search", "campaign": "holiday_special", "user_id": "user_312", "event_type": "conversion"}
{"event_time": "2025-05-12 00:09:31", "channel": "social", "campaign": "black_friday", "user_id": "user_236", "event_type": "click"}
{"event_time": "2025-05-11 17:53:24", "channel": "display", "campaign": "new_product", "user_id": "user_603", "event_type": "purchase"}
"""


def test_marketing_channels(follow):
    api = follow("marketing_channels")
    by_channel = "/v0/pipes/events_by_channel.json?token=$TB_ADMIN_TOKEN"
    total = "/v0/pipes/total_events.json?token=$TB_ADMIN_TOKEN"
    assert call(api, total) == [{"total_events": 0}]
    post(api, "/v0/events?name=marketing_events", MARKETING)
    assert call(api, by_channel) == [{"channel": "email", "event_count": 1}]
    counts = answer(api.send("marketing_events", MARKETING_SAMPLE), status=202)
    assert counts == {"successful_rows": 3, "quarantined_rows": 0}
    post(api, "/v0/events?name=marketing_events", MARKETING.replace("email", "search"))
    assert sorted(call(api, by_channel), key=str) == [
        {"channel": "display", "event_count": 1},
        {"channel": "email", "event_count": 1},
        {"channel": "search", "event_count": 2},
        {"channel": "social", "event_count": 1},
    ]
    by_campaign = "/v0/pipes/events_by_campaign.json?token=$TB_ADMIN_TOKEN"
    assert sorted(call(api, by_campaign), key=str) == [
        {"campaign": "black_friday", "event_count": 1},
        {"campaign": "fall_promotion", "event_count": 2},
        {"campaign": "holiday_special", "event_count": 1},
        {"campaign": "new_product", "event_count": 1},
    ]
    assert call(api, total) == [{"total_events": 5}]


EMAIL = r"""{
      "event_id": "ev_123456789",
      "timestamp": "2023-05-15 10:30:00",
      "event_type": "open",
      "campaign_id": "camp_spring2023",
      "email_id": "email_abc123",
      "recipient_id": "user_456",
      "recipient_email": "user@example.com",
      "link_url": "https://example.com/product",
      "metadata": "{\"device\":\"mobile\"}",
      "user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 15_4 like Mac OS X)"
    }"""
EMAIL_EVENTS = "/v0/events?name=email_events&utm_source=DEV&utm_campaign=tb+create+--prompt+DEV"
EMAIL_MAY = "/v0/pipes/campaign_stats.json?token=%24TB_ADMIN_TOKEN&campaign_id=camp_spring2023&start_date=2023-05-01+00%3A00%3A00&end_date=2023-05-31+23%3A59%3A59&utm_source=DEV&utm_campaign=tb+create+--prompt+DEV"
EMAIL_ALL = "/v0/pipes/campaign_stats.json?token=%24TB_ADMIN_TOKEN&campaign_id=camp_spring2023&utm_source=DEV&utm_campaign=tb+create+--prompt+DEV"


def test_email_campaigns(follow):
    named = ("pipes/recipient_activity.pipe", "pipes/campaign_timeline.pipe")
    api = follow("email_campaigns", *named)
    post(api, EMAIL_EVENTS, EMAIL)
    event = orjson.loads(EMAIL)

    def email(kind: str, time: str, **more: object) -> dict[str, object]:
        return {**event, "event_type": kind, "timestamp": time, **more}

    send(
        api,
        "email_events",
        *(email("send", f"2023-05-02 08:00:0{n}", recipient_id=f"user_{n}") for n in range(4)),
        email("open", "2023-05-03 09:00:00", recipient_id="user_1"),
        email("click", "2023-05-15 10:31:00"),
        email("bounce", "2023-05-02 08:01:00", recipient_id="user_3"),
        email("unsubscribe", "2023-06-01 00:00:00"),
        email("send", "2023-05-04 00:00:00", campaign_id="camp_other"),
    )
    # Four sent, two opened (50 %), one of those clicked (50 %), one bounced (25 %).
    in_may = {
        "campaign_id": "camp_spring2023",
        "sends": 4,
        "opens": 2,
        "clicks": 1,
        "bounces": 1,
        "unsubscribes": 0,
        "open_rate": 50,
        "click_to_open_rate": 50,
        "bounce_rate": 25,
        "campaign_start": "2023-05-02 08:00:00",
        "last_activity": "2023-05-15 10:31:00",
    }
    assert call(api, EMAIL_MAY) == [in_may]
    whole = {**in_may, "unsubscribes": 1, "last_activity": "2023-06-01 00:00:00"}
    assert call(api, EMAIL_ALL) == [whole]
    assert [row["campaign_id"] for row in call(api, EMAIL_ALL.replace("campaign_id=", "x="))] == [
        "camp_other",
        "camp_spring2023",
    ]
    activity = call(
        api, "/v0/pipes/recipient_activity.json?token=$TB_ADMIN_TOKEN&recipient_id=user_456&limit=2"
    )
    assert [(row["timestamp"], row["event_type"]) for row in activity] == [
        ("2023-06-01 00:00:00", "unsubscribe"),
        ("2023-05-15 10:31:00", "click"),
    ]
    timeline = call(
        api, "/v0/pipes/campaign_timeline.json?token=$TB_ADMIN_TOKEN&campaign_id=camp_spring2023"
    )
    assert [(row["date"], row["sends"], row["opens"], row["clicks"]) for row in timeline] == [
        ("2023-05-02", 4, 0, 0),
        ("2023-05-03", 0, 1, 0),
        ("2023-05-15", 0, 1, 1),
        ("2023-06-01", 0, 0, 0),
    ]


APP_SAMPLE = r"""{
  "event_id": "evt_254834",
  "user_id": "user_4834",
  "event_type": "error",
  "event_time": "2025-05-11 22:01:58",
  "app_version": "5.4.4",
  "device_type": "Desktop",
  "os_version": "15.4",
  "country": "FR",
  "properties": "{\"screen\":\"product\",\"value\":834}",
  "session_id": "sess_4834"
}"""
APP = r"""{
        "event_id": "e123456789",
        "user_id": "u987654321",
        "event_type": "app_open",
        "event_time": "2023-04-15 08:30:45",
        "app_version": "1.2.3",
        "device_type": "smartphone",
        "os_version": "iOS 16.2",
        "country": "US",
        "properties": "{\"key\":\"screen\",\"value\":\"home\"}",
        "session_id": "sess_abc123"
    }"""
APP_EVENTS = "/v0/events?name=app_events&utm_source=DEV&utm_campaign=tb+create+--prompt+DEV"
APP_URL = "/v0/pipes/events_by_type.json?token=%24TB_ADMIN_TOKEN&start_date=2023-01-01+00%3A00%3A00&end_date=2023-12-31+23%3A59%3A59&app_version=1.2.3&utm_source=DEV&utm_campaign=tb+create+--prompt+DEV"


def test_mobile_analytics(follow):
    api = follow("mobile_analytics")
    post(api, APP_EVENTS, APP)
    post(api, APP_EVENTS, APP_SAMPLE)
    event = orjson.loads(APP)
    send(
        api,
        "app_events",
        {**event, "event_type": "click", "session_id": "sess_2"},
        {**event, "event_type": "click", "session_id": "sess_3", "user_id": "u2"},
        {**event, "event_type": "click", "app_version": "9"},
        {**event, "event_time": "2023-04-16 00:00:00", "session_id": "sess_4"},
    )
    # Version 1.2.3 in 2023: two clicks, two openings.
    assert sorted(call(api, APP_URL), key=str) == [
        {"event_type": "app_open", "event_count": 2},
        {"event_type": "click", "event_count": 2},
    ]
    unfiltered = call(api, "/v0/pipes/events_by_type.json?token=$TB_ADMIN_TOKEN")
    assert unfiltered[0] == {"event_type": "click", "event_count": 3}
    assert len(unfiltered) == 3
    properties = "/v0/pipes/event_properties.json?token=$TB_ADMIN_TOKEN"
    assert call(api, f"{properties}&event_type=app_open") == [
        {"event_type": "app_open", "property_key": "screen", "property_value": "home", "count": 2}
    ]
    # The sample's own properties have another form: no key, and a number as value.
    assert call(api, f"{properties}&event_type=error") == [
        {"event_type": "error", "property_key": "", "property_value": "834", "count": 1}
    ]
    sessions = "/v0/pipes/user_sessions.json?token=$TB_ADMIN_TOKEN"
    # 15 April: sessions abc123, 2 and 3 of two users; the click of version 9 is in abc123.
    assert call(api, f"{sessions}&country=US") == [
        {"day": "2023-04-16", "total_sessions": 1, "total_users": 1, "sessions_per_user": 1},
        {"day": "2023-04-15", "total_sessions": 3, "total_users": 2, "sessions_per_user": 1.5},
    ]
    assert call(api, f"{sessions}&device_type=Desktop&start_date=2025-01-01+00:00:00") == [
        {"day": "2025-05-11", "total_sessions": 1, "total_users": 1, "sessions_per_user": 1}
    ]


USER_SAMPLE = r"""{"event_id": "ev_73902", "user_id": "user_902", "session_id": "session_3902", "event_type": "scroll", "page_url": "https://example.com/about", "referrer": "https://twitter.com", "device_type": "tablet", "browser": "Safari", "country": "Canada", "city": "Toronto", "properties": "{\"button_id\":\"btn_2\",\"page_section\":\"main\"}", "timestamp": "2025-05-11 17:49:55"}"""
# The tutorial leaves out the lines in the middle.
USER = r"""{
       "event_id": "e123456",
       "user_id": "u789012",
       "session_id": "s345678",
       "event_type": "page_view",
       "page_url": "https://example.com/home",
       "referrer": "",
       "device_type": "desktop",
       "browser": "Firefox",
       "country": "US",
       "city": "Austin",
       "properties": "{}",
       "timestamp": "2023-06-15 14:32:45"
     }"""
USER_PIPES = ("user_session_stats", "user_event_timeline", "user_activity_metrics")


def test_user_behaviour(follow):
    api = follow("user_behaviour", *(f"pipes/{name}.pipe" for name in USER_PIPES))
    post(api, "/v0/events?name=user_events", USER)
    post(api, "/v0/events?name=user_events", USER_SAMPLE)
    event = orjson.loads(USER)
    send(
        api,
        "user_events",
        {**event, "event_id": "e2", "event_type": "click", "timestamp": "2023-06-15 14:33:45"},
        {**event, "event_id": "e3", "timestamp": "2023-06-15 14:34:00"},
        {**event, "event_id": "e4", "timestamp": "2023-06-15 14:34:45"},
        {**event, "event_id": "e5", "session_id": "s2", "timestamp": "2023-06-16 00:00:00"},
    )
    stats = call(api, "/v0/pipes/user_session_stats.json?token=$TB_ADMIN_TOKEN&...")
    assert [row["session_id"] for row in stats] == ["session_3902", "s2", "s345678"]
    # Three views and a click from 14:32:45 to 14:34:45.
    assert stats[2] == {
        "session_id": "s345678",
        "user_id": "u789012",
        "session_start": "2023-06-15 14:32:45",
        "session_end": "2023-06-15 14:34:45",
        "duration_seconds": 120,
        "event_count": 4,
        "page_views": 3,
        "clicks": 1,
        "device_type": "desktop",
        "browser": "Firefox",
        "country": "US",
    }
    only = "/v0/pipes/user_session_stats.json?token=$TB_ADMIN_TOKEN&user_id=u789012&limit=1"
    assert [row["session_id"] for row in call(api, only)] == ["s2"]
    timeline = "/v0/pipes/user_event_timeline.json?token=$TB_ADMIN_TOKEN&user_id=u789012&limit=3"
    assert [row["event_id"] for row in call(api, timeline)] == ["e5", "e4", "e3"]
    metrics = "/v0/pipes/user_activity_metrics.json?token=$TB_ADMIN_TOKEN&user_id=u789012"
    found = call(api, metrics)
    assert [(row["date"], row["click_through_rate"]) for row in found] == [
        ("2023-06-16", 0),
        ("2023-06-15", 0.33),  # one click on three page views
    ]
    assert found[1] == {
        "date": "2023-06-15",
        "total_events": 4,
        "unique_users": 1,
        "unique_sessions": 1,
        "page_views": 3,
        "clicks": 1,
        "click_through_rate": 0.33,
    }
