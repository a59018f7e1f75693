"""How long ago a page of ours was last painted: the sign of life that the screen's browser gives.

Each page says so every few seconds, from within an animation frame. Nothing about a person is in it, and it is
no touch: a visit runs out all the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

PATH = "/painted"


class Painted:
    """The last sign of life of any page."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._last_s = -math.inf

    def routes(self) -> list[Route]:
        """A page tells; whoever runs the browser asks."""
        return [Route(PATH, self._tell, methods=["POST"]), Route(PATH, self._say)]

    async def _tell(self, _request: Request) -> Response:
        self._last_s = self._now_s()
        return Response(status_code=204)

    async def _say(self, _request: Request) -> Response:
        return PlainTextResponse(f"{self._now_s() - self._last_s:.1f}")
