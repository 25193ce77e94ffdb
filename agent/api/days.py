"""The call that adds up a business date."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from agent.api.problems import answers
from agent.core.instant import BusinessDate
from agent.till import DayAnswer, Till

__all__ = ["add_days"]


def add_days(routes: APIRouter, till: Till, tills_only: list[Any]) -> None:
    """Add the route."""

    @routes.get("/v1/days/{business_date}", dependencies=tills_only, responses=answers())
    async def day(
        business_date: Annotated[BusinessDate, Path(description="The day: `YYYY-MM-DD`.")],
    ) -> DayAnswer:
        """Add up a business date by lane and cashier, to match the POS's end-of-day report.

        A sale counts on the date the POS said with it, at the lane and cashier that sold it. What
        is done to it later counts on the date the POS had said last, at the lane and cashier that
        do it, or else at the sale's. ``lane`` or ``cashier`` is empty where nobody said which.
        """
        return await till.day(business_date)
