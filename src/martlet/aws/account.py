"""What the commands ask an AWS account: who they are, what is deployed, where tokens are."""

import json
from collections.abc import Mapping
from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from martlet.aws.clients import client
from martlet.aws.names import (
    PROJECT_SECRETS_OUTPUT,
    TOKENS_SECRET_OUTPUT,
    TOKENS_TABLE_OUTPUT,
    stack_name,
)
from martlet.aws.project_secrets import ProjectSecrets
from martlet.aws.token_items import TokenItems
from martlet.aws.token_sync import TokenSecret
from martlet.errors import ConfigurationError, EngineError, NotFoundError

# Commands may wait longer than requests.
_OPTIONS: dict[str, Any] = {
    "connect_timeout": 5,
    "read_timeout": 20,
    "retries": {"total_max_attempts": 4, "mode": "standard"},
}

_CREDENTIALS = (
    "log in with `aws sso login` or `aws configure`, choose a profile with AWS_PROFILE, or set"
    " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
)


class Account:
    """An AWS account in one region, with the caller's own credentials."""

    def __init__(self, region: str = "") -> None:
        """Ask nobody yet.

        Args:
            region: empty for the one of the caller's AWS configuration.

        Raises:
            ConfigurationError: there is neither.
        """
        found = region or botocore.session.get_session().get_config_variable("region")
        if not found:
            raise ConfigurationError(
                "No AWS region is chosen", hint="give --region, or set AWS_REGION"
            )
        self.region = str(found)

    def number(self) -> str:
        """Return the account's number.

        Raises:
            ConfigurationError: there are no credentials, or AWS does not take them.
        """
        return str(self._call("sts", "get_caller_identity")["Account"])

    def is_bootstrapped(self, qualifier: str) -> bool:
        """Whether the CDK's own stack of that qualifier is there, or may not be looked for.

        Source: https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
        """
        try:
            self._call("ssm", "get_parameter", Name=f"/cdk-bootstrap/{qualifier}/version")
        except NotFoundError:
            return False
        except EngineError:
            return True
        return True

    def outputs(self, project: str, stage: str) -> dict[str, str]:
        """Return the outputs of a stage's stack by name.

        Raises:
            NotFoundError: there is no such stack here.
        """
        name = stack_name(project, stage)
        try:
            (stack,) = self._call("cloudformation", "describe_stacks", StackName=name)["Stacks"]
        except NotFoundError as error:
            raise NotFoundError(
                f"There is no stack '{name}' in {self.region}",
                hint="deploy it with `martlet deploy`, or give --project, --stage and --region",
            ) from error
        return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())}

    def template(self, project: str, stage: str) -> Mapping[str, Any]:
        """Return the template that a stage was deployed with last.

        Raises:
            NotFoundError: there is no such stack here.
        """
        self.outputs(project, stage)
        name = stack_name(project, stage)
        body = self._call("cloudformation", "get_template", StackName=name)["TemplateBody"]
        template: Mapping[str, Any] = json.loads(body) if isinstance(body, str) else body
        return template

    def tokens(self, project: str, stage: str) -> tuple[TokenItems, TokenSecret]:
        """Return the table and the secret of a stage's tokens.

        Raises:
            NotFoundError: there is no such stack, or it is not one of Martlet's.
        """
        outputs = self.outputs(project, stage)
        for name in (TOKENS_TABLE_OUTPUT, TOKENS_SECRET_OUTPUT):
            if name not in outputs:
                raise NotFoundError(
                    f"The stack '{stack_name(project, stage)}' has no output '{name}'",
                    hint="is it Martlet's, and did its last deployment end well?",
                )
        return (
            TokenItems(self._client("dynamodb"), outputs[TOKENS_TABLE_OUTPUT]),
            TokenSecret(self._client("secretsmanager"), outputs[TOKENS_SECRET_OUTPUT]),
        )

    def secrets(self, project: str, stage: str) -> ProjectSecrets:
        """Return the secret with a stage's values for `tb_secret`.

        Raises:
            NotFoundError: there is no such stack, or none of its templates uses `tb_secret`.
        """
        arn = self.outputs(project, stage).get(PROJECT_SECRETS_OUTPUT)
        if arn is None:
            raise NotFoundError(
                f"The stack '{stack_name(project, stage)}' has no secret for tb_secret",
                hint="it gets one when a template that uses tb_secret is deployed",
            )
        return ProjectSecrets(self._client("secretsmanager"), arn)

    def _client(self, service: str) -> Any:  # noqa: ANN401  botocore makes its classes when asked
        return client(service, region=self.region, **_OPTIONS)

    def _call(self, service: str, operation: str, **arguments: str) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client(service), operation)(**arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in ("ParameterNotFound", "ValidationError"):
                raise NotFoundError(str(error)) from error
            if code in _REFUSED:
                raise ConfigurationError(
                    f"AWS does not take the credentials: {error}", hint=_CREDENTIALS
                ) from error
            raise EngineError(f"AWS refused a call: {error}") from error
        except BotoCoreError as error:
            if "credentials" in str(error).lower():
                raise ConfigurationError(str(error), hint=_CREDENTIALS) from error
            raise EngineError(f"AWS cannot be asked: {error}") from error
        return answer


_REFUSED = frozenset(
    ("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "SignatureDoesNotMatch",
     "UnrecognizedClientException")
)  # fmt: skip
