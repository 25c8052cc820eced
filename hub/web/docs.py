"""`/docs`: the API for people, made from OpenAPI. One page without scripts, since a hall's network reaches no CDN."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

Json = Mapping[str, Any]


def page(schema: Json) -> str:
    """The whole page."""
    sections = "\n".join(_section(tag, calls) for tag, calls in _by_tag(schema).items())
    shapes = "\n".join(_shape(name, shape) for name, shape in sorted(schema["components"]["schemas"].items()))
    title = escape(schema["info"]["title"])
    text = "".join(f"<p>{escape(line)}</p>" for line in schema["info"]["description"].splitlines() if line)
    return f"""<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="/static/hall.css">
<link rel="stylesheet" href="/citizen/docs.css">
</head>
<body class="docs">
<main>
<h1>{title}</h1>
{text}
<p><a href="/openapi.json">/openapi.json</a></p>
{sections}
<h2>数据形式 (shapes)</h2>
{shapes}
</main>
</body>
</html>
"""


def _by_tag(schema: Json) -> dict[str, list[tuple[str, str, Json]]]:
    found: dict[str, list[tuple[str, str, Json]]] = {}
    for path, calls in schema["paths"].items():
        for method, call in calls.items():
            found.setdefault(call.get("tags", ["其他 others"])[0], []).append((method.upper(), path, call))
    return found


def _section(tag: str, calls: list[tuple[str, str, Json]]) -> str:
    return f"<h2>{escape(tag)}</h2>\n" + "\n".join(_call(*call) for call in calls)


def _call(method: str, path: str, call: Json) -> str:
    rows = "".join(f"<tr><th scope=row><code>{name}</code><td>{text}</tr>" for name, text in _rows(call))
    return f"""<section>
<h3><code>{method} {escape(path)}</code></h3>
<p>{escape(call.get("summary", ""))}</p>
<p>{escape(call.get("description", ""))}</p>
<table>{rows}</table>
</section>"""


def _rows(call: Json) -> Iterator[tuple[str, str]]:
    for parameter in call.get("parameters", ()):
        text = parameter.get("description") or parameter["schema"].get("description", "")
        yield escape(parameter["name"]), f"{_type(parameter['schema'])} {escape(text)}"
    for content in call.get("requestBody", {}).get("content", {}).values():
        yield "body", _type(content["schema"])
    for status, answer in call.get("responses", {}).items():
        shapes = (_type(content["schema"]) for content in answer.get("content", {}).values() if "schema" in content)
        yield status, f"{' '.join(shapes)} {escape(answer.get('description', ''))}"


def _shape(name: str, shape: Json) -> str:
    required = shape.get("required", ())
    rows = "".join(
        f"<tr><th scope=row><code>{escape(key)}</code>{'' if key in required else '?'}"
        f"<td>{_type(field)} {escape(field.get('description', ''))}</tr>"
        for key, field in shape.get("properties", {}).items()
    )
    described = escape(shape.get("description", ""))
    return (
        f'<section id="{escape(name)}">\n<h3>{escape(name)}</h3>\n<p>{described}</p>\n<table>{rows}</table>\n</section>'
    )


def _type(schema: Json) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in schema:
        return " | ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"[{_type(schema.get('items', {}))}]"
    return escape(str(schema.get("format") or schema.get("title" if "properties" in schema else "type", "")))
