"""``tapledger devices emulate pcsc`` as it is run: its lines are a reader that reads its card."""

import json
import subprocess
from contextlib import closing
from pathlib import Path

from vpcd_stand_in import Vpcd

from agent.tools.processes import tapledger
from drivers.device import Place
from drivers.events import TokenRead
from drivers.pcsc.driver import PcscReaderOptions
from drivers.pcsc.planned import PlannedReading

_KEY = "000102030405060708090A0B0C0D0E0F"
_CARD = "04DE5F1EACC040"


def test_the_command_lays_what_it_is_given(tmp_path: Path) -> None:
    """The lines it prints are a reader's configuration, with which its cards are read; no number is
    printed, and what it cannot do is said.
    """
    options = PcscReaderOptions(sdm_meta_key=_KEY, sdm_file_key="00" * 16, accept_unsigned=True)
    reading = PlannedReading(options, Place(name="front", port="Virtual PCD", state=tmp_path))
    reading.check()
    with closing(Vpcd()) as vpcd:
        asked = ["--vpcd", str(vpcd.port), "--json", "--meta-key", _KEY, "--card", f"sdm:{_CARD}"]
        process = subprocess.Popen(
            tapledger("devices", "emulate", "pcsc", *asked),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        (seen,) = vpcd.read(reading) or ()
        output, _ = process.communicate("noise\nbad\nquit\n", timeout=30)
    assert isinstance(seen, TokenRead)
    assert str(seen.token) == f"sdm:{_CARD}"
    told = [json.loads(line) for line in output.splitlines()]
    assert [line["did"] for line in told] == ["open", "tap", "nothing", "nothing"]
    assert told[0]["port"] == "Virtual PCD 00 00"
    assert f'sdm_meta_key = "{_KEY}"' in told[0]["toml"]
    assert _CARD not in output
