"""Tokens: the table that knows their digests, and the secret that holds the declared values."""

import hashlib
import json
from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from martlet.model import Project
from martlet.tokens import declared_scopes
from martlet_infra.config import Config
from martlet_infra.nag import accept
from martlet_infra.tables import LakeTable

_SYNC_TIMEOUT_S = 120


class Tokens(Construct):
    """Tables and secret of a stage. All stay when the stack is deleted.

    Attributes:
        table: tokens by `digest`, the hexadecimal SHA-256 of a value.
        state: what is known of each data source's rows, by `table`.
        secret: values of the admin token and of the tokens that the project declares.
    """

    def __init__(self, scope: Construct, id: str, *, config: Config) -> None:
        super().__init__(scope, id)
        self.table = _table(self, "Table", "digest")
        self.state = _table(self, "State", "table", expires="expires")
        self.secret = secretsmanager.CfnSecret(
            self,
            "Values",
            # No value here: CloudFormation would set it again whenever it updates the secret.
            description=f"Values of the declared tokens of {config.project}, {config.stage}",
        )
        self.secret.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        accept(self.secret, "SMG4", "Clients hold these values; who declares a token replaces it")

    def sync(
        self, function: lambda_.Function, project: Project, tables: Sequence[LakeTable]
    ) -> None:
        """Have a function write declared tokens and the state of new tables when they change."""
        resource = cdk.CfnCustomResource(
            self, "Sync", service_token=function.function_arn, service_timeout=_SYNC_TIMEOUT_S
        )
        resource.add_property_override("Declared", declared_digest(project))
        resource.add_property_override("Tables", sorted(table.name for table in tables))


def declared_digest(project: Project) -> str:
    """Return what changes when the tokens that a project declares do."""
    scopes = {name: sorted(found) for name, found in declared_scopes(project).items()}
    return hashlib.sha256(json.dumps(scopes, sort_keys=True).encode()).hexdigest()


def _table(scope: Construct, id: str, key: str, *, expires: str | None = None) -> dynamodb.Table:
    return dynamodb.Table(
        scope,
        id,
        partition_key=dynamodb.Attribute(name=key, type=dynamodb.AttributeType.STRING),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        time_to_live_attribute=expires,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )
