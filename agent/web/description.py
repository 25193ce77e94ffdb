"""The API's description: FastAPI's own, with the media types that are really answered."""

from typing import Any

from fastapi import FastAPI

from agent.web.problems import PROBLEM_MEDIA_TYPE

__all__ = ["describe"]


def describe(app: FastAPI) -> None:
    """Have an application describe its problems as problems (RFC 9457), not as plain JSON.

    FastAPI knows one media type for all the answers of a call.
    """
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        description = plain()
        for path in description["paths"].values():
            for call in path.values():
                for status, answer in call["responses"].items():
                    if status >= "400" and "content" in answer:
                        answer["content"] = {PROBLEM_MEDIA_TYPE: _schema(answer["content"])}
        return description

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend it


def _schema(content: dict[str, Any]) -> Any:
    """Answer the one schema there is; asked for again, it has its place already."""
    (schema,) = content.values()
    return schema
