from datetime import date
from pathlib import Path

import pytest

from hub.config import HallConfig, find_config, load, parse
from hub.errors import ConfigError, Problem

WHOLE = """
[hall]
name = "示范县政务服务中心"

[[services]]
code = "social"
name = "社会保险"
prefix = "A"

[[services]]
code = "tax"
name = "税务"
prefix = "B"

[[windows]]
number = 3
name = "社保综合"
department = "人社局"
services = ["social", "tax"]
clerk = "1001"
transfer_to = 4

[[windows]]
number = 4
name = "税务"
department = "税务局"
services = ["tax"]

[[clerks]]
id = "1001"
name = "张三"
pin = "2468"

[[kiosks]]
id = "K1"

[[devices]]
id = "line-1"
driver = "keypad.ff68"
port = "serial:///dev/ttyS1?baud=9600"
windows = { 3 = 3, 0x04 = 4 }
keys = { 0 = 2, 1 = 3, 2 = 4, 0x03 = 5 }

[[devices]]
id = "printer-1"
driver = "printer.escpos"
port = "serial:///dev/ttyS2?baud=115200"
kiosk = "K1"

[[devices]]
id = "sign-3"
driver = "led.onbon"
port = "tcp://192.0.2.50:5005"
windows = { 1 = 3 }
size = [64, 16]
options = { brightness = 8, area = "top", blink = false }
"""
FILE = Path("/hall/hall.toml")


@pytest.fixture(scope="module")
def config() -> HallConfig:
    return parse(WHOLE, FILE)


def faults(text: str) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        parse(text, FILE)
    assert str(caught.value).count("\n") == len(caught.value.problems) - 1
    assert all(str(FILE) in line for line in str(caught.value).splitlines())
    return list(caught.value.problems)


def fault(old: str, new: str) -> Problem:
    """The one fault that an edit of the whole file makes."""
    assert WHOLE.count(old) >= 1
    (found,) = faults(WHOLE.replace(old, new, 1))
    return found


# What is read.


def test_tables_are_read(config: HallConfig) -> None:
    assert config.windows[0].services == ("social", "tax")
    assert config.devices[0].windows == {3: 3, 4: 4}
    assert config.devices[0].keys == {0: 2, 1: 3, 2: 4, 3: 5}
    assert config.devices[2].size == (64, 16)
    assert config.devices[2].options == {"brightness": 8, "area": "top", "blink": False}
    assert config.devices[2].options["blink"] is False
    assert config.devices[2].family == "led"


def test_defaults(config: HallConfig) -> None:
    assert (config.hall.timezone, config.hall.zone.key, config.hall.rules) == (
        "Asia/Shanghai",
        "Asia/Shanghai",
        "seed-county",
    )
    assert (config.hall.max_overtakes, config.hall.return_after, config.rating.invite_s) == (3, 3, 60)
    assert (config.services[0].first, config.services[0].last, config.services[0].quota) == (1, 9999, None)
    assert config.web.url == "http://127.0.0.1:8000"


def test_public_url_loses_its_last_slash() -> None:
    assert parse(WHOLE + '[web]\npublic_url = "https://hall.example/q/"', FILE).web.url == "https://hall.example/q"


def test_data_folder_is_beside_the_file(config: HallConfig) -> None:
    assert config.hall.data == Path("/hall/data")
    elsewhere = WHOLE.replace("[hall]", '[hall]\ndata = "/srv/hallhub"')
    assert parse(elsewhere, FILE).hall.data == Path("/srv/hallhub")


def test_one_text_stands_for_a_list_of_one() -> None:
    text = WHOLE.replace('prefix = "A"', 'prefix = "A"\nmaterials = "身份证"\nbasis = ["社会保险法", "条例"]')
    service = parse(text, FILE).services[0]
    assert service.materials == ("身份证",)
    assert service.basis == ("社会保险法", "条例")


def test_rules_get_their_setup(config: HallConfig) -> None:
    setup = config.setup()
    assert setup.name == "示范县政务服务中心"
    assert setup.windows_of("tax") == (3, 4)
    assert setup.windows[3].transfer_to == 4
    assert setup.clerks["1001"].pin == "2468"
    assert setup.services["social"].prefix == "A"
    assert setup.kiosks == ("K1",)


