"""What can be wrong with a run directory. Each message is one sentence: the file, what was found, what to do."""


class RunError(Exception):
    """Any of the below."""


class NotARun(RunError):
    """The path is no run directory."""


class Unfinished(RunError):
    """The run has not written this file yet: it goes on, or it was ended early."""


class NewerSchema(RunError):
    """A newer semola-host wrote the summary, in a form that this package does not know."""


class Damaged(RunError):
    """A file is there but is not what the host writes."""


class MissingPackage(RunError, ImportError):
    """An optional Python package is needed."""
