"""The libvirt domain of a witness guest.

Owns its XML: a guest of one virtual CPU that emulation runs anywhere, with the guest agent's
channel, two serial ports, and an interface on its host's bridge. It must not know on which host it
is started.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from xml.etree import ElementTree as ET

from freezeframe.fleet.libvirt_import import NAMESPACE

from .layout import BRIDGE

if TYPE_CHECKING:
    from pathlib import Path

    from .image import Image

Ram = Literal["file", "memfd", "private"]
"""What backs a guest's RAM: a file that others can read, an anonymous shared file, or neither."""

MEMORY_MIB = 128
"""RAM of a witness guest in MiB, enough for it by far."""

AGENT_CHANNEL = "org.qemu.guest_agent.0"


@dataclass(frozen=True)
class Port:
    """Where a serial port leads: to a file, or to a socket where someone listens already."""

    kind: Literal["file", "unix"]
    path: Path


def domain_xml(
    name: str,
    image: Image,
    console: Port,
    beats: Port,
    *,
    placement: tuple[str, int] | None = None,
    ram: Ram = "file",
    memory_mib: int = MEMORY_MIB,
    has_bridge: bool = True,
) -> str:
    """Return the XML of a domain; `placement` is its availability set and update domain.

    With `ram="file"` the file is `pc.ram` in a folder of the host's `memory_backing_dir`.
    """
    root = ET.Element("domain", type="qemu")
    ET.SubElement(root, "name").text = name
    if placement is not None:
        set_name, update_domain = placement
        pairs = {"availability-set": set_name, "update-domain": str(update_domain)}
        ET.SubElement(ET.SubElement(root, "metadata"), f"{{{NAMESPACE}}}placement", pairs)
    ET.SubElement(root, "memory", unit="MiB").text = str(memory_mib)
    if ram != "private":
        backing = ET.SubElement(root, "memoryBacking")
        ET.SubElement(backing, "source", type={"file": "file", "memfd": "memfd"}[ram])
        ET.SubElement(backing, "access", mode="shared")
    ET.SubElement(root, "vcpu").text = "1"
    system = ET.SubElement(root, "os")
    ET.SubElement(system, "type", arch="x86_64", machine="pc").text = "hvm"
    ET.SubElement(system, "kernel").text = str(image.kernel)
    ET.SubElement(system, "initrd").text = str(image.initramfs)
    ET.SubElement(system, "cmdline").text = "console=ttyS0 loglevel=4 panic=-1"
    ET.SubElement(ET.SubElement(root, "features"), "acpi")
    ET.SubElement(root, "clock", offset="utc")
    devices = _add_devices(root, console, beats)
    if has_bridge:
        _add_interface(devices)
    return ET.tostring(root, encoding="unicode")


def _add_devices(root: ET.Element, console: Port, beats: Port) -> ET.Element:
    devices = ET.SubElement(root, "devices")
    ET.SubElement(devices, "controller", type="usb", model="none")
    ET.SubElement(devices, "memballoon", model="none")
    for number, port in enumerate((console, beats)):
        serial = ET.SubElement(devices, "serial", type=port.kind)
        source = ET.SubElement(serial, "source", path=str(port.path))
        if port.kind == "unix":
            source.set("mode", "connect")
        ET.SubElement(serial, "target", port=str(number))
    channel = ET.SubElement(devices, "channel", type="unix")
    ET.SubElement(channel, "target", type="virtio", name=AGENT_CHANNEL)
    return devices


def _add_interface(devices: ET.Element) -> None:
    interface = ET.SubElement(devices, "interface", type="bridge")
    ET.SubElement(interface, "source", bridge=BRIDGE)
    ET.SubElement(interface, "model", type="virtio")
