"""What a deployment can be told: the context of `cdk.json`, of `-c name=value`, or arguments."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from martlet.aws import names
from martlet.errors import ConfigurationError

RUNTIMES = ("python3.14", "python3.13", "python3.12", "python3.11")
ARCHITECTURES = ("arm64", "x86_64")

# CloudWatch Logs takes these numbers of days only.
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LOG_RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 3653)

# Athena's own lower bound, and a tenth of a terabyte: half a dollar for one query at most.
MIN_BYTES_SCANNED = 10_000_000
DEFAULT_BYTES_SCANNED = 100_000_000_000

_PROJECT = re.compile(r"[a-z](?:-?[a-z0-9]){0,31}")
_STAGE = re.compile(r"[a-z][a-z0-9]{0,15}")
_REGION = re.compile(r"[a-z]{2,}(?:-[a-z]+)+-\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Everything that has a default; each field is a context value of the same name.

    Attributes:
        runtime: Lambda's Python. With an interpreter of that minor version on the machine that
            deploys, bundles carry byte code, without which a cold start takes twice as long.
        architecture: `arm64` or `x86_64`.
        domain: host name of the API; empty for the execute-api URL that AWS gives.
        certificate: ARN of the domain's ACM certificate, in the same region.
        retention: days after which rows are deleted, counted from their arrival; 0 keeps them.
        log_retention: days that logs are kept.
        bytes_scanned_limit: bytes that one query may scan; Athena stops it there.
        requests_limit: requests a second that the API takes before it answers 429.
        alarm_email: who is told of alarms; empty for nobody.
        budget: US dollars a month after which `alarm_email` is told; 0 for none. It is the bill of
            the whole account: AWS splits bills by tag only where its owner has switched that on.
    """

    runtime: str = RUNTIMES[0]
    architecture: str = ARCHITECTURES[0]
    domain: str = ""
    certificate: str = ""
    retention: int = 0
    log_retention: int = 30
    bytes_scanned_limit: int = DEFAULT_BYTES_SCANNED
    requests_limit: int = 1000
    alarm_email: str = ""
    budget: int = 0

    def __post_init__(self) -> None:
        """Refuse what AWS would refuse later, or what makes no sense together.

        Raises:
            ConfigurationError: the message names the value and what it may be.
        """
        _choice("runtime", self.runtime, RUNTIMES)
        _choice("architecture", self.architecture, ARCHITECTURES)
        _choice("log_retention", self.log_retention, LOG_RETENTIONS)
        _at_least("retention", self.retention, 0)
        _at_least("requests_limit", self.requests_limit, 1)
        _at_least("bytes_scanned_limit", self.bytes_scanned_limit, MIN_BYTES_SCANNED)
        _at_least("budget", self.budget, 0)
        if bool(self.domain) != bool(self.certificate):
            raise ConfigurationError(
                "`domain` and `certificate` belong together",
                hint="give the ARN of an ACM certificate for the domain, in the same region",
            )
        if self.budget and not self.alarm_email:
            raise ConfigurationError("`budget` needs `alarm_email`: nobody else would be told")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A deployment: which project, under which names, how.

    Attributes:
        folder: the project's folder.
        project: its name on AWS; with the stage it makes the stack's name.
        stage: `dev`, `prod`, ...
        region: empty for the one of the caller's AWS configuration.
    """

    folder: Path
    project: str
    stage: str
    region: str = ""
    options: Options = field(default_factory=Options)

    def __post_init__(self) -> None:
        """Refuse names that AWS would refuse, or that would be another deployment's too.

        Raises:
            ConfigurationError: the message says what a name may be.
        """
        if not _PROJECT.fullmatch(self.project):
            raise ConfigurationError(
                f"`project` is {self.project!r}: it must be 1 to 32 lower-case letters, digits and"
                " single hyphens, and begin with a letter"
            )
        if not _STAGE.fullmatch(self.stage):
            raise ConfigurationError(
                f"`stage` is {self.stage!r}: it must be 1 to 16 lower-case letters and digits, and"
                " begin with a letter"
            )
        if self.region and not _REGION.fullmatch(self.region):
            raise ConfigurationError(f"`region` is {self.region!r}: expected such as eu-west-1")

    @property
    def stack_name(self) -> str:
        """Name of the CloudFormation stack."""
        return names.stack_name(self.project, self.stage)

    @property
    def prefix(self) -> str:
        """How the names of functions and of the work group begin."""
        return f"{self.project}-{self.stage}"


def read_config(context: Callable[[str], object]) -> Config:
    """Return what the CDK context says.

    Args:
        context: value of a name, None if it has none. Values given by `-c` are texts.

    Raises:
        ConfigurationError: a value is not what it may be.
    """
    folder = Path(str(context("folder") or ".")).resolve()
    given = {name: context(name) for name in Options.__dataclass_fields__}
    defaults = Options()
    values = {
        name: _number(name, value) if isinstance(getattr(defaults, name), int) else str(value)
        for name, value in given.items()
        if value is not None
    }
    return Config(
        folder=folder,
        project=str(context("project") or names.project_name(folder)),
        stage=str(context("stage") or "dev"),
        region=str(context("region") or ""),
        options=Options(**values),  # type: ignore[arg-type]  # each has its default's type
    )


def _number(name: str, value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise ConfigurationError(f"`{name}` is {value!r}: it must be a whole number") from None


def _choice(name: str, value: object, choices: tuple[object, ...]) -> None:
    if value not in choices:
        known = ", ".join(map(str, choices))
        raise ConfigurationError(f"`{name}` is {value!r}: it must be one of {known}")


def _at_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise ConfigurationError(f"`{name}` is {value}: it must be {least} or more")
