"""`MartletProject`: a Tinybird project as one construct, for the own stack or for anybody's."""

from collections.abc import Sequence
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from martlet.aws import names
from martlet.files.project import load_project
from martlet.model import Project
from martlet_infra.api import Api
from martlet_infra.athena import RESULTS_PREFIX, Athena
from martlet_infra.bundling import Bundler
from martlet_infra.config import Config, Options
from martlet_infra.functions import API_TIMEOUT_S, Functions, Grant
from martlet_infra.lake import Lake
from martlet_infra.monitoring import Monitoring
from martlet_infra.nag import accept
from martlet_infra.storage import Storage
from martlet_infra.tables import LakeTable, lake_tables
from martlet_infra.tokens import Tokens

_EVENTS_MEMORY_MB = 512
_JOBS_MEMORY_MB = 1024
_JOBS_TIMEOUT_S = 900  # Lambda's own limit: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_QUERY_MEMORY_MB = 1769  # one whole processor: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
_SETUP_MEMORY_MB = 256
_SETUP_TIMEOUT_S = 60


class MartletProject(Construct):
    """A project on AWS: its API, its lake, its tokens.

    In an app of your own:

        from martlet_infra.project import MartletProject

        MartletProject(self, "Analytics", project=Path("analytics"), stage="prod")

    Logical ids follow from the construct's path and from the names of data sources, so a data
    source more or less replaces nothing else. Rows, tokens and their values stay when the stack
    is deleted.

    Attributes:
        url: address of the API.
        outputs: what the commands of Martlet ask a stack for, by name.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        project: Path,
        stage: str = "dev",
        name: str = "",
        options: Options | None = None,
        cache: Path | None = None,
    ) -> None:
        """Read the project and make everything it needs.

        Args:
            scope: a stack, or what is in one.
            id: unique in the scope.
            project: the project's folder.
            stage: `dev`, `prod`, ...: one account and region takes several.
            name: the project's name on AWS; its folder's if it is given none. It is in the names
                of functions and streams, so another name is another deployment.
            options: everything else.
            cache: where bundles are kept between deployments, in place of `~/.cache/martlet`.

        Raises:
            ProjectError: the project has errors, or columns that the lake cannot hold; all of them.
            ConfigurationError: a name or option is not what it may be.
        """
        super().__init__(scope, id)
        config = Config(
            folder=project,
            project=name or names.project_name(project),
            stage=stage,
            options=options or Options(),
        )
        loaded = load_project(project)
        tables = lake_tables(loaded)
        bundler = Bundler(
            loaded,
            runtime=config.options.runtime,
            architecture=config.options.architecture,
            cache=cache,
        )
        self._config = config
        self._storage = Storage(self, "Storage", tables=tables, options=config.options)
        self._lake = Lake(self, "Lake", config=config, tables=tables, storage=self._storage)
        self._tokens = Tokens(self, "Tokens", config=config)
        self._secrets = self._project_secrets(loaded)
        self._athena = Athena(self, "Athena", config=config, storage=self._storage)
        self._add_functions(loaded, bundler, tables)
        self._api = Api(
            self,
            "Api",
            config=config,
            events=self._events,
            query=self._query,
            jobs=self._jobs,
        )
        self.url = self._api.url
        Monitoring(
            self,
            "Monitoring",
            config=config,
            api_id=self._api.id,
            functions=(self._events, self._query, self._jobs),
            streams={
                table: names.stream_name(config.project, config.stage, table)
                for table in loaded.datasources
                if table in self._lake.streams
            },
            firehose_log=self._lake.log_group,
            workgroup=self._athena.workgroup,
        )
        self.outputs = self._outputs()

    def _project_secrets(self, project: Project) -> secretsmanager.CfnSecret | None:
        """Make the secret that `martlet secret set` writes to, if a pipe asks for one."""
        if not any(
            "tb_secret" in node.sql for pipe in project.pipes.values() for node in pipe.nodes
        ):
            return None
        secret = secretsmanager.CfnSecret(
            self,
            "Secrets",
            # No value here: CloudFormation would set it again whenever it updates the secret.
            description=f"Values for tb_secret of {self._config.project}, {self._config.stage}",
        )
        secret.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        accept(secret, "SMG4", "The values are others' credentials; who owns them replaces them")
        return secret

    def _add_functions(
        self, project: Project, bundler: Bundler, tables: Sequence[LakeTable]
    ) -> None:
        tokens, lake, athena, storage = self._tokens, self._lake, self._athena, self._storage
        functions = Functions(self, "Functions", config=self._config, bundler=bundler)
        known = {
            "tokens_table": tokens.table.table_name,
            "state_table": tokens.state.table_name,
            "tokens_secret": tokens.secret.ref,
        }
        check_tokens = [
            Grant(("dynamodb:GetItem", "dynamodb:UpdateItem"), (tokens.table.table_arn,)),
            # JWTs are signed with the admin token, and their requests are counted beside states.
            Grant(("secretsmanager:GetSecretValue",), (tokens.secret.ref,)),
            Grant(
                ("dynamodb:UpdateItem",),
                (tokens.state.table_arn,),
                {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": f"{names.JWT_PREFIX}*"}},
            ),
        ]
        self._events = functions.add(
            "events",
            memory_mb=_EVENTS_MEMORY_MB,
            timeout_s=API_TIMEOUT_S,
            told=known,
            grants=[*check_tokens, *self._write_grants()],
        )
        self._query = functions.add(
            "query",
            memory_mb=_QUERY_MEMORY_MB,
            timeout_s=API_TIMEOUT_S,
            told={
                **known,
                "database": lake.database,
                "workgroup": athena.workgroup,
                "data_bucket": storage.data.bucket_name,
                "results_bucket": storage.results.bucket_name,
                **({"project_secrets": self._secrets.ref} if self._secrets else {}),
            },
            grants=[*check_tokens, *self._read_grants()],
        )
        self._jobs = functions.add(
            "jobs",
            memory_mb=_JOBS_MEMORY_MB,
            timeout_s=_JOBS_TIMEOUT_S,
            told={**known, "results_bucket": storage.results.bucket_name},
            grants=[*check_tokens, *self._write_grants(), *self._job_grants()],
        )
        # Lambda would end a job with its sixteenth run: runs call each other until a file's end.
        # https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
        resource = self._jobs.node.default_child
        assert isinstance(resource, lambda_.CfnFunction)
        resource.recursive_loop = "Allow"
        setup = functions.add(
            "setup",
            memory_mb=_SETUP_MEMORY_MB,
            timeout_s=_SETUP_TIMEOUT_S,
            told=known,
            grants=[
                Grant(
                    ("dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:Scan"),
                    (tokens.table.table_arn,),
                ),
                Grant(("dynamodb:PutItem",), (tokens.state.table_arn,)),
                Grant(
                    ("secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"),
                    (tokens.secret.ref,),
                ),
            ],
        )
        tokens.sync(setup, project, tables)

    def _write_grants(self) -> list[Grant]:
        config, stack = self._config, cdk.Stack.of(self)
        streams = names.stream_prefix(config.project, config.stage)
        place = f"arn:{stack.partition}:firehose:{stack.region}:{stack.account}"
        return [
            Grant(("firehose:PutRecordBatch",), (f"{place}:deliverystream/{streams}*",)),
            Grant(("dynamodb:GetItem", "dynamodb:UpdateItem"), (self._tokens.state.table_arn,)),
        ]

    def _job_grants(self) -> list[Grant]:
        """What the job of an upload needs beside writing: its item, its file, and its next run."""
        stack, results = cdk.Stack.of(self), self._storage.results.bucket_arn
        place = f"arn:{stack.partition}:lambda:{stack.region}:{stack.account}"
        return [
            Grant(("dynamodb:PutItem",), (self._tokens.state.table_arn,)),
            Grant(("s3:GetObject", "s3:PutObject"), (f"{results}/{names.UPLOADS_PREFIX}*",)),
            Grant(("lambda:InvokeFunction",), (f"{place}:function:{self._config.prefix}-jobs",)),
        ]

    def _read_grants(self) -> list[Grant]:
        """What a query needs: https://docs.aws.amazon.com/athena/latest/ug/managed-policies.html."""
        stack, database = cdk.Stack.of(self), self._lake.database
        catalog = f"arn:{stack.partition}:glue:{stack.region}:{stack.account}"
        data, results = self._storage.data.bucket_arn, self._storage.results.bucket_arn
        own_results = (f"{results}/{RESULTS_PREFIX}*", f"{results}/answers/*")
        return [
            Grant(
                (
                    "athena:GetQueryExecution",
                    "athena:GetQueryResults",
                    "athena:StartQueryExecution",
                    "athena:StopQueryExecution",
                ),
                (self._athena.arn,),
            ),
            Grant(
                ("glue:GetDatabase", "glue:GetPartitions", "glue:GetTable", "glue:GetTables"),
                (
                    f"{catalog}:catalog",
                    f"{catalog}:database/{database}",
                    f"{catalog}:table/{database}/*",
                ),
            ),
            Grant(("s3:GetObject",), (f"{data}/data/*",)),
            Grant(("s3:ListBucket",), (data,), {"StringLike": {"s3:prefix": "data/*"}}),
            Grant(("s3:GetBucketLocation",), (data, results)),
            Grant(("s3:ListBucket", "s3:ListBucketMultipartUploads"), (results,)),
            Grant(
                (
                    "s3:AbortMultipartUpload",
                    "s3:GetObject",
                    "s3:ListMultipartUploadParts",
                    "s3:PutObject",
                ),
                own_results,
            ),
            Grant(("dynamodb:BatchGetItem",), (self._tokens.state.table_arn,)),
            *(
                [Grant(("secretsmanager:GetSecretValue",), (self._secrets.ref,))]
                if self._secrets
                else []
            ),
        ]

    def _outputs(self) -> dict[str, str]:
        outputs = {
            names.URL_OUTPUT: self.url,
            names.TOKENS_SECRET_OUTPUT: self._tokens.secret.ref,
            names.TOKENS_TABLE_OUTPUT: self._tokens.table.table_name,
            "StateTable": self._tokens.state.table_name,
            "DataBucket": self._storage.data.bucket_name,
            "ResultsBucket": self._storage.results.bucket_name,
            "Workgroup": self._athena.workgroup,
            "Database": self._lake.database,
        }
        if self._secrets:
            outputs[names.PROJECT_SECRETS_OUTPUT] = self._secrets.ref
        if self._api.domain_target:
            outputs["DomainTarget"] = self._api.domain_target
        return outputs
