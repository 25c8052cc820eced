"""Bodies that a route parses itself: where FastAPI's own way costs too much at each request, or two forms are taken."""

from __future__ import annotations

from typing import Any, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


def parsed(model: type[Model], body: bytes) -> Model:
    """The body as the model, from JSON; RequestValidationError, as FastAPI raises it."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise refusal(error) from None


def refusal(error: ValidationError) -> RequestValidationError:
    """The error as FastAPI raises it for a body."""
    faults = error.errors(include_url=False, include_input=False)
    return RequestValidationError([fault | {"loc": ("body", *fault["loc"])} for fault in faults])


def described(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` that documents the body; `hub.web.app` adds the model's schema."""
    reference = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": reference}}}}
