"""The one exception that reaches the user: a sentence that says what was tried, what was found, and what to do."""


class Failure(Exception):
    """Printed as it is, without a trace; the exit status becomes 1."""