def test_secrets_stay_out_of_the_repr(config: HallConfig) -> None:
    assert "2468" not in repr(config)


def test_calendar_is_the_announced_one_with_the_halls_days_over_it() -> None:
    text = WHOLE + '[calendar]\nholidays = [2026-03-03]\nworkdays = ["2026-10-01"]'
    calendar = parse(text, FILE).calendar.work_calendar()
    assert not calendar.is_workday(date(2026, 3, 3))
    assert calendar.is_workday(date(2026, 10, 1))
    assert not calendar.is_workday(date(2026, 10, 2))
    assert calendar.is_workday(date(2026, 10, 10))  # a Saturday, announced
    assert not calendar.estimated(date(2026, 1, 1), date(2026, 12, 31))
    assert calendar.estimated(date(2001, 1, 1), date(2001, 1, 1))


# Where it is found.


def test_the_option_wins_over_the_environment_over_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    environ = {"HALLHUB_CONFIG": "env.toml"}
    assert find_config(Path("opt.toml"), environ) == tmp_path / "opt.toml"
    assert find_config(None, environ) == tmp_path / "env.toml"
    assert find_config(None, {}) == tmp_path / "hall.toml"


def test_load_reads_a_file_with_the_mark_of_windows_editors(tmp_path: Path) -> None:
    path = tmp_path / "hall.toml"
    path.write_text(WHOLE, encoding="utf-8-sig")
    assert load(path).hall.data == tmp_path / "data"


def test_a_missing_file_says_where_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"hall\.toml\.example") as caught:
        load(tmp_path / "none.toml")
    assert caught.value.exit_code == 2
    assert "none.toml" in str(caught.value)


def test_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "hall.toml"
    path.write_bytes(WHOLE.encode("gb18030"))
    with pytest.raises(ConfigError, match="UTF-8"):
        load(path)


# What is refused: one fault each.


def test_bad_toml_is_placed_by_line_and_column() -> None:
    (found,) = faults('[hall]\nname = "x\n')
    assert "line 2, column 10" in found.where


def test_toml_that_ends_too_early_says_so() -> None:
    (found,) = faults("[hall")
    assert "end of file" in found.where or "line 1" in found.where


@pytest.mark.parametrize("value", ["9" * 5000, "[" * 5000])
def test_toml_beyond_all_measure_is_refused_too(value: str) -> None:
    (found,) = faults(f"[web]\nport = {value}")
    assert "TOML" in found.expected


def test_ports_that_are_no_urls_do_not_break_the_checks() -> None:
    text = WHOLE.replace("serial:///dev/ttyS1?baud=9600", "tcp://[?a=1").replace("tcp://192.0.2.50:5005", "tcp://[?a=2")
    assert [each.where for each in faults(text)] == ["devices[2].port"]


def test_an_unknown_key_names_the_nearest() -> None:
    found = fault('prefix = "A"', 'prefix = "A"\nquotta = 5')
    assert (found.where, found.got, found.nearest) == ("services[0].quotta", '"quotta"', "quota")
    assert "statutory_days" in found.expected
    assert 'did you mean "quota"?' in str(found).replace("'", '"')


def test_an_unknown_table_names_the_nearest() -> None:
    found = fault("[[kiosks]]", "[[clerkz]]\n[[kiosks]]")
    assert (found.where, found.nearest) == ("clerkz", "clerks")


def test_a_key_like_no_other_names_none() -> None:
    assert fault('prefix = "A"', 'prefix = "A"\nqqq = 5').nearest == ""


def test_a_table_of_the_wrong_kind_is_refused() -> None:
    assert fault("[hall]", "web = 3\n[hall]").where == "web"
    assert faults("services = 3\n" + '[hall]\nname = "x"')[0].where == "services"


def test_a_rule_set_that_is_not_there_is_refused() -> None:
    found = fault('name = "示范县政务服务中心"', 'name = "x"\nrules = "seed-conty"')
    assert (found.where, found.got, found.nearest) == ("hall.rules", '"seed-conty"', "seed-county")


