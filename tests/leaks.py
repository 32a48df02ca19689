"""Finds what a test left behind: threads, timers and child processes, each with where it came from."""

from __future__ import annotations

import gc
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import psutil
import pytest

_PATIENCE_S = 3.0  # what is on its way out may finish
_HERE = psutil.Process()

Origins = WeakKeyDictionary[Any, str]


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch, in_window: bool = True) -> Iterator[list[str]]:
    """Yields a list that, afterwards, names everything that was started inside and still runs.

    `in_window`: whether Qt has things to delete first, for which garbage is collected.
    """
    left_behind: list[str] = []
    threads, children = set(threading.enumerate()), set(_children())
    timers, qt_threads = Origins(), Origins()
    if "PySide6.QtCore" in sys.modules:
        from PySide6.QtCore import QThread, QTimer

        _remember_starts(monkeypatch, QTimer, timers)
        _remember_starts(monkeypatch, QThread, qt_threads)
    with _only_what_is_new():
        yield left_behind
        if in_window or len(timers) or len(qt_threads):
            _finish_deletions()
    deadline = time.monotonic() + _PATIENCE_S
    left_behind += _lasting(lambda: _new(threads), deadline)
    left_behind += _lasting(lambda: _alive(qt_threads, "isRunning"), deadline)
    left_behind += _alive(timers, "isActive")
    left_behind += _lasting(lambda: [_described(c) for c in _children() if c not in children], deadline)
    for child in _children():
        if child not in children:
            child.kill()  # the next test is not to blame


def _new(before: set[threading.Thread]) -> list[str]:
    """Threads of Python's own; the shadow that one of Qt's leaves in Python's list stays when it has long ended."""
    dummy = threading._DummyThread
    return [str(thread) for thread in threading.enumerate() if thread not in before and not isinstance(thread, dummy)]


def _remember_starts(monkeypatch: pytest.MonkeyPatch, kind: type[Any], origins: Origins) -> None:
    original = kind.start

    def start(self: Any, *args: Any, **kwargs: Any) -> None:
        origins[self] = _caller()
        original(self, *args, **kwargs)

    monkeypatch.setattr(kind, "start", start)


def _caller() -> str:
    frame = traceback.extract_stack(limit=3)[0]
    return f"{frame.filename}:{frame.lineno}"


def _finish_deletions() -> None:
    """Deletes what `deleteLater` was called on: without a running event loop Qt would keep it."""
    if "PySide6.QtCore" in sys.modules:
        from PySide6.QtCore import QCoreApplication, QEvent

        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()


@contextmanager
def _only_what_is_new() -> Iterator[None]:
    """Lets garbage collection inside look at nothing older: torch alone has a million objects, a second a test."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _alive(origins: Origins, asks: str) -> list[str]:
    if not origins:  # where Qt is not installed there are none
        return []
    from shiboken6 import isValid

    return [
        f"{type(thing).__name__} started at {origin}"
        for thing, origin in list(origins.items())
        if isValid(thing) and getattr(thing, asks)()
    ]


def _lasting(look: Callable[[], list[str]], deadline: float) -> list[str]:
    """What `look` still finds at the deadline."""
    while (found := look()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def _children() -> list[psutil.Process]:
    return [child for child in _HERE.children(recursive=True) if not _is_pythons_own(child)]


def _is_pythons_own(child: psutil.Process) -> bool:
    """A helper of `multiprocessing`, one for the whole session; what the fork server forked is none."""
    try:
        command = " ".join(child.cmdline())
        is_server = "multiprocessing.forkserver" in command and child.ppid() == _HERE.pid
        return is_server or "resource_tracker" in command
    except psutil.Error:
        return True  # it has just ended


def _described(child: psutil.Process) -> str:
    try:
        return f"process {child.pid}: {' '.join(child.cmdline())[:200]} ({child.status()})"
    except psutil.Error:
        return f"process {child.pid}"
