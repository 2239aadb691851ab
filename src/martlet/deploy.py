"""`martlet deploy`: the CDK on a project's folder, and what must be there before it can run."""

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from martlet.aws.account import Account
from martlet.errors import ConfigurationError

# The CDK's command line of the line that `aws-cdk-lib` 2 belongs to; npm's `latest` may be another.
CDK = "aws-cdk@2"

# What `cdk bootstrap` calls its resources unless it is told otherwise.
_QUALIFIER = "hnb659fds"


def read_context(folder: Path) -> dict[str, Any]:
    """Return the context of a folder's `cdk.json`, empty if there is none.

    Raises:
        ConfigurationError: it is not a JSON object.
    """
    context = _read(folder / "cdk.json").get("context", {})
    return context if isinstance(context, dict) else {}


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise ConfigurationError(f"{path} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise ConfigurationError(f"{path} is not a JSON object")
    return content


def require_cdk(folder: Path, account: Account, *, environment: Mapping[str, str]) -> str:
    """Return the path of npx, if all is there that a deployment needs.

    Raises:
        ConfigurationError: Node.js, credentials or the account's bootstrap stack are missing.
    """
    program = shutil.which("npx", path=environment.get("PATH"))
    if program is None or shutil.which("node", path=environment.get("PATH")) is None:
        raise ConfigurationError(
            "Node.js is missing, with which the AWS CDK runs",
            hint="install Node.js 22 or newer from your system's packages or from nodejs.org",
        )
    number = account.number()
    qualifier = read_context(folder).get("@aws-cdk/core:bootstrapQualifier", _QUALIFIER)
    if not account.is_bootstrapped(str(qualifier)):
        raise ConfigurationError(
            f"The account {number} is not prepared for the CDK in {account.region}",
            hint=f"run `npx {CDK} bootstrap aws://{number}/{account.region}` once",
        )
    return program


def deploy(
    folder: Path,
    program: str,
    context: Mapping[str, str],
    *,
    ask: bool,
    environment: Mapping[str, str],
) -> int:
    """Run `cdk deploy` in a project's folder, its output going where ours goes.

    A folder with a `cdk.json` deploys the app that stands there, any other one Martlet's.

    Args:
        folder: the project's folder.
        program: path of npx.
        context: values for the app, by name.
        ask: whether the CDK asks before it widens permissions.
        environment: of the process.

    Returns:
        The CDK's exit code.
    """
    command = cdk_command(folder, context, ask=ask)
    region = dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), context["region"])
    return subprocess.run(  # noqa: S603  the user's own words, without a shell
        [program, *command], cwd=folder, env={**environment, **region}, check=False
    ).returncode


def cdk_command(folder: Path, context: Mapping[str, str], *, ask: bool) -> Sequence[str]:
    """Return the arguments of npx."""
    command = ["--yes", CDK, "deploy"]
    configured = _read(folder / "cdk.json")
    if "app" not in configured:
        command += ["--app", f"{shlex.quote(sys.executable)} -m martlet_infra.app"]
    if "output" not in configured:
        # Not `cdk.out`: what is in there would be read as part of the project.
        command += ["--output", str(Path(".martlet", "cdk.out"))]
    for name, value in context.items():
        command += ["--context", f"{name}={value}"]
    if not ask:
        command += ["--require-approval", "never"]
    return command
