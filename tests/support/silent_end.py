"""A reader on a device server whose cable is pulled: no word comes, and none can be sent.

Run by ``unshare -rn``, so that this process has a network of its own; the server has another one,
and between them is a cable that can be pulled. ``serve`` and a name of a far end is the server.
Says ``lost`` once the reader has noticed.
"""

import subprocess
import sys
from pathlib import Path

from far_ends import Rfc2217Server, TcpServer

from agent.tools.waiting import wait_until
from drivers.device import Place
from drivers.serial_drivers import EM4100, Em4100Options

_HERE, _THERE = "10.9.0.1", "10.9.0.2"
_PORT = 7000
_FAR_ENDS = {"socket": TcpServer, "rfc2217": Rfc2217Server}
_NOTICED_S = 60.0


def _ip(words: str, *before: str) -> None:
    subprocess.run([*before, "ip", *words.split()], check=True)


def _serve(scheme: str) -> None:
    far_end = _FAR_ENDS[scheme]
    far_end.host = _THERE
    server = far_end(Path(), port=_PORT)
    sys.stdin.readline()  # the cable is plugged in
    server.come()
    sys.stdout.write("serving\n")
    sys.stdout.flush()
    sys.stdin.readline()
    server.go()


def _lose(scheme: str) -> None:
    _ip("link add here type veth peer name there")
    _ip(f"addr add {_HERE}/24 dev here")
    _ip("link set here up")
    with subprocess.Popen(
        ["unshare", "-n", sys.executable, __file__, "serve", scheme],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        inside = ("nsenter", "-t", str(server.pid), "-n")
        wait_until(lambda: _is_elsewhere(server.pid), "the server's own network")
        _ip(f"link set there netns {server.pid}")
        _ip(f"addr add {_THERE}/24 dev there", *inside)
        _ip("link set there up", *inside)
        server.stdin.write("\n")
        server.stdin.flush()
        assert server.stdout.readline() == "serving\n"
        place = Place(name="front", port=f"{scheme}://{_THERE}:{_PORT}")
        device = EM4100.make(place, Em4100Options(), lambda _: None)
        device.start()
        wait_until(lambda: device.fault is None, "the reader")
        _ip("link set there down", *inside)
        wait_until(lambda: device.fault is not None, "the loss", timeout_s=_NOTICED_S)
        sys.stdout.write("lost\n")
        device.stop()
        server.stdin.write("\n")


def _is_elsewhere(pid: int) -> bool:
    def network(process: int | str) -> str:
        return str(Path(f"/proc/{process}/ns/net").readlink())

    return network(pid) != network("self")


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        _serve(sys.argv[2])
    else:
        _lose(sys.argv[1])
