"""Names that the deployment gives and the functions ask for: no client, no environment in here.

Physical names follow from project, stage and data source, so that they stay when others are
added, renamed or removed.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from martlet.errors import ConfigurationError

# Of a Firehose stream: https://docs.aws.amazon.com/firehose/latest/dev/limits.html
MAX_NAME_LENGTH = 64
MAX_STACK_NAME_LENGTH = 128

# Outputs of the stack. The admin token's value is none: it stays in the secret.
URL_OUTPUT = "Url"
TOKENS_TABLE_OUTPUT = "TokensTable"
TOKENS_SECRET_OUTPUT = "TokensSecretArn"  # noqa: S105  an output's name
PROJECT_SECRETS_OUTPUT = "ProjectSecretsArn"

# Where files that are to be appended are in the results bucket.
UPLOADS_PREFIX = "uploads/"

# Keys of items in the table of states that count the requests of JWTs; no table is called so.
JWT_PREFIX = "jwt/"

# Keys of items in the same table that tell what became of requests with an Idempotency-Key.
KEY_PREFIX = "key/"


@dataclass(frozen=True, slots=True)
class Deployed:
    """What a function has to know of the deployment that it belongs to: its environment.

    Attributes:
        project: the project's name, of lower-case letters, digits and hyphens.
        stage: for example `dev` or `prod`, of the same letters.
        region: where it runs.
        folder: the project's files in the function's bundle.
        tokens_table: DynamoDB table of tokens.
        state_table: DynamoDB table of what is known of each data source's rows.
        tokens_secret: ARN of the Secrets Manager secret with the values of declared tokens.
        data_bucket: bucket of the lake.
        results_bucket: bucket of Athena's results and of large answers.
        database: Glue database.
        workgroup: Athena work group.
        project_secrets: ARN of the Secrets Manager secret with the values for `tb_secret`; empty
            where no template uses it.
    """

    project: str
    stage: str
    region: str
    folder: str
    tokens_table: str
    state_table: str
    tokens_secret: str
    data_bucket: str
    results_bucket: str
    database: str
    workgroup: str
    project_secrets: str = ""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Deployed":
        """Return what the environment says, `MARTLET_<FIELD>` for each field.

        A variable that a function is not given stays empty: least privilege tells no names either.

        Raises:
            ConfigurationError: project, stage, region or folder are missing.
        """
        values = {field.name: environment.get(variable(field.name), "") for field in fields(cls)}
        values["region"] = values["region"] or environment.get("AWS_REGION", "")
        for name in ("project", "stage", "region", "folder"):
            if not values[name]:
                raise ConfigurationError(f"The environment variable {variable(name)} is missing")
        return cls(**values)


def variable(field: str) -> str:
    """Return the environment variable of a field of `Deployed`."""
    return f"MARTLET_{field.upper()}"


def project_name(folder: Path) -> str:
    """Return the name of a project that is given none: its folder's, as AWS takes it."""
    name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower())
    return name.strip("-")[:32].rstrip("-")


def stack_name(project: str, stage: str) -> str:
    """Return the name of a stage's CloudFormation stack, by which the commands find it."""
    return shortened(f"{project}-{stage}", MAX_STACK_NAME_LENGTH)


def stream_name(project: str, stage: str, table: str) -> str:
    """Return the name of the Firehose stream of a data source or quarantine.

    Dots stand in none of the three, so that all streams of one stage, and no others, have one
    beginning: `stream_prefix`. One that is cut has a hash of the whole behind it.
    """
    return shortened(f"{stream_prefix(project, stage)}{table}")


def stream_prefix(project: str, stage: str) -> str:
    """Return how the names of all streams of a stage begin, which IAM goes by."""
    return f"{project}.{stage}."


def database_name(project: str, stage: str) -> str:
    """Return the name of the Glue database: Athena takes no hyphens without quotes."""
    return re.sub(r"\W", "_", f"{project}_{stage}").lower()


def table_name(table: str) -> str:
    """Return the name of a data source's Glue table: Glue has lower case only."""
    return table.lower()


def data_prefix(table: str) -> str:
    """Return where the rows of a data source or quarantine are in the data bucket."""
    return f"data/{table}/"


def errors_prefix(table: str) -> str:
    """Return where Firehose puts what it could not write as Parquet."""
    return f"errors/{table}/"


def shortened(name: str, limit: int = MAX_NAME_LENGTH) -> str:
    """Return a name within a limit, a hash of all of it in place of what was cut."""
    if len(name) <= limit:
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:10]
    return f"{name[: limit - len(mark) - 1]}-{mark}"
