import json

from hub.selfpress.reading import Event, Reader


def test_lines_that_are_no_events_are_counted_and_passed_over() -> None:
    reader = Reader()
    lines = [
        b'{"v":1,"seq":0,"t":0,"ev":"hall.start","days":3,"levels":4}',
        b"not json",
        b'{"t":"noon","ev":"key.pressed"}',
        b'{"ev":"key.pressed"}',
        b"[]",
        b"\xff\xfe",
        b"",
        b'{"t":1e300,"ev":"key.pressed"}',
        json.dumps({"t": 5.5, "ev": "key.pressed", "win": "W-1", "press": 7, "level": 4, "new_field": [1]}).encode(),
    ]
    events = list(reader.events(lines))
    assert [event.ev for event in events] == ["hall.start", "key.pressed"]
    assert events[1] == Event(t=5.5, ev="key.pressed", win="W-1", press=7, level=4)
    assert reader.bad_lines == 6
