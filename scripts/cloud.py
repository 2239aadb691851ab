"""AWS in a box: `up`, `down`, `status`. A project is deployed on this machine as on an account.

MiniStack stands for AWS, a real Trino server for Athena's engine, and `tests.cloud.athena` for
Athena's API. `up` runs the real `cdk bootstrap` and `cdk deploy` against them. Everything listens
on 127.0.0.1, in processes of their own; what they keep is in one folder, and gone after `down`.
"""

import argparse
import json
import os
import platform
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts import trino  # noqa: E402  a script is run without the repository on its path
from scripts.environments import MINISTACK, InstallError, is_stamped, stamp  # noqa: E402

from martlet.tokens import ADMIN_TOKEN_NAME  # noqa: E402

STATE_VARIABLE = "MARTLET_CLOUD_HOME"
ACCOUNT = "000000000000"
REGION = "us-east-1"
STAGE = "box"
CATALOG = "awsdatacatalog"
DEFAULT_PORT = 4566
PATIENCE_S = 60.0
DEPLOY_DEADLINE_S = 600.0

# Trino reads what Athena would: Glue's tables, and the files of S3 by partition projection.
_GLUE = """\
connector.name=hive
hive.metastore=glue
hive.metastore.glue.region={region}
hive.metastore.glue.endpoint-url={aws}
hive.metastore.glue.aws-access-key={account}
hive.metastore.glue.aws-secret-key=test
hive.metastore-cache-ttl=0s
hive.storage-format=PARQUET
hive.recursive-directories=true
hive.non-managed-table-writes-enabled=true
hive.partition-projection-enabled=true
fs.native-s3.enabled=true
s3.endpoint={aws}
s3.region={region}
s3.path-style-access=true
s3.aws-access-key={account}
s3.aws-secret-key=test
"""

_nothing_to_wait_for = threading.Event()

Say = Callable[[str], None]


class CloudError(Exception):
    """The box cannot be made; the message says what to do."""


@dataclass(slots=True)
class Cloud:
    """A box that runs.

    Attributes:
        folder: what it keeps: logs, the synthesised app, Trino's data, `cloud.json`.
        aws: address of MiniStack.
        athena: address of Athena's stand-in.
        proxy: address of what stands between the functions and both; empty without one.
        processes: name -> process and when it began, by which it is known again.
        outputs: of the stack, by name.
        trino: address of Trino.
    """

    folder: Path
    aws: str = ""
    athena: str = ""
    proxy: str = ""
    trino: str = ""
    processes: dict[str, tuple[int, str]] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where the API is: API Gateway's address, as MiniStack has it."""
        api = self.outputs["Url"].partition("//")[2].partition(".")[0]
        return f"{self.aws}/_aws/execute-api/{api}/$default"

    @property
    def logs(self) -> Path:
        """What each process has printed."""
        return self.folder / "logs"

    @property
    def trino_run(self) -> Path:
        """Trino's data folder."""
        return self.folder / "trino"

    def save(self) -> None:
        content = {**asdict(self), "folder": str(self.folder)}
        partial = self.folder / "cloud.json.partial"
        partial.write_text(json.dumps(content, indent=1))
        partial.replace(self.folder / "cloud.json")


def default_folder() -> Path:
    """Return `$MARTLET_CLOUD_HOME`, or a folder in the user's cache."""
    named = os.environ.get(STATE_VARIABLE)
    return Path(named) if named else Path.home() / ".cache" / "martlet" / "cloud"


def why_not_here() -> str:
    """Return what this machine lacks, empty if nothing."""
    for tool, package in (("node", "nodejs"), ("npx", "npm")):
        if shutil.which(tool) is None:
            return f"`{tool}` is not on the PATH: install it (Debian: `apt-get install {package}`)"
    return trino.why_not_here()


