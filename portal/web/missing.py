"""For what is not there."""


class Missing(LookupError):
    """Not there, or not of this workspace: which of both is nobody's business. Pages answer 404."""
