"""What is said of an error, in one line."""


def line_of(error: Exception) -> object:
    """The line that a user reads; an error that is no mistake of a user's, nor a lack of memory, is raised again."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename!r}: {error.strerror}"
    if isinstance(error, ValueError | OSError):
        return error
    if isinstance(error, MemoryError) or "memory" in str(error):
        return f"memory: there is too little for this ({str(error)[:200] or 'none left'}); ask for less at once."
    raise error
