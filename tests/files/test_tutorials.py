"""The datafiles that five public tutorials print, as printed, faults included."""

from pathlib import Path

import pytest

from martlet.files.project import read_project

TUTORIALS = Path(__file__).parents[1] / "tutorials"

NO_PERCENT = "The SQL of node '{0}_node' has template tags, but does not start with %"
RUN_TOGETHER = "{0} stands on the same line as the description"
# Tutorial -> resource -> its columns or the name of its node, and the warning it gives.
EXPECTED = {
    "ad_performance": {
        "ad_impressions": (8, None),
        "campaign_performance_by_platform": ("campaign_performance_by_platform_node", NO_PERCENT),
    },
    "marketing_channels": {
        "marketing_events": (5, RUN_TOGETHER.format("SCHEMA")),
        "events_by_channel": ("events_by_channel_node", RUN_TOGETHER.format("NODE")),
        "events_by_campaign": ("events_by_campaign_node", RUN_TOGETHER.format("NODE")),
        "total_events": ("total_events_node", RUN_TOGETHER.format("NODE")),
    },
    "email_campaigns": {
        "email_events": (10, None),
        "campaign_stats": ("campaign_stats_node", None),
    },
    "mobile_analytics": {
        "app_events": (10, "A .datasource file written as JSON"),
        "events_by_type": ("events_by_type_node", NO_PERCENT),
        "event_properties": ("event_properties_node", NO_PERCENT),
        "user_sessions": ("user_sessions_node", NO_PERCENT),
    },
    "user_behaviour": {"user_events": (12, None)},
}


@pytest.mark.parametrize("tutorial", EXPECTED)
def test_tutorial_loads(tutorial):
    found, errors = read_project(TUTORIALS / tutorial)
    assert errors == []
    shapes = {name: len(source.columns) for name, source in found.datasources.items()}
    shapes |= {name: pipe.nodes[0].name for name, pipe in found.pipes.items()}
    assert shapes == {name: shape for name, (shape, _) in EXPECTED[tutorial].items()}
    warnings = {(Path(w.location.path).stem, w.message) for w in found.warnings}
    assert warnings == {
        (name, warning.format(name)) for name, (_, warning) in EXPECTED[tutorial].items() if warning
    }
    assert all(pipe.type.value == "endpoint" for pipe in found.pipes.values())
    assert all(source.engine.name == "MergeTree" for source in found.datasources.values())
    assert all(c.json_path for source in found.datasources.values() for c in source.columns)


def test_every_tutorial_is_listed():
    assert sorted(path.name for path in TUTORIALS.iterdir() if path.is_dir()) == sorted(EXPECTED)


def test_descriptions_lose_the_instruction_behind_them():
    found, _ = read_project(TUTORIALS / "marketing_channels")
    assert found.datasources["marketing_events"].description == (
        "Datasource to store marketing events."
    )
    assert found.pipes["total_events"].description == (
        "Endpoint to retrieve the total number of events."
    )
