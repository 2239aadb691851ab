"""What each route of the embedded server runs."""

from martlet.api import append, jobs, local, read, uploads, write
from martlet.api.dispatch import Operations

OPERATIONS: Operations = {
    "append_events": write.append_events,
    "append_file": append.append_file,
    "run_pipe": read.run_pipe,
    "start_copy": jobs.start_copy,
    "start_sink": jobs.start_sink,
    "start_upload": uploads.start_upload,
    "start_job": uploads.start_job,
    "read_job": jobs.read_job,
    "health": read.health,
    "local_tokens": local.local_tokens,
}
