"""The lake: a Glue table for each data source and quarantine, and a Firehose stream into it."""

import zlib

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_logs as logs
from constructs import Construct

from martlet.aws import names
from martlet.lake import PARTITION_COLUMN
from martlet_infra.config import Config
from martlet_infra.logs import log_group
from martlet_infra.nag import accept_prefixes
from martlet_infra.storage import Storage
from martlet_infra.tables import GlueColumn, LakeTable

# No row is older than Martlet. A query looks for partitions from the table's first day on, so an
# early start costs nothing; one that moved would change every table with each deployment.
_FIRST_DAY = "2025-01-01"

# Firehose with Parquet takes no smaller buffer and no shorter interval.
# https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html
_BUFFER_MIB = 64
_BUFFER_S = 60

# CloudFormation makes as many streams at a time: Firehose takes five such calls a second.
# https://docs.aws.amazon.com/firehose/latest/dev/limits.html
_CHAINS = 5

_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"


class Lake(Construct):
    """Tables and streams of a stage. Glue only describes: rows stay when a table is removed.

    Attributes:
        database: name of the Glue database.
        streams: by table, those of tables that have one.
        log_group: where Firehose writes what it could not deliver, and why.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: Config,
        tables: list[LakeTable],
        storage: Storage,
    ) -> None:
        super().__init__(scope, id)
        stack = cdk.Stack.of(self)
        self._bucket = storage.data
        self.database = names.database_name(config.project, config.stage)
        self._database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=stack.account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=self.database, description=f"Martlet: {config.project}, {config.stage}"
            ),
        )
        self.log_group = log_group(
            self, "Log", f"/martlet/{config.prefix}/firehose", config.options
        )
        self._log_stream = logs.CfnLogStream(
            self,
            "LogStream",
            log_group_name=self.log_group.log_group_name,
            log_stream_name="delivery",  # of all streams: each entry has the stream's ARN
        )
        self._role = self._make_role()
        glue_tables = Construct(self, "Tables")
        made = {table.name: self._table(glue_tables, table) for table in tables}
        self.streams: dict[str, firehose.CfnDeliveryStream] = {}
        streams = Construct(self, "Streams")
        last: dict[int, firehose.CfnDeliveryStream] = {}
        for table in tables:
            if not table.has_stream:
                continue
            stream = self._stream(streams, table, made[table.name], config)
            # By the name, so that one table more or less moves no other into another chain.
            chain = zlib.crc32(table.name.encode()) % _CHAINS
            if chain in last:
                stream.add_resource_dependency(last[chain])
            last[chain] = self.streams[table.name] = stream

    def _table(self, scope: Construct, table: LakeTable) -> glue.CfnTable:
        location = f"s3://{self._bucket.bucket_name}/{names.data_prefix(table.name)}"
        day = PARTITION_COLUMN
        made = glue.CfnTable(
            scope,
            table.name,
            catalog_id=cdk.Stack.of(self).account,
            database_name=self.database,
            table_input=glue.CfnTable.TableInputProperty(
                name=names.table_name(table.name),
                table_type="EXTERNAL_TABLE",
                partition_keys=[_column(GlueColumn(day, "string", "day of arrival, UTC"))],
                parameters={
                    "classification": "parquet",
                    "EXTERNAL": "TRUE",
                    "projection.enabled": "true",
                    f"projection.{day}.type": "date",
                    f"projection.{day}.format": "yyyy-MM-dd",
                    f"projection.{day}.range": f"{_FIRST_DAY},NOW+1DAYS",
                    f"projection.{day}.interval": "1",
                    f"projection.{day}.interval.unit": "DAYS",
                    "storage.location.template": f"{location}{day}=${{{day}}}/",
                },
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    columns=[_column(column) for column in table.columns],
                    location=location,
                    input_format=f"{_PARQUET}.MapredParquetInputFormat",
                    output_format=f"{_PARQUET}.MapredParquetOutputFormat",
                    serde_info=glue.CfnTable.SerdeInfoProperty(
                        serialization_library=f"{_PARQUET}.serde.ParquetHiveSerDe",
                        parameters={"serialization.format": "1"},
                    ),
                ),
            ),
        )
        made.add_resource_dependency(self._database)
        return made

    def _stream(
        self, scope: Construct, table: LakeTable, described: glue.CfnTable, config: Config
    ) -> firehose.CfnDeliveryStream:
        day = f"{PARTITION_COLUMN}=!{{timestamp:yyyy-MM-dd}}/"
        stream_type = firehose.CfnDeliveryStream
        stream = firehose.CfnDeliveryStream(
            scope,
            table.name,
            delivery_stream_name=names.stream_name(config.project, config.stage, table.name),
            delivery_stream_type="DirectPut",
            delivery_stream_encryption_configuration_input=(
                stream_type.DeliveryStreamEncryptionConfigurationInputProperty(
                    key_type="AWS_OWNED_CMK"
                )
            ),
            extended_s3_destination_configuration=(
                stream_type.ExtendedS3DestinationConfigurationProperty(
                    bucket_arn=self._bucket.bucket_arn,
                    role_arn=self._role.attr_arn,
                    prefix=names.data_prefix(table.name) + day,
                    error_output_prefix=(
                        f"{names.errors_prefix(table.name)}!{{firehose:error-output-type}}/{day}"
                    ),
                    buffering_hints=stream_type.BufferingHintsProperty(
                        size_in_m_bs=_BUFFER_MIB, interval_in_seconds=_BUFFER_S
                    ),
                    compression_format="UNCOMPRESSED",  # Parquet has its own, below
                    cloud_watch_logging_options=stream_type.CloudWatchLoggingOptionsProperty(
                        enabled=True,
                        log_group_name=self.log_group.log_group_name,
                        log_stream_name=self._log_stream.ref,
                    ),
                    data_format_conversion_configuration=self._conversion(table),
                )
            ),
        )
        stream.add_resource_dependency(described)
        return stream

    def _conversion(
        self, table: LakeTable
    ) -> firehose.CfnDeliveryStream.DataFormatConversionConfigurationProperty:
        stream_type = firehose.CfnDeliveryStream
        stack = cdk.Stack.of(self)
        return stream_type.DataFormatConversionConfigurationProperty(
            enabled=True,
            input_format_configuration=stream_type.InputFormatConfigurationProperty(
                deserializer=stream_type.DeserializerProperty(
                    open_x_json_ser_de=stream_type.OpenXJsonSerDeProperty(
                        case_insensitive=False, convert_dots_in_json_keys_to_underscores=False
                    )
                )
            ),
            output_format_configuration=stream_type.OutputFormatConfigurationProperty(
                serializer=stream_type.SerializerProperty(
                    parquet_ser_de=stream_type.ParquetSerDeProperty(compression="GZIP")
                )
            ),
            schema_configuration=stream_type.SchemaConfigurationProperty(
                catalog_id=stack.account,
                region=stack.region,
                database_name=self.database,
                table_name=names.table_name(table.name),
                role_arn=self._role.attr_arn,
                version_id="LATEST",
            ),
        )

    def _make_role(self) -> iam.CfnRole:
        """One role for all streams of the stage: it writes rows and errors, and reads no row."""
        stack = cdk.Stack.of(self)
        catalog = f"arn:{stack.partition}:glue:{stack.region}:{stack.account}"
        bucket = self._bucket.bucket_arn
        allowed: list[tuple[tuple[str, ...], tuple[str, ...]]] = [
            (
                ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"),
                (f"{bucket}/data/*", f"{bucket}/errors/*"),
            ),
            (
                ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"),
                (bucket,),
            ),
            (
                ("glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"),
                (
                    f"{catalog}:catalog",
                    f"{catalog}:database/{self.database}",
                    f"{catalog}:table/{self.database}/*",
                ),
            ),
            (("logs:PutLogEvents",), (self.log_group.log_group_arn,)),
        ]
        statements = [
            {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
            for actions, resources in allowed
        ]
        role = iam.CfnRole(
            self,
            "Role",
            description="Firehose writes the rows of this stage",
            assume_role_policy_document={
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "firehose.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                        "Condition": {"StringEquals": {"aws:SourceAccount": stack.account}},
                    }
                ],
            },
            policies=[
                iam.CfnRole.PolicyProperty(
                    policy_name="deliver",
                    policy_document={"Version": "2012-10-17", "Statement": statements},
                )
            ],
        )
        accept_prefixes(role, [resource for _, resources in allowed for resource in resources])
        return role


def _column(column: GlueColumn) -> glue.CfnTable.ColumnProperty:
    return glue.CfnTable.ColumnProperty(
        name=column.name, type=column.type, comment=column.comment or None
    )
