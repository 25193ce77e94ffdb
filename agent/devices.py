"""Readers and scanners as a configuration names them: each with its driver and what that takes."""

from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from agent.core.strict_toml import unknown_key
from agent.core.values import Code
from drivers.device import ComparesPorts, Device, Driver, DriverOptions, Place, Tell
from drivers.registry import DriverUnusable, Kind, driver_of

__all__ = ["ListedDevice", "ReaderSettings", "ScannerSettings", "same_port"]

_CODE = "1 to 64 printable ASCII characters without spaces"


class ListedDevice(BaseModel):
    """One device: its name, its driver, and a port or any URL that the driver opens. What else may
    be said of it is the driver's to know.
    """

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)

    kind: ClassVar[Kind]

    name: Annotated[Code, Field(description=_CODE, examples=["front"])]
    driver: str
    port: Annotated[str, Field(min_length=1, max_length=256)]

    @field_validator("driver")
    @classmethod
    def _there_is_such_a_driver(cls, driver: str) -> str:
        try:
            driver_of(cls.kind, driver)
        except DriverUnusable as error:
            raise ValueError(str(error)) from error
        return driver

    @model_validator(mode="after")
    def _its_driver_knows_it(self) -> Self:
        self.options()
        return self

    def options(self) -> DriverOptions:
        """Answer what is said beside name, driver and port. Raises ValueError naming the key."""
        model = self._driver().options
        try:
            return model(**(self.model_extra or {}))
        except ValidationError as error:
            raise ValueError(self._amiss(error, model)) from error

    def make(self, tell: Tell, *, state: Path | None = None, looks_on: bool = False) -> Device:
        """Make the device; it is not started. ``Place`` says what the rest is."""
        place = Place(name=self.name, port=self.port, state=state, looks_on=looks_on)
        return self._driver().make(place, self.options(), tell)

    def _driver(self) -> Driver:
        return driver_of(self.kind, self.driver)

    def _amiss(self, error: ValidationError, model: type[DriverOptions]) -> str:
        first = error.errors(include_url=False, include_input=False)[0]
        key = str(first["loc"][0]) if first["loc"] else ""
        if first["type"] != "extra_forbidden":
            return f"{key}: {first['msg']}" if key else first["msg"]
        known = (*type(self).model_fields, *model.model_fields)
        return unknown_key(key, key, known)


class ReaderSettings(ListedDevice):
    """One card reader."""

    kind: ClassVar[Kind] = "reader"


class ScannerSettings(ListedDevice):
    """One barcode scanner."""

    kind: ClassVar[Kind] = "scanner"


def same_port(devices: Iterable[ListedDevice]) -> tuple[ListedDevice, ListedDevice] | None:
    """Find two entries that name one device, also by two names of one file, or may name one."""
    by_port: dict[str, ListedDevice] = {}
    listed = tuple(devices)
    for device in listed:
        is_file = device.port.startswith("/")
        port = str(Path(device.port).resolve()) if is_file else device.port
        other = by_port.setdefault(port, device)
        if other is not device:
            return other, device
    return next((both for both in combinations(listed, 2) if _may_be_one(*both)), None)


def _may_be_one(device: ListedDevice, other: ListedDevice) -> bool:
    """Ask the driver of both, where it knows more of ports than that they are written alike."""
    if (device.kind, device.driver) != (other.kind, other.driver):
        return False
    driver = driver_of(device.kind, device.driver)
    return isinstance(driver, ComparesPorts) and driver.may_be_one(device.port, other.port)
