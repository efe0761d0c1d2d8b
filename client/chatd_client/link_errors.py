"""Why there is no link, or no link any more: each error is one sentence for the user."""


class LinkError(Exception):
    """The link could not be opened, or broke: one sentence that says why."""


class NameRefused(LinkError):
    """The server refused the name; another one might be accepted."""


class PasswordNeeded(LinkError):
    """The name is registered: it needs its password, or another one than was given."""


class PasswordNotTaken(PasswordNeeded):
    """The server takes no password over this connection."""


class Banned(LinkError):
    """The server does not have the user: it says why, and until when."""


class UnknownHost(LinkError):
    """No machine has this name."""


class CertificateRefused(LinkError):
    """It is not certain that this is the server that was meant: nothing was said to it."""
