"""What a deployment consists of, by property."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from scripts import cost
from tests.infra.conftest import Template, write

from martlet.aws.names import Deployed, stream_name

EVENTS = 'TOKEN "tracker" APPEND\n\nSCHEMA >\n    at DateTime `json:$.at`,\n    page String `json:$.page`\n'
ORDERS = "SCHEMA >\n    id UUID `json:$.id`,\n    amount Decimal(10, 2) `json:$.amount`\n"
DAILY = "SCHEMA >\n    day Date,\n    views UInt64\n"
TOP = "NODE top\nSQL >\n    SELECT page, count() AS n FROM events GROUP BY page\nTYPE endpoint\n"
PROJECT = {
    "datasources/events.datasource": EVENTS,
    "datasources/orders.datasource": ORDERS,
    "datasources/daily.datasource": DAILY,
    "pipes/top.pipe": TOP,
}
TABLES = {"events", "orders", "daily"}
STREAMS = {"events", "events_quarantine", "orders", "orders_quarantine"}


@pytest.fixture(scope="module")
def template(make_template: Callable[..., Template]) -> Template:
    return make_template(PROJECT, retention=90)


def environment(template: Template, name: str) -> dict[str, str]:
    function = template.one("Lambda::Function", FunctionName=f"shop-dev-{name}")
    variables = function["Environment"]["Variables"]
    return {key: template.text(value) for key, value in variables.items()}


def test_every_table_is_partitioned_by_the_day_of_arrival_without_a_crawler(template: Template):
    tables = {item["TableInput"]["Name"]: item for item in template.properties("Glue::Table")}
    assert tables.keys() == TABLES | {f"{name}_quarantine" for name in TABLES}
    for name, table in tables.items():
        described = table["TableInput"]
        parameters = described["Parameters"]
        assert table["DatabaseName"] == "shop_dev"
        assert described["PartitionKeys"][0]["Name"] == "dt"
        assert described["PartitionKeys"][0]["Type"] == "string"
        assert parameters["projection.enabled"] == "true"
        assert parameters["projection.dt.range"].endswith(",NOW+1DAYS")
        assert template.text(parameters["storage.location.template"]) == (
            f"s3://<Storage/Data>/data/{name}/dt=${{dt}}/"
        )


def test_every_stream_writes_parquet_where_its_table_looks(template: Template):
    streams = {
        item["DeliveryStreamName"]: item["ExtendedS3DestinationConfiguration"]
        for item in template.properties("KinesisFirehose::DeliveryStream")
    }
    assert streams.keys() == {stream_name("shop", "dev", table) for table in STREAMS}
    for table in STREAMS:
        destination = streams[stream_name("shop", "dev", table)]
        conversion = destination["DataFormatConversionConfiguration"]
        assert destination["Prefix"] == f"data/{table}/dt=!{{timestamp:yyyy-MM-dd}}/"
        assert destination["ErrorOutputPrefix"].startswith(
            f"errors/{table}/!{{firehose:error-output-type}}/"
        )
        assert destination["BufferingHints"] == {"SizeInMBs": 64, "IntervalInSeconds": 60}
        assert conversion["SchemaConfiguration"]["TableName"] == table
        assert "OpenXJsonSerDe" in conversion["InputFormatConfiguration"]["Deserializer"]
        serializer = conversion["OutputFormatConfiguration"]["Serializer"]
        assert serializer["ParquetSerDe"]["Compression"] == "GZIP"


def test_streams_are_made_five_at_a_time(make_template: Callable[..., Template]):
    many = {f"datasources/source{i}.datasource": ORDERS for i in range(12)}
    resources = make_template(many).resources
    kind = "AWS::KinesisFirehose::DeliveryStream"
    streams = {name: item for name, item in resources.items() if item["Type"] == kind}
    before = {
        name: [other for other in item["DependsOn"] if other in streams]
        for name, item in streams.items()
    }
    assert len(streams) == 24
    assert sum(not others for others in before.values()) <= 5
    assert all(len(others) <= 1 for others in before.values())
    followed = [other for others in before.values() for other in others]
    assert len(followed) == len(set(followed))


def test_data_stays_when_the_stack_goes(template: Template):
    kept = [
        *template.of_type("S3::Bucket"),
        *template.of_type("DynamoDB::Table"),
        *template.of_type("SecretsManager::Secret"),
    ]
    assert len(kept) == 6
    for resource in kept:
        assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"


def test_buckets_are_encrypted_private_tls_only_and_cleared(template: Template):
    for bucket in template.properties("S3::Bucket"):
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["BucketEncryption"]
        rules = bucket["LifecycleConfiguration"]["Rules"]
        assert any("AbortIncompleteMultipartUpload" in rule for rule in rules)
    assert len(template.of_type("S3::BucketPolicy")) == 3
    for policy in template.properties("S3::BucketPolicy"):
        statements = policy["PolicyDocument"]["Statement"]
        assert any(
            statement["Effect"] == "Deny"
            and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            for statement in statements
        )


def test_rows_go_after_the_retention_that_was_asked_for(template: Template):
    days = {
        rule.get("Prefix", "*"): rule["ExpirationInDays"]
        for bucket in template.properties("S3::Bucket")
        for rule in bucket["LifecycleConfiguration"]["Rules"]
        if "ExpirationInDays" in rule
    }
    assert days["data/"] == 90
    assert days["errors/"] == days["data/events_quarantine/"] == 30


def test_rows_stay_without_a_retention(make_template: Callable[..., Template]):
    template = make_template(PROJECT)
    rules = [
        rule
        for bucket in template.properties("S3::Bucket")
        for rule in bucket["LifecycleConfiguration"]["Rules"]
    ]
    assert not [rule for rule in rules if rule.get("Prefix") == "data/"]


def each(actions: tuple[str, ...], resources: set[str]) -> dict[str, set[str]]:
    return {action: set(resources) for action in actions}


# Function -> action -> resources. Nothing else, and nothing more.
GRANTS = {
    "events": {
        "dynamodb:GetItem": {"<Tokens/Table>", "<Tokens/State>"},
        "dynamodb:UpdateItem": {"<Tokens/Table>", "<Tokens/State>"},
        "secretsmanager:GetSecretValue": {"<Tokens/Values>"},
        "firehose:PutRecordBatch": {
            "arn:<Partition>:firehose:<Region>:<AccountId>:deliverystream/shop.dev.*"
        },
        "logs:CreateLogStream": {"<Functions/events-log>"},
        "logs:PutLogEvents": {"<Functions/events-log>"},
    },
    "jobs": {
        "dynamodb:GetItem": {"<Tokens/Table>", "<Tokens/State>"},
        "dynamodb:UpdateItem": {"<Tokens/Table>", "<Tokens/State>"},
        "secretsmanager:GetSecretValue": {"<Tokens/Values>"},
        "dynamodb:PutItem": {"<Tokens/State>"},
        "firehose:PutRecordBatch": {
            "arn:<Partition>:firehose:<Region>:<AccountId>:deliverystream/shop.dev.*"
        },
        **each(("s3:GetObject", "s3:PutObject"), {"<Storage/Results>/uploads/*"}),
        "lambda:InvokeFunction": {
            "arn:<Partition>:lambda:<Region>:<AccountId>:function:shop-dev-jobs"
        },
        "logs:CreateLogStream": {"<Functions/jobs-log>"},
        "logs:PutLogEvents": {"<Functions/jobs-log>"},
    },
    "query": {
        "dynamodb:GetItem": {"<Tokens/Table>"},
        "dynamodb:BatchGetItem": {"<Tokens/State>"},
        "dynamodb:UpdateItem": {"<Tokens/Table>", "<Tokens/State>"},
        "secretsmanager:GetSecretValue": {"<Tokens/Values>"},
        **each(
            (
                "athena:GetQueryExecution",
                "athena:GetQueryResults",
                "athena:StartQueryExecution",
                "athena:StopQueryExecution",
            ),
            {"arn:<Partition>:athena:<Region>:<AccountId>:workgroup/shop-dev"},
        ),
        **each(
            ("glue:GetDatabase", "glue:GetPartitions", "glue:GetTable", "glue:GetTables"),
            {
                "arn:<Partition>:glue:<Region>:<AccountId>:catalog",
                "arn:<Partition>:glue:<Region>:<AccountId>:database/shop_dev",
                "arn:<Partition>:glue:<Region>:<AccountId>:table/shop_dev/*",
            },
        ),
        "s3:GetObject": {
            "<Storage/Data>/data/*", "<Storage/Results>/athena/*", "<Storage/Results>/answers/*",
        },
        "s3:ListBucket": {"<Storage/Data>", "<Storage/Results>"},
        "s3:GetBucketLocation": {"<Storage/Data>", "<Storage/Results>"},
        "s3:ListBucketMultipartUploads": {"<Storage/Results>"},
        **each(
            ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"),
            {"<Storage/Results>/athena/*", "<Storage/Results>/answers/*"},
        ),
        "logs:CreateLogStream": {"<Functions/query-log>"},
        "logs:PutLogEvents": {"<Functions/query-log>"},
    },
    "setup": {
        "dynamodb:DeleteItem": {"<Tokens/Table>"},
        "dynamodb:PutItem": {"<Tokens/Table>", "<Tokens/State>"},
        "dynamodb:Scan": {"<Tokens/Table>"},
        "secretsmanager:GetSecretValue": {"<Tokens/Values>"},
        "secretsmanager:PutSecretValue": {"<Tokens/Values>"},
        "logs:CreateLogStream": {"<Functions/setup-log>"},
        "logs:PutLogEvents": {"<Functions/setup-log>"},
    },
    "firehose": {
        **each(
            ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"),
            {"<Storage/Data>/data/*", "<Storage/Data>/errors/*"},
        ),
        **each(
            ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"),
            {"<Storage/Data>"},
        ),
        **each(
            ("glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"),
            {
                "arn:<Partition>:glue:<Region>:<AccountId>:catalog",
                "arn:<Partition>:glue:<Region>:<AccountId>:database/shop_dev",
                "arn:<Partition>:glue:<Region>:<AccountId>:table/shop_dev/*",
            },
        ),
        "logs:PutLogEvents": {"<Lake/Log>"},
    },
}  # fmt: skip


def as_list(value: object) -> list:
    return value if isinstance(value, list) else [value]


def roles(template: Template) -> dict[str, dict]:
    """Return the roles by who has them: a function's name, else the service."""
    owners = {
        role["Fn::GetAtt"][0]: function["FunctionName"].removeprefix("shop-dev-")
        for function in template.properties("Lambda::Function")
        for role in [function["Role"]]
    }
    return {
        owners.get(id, "firehose"): resource["Properties"]
        for id, resource in template.resources.items()
        if resource["Type"] == "AWS::IAM::Role"
    }


