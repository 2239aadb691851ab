"""A request in, an answer out: the route is found, the operation run, every failure answered."""

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future

from martlet.api.backend import Backend
from martlet.api.http import CORS, PREFLIGHT, Answer, Request, Response, failure
from martlet.api.recording import record
from martlet.api.routes import find_route, methods
from martlet.errors import NotAvailableError

# Operations by the names that `routes.ROUTES` has. Each takes the backend, the request, and the
# values in the request's path.
Operations = Mapping[str, Callable[..., Answer]]

log = logging.getLogger("martlet.api")


def dispatch(backend: Backend, request: Request, operations: Operations) -> Future[Response]:
    """Answer a request; the future never fails.

    It is done at once unless events are still being committed.
    """
    started, records = time.perf_counter(), backend.records
    answered: Future[Response] = Future()
    answered.set_running_or_notify_cancel()

    def finish(response: Response) -> None:
        response.headers = {
            **CORS, "x-request-id": request.id, **request.answer_headers, **response.headers
        }  # fmt: skip
        if records is not None:  # first: who has the answer finds it recorded
            try:
                record(records, request, response, time.perf_counter() - started)
            except Exception:
                log.exception("request %s is not recorded", request.id)
        answered.set_result(response)

    def done(future: Future[Response]) -> None:
        error = future.exception()
        finish(failure(request, error) if error else future.result())

    try:
        answer = _answer(backend, request, operations)
    except Exception as error:  # noqa: BLE001  the one door: everything is answered
        finish(failure(request, error))
        return answered
    if isinstance(answer, Response):
        finish(answer)
    else:
        answer.add_done_callback(done)
    return answered


def _answer(backend: Backend, request: Request, operations: Operations) -> Answer:
    if request.method == "OPTIONS":
        return _preflight(request)
    route, values = find_route(request.method, request.path)
    operation = operations.get(route.operation)
    if operation is None:
        raise NotAvailableError(f"{route.method} {route.path} is not available here yet")
    request.noted.operation, request.noted.path = route.operation, values
    return operation(backend, request, **values)


def _preflight(request: Request) -> Response:
    """Return what a browser asks before it sends a request of another site's page."""
    # A path that nothing is at is told by the request itself, which a page may then read.
    allowed = methods(request.path) or ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
    listed = ", ".join(allowed)
    headers = {"allow": listed, "access-control-allow-methods": listed, **PREFLIGHT}
    return Response(204, b"", "text/plain", headers=headers)
