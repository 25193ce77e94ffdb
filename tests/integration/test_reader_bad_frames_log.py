"""Bad frames are logged once a minute with their number, not one by one."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

import agent.daemon
from agent.core.tokens import Token
from agent.daemon import Agent
from agent.layered import load
from agent.settings import AgentSettings
from agent.tools.processes import Daemon
from agent.tools.site import StoreKit
from agent.tools.waiting import wait_until
from drivers.readers.em4100 import frame

GOOD = frame(Token("em4100", "0C000621A5"))
BAD = GOOD[:11] + b"00" + GOOD[13:]
