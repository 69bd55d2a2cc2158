"""What another thread is busy with. Source: src/py/threads.rs."""

def exception_of(thread: int) -> BaseException | None:
    """The exception that the thread with this `ident` is handling, also while it waits in a `finally` or an `__exit__`;
    None when there is none, or no such thread. Like `sys._current_exceptions()`, which may lock up Python 3.11 for good
    when the garbage collector runs at that moment.
    """