@pytest.mark.parametrize(
    ("url", "got", "nearest"),
    [
        ("mysql://hall:secret@db/hall", "mysql", ""),
        ("postgresql://hall:secret@db/hall", "postgresql", "postgresql+psycopg"),
        ("postgres://hall:secret@db/hall", "postgres", "postgresql+psycopg"),
    ],
)
def test_a_database_that_the_hub_can_not_use_is_refused_without_its_password(url: str, got: str, nearest: str) -> None:
    found = fault('name = "示范县政务服务中心"', f'name = "x"\ndatabase = "{url}"')
    assert (found.where, found.got, found.nearest) == ("hall.database", f'"{got}://…"', nearest)
    assert "postgresql+psycopg://" in found.expected
    assert "secret" not in str(found)


def test_a_hall_without_its_table_is_refused() -> None:
    assert [each.where for each in faults("[web]\nport = 80")] == ["hall"]


@pytest.mark.parametrize(
    ("old", "new", "where", "expected"),
    [
        ('name = "示范县政务服务中心"', "", "hall.name", "文字"),
        ('name = "示范县政务服务中心"', 'name = "x"\ndatabase = "hall.db"', "hall.database", "SQLAlchemy URL"),
        ('name = "示范县政务服务中心"', 'name = "x"\nmax_overtakes = "3"', "hall.max_overtakes", "integer"),
        ('name = "示范县政务服务中心"', 'name = "x"\nreturn_after = true', "hall.return_after", "integer"),
        ('prefix = "A"', 'prefix = "a1"', "services[0].prefix", "capital letters"),
        ('prefix = "A"', 'prefix = "A"\nquota = 0', "services[0].quota", "tickets a day"),
        ('prefix = "A"', 'prefix = "A"\nlast = 10000', "services[0].last", "1–9999"),
        ('code = "social"', 'code = "soc ial"', "services[0].code", "letters"),
        ("number = 3", 'number = "3"', "windows[0].number", "window number"),
        ("number = 3", "number = 0", "windows[0].number", "window number"),
        ('services = ["social", "tax"]', "services = []", "windows[0].services", "业务"),
        ('services = ["social", "tax"]', 'services = ["social", 7]', "windows[0].services[1]", "业务代码"),
        ('pin = "2468"', "pin = 2468", "clerks[0].pin", "digits"),
        ('id = "K1"', "id = 1", "kiosks[0].id", "letters"),
        ('driver = "keypad.ff68"', 'driver = "FF68"', "devices[0].driver", "family.model"),
        ('port = "tcp://192.0.2.50:5005"', 'port = "192.0.2.50:5005"', "devices[2].port", "port URL"),
        ("windows = { 1 = 3 }", "windows = { a = 3 }", "devices[2].windows.a", "address = window number"),
        ("windows = { 1 = 3 }", 'windows = { 1 = "3" }', "devices[2].windows.1", "address = window number"),
        ("windows = { 1 = 3 }", "windows = [3]", "devices[2].windows", "address = window number"),
        ("keys = { 0 = 2,", "keys = { 0 = 6,", "devices[0].keys.0", "key value = level"),
        ("keys = { 0 = 2,", "keys = { 256 = 2,", "devices[0].keys.256", "key value = level"),
        ("size = [64, 16]", "size = [64]", "devices[2].size[1]", "width, height"),
        ("size = [64, 16]", "size = [64, 4]", "devices[2].size[1]", "width, height"),
        ("brightness = 8", "brightness = [8]", "devices[2].options.brightness", "options"),
    ],
)
def test_a_wrong_value_says_what_is_expected(old: str, new: str, where: str, expected: str) -> None:
    found = fault(old, new)
    assert found.where == where
    assert expected in found.expected


@pytest.mark.parametrize(
    ("table", "where"),
    [
        ("[web]\nport = 65536", "web.port"),
        ('[web]\npublic_url = "hall.example"', "web.public_url"),
        ("[rating]\ninvite_s = 0", "rating.invite_s"),
        ("[rating]\nslip_code_digits = 5", "rating.slip_code_digits"),
        ("[callbacks]\nsample = 0", "callbacks.sample"),
        ("[rating]\nslip_code_digits = true", "rating.slip_code_digits"),
        ("[calendar]\nholidays = [2026]", "calendar.holidays[0]"),
        ('[calendar]\nworkdays = ["soon"]', "calendar.workdays[0]"),
    ],
)
def test_a_wrong_value_of_the_small_tables_is_placed(table: str, where: str) -> None:
    (found,) = faults(WHOLE + table)
    assert found.where == where