def environment(aws: str) -> dict[str, str]:
    """Return the variables under which AWS's tools talk to MiniStack."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **kept,
        "AWS_ENDPOINT_URL": aws,
        "AWS_ENDPOINT_URL_S3": aws,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_DEFAULT_ACCOUNT": ACCOUNT,
        "CDK_DEFAULT_REGION": REGION,
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
        "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
    }


def provision(say: Say) -> None:
    """Fetch what is not here yet: MiniStack, the CDK's command line, Trino.

    Raises:
        CloudError: something cannot be fetched.
    """
    reason = why_not_here()
    if reason:
        raise CloudError(reason)
    cache = _made(trino.default_home().parent)
    with trino.locked(cache / "cloud.lock"):
        with _step(say, "MiniStack fetched") as was_there:
            try:
                was_there[0] = not MINISTACK.install()
            except InstallError as error:
                raise CloudError(str(error)) from error
        with _step(say, "CDK fetched") as was_there:
            was_there[0] = not _install_cdk()
    with _step(say, "Trino fetched") as was_there:
        try:
            was_there[0] = not trino.provision(trino.default_home())
        except trino.TrinoError as error:
            raise CloudError(str(error)) from error


def _install_cdk() -> bool:
    modules, lock = ROOT / "node_modules", ROOT / "package-lock.json"
    if is_stamped(modules, lock):
        return False
    _run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"])
    stamp(modules, lock)
    return True


def _run(
    command: Sequence[str],
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
    folder: Path = ROOT,
) -> None:
    """Run a command, in the repository unless told otherwise.

    Raises:
        CloudError: it fails; the message has the end of what it printed.
    """
    try:
        done = subprocess.run(  # noqa: S603  our own arguments
            command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=DEPLOY_DEADLINE_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise CloudError(f"`{shlex.join(command)}` took {DEPLOY_DEADLINE_S:.0f} s") from error
    if log is not None:
        log.write_text(done.stdout)
    if done.returncode:
        end = "\n".join(done.stdout.splitlines()[-30:])
        raise CloudError(f"`{shlex.join(command)}` failed:\n{end}")


@contextmanager
def _step(say: Say, name: str) -> Iterator[list[bool]]:
    """Say how long a step took; it sets the yielded item if there was nothing to do."""
    start, was_there = time.monotonic(), [False]
    yield was_there
    if not was_there[0]:
        say(f"  {name:<28}{time.monotonic() - start:6.1f} s")


def up(
    folder: Path,
    *,
    project: Path = ROOT,
    port: int = 0,
    with_proxy: bool = False,
    say: Say = print,
) -> Cloud:
    """Make a box with a project deployed in it.

    Args:
        folder: what it keeps; a box that runs there is ended first.
        project: the folder to deploy.
        port: of MiniStack; 0 is any free one.
        with_proxy: whether `tests.cloud.faults` stands between the functions and AWS.
        say: takes a line for each step.

    Raises:
        CloudError: a part does not start, or the deployment fails; nothing is left running.
    """
    down(folder)
    if folder.exists() and any(folder.iterdir()):
        raise CloudError(f"{folder} holds something else: remove it, or choose with --state")
    cloud = Cloud(folder.absolute())
    cloud.logs.mkdir(parents=True)
    cloud.save()
    ports = [port or trino.free_port(), trino.free_port(), trino.free_port()]
    cloud.aws, cloud.athena = (f"http://127.0.0.1:{number}" for number in ports[:2])
    cloud.proxy = f"http://127.0.0.1:{ports[2]}" if with_proxy else ""
    try:
        with _step(say, "MiniStack up"):
            _start_ministack(cloud)
        if cloud.proxy:  # the functions talk to it while the stack is made
            targets = ["--aws", cloud.aws, "--athena", cloud.athena]
            _start_module(cloud, "faults", cloud.proxy, targets)
        with ThreadPoolExecutor(2) as threads:
            engine = threads.submit(_start_engine, cloud, say)
            bootstrapped = threads.submit(_bootstrap, cloud, say)
            deploy(cloud, project, say=say, after=bootstrapped.result)
            engine.result()
    except BaseException:
        _end_processes(cloud)
        raise
    cloud.save()
    return cloud


def _start_ministack(cloud: Cloud) -> None:
    behind = cloud.proxy or cloud.aws
    env = environment(cloud.aws)
    del env["AWS_ENDPOINT_URL"], env["AWS_ENDPOINT_URL_S3"]  # its own, for its functions
    env |= {
        "GATEWAY_PORT": cloud.aws.rpartition(":")[2],
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "LAMBDA_EXECUTOR": "local",
        "TMPDIR": str(_made(cloud.folder / "tmp")),
        "STATE_DIR": str(cloud.folder / "state"),
        # Functions get this environment too.
        "AWS_ENDPOINT_URL_ATHENA": cloud.proxy or cloud.athena,
        "AWS_ENDPOINT_URL_FIREHOSE": behind,
        "AWS_ENDPOINT_URL_DYNAMODB": behind,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    _start(cloud, "ministack", [str(MINISTACK.program("ministack"))], env)
    _wait_for(cloud, "ministack", lambda: _answers(f"{cloud.aws}/_ministack/health"))


def _start_engine(cloud: Cloud, say: Say) -> None:
    """Start Trino over MiniStack, and what makes Athena of it."""
    with _step(say, "Trino up"):
        glue = _GLUE.format(aws=cloud.aws, region=REGION, account=ACCOUNT)
        try:
            server = trino.start(trino.default_home(), cloud.trino_run, catalogs={CATALOG: glue})
        except trino.TrinoError as error:
            raise CloudError(str(error)) from error
        cloud.trino = f"http://127.0.0.1:{server.port}"
    with _step(say, "Athena's stand-in up"):
        addresses = ["--aws", cloud.aws, "--trino", cloud.trino, "--catalog", CATALOG]
        _start_module(cloud, "athena", cloud.athena, addresses)


def _start_module(cloud: Cloud, name: str, address: str, arguments: list[str]) -> None:
    ready = cloud.folder / f"{name}.ready"
    command = [sys.executable, "-m", f"tests.cloud.{name}", *arguments]
    command += ["--port", address.rpartition(":")[2], "--ready", str(ready)]
    _start(cloud, name, command, environment(cloud.aws))
    _wait_for(cloud, name, ready.exists)


def _cdk(cloud: Cloud, folder: Path, *arguments: str) -> None:
    """Run the CDK in a folder: only where `cdk.json` is does it run the app."""
    command = [str(ROOT / "node_modules" / ".bin" / "cdk"), *arguments, "--no-notices", "--ci"]
    _run(command, environment(cloud.aws), cloud.logs / f"{arguments[0]}.log", folder)


def _bootstrap(cloud: Cloud, say: Say) -> None:
    with _step(say, "cdk bootstrap"):
        _cdk(cloud, cloud.folder, "bootstrap", f"aws://{ACCOUNT}/{REGION}")


def context(project: Path) -> dict[str, str]:
    """Return the CDK context under which functions run on this machine, by this Python."""
    return {
        "folder": str(project),
        "stage": STAGE,
        "region": REGION,
        "runtime": f"python{sys.version_info.major}.{sys.version_info.minor}",
        "architecture": "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64",
    }


def deploy(
    cloud: Cloud,
    project: Path,
    *,
    say: Say = lambda _: None,
    after: Callable[[], object] = lambda: None,
) -> None:
    """Deploy a project, or another version of it, into a box.

    Args:
        cloud: the box.
        project: the folder.
        say: takes a line for each step.
        after: waits for what must be there before the template is deployed.

    Raises:
        CloudError: the project has errors, or the deployment fails.
    """
    _synthesise(cloud, project, say)
    after()
    _deploy(cloud, say)


def _synthesise(cloud: Cloud, project: Path, say: Say) -> None:
    given = [part for item in context(project).items() for part in ("-c", "=".join(item))]
    with _step(say, "cdk synth"):
        _cdk(cloud, ROOT, "synth", "--quiet", *given, "--output", str(cloud.folder / "cdk.out"))
    for template in (cloud.folder / "cdk.out").glob("*.template.json"):
        _shorten_days(template)


def _shorten_days(template: Path) -> None:
    """Have Glue's tables begin yesterday: there are no rows of earlier days in a box.

    MiniStack takes ten milliseconds to list a day's folder, S3 does many at once.
    """
    content = json.loads(template.read_text())
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    for resource in content["Resources"].values():
        if resource["Type"] == "AWS::Glue::Table":
            parameters = resource["Properties"]["TableInput"]["Parameters"]
            parameters["projection.dt.range"] = f"{yesterday},NOW+1DAYS"
    template.write_text(json.dumps(content, indent=1))


def _deploy(cloud: Cloud, say: Say) -> None:
    outputs = cloud.folder / "outputs.json"
    with _step(say, "cdk deploy"):
        _cdk(
            cloud, cloud.folder, "deploy", "--all", "--app", str(cloud.folder / "cdk.out"),
            "--require-approval", "never", "--outputs-file", str(outputs),
        )  # fmt: skip
    for found in json.loads(outputs.read_text()).values():
        cloud.outputs |= found


def _start(cloud: Cloud, name: str, command: list[str], env: Mapping[str, str]) -> None:
    """Start a process that outlives this one."""
    with (cloud.logs / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603  our own arguments
            command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
    process.returncode = 0  # Popen shall not complain that it goes on
    cloud.processes[name] = (process.pid, _began(process.pid))
    cloud.save()


def _wait_for(cloud: Cloud, name: str, is_up: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_up():
        if not _runs(cloud.processes[name]) or time.monotonic() > end:
            said = (cloud.logs / f"{name}.log").read_text(errors="replace").splitlines()[-20:]
            raise CloudError(f"{name} does not start:\n" + "\n".join(said))
        _nothing_to_wait_for.wait(0.05)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  our own address
            return bool(answer.status == 200)
    except OSError:
        return False


def _began(pid: int) -> str:
    """Return when a process began, empty if there is none: its number may be another's later."""
    with suppress(ChildProcessError):  # reap it, if this process started it and it has ended
        os.waitpid(pid, os.WNOHANG)
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip()


