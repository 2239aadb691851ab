"""What each route of the embedded server runs."""

from martlet.api import jobs, local, read, write
from martlet.api.dispatch import Operations

OPERATIONS: Operations = {
    "append_events": write.append_events,
    "run_pipe": read.run_pipe,
    "start_copy": jobs.start_copy,
    "start_sink": jobs.start_sink,
    "read_job": jobs.read_job,
    "health": read.health,
    "local_tokens": local.local_tokens,
}
