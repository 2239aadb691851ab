"""The project that clients are tried on; a test module may add files to it."""

WORKSPACE = "shop"  # a workspace has the name of its folder

EVENTS = """\
DESCRIPTION Page views

SCHEMA >
    `timestamp` DateTime `json:$.timestamp`,
    `pathname` String `json:$.pathname`,
    `session_id` String `json:$.session_id`,
    `country` LowCardinality(Nullable(String)) `json:$.country`

ENGINE MergeTree
ENGINE_SORTING_KEY pathname, timestamp
"""

TOP_PAGES = """\
DESCRIPTION >
    The most visited pages

NODE aggregated
SQL >
    %
    SELECT pathname, count() AS views
    FROM page_views
    WHERE timestamp >= {{DateTime(start_date, '2000-01-01 00:00:00')}}
      AND timestamp <= {{DateTime(end_date, '2099-01-01 00:00:00')}}
    {% if defined(country) %} AND country = {{String(country)}} {% end %}
    GROUP BY pathname
    ORDER BY views DESC, pathname
    LIMIT {{Int32(limit, 10)}}

TYPE endpoint
"""

PROJECT = {
    "datasources/page_views.datasource": EVENTS,
    "pipes/top_pages.pipe": TOP_PAGES,
    "martlet.toml": "[settings]\nallow_private_urls = true\n",  # files come from loopback
}

VIEWS = [
    {"timestamp": f"2025-01-0{day} 10:00:00", "pathname": path, "session_id": f"s{day}", "country": country}
    for day, path, country in [
        (1, "/", "ES"), (2, "/", "US"), (3, "/", None), (4, "/pricing", "ES"), (5, "/docs", "FR"),
    ]
]  # fmt: skip
