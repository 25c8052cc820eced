"""Finding drivers by name."""

from __future__ import annotations

from importlib.metadata import EntryPoint, EntryPoints

import pytest

from drivers import registry
from drivers.errors import BadOption, UnknownDriver
from drivers.registry import Driver, Settings


def test_every_installed_driver_loads_and_bears_its_name() -> None:
    assert "keypad.ff68" in registry.names()
    for name in registry.names():
        driver = registry.load(name)
        assert driver.name == name
        assert name.startswith(f"{driver.family}.")
        assert all(help_line for help_line in driver.options.values())


def test_unknown_driver_names_the_nearest() -> None:
    with pytest.raises(UnknownDriver, match=r"no driver 'keypad.ff86'; did you mean 'keypad.ff68'\?"):
        registry.load("keypad.ff86")


def test_unknown_driver_without_a_near_one_names_all() -> None:
    with pytest.raises(UnknownDriver, match=r"no driver 'x'; installed: .*keypad\.ff68"):
        registry.load("x")


def test_entry_point_that_is_no_driver_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("keypad.odd", "drivers.checks:sum8", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda **_: EntryPoints([point]))
    with pytest.raises(UnknownDriver, match=r"drivers.checks:sum8 is no drivers.registry.Driver"):
        registry.load("keypad.odd")


def test_opener_imports_only_when_it_is_called() -> None:
    open_session = registry.opener("drivers.no_such_module:open_session")
    driver = Driver("keypad.odd", "keypad", open_session, {})
    with pytest.raises(ModuleNotFoundError):
        driver.open(None, Settings("x"), print)  # type: ignore[arg-type]


def test_option_that_the_driver_has_not_is_refused_by_name() -> None:
    settings = Settings("line-1", options={"local_eco": True})
    with pytest.raises(
        BadOption, match=r"'line-1': keypad.ff68 has no option 'local_eco'; did you mean 'local_echo'\?"
    ):
        registry.refuse_unknown_options("keypad.ff68", settings, ("gap_ms", "local_echo"))
    with pytest.raises(BadOption, match="it has none"):
        registry.refuse_unknown_options("keypad.odd", settings, ())


def test_settings_without_options_are_fine() -> None:
    registry.refuse_unknown_options("keypad.ff68", Settings("line-1"), ())
