"""What the long tests share."""

import pytest


@pytest.fixture(autouse=True)
def media() -> None:
    """No storage of the test's own: these tests talk to a product that runs beside them."""
