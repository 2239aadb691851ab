from pathlib import Path

import pytest

from martlet.errors import ConfigurationError
from martlet_infra.config import Config, Options, read_config


def test_a_context_without_values_gives_a_deployment_of_this_folder():
    config = read_config({}.get)
    assert config.folder == Path.cwd()
    assert (config.stage, config.region, config.options) == ("dev", "", Options())


def test_values_of_the_command_line_are_texts():
    context = {"project": "shop", "stage": "prod", "region": "eu-west-1", "retention": "90"}
    config = read_config(context.get)
    assert (config.stack_name, config.region) == ("shop-prod", "eu-west-1")
    assert config.options.retention == 90


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ({"project": "Shop"}, "`project` is 'Shop'"),
        ({"project": "a--b"}, "`project` is 'a--b'"),
        ({"stage": "pull-request"}, "`stage` is 'pull-request'"),
        ({"region": "Ireland"}, "`region` is 'Ireland'"),
        ({"runtime": "python2.7"}, "`runtime` is 'python2.7': it must be one of python3.14"),
        ({"architecture": "arm"}, "`architecture` is 'arm': it must be one of arm64, x86_64"),
        ({"log_retention": "31"}, "`log_retention` is 31: it must be one of 1, 3"),
        ({"retention": "-1"}, "`retention` is -1: it must be 0 or more"),
        ({"retention": "a year"}, "`retention` is 'a year': it must be a whole number"),
        ({"bytes_scanned_limit": "1"}, "it must be 10000000 or more"),
        ({"domain": "api.example.com"}, "`domain` and `certificate` belong together"),
        ({"budget": "10"}, "`budget` needs `alarm_email`"),
    ],
)
def test_a_value_that_cannot_be_is_named(context: dict, message: str):
    with pytest.raises(ConfigurationError) as error:
        read_config({"project": "shop", **context}.get)
    assert message in str(error.value)


def test_two_deployments_never_share_a_stack():
    one = Config(folder=Path(), project="a-b", stage="c")
    with pytest.raises(ConfigurationError):
        Config(folder=Path(), project="a", stage="b-c")
    assert one.stack_name == "a-b-c"
