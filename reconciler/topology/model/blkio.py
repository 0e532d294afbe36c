"""What a container may read from and write to block devices, under Compose's names."""

from pydantic import Field

from reconciler.topology.model.base import Model
from reconciler.topology.model.types.container import AbsolutePath
from reconciler.topology.model.types.scalar import Size, Whole


class DeviceWeight(Model):
    """A container's weight on one block device."""

    path: AbsolutePath
    """The device on the host: `/dev/sda`."""
    weight: Whole = Field(ge=10, le=1000)
    """The relative weight of its reads and writes there."""


class ByteRate(Model):
    """Bytes a second, from or to one device."""

    path: AbsolutePath
    """The device on the host: `/dev/sda`."""
    rate: Size = Field(ge=1)
    """Bytes a second: `10m`."""


class OperationRate(Model):
    """Operations a second, on one device."""

    path: AbsolutePath
    """The device on the host: `/dev/sda`."""
    rate: Whole = Field(ge=1, le=2**53)
    """Operations a second."""


class Blkio(Model):
    """A container's part of block devices, and limits on them."""

    weight: Whole | None = Field(None, ge=10, le=1000)
    """The relative weight of its reads and writes on all devices; 500 when not given."""
    weight_device: tuple[DeviceWeight, ...] = ()
    """Relative weights on single devices."""
    device_read_bps: tuple[ByteRate, ...] = ()
    """Bytes a second that it reads: `[{path: /dev/sda, rate: 10m}]`."""
    device_write_bps: tuple[ByteRate, ...] = ()
    """Bytes a second that it writes."""
    device_read_iops: tuple[OperationRate, ...] = ()
    """Reads a second: `[{path: /dev/sda, rate: 100}]`."""
    device_write_iops: tuple[OperationRate, ...] = ()
    """Writes a second."""
