"""Log groups: kept for as long as the options say, gone with the stack."""

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from constructs import Construct

from martlet_infra.config import Options


def log_group(scope: Construct, id: str, name: str, options: Options) -> logs.LogGroup:
    """Return a log group of that name."""
    group = logs.LogGroup(scope, id, log_group_name=name, removal_policy=cdk.RemovalPolicy.DESTROY)
    # The number, not one of CDK's words for it.
    resource = group.node.default_child
    assert isinstance(resource, logs.CfnLogGroup)
    resource.retention_in_days = options.log_retention
    return group
