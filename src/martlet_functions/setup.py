"""The custom resource that sets up a stack: tokens that the project declares, state of new tables.

CloudFormation calls it when the stack is made and whenever the declared scopes or the tables
change. It waits for an answer at a URL, an hour when none comes, so that one is always sent.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

import json
import logging
import os
import threading
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger

from martlet.errors import MartletError

# Neither events, which have a signed URL, nor values are ever logged. botocore's own log would have
# what it receives where somebody sets the level of all logs to DEBUG.
logger = Logger(service="setup")
logging.getLogger("botocore").setLevel(logging.INFO)

# Before the function's time is over, CloudFormation is told that it will be.
_MARGIN_S = 3.0

# Pauses before the answer is sent again.
_PAUSES_S = (0.5, 1.0, 2.0)
_TIMEOUT_S = 10.0

# CloudFormation takes answers of up to 4 KB.
_MAX_REASON = 1000


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401  Lambda's own
    """Synchronise on Create and Update; on Delete leave everything as it is: data is retained.

    Returns:
        What was sent to CloudFormation.
    """
    answer = _Answer(event)
    time_left_s = context.get_remaining_time_in_millis() / 1000 - _MARGIN_S
    timer = threading.Timer(
        max(time_left_s, 0.1), answer.send, ("FAILED", "The function ran out of time")
    )
    timer.daemon = True
    timer.start()
    try:
        if event["RequestType"] in ("Create", "Update"):
            _set_up(os.environ, new_tables(event))
        answer.send("SUCCESS", "")
    except MartletError as error:
        logger.error("the stack is not set up: %s", error)
        answer.send("FAILED", str(error))
    except Exception as error:  # the one door: without an answer CloudFormation hangs
        logger.exception("the stack is not set up")
        answer.send("FAILED", f"Internal error ({type(error).__name__}); see the function's log")
    finally:
        timer.cancel()
    return answer.sent


def new_tables(event: Mapping[str, Any]) -> list[str]:
    """Return the tables that this deployment makes: no row of theirs is in the lake.

    One that was there before keeps what is known of it, and if that was lost, nothing is known.
    """
    before = event.get("OldResourceProperties", {}).get("Tables", [])
    return [name for name in event["ResourceProperties"].get("Tables", []) if name not in before]


def _set_up(environment: Mapping[str, str], tables: Sequence[str]) -> None:
    """Synchronise the tokens of the project in the bundle, and begin the state of its new tables.

    Imports are in here, as what fails while they run must be answered too.
    """
    from martlet.aws.clients import client
    from martlet.aws.names import Deployed
    from martlet.aws.state import StateTable
    from martlet.aws.token_items import TokenItems
    from martlet.aws.token_sync import TokenSecret, sync_tokens
    from martlet.files.project import load_project
    from martlet.tokens import declared_scopes

    deployed = Deployed.read(environment)
    project = load_project(Path(deployed.folder))
    retries = {"total_max_attempts": 5, "mode": "standard"}
    dynamodb = client("dynamodb", region=deployed.region, retries=retries)
    states = StateTable(dynamodb, deployed.state_table)
    for name in tables:
        source = project.datasources.get(name)
        columns = [column.name for column in source.columns] if source is not None else ()
        states.begin(name, moment=time.time_ns(), columns=columns)
    synced = sync_tokens(
        declared_scopes(project),
        secret=TokenSecret(
            client("secretsmanager", region=deployed.region, retries=retries),
            deployed.tokens_secret,
        ),
        items=TokenItems(dynamodb, deployed.tokens_table),
    )
    logger.info("tokens made: %s; removed: %s", list(synced.made), list(synced.removed))


class _Answer:
    """The one answer to a request of CloudFormation."""

    def __init__(self, event: Mapping[str, Any]) -> None:
        self._event = event
        self._lock = threading.Lock()
        self.sent: dict[str, Any] = {}

    def send(self, status: str, reason: str) -> None:
        """Send it, unless one was sent before."""
        with self._lock:
            if self.sent:
                return
            event = self._event
            self.sent = {
                "Status": status,
                "Reason": reason[:_MAX_REASON],
                # The same for ever: another id would make CloudFormation delete the one before.
                "PhysicalResourceId": event.get("PhysicalResourceId")
                or f"martlet-tokens-{event['LogicalResourceId']}",
                "StackId": event["StackId"],
                "RequestId": event["RequestId"],
                "LogicalResourceId": event["LogicalResourceId"],
            }
        _put(str(event["ResponseURL"]), json.dumps(self.sent).encode())


def _put(url: str, body: bytes) -> None:
    """Send an answer, again if it does not arrive.

    The URL is signed for a request with an empty content type.
    """
    if not url.startswith(("https://", "http://")):
        raise ValueError("The ResponseURL is not one of HTTP")
    request = urllib.request.Request(url, body, {"Content-Type": ""}, method="PUT")  # noqa: S310  looked at above
    for pause_s in (*_PAUSES_S, None):
        try:
            urllib.request.urlopen(request, timeout=_TIMEOUT_S).close()  # noqa: S310
        except OSError:  # HTTP's errors too
            if pause_s is None:
                raise
            threading.Event().wait(pause_s)
        else:
            return
