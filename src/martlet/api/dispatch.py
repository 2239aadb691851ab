"""A request in, an answer out: the route is found, the operation run, every failure answered."""

from collections.abc import Callable
from concurrent.futures import Future

from martlet.api import jobs, read, write
from martlet.api.http import CORS, PREFLIGHT, Answer, Request, Response, failure
from martlet.api.routes import find_route
from martlet.workspace import Workspace

OPERATIONS: dict[str, Callable[..., Answer]] = {
    "append_events": write.append_events,
    "run_pipe": read.run_pipe,
    "start_copy": jobs.start_copy,
    "start_sink": jobs.start_sink,
    "read_job": jobs.read_job,
    "health": read.health,
    "local_tokens": read.local_tokens,
}


def dispatch(workspace: Workspace, request: Request) -> Future[Response]:
    """Answer a request; the future never fails.

    It is done at once unless events are still being committed.
    """
    answered: Future[Response] = Future()
    answered.set_running_or_notify_cancel()

    def finish(response: Response) -> None:
        response.headers = {**CORS, "x-request-id": request.id, **response.headers}
        answered.set_result(response)

    def done(future: Future[Response]) -> None:
        error = future.exception()
        finish(failure(request, error) if error else future.result())

    try:
        answer = _answer(workspace, request)
    except Exception as error:  # noqa: BLE001  the one door: everything is answered
        finish(failure(request, error))
        return answered
    if isinstance(answer, Response):
        finish(answer)
    else:
        answer.add_done_callback(done)
    return answered


def _answer(workspace: Workspace, request: Request) -> Answer:
    if request.method == "OPTIONS":
        return Response(204, b"", "text/plain", headers=dict(PREFLIGHT))
    route, values = find_route(request.method, request.path)
    return OPERATIONS[route.operation](workspace, request, **values)
