"""A gate that many pass at once, or one alone."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Gate:
    """Lets changes of stored rows run beside each other, and what replaces all tables alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._is_closed = False

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Be inside with others; waits while one is alone."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_closed)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self, timeout_s: float) -> Iterator[bool]:
        """Be inside alone; False where others have not left in time, and nothing is held then."""
        with self._changed:
            is_free = self._changed.wait_for(lambda: not self._is_closed, timeout_s)
            if is_free:
                self._is_closed = True  # nobody comes in any more, so that it is free some time
                is_free = self._changed.wait_for(lambda: not self._inside, timeout_s)
                if not is_free:
                    self._open()
        try:
            yield is_free
        finally:
            if is_free:
                with self._changed:
                    self._open()

    def _open(self) -> None:
        self._is_closed = False
        self._changed.notify_all()
