"""The Athena work group: what every query of a stage is held to."""

import aws_cdk as cdk
from aws_cdk import aws_athena as athena
from constructs import Construct

from martlet_infra.config import Config
from martlet_infra.storage import Storage

# In the results bucket; beside it, under `answers/`, are answers too large for a function.
RESULTS_PREFIX = "athena/"


class Athena(Construct):
    """The work group, whose settings no caller can change.

    Attributes:
        workgroup: its name.
        arn: for IAM.
    """

    def __init__(self, scope: Construct, id: str, *, config: Config, storage: Storage) -> None:
        super().__init__(scope, id)
        group = athena.CfnWorkGroup
        self.workgroup = config.prefix
        made = athena.CfnWorkGroup(
            self,
            "WorkGroup",
            name=self.workgroup,
            description=f"Queries of {config.project}, {config.stage}",
            recursive_delete_option=True,
            work_group_configuration=group.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                requester_pays_enabled=False,
                bytes_scanned_cutoff_per_query=config.options.bytes_scanned_limit,
                engine_version=group.EngineVersionProperty(
                    selected_engine_version="Athena engine version 3"
                ),
                result_configuration=group.ResultConfigurationProperty(
                    output_location=f"s3://{storage.results.bucket_name}/{RESULTS_PREFIX}",
                    encryption_configuration=group.EncryptionConfigurationProperty(
                        encryption_option="SSE_S3"
                    ),
                ),
            ),
        )
        stack = cdk.Stack.of(self)
        place = f"{stack.region}:{stack.account}:workgroup/{self.workgroup}"
        self.arn = f"arn:{stack.partition}:athena:{place}"
        self.resource = made