def test_a_wrong_pin_is_not_shown() -> None:
    assert "s3cret" not in str(fault('pin = "2468"', 'pin = "s3cret"'))


def test_a_long_value_is_cut() -> None:
    assert len(fault('prefix = "A"', f'prefix = "{"A" * 500}"').got) < 80


# What is refused between the tables.


def test_bad_time_zone_names_the_nearest() -> None:
    found = fault("[hall]", '[hall]\ntimezone = "Asia/Shanghia"')
    assert (found.where, found.nearest) == ("hall.timezone", "Asia/Shanghai")


@pytest.mark.parametrize("zone", ["", "../etc/passwd", "/etc/localtime"])
def test_a_time_zone_is_no_path(zone: str) -> None:
    assert fault("[hall]", f'[hall]\ntimezone = "{zone}"').where == "hall.timezone"


def test_a_day_is_not_holiday_and_working_day() -> None:
    (found,) = faults(WHOLE + "[calendar]\nholidays = [2026-03-03]\nworkdays = [2026-03-04, 2026-03-03]")
    assert found.where == "calendar.workdays[1]"


@pytest.mark.parametrize(
    ("old", "new", "where", "nearest"),
    [
        ('services = ["social", "tax"]', 'services = ["social", "taks"]', "windows[0].services[1]", "tax"),
        ('clerk = "1001"', 'clerk = "1002"', "windows[0].clerk", "1001"),
        ("transfer_to = 4", "transfer_to = 44", "windows[0].transfer_to", "4"),
        ("transfer_to = 4", "transfer_to = 3", "windows[0].transfer_to", ""),
        ("windows = { 1 = 3 }", "windows = { 1 = 33 }", "devices[2].windows.1", "3"),
        ('kiosk = "K1"', 'kiosk = "K2"', "devices[1].kiosk", "K1"),
    ],
)
def test_a_name_that_is_used_must_exist(old: str, new: str, where: str, nearest: str) -> None:
    found = fault(old, new)
    assert (found.where, found.nearest) == (where, nearest)


@pytest.mark.parametrize(
    ("addition", "where"),
    [
        ('[[services]]\ncode = "tax"\nname = "x"\nprefix = "C"', "services[2].code"),
        ('[[windows]]\nnumber = 4\nname = "x"\ndepartment = "y"\nservices = ["tax"]', "windows[2].number"),
        ('[[clerks]]\nid = "1001"\nname = "x"', "clerks[1].id"),
        ('[[kiosks]]\nid = "K1"', "kiosks[1].id"),
        ('[[devices]]\nid = "line-1"\ndriver = "speaker.tts"\nport = "serial:///dev/ttyS9"', "devices[3].id"),
    ],
)
def test_nothing_is_there_twice(addition: str, where: str) -> None:
    (found,) = faults(WHOLE + addition)
    assert found.where == where


def test_a_window_lists_a_service_once() -> None:
    found = fault('services = ["social", "tax"]', 'services = ["tax", "tax"]')
    assert found.where == "windows[0].services[1]"


def test_services_may_share_a_prefix_only_with_distinct_numbers() -> None:
    shared = WHOLE.replace('prefix = "B"', 'prefix = "A"\nfirst = 501')
    assert "A 501–9999 / A 1–9999" in faults(shared)[0].got
    parse(shared.replace('prefix = "A"\n', 'prefix = "A"\nlast = 500\n', 1), FILE)


def test_numbers_run_upwards() -> None:
    assert fault('prefix = "A"', 'prefix = "A"\nfirst = 9\nlast = 8').where == "services[0].first"


def test_a_promise_is_not_longer_than_the_law_allows() -> None:
    found = fault('prefix = "A"', 'prefix = "A"\npromised_days = 21\nstatutory_days = 20')
    assert found.where == "services[0].promised_days"
    parse(WHOLE.replace('prefix = "A"', 'prefix = "A"\npromised_days = 20\nstatutory_days = 20'), FILE)


