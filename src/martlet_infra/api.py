"""The HTTP API: rows go to one function, large files to another, everything else to a third."""

import json

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from martlet.api.routes import ROUTES
from martlet_infra.config import Config
from martlet_infra.logs import log_group
from martlet_infra.nag import accept

# Operations that the function `events` runs; those of neither set, and paths that nothing is at,
# are the function `query`'s, so that errors are ours.
_WRITES = frozenset(("append_events", "append_file"))
# Those of the function `jobs`.
_UPLOADS = frozenset(("start_upload", "start_job", "read_job"))

# No query string: it may carry a token.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html
_ACCESS_LOG = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "ip": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "route": "$context.routeKey",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "latencyMs": "$context.responseLatency",
    "functionMs": "$context.integrationLatency",
    "error": "$context.integrationErrorMessage",
}


class Api(Construct):
    """The address of a stage.

    Attributes:
        id: AWS's id of the API.
        url: without a slash at the end.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        config: Config,
        events: lambda_.Function,
        query: lambda_.Function,
        jobs: lambda_.Function,
    ) -> None:
        super().__init__(scope, id)
        options = config.options
        api = apigateway.CfnApi(
            self,
            "Http",
            name=config.prefix,
            protocol_type="HTTP",
            description=f"Martlet: {config.project}, {config.stage}",
            disable_execute_api_endpoint=bool(options.domain),
        )
        self.id = api.ref
        self.domain_target = ""
        targets = {
            "events": self._integration(api, "events", events),
            "query": self._integration(api, "query", query),
            "jobs": self._integration(api, "jobs", jobs),
        }
        for route in ROUTES:
            if route.operation in _WRITES:
                self._route(api, f"{route.method} {route.path}", targets["events"])
            elif route.operation in _UPLOADS:
                self._route(api, f"{route.method} {route.path}", targets["jobs"])
        self._route(api, "$default", targets["query"])
        log = log_group(self, "AccessLog", f"/aws/vendedlogs/martlet/{config.prefix}", options)
        apigateway.CfnStage(
            self,
            "Stage",
            api_id=api.ref,
            stage_name="$default",
            auto_deploy=True,
            access_log_settings=apigateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=cdk.Stack.of(self).format_arn(
                    service="logs",
                    resource="log-group",
                    resource_name=log.log_group_name,
                    arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
                ),
                format=json.dumps(_ACCESS_LOG),
            ),
            default_route_settings=apigateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=options.requests_limit,
                throttling_burst_limit=options.requests_limit,
            ),
        )
        accept(
            self,
            "APIG4",
            "The functions check tokens themselves: they may come in three places, of which an"
            " authorizer's cache takes one, and each route needs another scope",
        )
        self.url = api.attr_api_endpoint
        if options.domain:
            self._map(api, options.domain, options.certificate)

    def _integration(
        self, api: apigateway.CfnApi, name: str, function: lambda_.Function
    ) -> apigateway.CfnIntegration:
        stack = cdk.Stack.of(self)
        lambda_.CfnPermission(
            self,
            f"{name}-permission",
            action="lambda:InvokeFunction",
            function_name=function.function_arn,
            principal="apigateway.amazonaws.com",
            source_arn=stack.format_arn(
                service="execute-api", resource=api.ref, resource_name="*/*"
            ),
        )
        return apigateway.CfnIntegration(
            self,
            f"{name}-integration",
            api_id=api.ref,
            integration_type="AWS_PROXY",
            integration_uri=function.function_arn,
            payload_format_version="2.0",
        )

    def _route(
        self, api: apigateway.CfnApi, key: str, target: apigateway.CfnIntegration
    ) -> apigateway.CfnRoute:
        return apigateway.CfnRoute(
            self,
            f"route {key}",
            api_id=api.ref,
            route_key=key,
            authorization_type="NONE",
            target=f"integrations/{target.ref}",
        )

    def _map(self, api: apigateway.CfnApi, domain: str, certificate: str) -> None:
        """Give the API a host name; its owner points the name at `domain_target`."""
        name = apigateway.CfnDomainName(
            self,
            "Domain",
            domain_name=domain,
            domain_name_configurations=[
                apigateway.CfnDomainName.DomainNameConfigurationProperty(
                    certificate_arn=certificate,
                    endpoint_type="REGIONAL",
                    security_policy="TLS_1_2",
                )
            ],
        )
        mapping = apigateway.CfnApiMapping(
            self, "Mapping", api_id=api.ref, domain_name=name.ref, stage="$default"
        )
        stage = self.node.find_child("Stage")
        assert isinstance(stage, apigateway.CfnStage)
        mapping.add_resource_dependency(stage)
        self.url = f"https://{domain}"
        self.domain_target = name.attr_regional_domain_name
