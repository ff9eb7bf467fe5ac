"""Reading an email address."""

from email_validator import EmailNotValidError, validate_email


def read_email(text: str) -> str | None:
    """`text` as the one spelling that is stored (lower case), or None if it can't be an address. Asks no server."""
    try:
        return validate_email(text.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None
