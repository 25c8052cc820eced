"""`hallhub token` and `hallhub pair`."""

import os
import re
from contextlib import closing

import pytest

from hub.access import ROLES, Tokens, hash_token
from hub.eventlog import Database
from tests.hub.cli.conftest import Folder, Run

TOKEN = re.compile(r"[\w-]{43}\n")


def in_force(hall: Folder) -> dict[str, tuple[str, str]]:
    with closing(Database.in_folder(hall.data)) as database:
        return {hashed: (one.name, one.role) for hashed, one in Tokens(database).in_force().items()}


@pytest.mark.parametrize("role", ROLES)
def test_create_prints_the_token_alone(role: str, run: Run, hall: Folder) -> None:
    created = run("token", "create", "--role", role, "--name", "张三")
    assert (created.code, created.err) == (0, "")
    assert TOKEN.fullmatch(created.out)
    assert in_force(hall) == {hash_token(created.out.strip()): ("张三", role)}


def test_name_that_has_a_token_is_refused_until_it_is_revoked(run: Run) -> None:
    first = run("token", "create", "--role", "clerk", "--name", "张三")
    again = run("token", "create", "--role", "clerk", "--name", "张三")
    assert again.code == 1
    assert "张三" in again.error
    assert run("token", "revoke", "张三").code == 0
    second = run("token", "create", "--role", "clerk", "--name", "张三")
    assert second.code == 0
    assert second.out != first.out


@pytest.mark.parametrize(("role", "name"), [("boss", "x"), ("", "x"), ("admin", ""), ("admin", "a\nb")])
def test_role_and_name_that_can_not_be_are_refused(role: str, name: str, run: Run, hall: Folder) -> None:
    refused = run("token", "create", "--role", role, "--name", name)
    assert refused.code == 2
    assert refused.error
    assert in_force(hall) == {}


def test_role_that_is_none_is_answered_with_those_that_are(run: Run) -> None:
    assert all(role in run("token", "create", "--role", "boss", "--name", "x").error for role in ROLES)


def test_list_shows_who_but_no_token(run: Run) -> None:
    token = run("token", "create", "--role", "clerk", "--name", "张三").out.strip()
    run("token", "create", "--role", "device", "--name", "kiosk-1")
    run("token", "revoke", "kiosk-1")
    listed = run("token", "list")
    assert listed.code == 0
    assert token not in listed.out
    assert re.search(r"张三 +clerk +\d{4}-\d\d-\d\d \d\d:\d\d\+08:00 +–", listed.out)
    assert re.search(r"kiosk-1 +device +\S+ \S+ +\d{4}-", listed.out)


def test_empty_book_of_a_hub_that_was_never_started_is_a_head_line(run: Run, hall: Folder) -> None:
    assert len(run("token", "list").out.splitlines()) == 1
    assert (hall.data / "hallhub.sqlite").exists()


def test_unknown_token_can_not_be_revoked(run: Run) -> None:
    refused = run("token", "revoke", "nobody")
    assert refused.code == 1
    assert "nobody" in refused.error


@pytest.mark.parametrize("page", ["kiosk", "wall", "caller"])
def test_pair_prints_a_link_whose_code_pairs_once(page: str, run: Run, hall: Folder) -> None:
    paired = run("pair", "--role", "device", "--name", "screen", "--page", page)
    found = re.fullmatch(rf"http://127\.0\.0\.1:8000/{page}#pair=([A-Z2-9]+)\n", paired.out)
    assert found
    with closing(Database.in_folder(hall.data)) as database:
        token = Tokens(database).pair(found.group(1))
    assert in_force(hall)[hash_token(token)] == ("screen", "device")


def test_pair_says_the_address_that_people_see(run: Run, hall: Folder) -> None:
    hall.write(hall.config.read_text(encoding="utf-8").replace("[web]", '[web]\npublic_url = "http://hall.example/"'))
    assert run("pair", "--role", "device", "--name", "x").out.startswith("http://hall.example/kiosk#pair=")


@pytest.mark.parametrize(
    ("page", "port", "named"), [("dashboard", 8000, "kiosk、wall、caller"), ("kiosk", 0, "web.port")]
)
def test_pair_refuses_a_link_that_would_lead_nowhere(page: str, port: int, named: str, run: Run, hall: Folder) -> None:
    hall.write(port=port)
    refused = run("pair", "--role", "device", "--name", "x", "--page", page)
    assert refused.code == 2
    assert named in refused.error


@pytest.mark.parametrize("command", ["token create --role admin --name x", "token list", "verify", "serve", "check"])
def test_user_without_rights_is_told_so(command: str, hall: Folder) -> None:
    hall.data.mkdir()
    hall.data.chmod(0o500)
    # root writes everywhere unless it lays that down
    without = "--bounding-set=-dac_override,-dac_read_search"
    before = ("setpriv", without, without.replace("bounding-set", "inh-caps")) if os.geteuid() == 0 else ()
    ended = hall.ended(*command.split(), before=before)
    assert ended.code == 1
    assert str(hall.data) in ended.err.splitlines()[-1]
    assert "权限" in ended.err
    assert "Traceback" not in ended.err
    assert len(ended.err.splitlines()) == 1