def _runs(process: tuple[int, str]) -> bool:
    pid, began = process
    return bool(began) and _began(pid) == began


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def status(folder: Path) -> Cloud | None:
    """Return the box that a folder belongs to, if there is one, with the processes that run."""
    try:
        content = json.loads((folder / "cloud.json").read_text())
    except FileNotFoundError:
        return None
    content["folder"] = folder.absolute()
    content["processes"] = {
        name: (pid, began)
        for name, (pid, began) in content["processes"].items()
        if _runs((pid, began))
    }
    return Cloud(**content)


def down(folder: Path) -> bool:
    """End a box and remove what it kept; return whether there was one."""
    cloud = status(folder)
    if cloud is None:
        return False
    _end_processes(cloud)
    shutil.rmtree(folder, ignore_errors=True)
    return True


def _end_processes(cloud: Cloud) -> None:
    """End all processes of a box, the functions that MiniStack started among them."""
    server = trino.status(cloud.trino_run)
    if server is not None:
        os.kill(server.pid, signal.SIGKILL)  # it keeps nothing
    for number, patience_s in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        left = [process for process in cloud.processes.values() if _runs(process)]
        for pid, _ in left:
            with suppress(ProcessLookupError):
                os.killpg(pid, number)  # each leads a session of its own
        end = time.monotonic() + patience_s
        while any(map(_runs, left)) and time.monotonic() < end:
            _nothing_to_wait_for.wait(0.05)


