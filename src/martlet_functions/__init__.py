"""The Lambda handlers: thin edges over the same core as the embedded server's."""