def test_keypads_and_signs_need_their_windows_and_printers_their_kiosk() -> None:
    assert fault("windows = { 1 = 3 }", "").where == "devices[2].windows"
    assert fault("windows = { 3 = 3, 0x04 = 4 }", "windows = {}").where == "devices[0].windows"
    assert fault('kiosk = "K1"', "").where == "devices[1].kiosk"


def test_a_kiosk_has_one_printer() -> None:
    second = '[[devices]]\nid = "printer-2"\ndriver = "printer.escpos"\nport = "tcp://192.0.2.7:9100"\nkiosk = "K1"'
    (found,) = faults(WHOLE + second)
    assert found.where == "devices[3].kiosk"


SECOND_ON_THE_LINE = """
[[devices]]
id = "sign-4"
driver = "led.onbon"
port = "serial:///dev/ttyS1?{settings}"
windows = {{ 2 = 4 }}
"""


def test_devices_on_one_line_agree_on_its_settings() -> None:
    (found,) = faults(WHOLE + SECOND_ON_THE_LINE.format(settings="baud=19200"))
    assert found.where == "devices[3].port"
    assert "baud=9600" in found.expected


def test_the_order_of_line_settings_does_not_matter() -> None:
    one = WHOLE.replace("?baud=9600", "?baud=9600&parity=E")
    parse(one + SECOND_ON_THE_LINE.format(settings="parity=E&baud=9600"), FILE)


def test_devices_of_one_model_on_one_line_have_distinct_addresses() -> None:
    other = SECOND_ON_THE_LINE.format(settings="baud=9600").replace("led.onbon", "keypad.ff68")
    (found,) = faults(WHOLE + other.replace("2 = 4", "4 = 4"))
    assert found.where == "devices[3].windows.4"


# Several at once.


def test_all_faults_are_told_together() -> None:
    text = (
        WHOLE.replace('prefix = "A"', 'prefix = "a"')
        .replace('kiosk = "K1"', 'kiosk = "K2"')
        .replace("[hall]", '[hall]\ntimezone = "Mars"')
        .replace('services = ["tax"]', 'servces = ["tax"]')
        .replace('id = "1001"\n', 'id = "1001"\nage = 40\n')
    )
    assert [each.where for each in faults(text)] == [
        "services[0].prefix",
        "windows[1].services",
        "windows[1].servces",
        "clerks[0].age",
        "hall.timezone",
    ]


def test_a_broken_table_hides_only_what_refers_to_it() -> None:
    text = WHOLE.replace("port = 8000", "").replace('kiosk = "K1"', 'kiosk = "K2"') + "[rating]\ninvite_s = 1"
    assert [each.where for each in faults(text)] == ["rating.invite_s", "devices[1].kiosk"]


def test_a_broken_hall_still_has_its_other_tables_checked() -> None:
    text = WHOLE.replace('name = "示范县政务服务中心"', "name = 3").replace('kiosk = "K1"', 'kiosk = "K2"')
    assert [each.where for each in faults(text)] == ["hall.name", "devices[1].kiosk"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[hall]\nname = “示范县”\n",
            "第 2 行第 8 列 (line 2, column 8): 应为正确的 TOML (valid TOML)，实为值的写法不对",
        ),
        ("[hall]\nname = “示范县”\n", "这一行有中文标点 “”，请改用英文标点"),
        ('[hall]\nname ＝ "示范县"\n', "这一行有中文标点 ＝"),
        ('[hall]\nname = "示范县”\n', "缺少英文双引号"),
        ('[hall]\nname = "a"\nname = "b"\n', "同一个键写了两次"),
        ('[hall]\nname = "a"\n[hall]\n', "同一个表写了两次"),
        ("[hall\n", "表名的方括号没有写完"),
        ("[hall]\nname\n", "缺少等号"),
    ],
)
def test_a_slip_in_the_text_is_said_in_chinese_with_its_place(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, tmp_path / "hall.toml")
    assert said in str(caught.value)


def test_an_entry_of_a_list_is_counted_from_one_for_people() -> None:
    problem = Problem("hall.toml", "windows[1].number", "窗口号", "0")
    assert str(problem) == "hall.toml: windows[1].number（第 2 个 [[windows]]）: 应为窗口号，实为0"
