import pytest

from drivers import registry
from tests.hub.devices import fakes


@pytest.fixture
def fake_drivers(monkeypatch: pytest.MonkeyPatch) -> dict[str, fakes.FakeSession]:
    """Only the fakes are installed; their latest sessions by device."""
    fakes.OPENED.clear()
    monkeypatch.setattr(registry, "entry_points", fakes.entry_points())
    return fakes.OPENED
