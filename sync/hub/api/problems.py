"""Head office's problems: every code that it answers."""

from agent.web.problems import Problems

__all__ = ["HUB_PROBLEMS", "PROBLEMS", "HubRefusal", "answers"]

PROBLEMS: dict[str, tuple[int, str]] = {
    "malformed": (422, "The request is not what this call takes"),
    "too_large": (413, "The request is too large"),
    "bad_token": (401, "The bearer token is missing or wrong"),
    "forbidden": (403, "The page may only be used from itself"),
    "not_found": (404, "There is nothing at this address"),
    "method_not_allowed": (405, "This address does not take that method"),
    "unknown_account": (404, "No member has this account"),
    "unknown_card": (404, "The card is not known"),
    "unknown_conflict": (404, "The conflict is not known"),
    "unknown_device": (404, "The device is not known"),
    "unknown_message": (404, "No message was put aside under this id"),
    "settles_itself": (409, "This conflict is closed by what ends it, not by hand"),
    "unknown_program": (404, "No program has this name"),
    "unknown_promotion": (404, "Nothing is pushed under this id"),
    "another_program": (409, "A program of another name is in force"),
    "program_version_reused": (409, "This version says something else than before"),
    "promotion_id_reused": (409, "Something else is pushed under this id"),
    "card_in_use": (409, "The card already belongs to another member"),
    "card_blocked": (409, "The card is blocked, lost or replaced"),
    "device_retired": (409, "The device was retired"),
    "not_mergeable": (409, "These accounts cannot be merged"),
    "which_tenant": (409, "It is not known which company is meant; the configuration must say"),
    "database_unavailable": (503, "The database cannot be reached right now"),
    "internal": (500, "tapledger made a mistake"),
}
"""Every code the API answers, with its HTTP status and title."""

HUB_PROBLEMS = Problems(PROBLEMS, whose="the hub's")
"""What becomes of them over HTTP."""

answers = HUB_PROBLEMS.answers


class HubRefusal(Exception):
    """Head office does not do what was asked; the message says why, ``code`` is one of PROBLEMS."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
