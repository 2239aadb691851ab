"""The stack of one stage: `MartletProject`, and its outputs."""

from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from martlet_infra.config import Config
from martlet_infra.project import MartletProject


class MartletStack(cdk.Stack):
    """One project in one stage, as `martlet deploy` and this package's app make it."""

    def __init__(self, scope: Construct, *, config: Config, cache: Path | None = None) -> None:
        super().__init__(
            scope,
            config.stack_name,
            stack_name=config.stack_name,
            description=f"Martlet: {config.project}, {config.stage}",
            env=cdk.Environment(region=config.region) if config.region else None,
            tags={"martlet:project": config.project, "martlet:stage": config.stage},
        )
        made = MartletProject(
            self,
            "Martlet",
            project=config.folder,
            stage=config.stage,
            name=config.project,
            options=config.options,
            cache=cache,
        )
        for name, value in made.outputs.items():
            cdk.CfnOutput(self, name, value=value)
