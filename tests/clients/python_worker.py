"""Run snippets of Python in a client's environment: a line of JSON in, a line of JSON out.

Snippets share their globals. One is a function's body, with the values that come with it; what it returns is
the answer. It may await.
"""

import asyncio
import json
import os
import sys
import textwrap


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what clients print is no answer
    shared = {"__name__": "snippet"}
    with asyncio.Runner() as runner:
        for line in sys.stdin:
            asked = json.loads(line)
            try:
                value = run(asked["code"], asked["values"], shared, runner)
                answer = json.dumps({"value": value}, default=str)
            except Exception as error:  # noqa: BLE001  whatever a client raises is its answer
                answer = json.dumps({"error": f"{type(error).__name__}: {error}"})
            print(answer, file=answers, flush=True)


def run(code: str, values: dict, shared: dict, runner: asyncio.Runner) -> object:
    body = textwrap.indent(textwrap.dedent(code), "    ")
    awaits = "await " in code or "async " in code
    exec(f"{'async ' if awaits else ''}def snippet({', '.join(values)}):\n{body}", shared)
    value = shared["snippet"](**values)
    return runner.run(value) if awaits else value


if __name__ == "__main__":
    main()
