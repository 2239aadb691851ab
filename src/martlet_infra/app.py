"""The CDK app: `npx cdk deploy` runs it, in this repository and in any project's folder.

In a folder of your own, with `martlet[deploy]` installed, either `martlet deploy` gives the CDK
what it needs, or a `cdk.json` does:

    {"app": "python -m martlet_infra.app", "context": {"project": "shop", "stage": "prod"}}

The context, in `cdk.json` or as `-c name=value`: `project` (its name; else the folder's),
`stage` (`dev`), `folder` (`.`), `region` (else the AWS configuration's), and the fields of
`martlet_infra.config.Options`.
"""

import sys
from collections.abc import Callable

import aws_cdk as cdk

from martlet.errors import MartletError
from martlet_infra.config import read_config
from martlet_infra.stack import MartletStack


def make_app(app: cdk.App) -> MartletStack:
    """Put the stack that the app's context describes into it."""
    context: Callable[[str], object] = app.node.try_get_context
    return MartletStack(app, config=read_config(context))


def main() -> None:
    """Make the templates; on errors of the project or the context, say them and nothing else."""
    app = cdk.App()
    try:
        make_app(app)
    except MartletError as error:
        sys.exit(str(error))
    app.synth()


if __name__ == "__main__":
    main()