@pytest.mark.parametrize("owner", GRANTS)
def test_each_role_may_do_what_it_must_and_nothing_else(template: Template, owner: str):
    role = roles(template)[owner]
    granted: dict[str, set[str]] = {}
    for policy in role["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            for action in as_list(statement["Action"]):
                granted.setdefault(action, set()).update(
                    template.text(resource) for resource in as_list(statement["Resource"])
                )
    assert granted == GRANTS[owner]
    assert "ManagedPolicyArns" not in role


def test_nobody_else_has_a_role_or_policy(template: Template):
    assert roles(template).keys() == GRANTS.keys()
    assert not template.of_type("IAM::Policy")
    assert not template.of_type("IAM::ManagedPolicy")


def test_rows_are_listed_below_their_prefix_only(template: Template):
    (listed,) = [
        statement
        for policy in roles(template)["query"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "s3:ListBucket"
    ]
    assert listed["Condition"] == {"StringLike": {"s3:prefix": "data/*"}}


def test_queries_count_requests_of_jwts_and_write_no_state(template: Template):
    (counting,) = [
        statement
        for policy in roles(template)["query"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "dynamodb:UpdateItem"
    ]
    assert counting["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "jwt/*"}}


def test_functions_are_told_what_they_need_and_no_more(template: Template):
    told = {name: Deployed.read({"AWS_REGION": "eu-west-1", **environment(template, name)})
            for name in ("events", "query", "setup")}  # fmt: skip
    for deployed in told.values():
        assert (deployed.project, deployed.stage, deployed.folder) == ("shop", "dev", "project")
        assert deployed.tokens_table == "<Tokens/Table>"
        assert deployed.tokens_secret == "<Tokens/Values>"
    assert told["events"].workgroup == told["setup"].workgroup == ""
    assert told["query"].results_bucket == "<Storage/Results>"


def test_functions_log_json_for_a_limited_time(template: Template):
    for function in template.properties("Lambda::Function"):
        assert function["LoggingConfig"]["LogFormat"] == "JSON"
        assert function["Timeout"] <= (900 if function["FunctionName"] == "shop-dev-jobs" else 60)
    for group in template.properties("Logs::LogGroup"):
        assert group["RetentionInDays"] == 30


def test_events_go_to_their_function_and_everything_else_to_query(template: Template):
    uris = {
        id: template.text(resource["Properties"]["IntegrationUri"])
        for id, resource in template.resources.items()
        if resource["Type"] == "AWS::ApiGatewayV2::Integration"
    }
    routes = {
        route["RouteKey"]: uris[route["Target"]["Fn::Join"][1][1]["Ref"]]
        for route in template.properties("ApiGatewayV2::Route")
    }
    assert routes == {
        "POST /v0/events": "<Functions/events>",
        "POST /v0/datasources": "<Functions/events>",
        "POST /v0/uploads": "<Functions/jobs>",
        "POST /v0/jobs/{job}/start": "<Functions/jobs>",
        "GET /v0/jobs/{job}": "<Functions/jobs>",
        "$default": "<Functions/query>",
    }


def test_access_logs_have_no_query_string_and_calls_are_limited(template: Template):
    stage = template.one("ApiGatewayV2::Stage")
    logged = json.loads(stage["AccessLogSettings"]["Format"])
    assert not [value for value in logged.values() if "query" in value.lower()]
    assert "$context.path" in logged.values()
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 1000


def test_the_work_group_holds_queries_to_its_limits(template: Template):
    group = template.one("Athena::WorkGroup", Name="shop-dev")["WorkGroupConfiguration"]
    assert group["EnforceWorkGroupConfiguration"] is True
    assert group["BytesScannedCutoffPerQuery"] == 100_000_000_000
    assert group["ResultConfiguration"]["EncryptionConfiguration"]["EncryptionOption"] == "SSE_S3"


def test_no_value_of_a_secret_is_in_the_template(template: Template):
    (secret,) = template.properties("SecretsManager::Secret")
    assert not secret.keys() & {"SecretString", "GenerateSecretString"}


def test_outputs_say_where_everything_is_and_not_what_the_tokens_are(template: Template):
    outputs = {
        name: template.text(item["Value"]) for name, item in template.json["Outputs"].items()
    }
    assert outputs == {
        "Url": "<Api/Http>",
        "TokensSecretArn": "<Tokens/Values>",
        "TokensTable": "<Tokens/Table>",
        "StateTable": "<Tokens/State>",
        "DataBucket": "<Storage/Data>",
        "ResultsBucket": "<Storage/Results>",
        "Workgroup": "shop-dev",
        "Database": "shop_dev",
    }


def test_a_domain_takes_the_place_of_awss_own_address(make_template: Callable[..., Template]):
    template = make_template(
        PROJECT, domain="api.example.com", certificate="arn:aws:acm:eu-west-1:1:certificate/c"
    )
    assert template.one("ApiGatewayV2::Api")["DisableExecuteApiEndpoint"] is True
    assert template.json["Outputs"]["Url"]["Value"] == "https://api.example.com"
    assert template.text(template.json["Outputs"]["DomainTarget"]["Value"]) == "<Api/Domain>"


def test_alarms_tell_whoever_is_named(make_template: Callable[..., Template]):
    template = make_template(PROJECT, alarm_email="ops@example.com", budget=10)
    alarms = template.properties("CloudWatch::Alarm")
    metrics = {alarm["MetricName"] for alarm in alarms}
    assert {
        "5xx", "Errors", "Throttles", "Duration", "DeliveryToS3.DataFreshness", "ProcessedBytes",
        "shop-dev-delivery-errors",
    } == metrics  # fmt: skip
    late = {
        alarm["Dimensions"][0]["Value"]
        for alarm in alarms
        if alarm["MetricName"] == "DeliveryToS3.DataFreshness"
    }
    assert late == {"shop.dev.events", "shop.dev.orders"}
    for alarm in alarms:
        assert [template.text(action) for action in alarm["AlarmActions"]] == ["<Monitoring/Topic>"]
    (budget,) = template.properties("Budgets::Budget")
    assert budget["Budget"]["BudgetLimit"] == {"Amount": 10, "Unit": "USD"}


def test_the_calculator_counts_the_alarms_that_are_made(template: Template):
    with_stream = [name for name in STREAMS if not name.endswith("_quarantine")]
    expected = cost.ALARM_METRICS + cost.ALARM_METRICS_PER_DATA_SOURCE * len(with_stream)
    assert len(template.of_type("CloudWatch::Alarm")) == expected


def test_alarms_without_an_address_only_show(template: Template):
    assert not [a for a in template.properties("CloudWatch::Alarm") if "AlarmActions" in a]
    assert not template.of_type("SNS::Topic")
    assert not template.of_type("Budgets::Budget")


def test_the_documents_say_what_to_do_at_each_alarm(template: Template):
    document = (Path(__file__).parents[2] / "docs" / "aws.md").read_text()
    table = document.partition("### Alarms")[2].partition("###")[0]
    named = {name.removeprefix("shop-dev-") for name in
             (alarm["AlarmName"] for alarm in template.properties("CloudWatch::Alarm"))}  # fmt: skip
    described = set(re.findall(r"`(\w[\w-]*)(?:<data source>)?`(?=[,| ])", table))
    assert {re.sub("^Late-.*", "Late-", name) for name in named} <= described


def changed(before: Template, after: Template) -> dict[str, set[str]]:
    """Return the construct paths that were added, removed or changed, order of creation aside."""

    def plain(resource: dict) -> dict:
        return {key: value for key, value in resource.items() if key != "DependsOn"}

    old, new = before.resources, after.resources
    return {
        "added": {after.path(id) for id in new.keys() - old.keys()},
        "removed": {before.path(id) for id in old.keys() - new.keys()},
        "changed": {
            after.path(id) for id in new.keys() & old.keys() if plain(new[id]) != plain(old[id])
        },
    }


def test_a_new_column_changes_the_tables_it_is_in_and_nothing_else(
    template: Template, make_template: Callable[..., Template]
):
    column = EVENTS.rstrip("\n") + ",\n    browser String `json:$.browser`\n"
    after = make_template({**PROJECT, "datasources/events.datasource": column}, retention=90)
    assert changed(template, after) == {
        "added": set(),
        "removed": set(),
        "changed": {"Lake/Tables/events", "Lake/Tables/events_quarantine"},
    }


def test_a_renamed_data_source_leaves_the_others_as_they_are(
    template: Template, make_template: Callable[..., Template]
):
    files = {path.replace("orders", "purchases"): text for path, text in PROJECT.items()}
    difference = changed(template, make_template(files, retention=90))
    for name, kind in (("purchases", "added"), ("orders", "removed")):
        assert difference[kind] == {
            f"Lake/Tables/{name}",
            f"Lake/Tables/{name}_quarantine",
            f"Lake/Streams/{name}",
            f"Lake/Streams/{name}_quarantine",
            f"Monitoring/Late-{name}",
        }
    # How long its refused rows are kept, and which tables have no row yet.
    assert difference["changed"] == {"Storage/Data", "Tokens/Sync"}


def test_tokens_are_written_again_when_the_project_declares_others(
    template: Template, make_template: Callable[..., Template]
):
    declared = EVENTS.replace("tracker", "website")
    after = make_template({**PROJECT, "datasources/events.datasource": declared}, retention=90)
    assert changed(template, after)["changed"] == {"Tokens/Sync"}


def test_anybodys_stack_takes_several_projects_and_stages(no_bundles: None, tmp_path: Path):
    import aws_cdk as cdk

    from martlet_infra.project import MartletProject

    app = cdk.App(outdir=str(tmp_path / "cdk.out"))
    stack = cdk.Stack(app, "Analytics")
    folder = write(tmp_path / "shop", PROJECT)
    made = [
        MartletProject(stack, f"{name}{stage}", project=folder, stage=stage, name=name)
        for name, stage in (("", "dev"), ("", "prod"), ("forum", "dev"))
    ]
    assert all(project.url for project in made)
    resources = app.synth().get_stack_by_name("Analytics").template["Resources"].values()
    for kind, key, each_has in (
        ("Lambda::Function", "FunctionName", 4),
        ("KinesisFirehose::DeliveryStream", "DeliveryStreamName", 4),
        ("Logs::LogGroup", "LogGroupName", 6),
        ("Athena::WorkGroup", "Name", 1),
        ("CloudWatch::Dashboard", "DashboardName", 1),
    ):
        named = [item["Properties"][key] for item in resources if item["Type"] == f"AWS::{kind}"]
        assert len(named) == len(set(named)) == 3 * each_has
    alarms = [
        item["Properties"]["AlarmName"]
        for item in resources
        if item["Type"] == "AWS::CloudWatch::Alarm"
    ]
    assert len(alarms) == len(set(alarms))


def test_a_pipe_that_uses_a_secret_gets_one_without_its_value(
    make_template: Callable[..., Template],
):
    pipe = (
        "NODE n\nSQL >\n    %\n    SELECT {{ tb_secret('key') }} AS k FROM events\nTYPE endpoint\n"
    )
    template = make_template({**PROJECT, "pipes/keyed.pipe": pipe, ".env": "key=hunter2\n"})
    assert environment(template, "query")["MARTLET_PROJECT_SECRETS"] == "<Secrets>"
    assert "MARTLET_PROJECT_SECRETS" not in environment(template, "events")
    kept = template.of_type("SecretsManager::Secret")
    assert len(kept) == 2
    for secret in kept:
        assert secret["DeletionPolicy"] == "Retain"
        assert not secret["Properties"].keys() & {"SecretString", "GenerateSecretString"}
    assert "hunter2" not in json.dumps(template.resources)
