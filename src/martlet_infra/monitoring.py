"""Alarms, a dashboard and a budget: what the owner of a stage should hear of without asking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from constructs import Construct

from martlet.aws import names
from martlet_infra.config import Config

# Rows are in S3 within 60 to 90 s. When S3 takes none, Firehose tries for 24 hours.
# https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html
_LATE_S = 900

_PERIOD_S = 300
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Metric:
    """A CloudWatch metric and how its values of one period become one."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str = "Sum"
    period_s: int = _PERIOD_S


class Monitoring(Construct):
    """Alarms and dashboard of a stage; whoever is told is in `alarm_email`."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: Config,
        api_id: str,
        functions: Sequence[lambda_.Function],
        streams: Mapping[str, str],
        firehose_log: logs.LogGroup,
        workgroup: str,
    ) -> None:
        super().__init__(scope, id)
        self._config = config
        self._actions: list[str] = []
        if config.options.alarm_email:
            self._actions = [self._topic(config.options.alarm_email).ref]
        self._api_alarms(api_id)
        for function in functions:
            self._function_alarms(function)
        for table, stream in streams.items():
            self._late_alarm(table, stream)
        self._delivery_alarm(firehose_log)
        scanned = Metric(
            "AWS/Athena", "ProcessedBytes",
            {"WorkGroup": workgroup, "QueryType": "DML", "QueryState": "SUCCEEDED"},
            period_s=_DAY_S,
        )  # fmt: skip
        self._alarm(
            "AthenaBytes", "Queries have scanned a terabyte within a day: 5 US dollars",
            scanned, above=10**12,
        )  # fmt: skip
        self._dashboard(api_id, functions, workgroup)
        if config.options.budget:
            self._budget(config.options.budget, config.options.alarm_email)

    def _api_alarms(self, api_id: str) -> None:
        failed = Metric("AWS/ApiGateway", "5xx", {"ApiId": api_id})
        self._alarm(
            "Api5xx", "Five requests or more within five minutes were answered with 5xx",
            failed, above=4,
        )  # fmt: skip

    def _function_alarms(self, function: lambda_.Function) -> None:
        name = function.node.id
        own = {"FunctionName": function.function_name}
        for metric, text in (
            ("Errors", f"The function {name} has failed"),
            ("Throttles", f"Lambda has turned away calls of the function {name}"),
        ):
            self._alarm(f"{name}{metric}", text, Metric("AWS/Lambda", metric, own), above=0)
        limit_ms = _slow_ms(function)
        slow = Metric("AWS/Lambda", "Duration", own, statistic="p99")
        self._alarm(
            f"{name}Duration", f"One call in a hundred of the function {name} is near its time-out",
            slow, above=limit_ms, periods=3,
        )  # fmt: skip

    def _late_alarm(self, table: str, stream: str) -> None:
        """Alarm for rows that wait. Throttled ones are answered 503, which `Api5xx` sees."""
        age = Metric(
            "AWS/Firehose", "DeliveryToS3.DataFreshness", {"DeliveryStreamName": stream}, "Maximum"
        )
        self._alarm(
            f"Late-{table}", f"Rows of {table} wait for S3; after 24 hours they are lost",
            age, above=_LATE_S,
        )  # fmt: skip

    def _delivery_alarm(self, log: logs.LogGroup) -> None:
        """Alarm for whatever Firehose writes to its log: it logs errors only, of all streams."""
        metric = Metric("Martlet", f"{self._config.prefix}-delivery-errors", {})
        logs.CfnMetricFilter(
            self,
            "DeliveryErrors",
            log_group_name=log.log_group_name,
            filter_pattern="",
            metric_transformations=[
                logs.CfnMetricFilter.MetricTransformationProperty(
                    metric_namespace=metric.namespace, metric_name=metric.name, metric_value="1"
                )
            ],
        )
        self._alarm(
            "Delivery", "Firehose could not write rows as Parquet (they are under errors/ for 30"
            " days) or could not reach S3: its log says which",
            metric, above=0,
        )  # fmt: skip

    def _alarm(self, id: str, text: str, metric: Metric, *, above: int, periods: int = 1) -> None:
        """Make an alarm for a metric; no data is no reason for it."""
        is_percentile = metric.statistic.startswith("p")
        cloudwatch.CfnAlarm(
            self,
            id,
            alarm_name=f"{self._config.prefix}-{id}",
            alarm_description=text,
            namespace=metric.namespace,
            metric_name=metric.name,
            dimensions=[
                cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value)
                for name, value in metric.dimensions.items()
            ]
            or None,
            statistic=None if is_percentile else metric.statistic,
            extended_statistic=metric.statistic if is_percentile else None,
            period=metric.period_s,
            comparison_operator="GreaterThanThreshold",
            threshold=above,
            evaluation_periods=periods,
            treat_missing_data="notBreaching",
            alarm_actions=self._actions or None,
            ok_actions=self._actions or None,
        )

    def _topic(self, email: str) -> sns.CfnTopic:
        stack = cdk.Stack.of(self)
        topic = sns.CfnTopic(
            self,
            "Topic",
            subscription=[sns.CfnTopic.SubscriptionProperty(protocol="email", endpoint=email)],
        )
        alarms = {"StringEquals": {"aws:SourceAccount": stack.account}}
        insecure = {"Bool": {"aws:SecureTransport": "false"}}
        sns.CfnTopicPolicy(
            self,
            "TopicPolicy",
            topics=[topic.ref],
            policy_document={
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"},
                     "Action": "sns:Publish", "Resource": topic.ref, "Condition": alarms},
                    {"Effect": "Deny", "Principal": "*",
                     "Action": "sns:Publish", "Resource": topic.ref, "Condition": insecure},
                ],
            },
        )  # fmt: skip
        return topic

    def _dashboard(
        self, api_id: str, functions: Sequence[lambda_.Function], workgroup: str
    ) -> None:
        config, stack = self._config, cdk.Stack.of(self)
        streams = names.stream_prefix(config.project, config.stage)
        api = [["AWS/ApiGateway", name, "ApiId", api_id] for name in ("Count", "4xx", "5xx")]
        latency = ["AWS/ApiGateway", "Latency", "ApiId", api_id]
        calls = [function.function_name for function in functions]
        panels: list[tuple[str, str, list[object]]] = [
            ("Requests", "Sum", list(api)),
            ("Latency (ms), p50 and p99", "p99", [[*latency, {"stat": "p50"}], latency]),
            ("Calls of functions", "Sum",
             [["AWS/Lambda", "Invocations", "FunctionName", name] for name in calls]),
            ("Errors of functions", "Sum",
             [["AWS/Lambda", "Errors", "FunctionName", name] for name in calls]),
            ("Records taken by Firehose, and turned away", "Sum",
             [_search(name, "Sum", streams) for name in ("IncomingRecords", "ThrottledRecords")]),
            ("Seconds until rows are in S3", "Maximum",
             [_search("DeliveryToS3.DataFreshness", "Maximum", streams)]),
            ("Bytes scanned by Athena", "Sum",
             [["AWS/Athena", "ProcessedBytes", "WorkGroup", workgroup,
               "QueryType", "DML", "QueryState", "SUCCEEDED"]]),
            ("Query time (ms), p50 and p99", "p99",
             [["AWS/Athena", "TotalExecutionTime", "WorkGroup", workgroup, "QueryType", "DML",
               "QueryState", "SUCCEEDED", {"stat": stat}] for stat in ("p50", "p99")]),
        ]  # fmt: skip
        widgets = [
            {"type": "metric", "x": index % 2 * 12, "y": index // 2 * 6, "width": 12, "height": 6,
             "properties": {"title": title, "stat": stat, "metrics": metrics,
                            "region": stack.region, "period": _PERIOD_S, "view": "timeSeries"}}
            for index, (title, stat, metrics) in enumerate(panels)
        ]  # fmt: skip
        cloudwatch.CfnDashboard(
            self,
            "Dashboard",
            dashboard_name=config.prefix,
            dashboard_body=stack.to_json_string({"widgets": widgets}),
        )

    def _budget(self, dollars: int, email: str) -> None:
        notices = budgets.CfnBudget
        budgets.CfnBudget(
            self,
            "Budget",
            budget=notices.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=notices.SpendProperty(amount=dollars, unit="USD"),
            ),
            notifications_with_subscribers=[
                notices.NotificationWithSubscribersProperty(
                    notification=notices.NotificationProperty(
                        notification_type=kind,
                        comparison_operator="GREATER_THAN",
                        threshold=100,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[
                        notices.SubscriberProperty(subscription_type="EMAIL", address=email)
                    ],
                )
                for kind in ("FORECASTED", "ACTUAL")
            ],
        )


def _slow_ms(function: lambda_.Function) -> int:
    """Return nine tenths of a function's time-out."""
    timeout = function.timeout
    assert timeout is not None
    return int(timeout.to_milliseconds() * 9) // 10


def _search(metric: str, statistic: str, streams: str) -> list[dict[str, str]]:
    """Return a dashboard's search for a metric of all streams whose names begin alike."""
    found = f'{{AWS/Firehose,DeliveryStreamName}} MetricName="{metric}" "{streams}"'
    return [{"expression": f"SEARCH('{found}', '{statistic}', {_PERIOD_S})"}]
