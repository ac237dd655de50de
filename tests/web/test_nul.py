"""A NUL in an address is no address."""

from __future__ import annotations

import pytest
from flask import Flask

from provide.people import make_company, make_owner


@pytest.mark.parametrize(
    "path", ["/clients?q=a%00b", "/clients/cli_%00", "/i/%00", "/login?next=%00"]
)
def test_a_nul_in_an_address_is_not_found(app: Flask, path: str) -> None:
    make_owner(app)
    make_company(app)
    assert app.test_client().get(path).status_code == 404
