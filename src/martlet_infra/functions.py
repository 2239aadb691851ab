"""The Lambda functions: what each is, what it is told, and what it may do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from martlet.aws import names
from martlet_infra.bundling import BUNDLES, PROJECT_FOLDER, Bundler
from martlet_infra.config import Config
from martlet_infra.logs import log_group
from martlet_infra.nag import accept, accept_prefixes

# HTTP APIs give up after 30 s, whatever the function does then.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
API_TIMEOUT_S = 29


@dataclass(frozen=True, slots=True)
class Grant:
    """What a function may do: actions on resources.

    Attributes:
        conditions: of IAM, by operator.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def statement(self) -> iam.PolicyStatement:
        """Return the grant as IAM has it."""
        return iam.PolicyStatement(
            actions=list(self.actions),
            resources=list(self.resources),
            conditions={operator: dict(test) for operator, test in self.conditions.items()} or None,
        )


class Functions(Construct):
    """Makes the functions of a stage; each has a role of its own."""

    def __init__(self, scope: Construct, id: str, *, config: Config, bundler: Bundler) -> None:
        super().__init__(scope, id)
        self._config = config
        self._bundler = bundler
        if not bundler.has_byte_code:
            minor = config.options.runtime.removeprefix("python")
            cdk.Annotations.of(self).add_warning_v2(
                "martlet:no-byte-code",
                f"No Python {minor} is on this machine, so the functions are put together without"
                " byte code: their cold starts take about twice as long. Install it, or give"
                " `runtime` the version of a Python that is here.",
            )

    def add(
        self,
        name: str,
        *,
        memory_mb: int,
        timeout_s: int,
        told: Mapping[str, str],
        grants: Sequence[Grant],
    ) -> lambda_.Function:
        """Make a function.

        Args:
            name: of the bundle and handler.
            memory_mb: 1,769 is one whole processor.
            timeout_s: after it, Lambda ends an invocation.
            told: fields of `Deployed` and their values, beside those that all functions get.
            grants: what it may do, beside writing its log.
        """
        config = self._config
        options = config.options
        group = log_group(self, f"{name}-log", f"/aws/lambda/{config.prefix}-{name}", options)
        log = Grant(("logs:CreateLogStream", "logs:PutLogEvents"), (group.log_group_arn,))
        role = iam.Role(
            self,
            f"{name}-role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What the function {config.prefix}-{name} may do",
            inline_policies={
                "own": iam.PolicyDocument(
                    statements=[grant.statement() for grant in (*grants, log)]
                )
            },
        )
        accept_prefixes(role, [resource for grant in grants for resource in grant.resources])
        bundle = self._bundler.bundle(name)
        common = {"project": config.project, "stage": config.stage, "folder": PROJECT_FOLDER}
        function = lambda_.Function(
            self,
            name,
            function_name=f"{config.prefix}-{name}",
            runtime=lambda_.Runtime(options.runtime, lambda_.RuntimeFamily.PYTHON),
            architecture=_ARCHITECTURES[options.architecture],
            handler=f"{BUNDLES[name].module}.handler",
            code=lambda_.Code.from_asset(
                str(bundle.folder),
                asset_hash=bundle.digest,
                asset_hash_type=cdk.AssetHashType.CUSTOM,
            ),
            role=role,
            memory_size=memory_mb,
            timeout=cdk.Duration.seconds(timeout_s),
            log_group=group,
            logging_format=lambda_.LoggingFormat.JSON,
            system_log_level_v2=lambda_.SystemLogLevel.WARN,  # no START, END and REPORT lines
            environment={
                **{names.variable(key): value for key, value in {**common, **told}.items()},
                "POWERTOOLS_SERVICE_NAME": name,
                "POWERTOOLS_METRICS_NAMESPACE": "Martlet",
            },
        )
        if options.runtime != "python3.14":
            accept(function, "L1", "The runtime is the one that the deployment asks for")
        return function


_ARCHITECTURES = {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}
