"""Buckets: rows, results, and the access logs of both. Reachable over TLS only, never public."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from martlet.aws import names
from martlet_infra.config import Options
from martlet_infra.tables import LakeTable

_RESULT_DAYS = 1
_ERROR_DAYS = 30
_QUARANTINE_DAYS = 30  # as the embedded server keeps refused rows
_ACCESS_LOG_DAYS = 90


class Storage(Construct):
    """The buckets of a stage. They stay when the stack is deleted: rows are in one of them.

    Attributes:
        data: rows as Parquet, and what Firehose could not write as such.
        results: Athena's results and large answers, for a day.
    """

    def __init__(
        self, scope: Construct, id: str, *, tables: list[LakeTable], options: Options
    ) -> None:
        super().__init__(scope, id)
        logs = _bucket(self, "AccessLogs", [_expire(_ACCESS_LOG_DAYS)])
        logs.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("logging.s3.amazonaws.com")],
                actions=["s3:PutObject"],
                resources=[logs.arn_for_objects("*")],
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(self).account}},
            )
        )
        rules = [_expire(_ERROR_DAYS, "errors/")]
        if options.retention:
            rules.append(_expire(options.retention, "data/"))
        rules += [
            _expire(_QUARANTINE_DAYS, names.data_prefix(table.name))
            for table in tables
            if table.is_quarantine
        ]
        self.data = _bucket(self, "Data", rules)
        self.results = _bucket(self, "Results", [_expire(_RESULT_DAYS)])
        for bucket in (self.data, self.results):
            _log_access(bucket, logs)


def _bucket(scope: Construct, id: str, rules: list[s3.LifecycleRule]) -> s3.Bucket:
    return s3.Bucket(
        scope,
        id,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        removal_policy=cdk.RemovalPolicy.RETAIN,
        lifecycle_rules=[
            s3.LifecycleRule(abort_incomplete_multipart_upload_after=cdk.Duration.days(1)),
            *rules,
        ],
    )


def _expire(days: int, prefix: str | None = None) -> s3.LifecycleRule:
    return s3.LifecycleRule(prefix=prefix, expiration=cdk.Duration.days(days))


def _log_access(bucket: s3.Bucket, logs: s3.Bucket) -> None:
    """Log requests to a bucket.

    `server_access_logs_bucket` would give the bucket of logs an ACL, unless the app that a
    construct is used in has the feature flag that makes it a policy.
    """
    resource = bucket.node.default_child
    assert isinstance(resource, s3.CfnBucket)
    resource.logging_configuration = s3.CfnBucket.LoggingConfigurationProperty(
        destination_bucket_name=logs.bucket_name,
        log_file_prefix=f"{bucket.node.id.lower()}/",
    )
