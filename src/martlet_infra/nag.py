"""Acknowledged findings of cdk-nag's AwsSolutions rules, each with its reason."""

from collections.abc import Iterable
from typing import Any

import aws_cdk as cdk
from constructs import IConstruct

_PREFIX_ONLY = "Of one stage's own: the rows, results, tables or streams below this prefix"


def accept(scope: IConstruct, rule: str, reason: str) -> None:
    """State why a rule does not hold for a construct and what is below it.

    Args:
        scope: the construct.
        rule: without the pack's name: `APIG4`, or `IAM5[Resource::*]`.
        reason: for whoever audits the stack.
    """
    acknowledgment = cdk.Acknowledgment(id=f"AwsSolutions-{rule}", reason=reason)
    cdk.Validations.of(scope).acknowledge(acknowledgment)


def accept_prefixes(role: IConstruct, resources: Iterable[str]) -> None:
    """State for each resource of a role that ends in a star what it is a prefix of."""
    stack = cdk.Stack.of(role)
    for resource in dict.fromkeys(resources):
        written = _written(stack.resolve(resource))
        if "*" in written:
            accept(role, f"IAM5[Resource::{written}]", _PREFIX_ONLY)


def _written(value: Any) -> str:  # noqa: ANN401  CloudFormation's own JSON
    """Return a value with its references as cdk-nag writes them: `<Bucket.Arn>/data/*`."""
    match value:
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(map(_written, parts))
        case {"Fn::GetAtt": [resource, attribute]}:
            return f"<{resource}.{attribute}>"
        case {"Ref": name}:
            return f"<{name}>"
        case _:
            return str(value)
