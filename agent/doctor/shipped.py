"""The files that a store installs for its devices: where this version has them, and where to."""

from agent.paths import shipped_rule

__all__ = ["BLACKLIST", "NAMES", "POLKIT", "to_install"]

NAMES = "60-tapledger.rules"
"""udev: names that stay the same."""

BLACKLIST = "tapledger-blacklist.conf"
"""modprobe: the kernel's NFC drivers stay out."""

POLKIT = "49-tapledger-pcsc.rules"
"""polkit: the agent may use pcscd."""

_TO = {
    NAMES: "/etc/udev/rules.d/",
    BLACKLIST: "/etc/modprobe.d/",
    POLKIT: "/etc/polkit-1/rules.d/",
}


def to_install(name: str) -> str:
    """Answer the line that installs one of them, from whatever directory it is typed in."""
    return f"install -m 644 {shipped_rule(name)} {_TO[name]}"