def client(cloud: Cloud, service: str) -> Any:  # noqa: ANN401  botocore makes its classes when asked
    """Return botocore's client of a service in a box."""
    import botocore.session
    from botocore.config import Config

    session = botocore.session.get_session()
    session.set_credentials(ACCOUNT, "test")
    path_style = Config(s3={"addressing_style": "path"})
    return session.create_client(
        service, region_name=REGION, endpoint_url=cloud.aws, config=path_style
    )


def tokens(cloud: Cloud) -> dict[str, str]:
    """Return the values of the stack's tokens by name."""
    secret = cloud.outputs["TokensSecretArn"]
    found = client(cloud, "secretsmanager").get_secret_value(SecretId=secret)
    values: dict[str, str] = json.loads(found["SecretString"])
    return values


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command."""
    parser = argparse.ArgumentParser(prog="scripts/cloud.py", description=__doc__)
    parser.add_argument("command", choices=["up", "down", "status"])
    parser.add_argument("--project", type=Path, default=ROOT, help="the folder to deploy")
    parser.add_argument("--state", type=Path, default=default_folder(), help="what the box keeps")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="of AWS on 127.0.0.1")
    given = parser.parse_args(arguments)
    try:
        _carry_out(given.command, given.state, given.project.absolute(), given.port)
    except CloudError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _carry_out(command: str, folder: Path, project: Path, port: int) -> None:
    if command == "down":
        print("ended" if down(folder) else "nothing runs")
        return
    if command == "status":
        cloud = status(folder)
        print(_description(cloud) if cloud and cloud.processes else "nothing runs")
        return
    provision(print)
    start = time.monotonic()
    cloud = up(folder, project=project, port=port)
    print(f"  {'all of it':<28}{time.monotonic() - start:6.1f} s\n")
    print(_invitation(cloud, project))


def _description(cloud: Cloud) -> str:
    lines = [f"{name}: process {pid}" for name, (pid, _) in sorted(cloud.processes.items())]
    lines += [f"AWS: {cloud.aws}", f"logs: {cloud.logs}"]
    lines += [f"API: {cloud.url}"] if cloud.outputs else []
    return "\n".join(lines)


def _invitation(cloud: Cloud, project: Path) -> str:
    """Return the address, a token and two commands to try."""
    token = tokens(cloud)[ADMIN_TOKEN_NAME]
    lines = [f"URL    {cloud.url}", f"token  {token}"]
    if project == ROOT:
        event = (ROOT / "fixtures" / "app_events.ndjson").read_text().splitlines()[0]
        auth = f"-H 'Authorization: Bearer {token}'"
        lines += [
            "",
            f"curl {auth} '{cloud.url}/v0/events?name=app_events' -d {shlex.quote(event)}",
            f"curl {auth} '{cloud.url}/v0/pipes/events_by_type.json'",
        ]
    lines += [
        "",
        f"smoke  .venv/bin/martlet smoke {shlex.quote(cloud.url)} {token} {project}",
        f"tools  export AWS_ENDPOINT_URL={cloud.aws} AWS_ACCESS_KEY_ID={ACCOUNT}"
        f" AWS_SECRET_ACCESS_KEY=test AWS_REGION={REGION}",
        f"       .venv/bin/martlet token ls --stage {STAGE}",
    ]
    return "\n".join([*lines, "", "`make cloud-down` ends it"])


if __name__ == "__main__":
    sys.exit(main())
