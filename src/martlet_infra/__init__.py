"""The CDK constructs that put a project on AWS."""
