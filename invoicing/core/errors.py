"""The one hierarchy of errors that a user may meet.

Features derive leaf classes named for the fact; each brings its own message. `web.errors` maps
them to pages. Here is nothing about HTML.
"""

from __future__ import annotations

from invoicing.core.text import Text, msg


class AppError(Exception):
    """Something the user can be told in plain words; `status` is its HTTP meaning."""

    status = 500
    default = msg("Something went wrong.")

    def __init__(self, text: Text | None = None, *, field: str | None = None) -> None:
        """`field` names the form field that the message belongs beside, if any."""
        self.text = text or self.default
        self.field = field
        super().__init__(str(self.text))


class NotFound(AppError):
    """There is no such record, or it is not this user's to see."""

    status = 404
    default = msg("We could not find this page.")


class Forbidden(AppError):
    """The user's role does not allow it."""

    status = 403
    default = msg("Your role does not allow this.")


class Invalid(AppError):
    """What was asked makes no sense as it stands; the user can mend it."""

    status = 422
    default = msg("Please check what you typed.")


class Conflict(AppError):
    """It was changed meanwhile, or is no longer in the state that the action needs."""

    status = 409
    default = msg("This was changed in the meantime. Load the page again.")


class TooMany(AppError):
    """Asked for too often."""

    status = 429
    default = msg("Too many tries. Wait a little and try again.")


class Unavailable(AppError):
    """A part of the installation does not answer at the moment."""

    status = 503
    default = msg("This part is not available at the moment. Try again in a minute.")
