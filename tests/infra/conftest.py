"""Templates as CloudFormation gets them, made in this process from small projects."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

# jsii starts Node when the CDK is imported, and prints a page when that one is too old or too new.
os.environ["JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"] = "1"
os.environ["JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION"] = "1"

NO_NODE = "NOT CHECKED: what cdk deploy makes. Node is not here, which the CDK runs on."


@pytest.fixture(scope="session")
def node() -> None:
    if shutil.which("node") is None:
        pytest.skip(NO_NODE)


@dataclass(frozen=True)
class Template:
    """A stack's template; resources are found by type, construct path or property, not by id."""

    json: dict
    report: Path

    @property
    def resources(self) -> dict[str, dict]:
        return self.json["Resources"]

    def of_type(self, kind: str) -> list[dict]:
        return [found for found in self.resources.values() if found["Type"] == f"AWS::{kind}"]

    def properties(self, kind: str) -> list[dict]:
        return [found.get("Properties", {}) for found in self.of_type(kind)]

    def one(self, kind: str, **wanted: object) -> dict:
        """Return the properties of the one resource that has the wanted ones."""
        (found,) = [
            item
            for item in self.properties(kind)
            if all(item.get(k) == v for k, v in wanted.items())
        ]
        return found

    def path(self, logical_id: str) -> str:
        """Return a resource's construct path below `Martlet`."""
        path = self.resources[logical_id]["Metadata"]["aws:cdk:path"]
        return path.partition("/Martlet/")[2].removesuffix("/Resource")

    def text(self, value: object) -> str:
        """Return a value with references as `<construct path>`, pseudo parameters without AWS::."""
        match value:
            case {"Fn::Join": [separator, parts]}:
                return separator.join(map(self.text, parts))
            case {"Fn::GetAtt": [logical_id, _]}:
                return f"<{self.path(logical_id)}>"
            case {"Ref": name} if name.startswith("AWS::"):
                return f"<{name[5:]}>"
            case {"Ref": logical_id}:
                return f"<{self.path(logical_id)}>"
            case _:
                return str(value)


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture(scope="session")
def no_bundles(node: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Functions are empty where no test looks into them: wheels take seconds."""
    from martlet_infra import project as module
    from martlet_infra.bundling import Bundle

    empty = tmp_path_factory.mktemp("bundle")
    (empty / "nothing.py").touch()

    class NoBundler:
        has_byte_code = True

        def __init__(self, *_: object, **__: object) -> None:
            pass

        def bundle(self, name: str) -> Bundle:
            return Bundle(empty, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "Bundler", NoBundler)
        yield


@pytest.fixture(scope="session")
def make_template(
    no_bundles: None, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Template]:
    """Make the template of a project, given as files."""
    import aws_cdk as cdk

    from martlet_infra.config import Config, Options
    from martlet_infra.stack import MartletStack

    def make(files: dict[str, str], plugin: object = None, **options: object) -> Template:
        folder = write(tmp_path_factory.mktemp("project"), files)
        outdir = tmp_path_factory.mktemp("cdk.out")
        app = cdk.App(outdir=str(outdir), context={"aws:cdk:enable-path-metadata": True})
        if plugin is not None:
            cdk.Validations.of(app).add_plugins(plugin)
        config = Config(folder=folder, project="shop", stage="dev", options=Options(**options))
        MartletStack(app, config=config)
        assembly = app.synth()
        return Template(
            assembly.get_stack_by_name("shop-dev").template, outdir / "validation-report.json"
        )

    return make
