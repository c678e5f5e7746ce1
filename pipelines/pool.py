"""Spread batches over worker processes, in bounded memory."""

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing.connection import wait
from typing import TypeVar

_T = TypeVar("_T")
_R = TypeVar("_R")

_QUEUED_PER_WORKER = 3
_WATCH = "watch-parent"


def map_batches(function: Callable[[_T], _R], batches: Iterable[_T], workers: int) -> Iterator[_R]:
    """Results of `function` on each batch, in the order of the batches.

    With one worker the function is called in this process. At most three batches a worker are
    held at a time. Workers end when this process does, however it ends.
    """
    if workers == 1:
        yield from map(function, batches)
        return
    # One thread each: the processes are what fills the cores.
    threads = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        with ProcessPoolExecutor(
            workers, multiprocessing.get_context("spawn"), initializer=end_with_parent
        ) as pool:
            waiting: deque[Future[_R]] = deque()
            for batch in batches:
                waiting.append(pool.submit(function, batch))
                if len(waiting) >= workers * _QUEUED_PER_WORKER:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
    finally:
        if threads is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = threads


def end_with_parent() -> None:
    """End this process when the one that spawned it is gone: a killed one cannot tell it to stop.

    Does nothing in a process that `multiprocessing` has not spawned, and the second time.
    """
    parent = multiprocessing.parent_process()
    if any(thread.name == _WATCH for thread in threading.enumerate()):
        return

    def watch() -> None:
        if parent is not None:
            wait([parent.sentinel])
            os._exit(1)

    threading.Thread(target=watch, name=_WATCH, daemon=True).start()
