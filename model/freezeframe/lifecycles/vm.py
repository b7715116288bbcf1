"""The lifecycle of a VM, as anyone outside it can tell it."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from .table import Lifecycle, Row

_PAUSE = (
    "Azure planned-maintenance page of 2017 (https://github.com/MicrosoftDocs/azure-docs, "
    "includes/virtual-machines-common-planned-maintenance.md): paused with memory kept in RAM, "
    "resumed within 30 seconds"
)
_LIBVIRT = "libvirt domain states and their reasons (virDomainGetState)"
_CUSTOMER = "customers keep control of their VMs during maintenance (design)"
_REBOOT = "Azure maintenance page: updates that need a reboot shut the VM down and start it again"


class VmStatus(StrEnum):
    """Where a VM stands."""

    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    RESUMING = "resuming"
    RESUMED = "resumed"
    STOPPED = "stopped"
    FAILED = "failed"
    ABSENT = "absent"


VM_RUNNING: Final = frozenset({VmStatus.RUNNING, VmStatus.RESUMED})
"""Its virtual CPUs run, be its clock behind."""

VM_PAUSED: Final = frozenset({VmStatus.PAUSING, VmStatus.PAUSED, VmStatus.RESUMING})
"""What counts as paused: from the request to pause until the VM runs again."""

VM_OFF: Final = frozenset({VmStatus.STOPPED, VmStatus.FAILED, VmStatus.ABSENT})
"""Without virtual CPUs or memory that an update could harm."""


class Holder(StrEnum):
    """Whose doing it is that a VM does not run."""

    NOBODY = "nobody"
    MAINTENANCE = "maintenance"
    OTHER = "other"
    """Its customer, or the hypervisor after an I/O error."""


VM_LIFECYCLE: Final = Lifecycle(
    name="VM",
    states=VmStatus,
    meanings={
        VmStatus.RUNNING: "executes, and its clock is right",
        VmStatus.PAUSING: "its virtual CPUs are being stopped",
        VmStatus.PAUSED: "stopped, with its memory in RAM",
        VmStatus.RESUMING: "its virtual CPUs are being started",
        VmStatus.RESUMED: "executes, but its clock is behind by the length of the pause",
        VmStatus.STOPPED: "shut off",
        VmStatus.FAILED: "crashed, or its host lost power",
        VmStatus.ABSENT: "not created yet, or deleted",
    },
    initial=VmStatus.RUNNING,
    rows=(
        Row(
            "begin_pause",
            (VmStatus.RUNNING,),
            VmStatus.PAUSING,
            "its host is to be updated",
            _PAUSE,
        ),
        Row(
            "pause_completed", (VmStatus.PAUSING,), VmStatus.PAUSED, "its CPUs stand still", _PAUSE
        ),
        Row(
            "pause_failed",
            (VmStatus.PAUSING,),
            VmStatus.RUNNING,
            "it could not be stopped",
            _LIBVIRT,
        ),
        Row(
            "begin_resume", (VmStatus.PAUSED,), VmStatus.RESUMING, "its host is ready again", _PAUSE
        ),
        Row(
            "resume_completed", (VmStatus.RESUMING,), VmStatus.RESUMED, "its CPUs run again", _PAUSE
        ),
        Row(
            "resume_failed",
            (VmStatus.RESUMING,),
            VmStatus.PAUSED,
            "it could not be started",
            _LIBVIRT,
        ),
        Row(
            "clock_set",
            (VmStatus.RESUMED,),
            VmStatus.RUNNING,
            "the guest agent took over the host's time",
            "Azure time-sync page: a resumed guest is behind until its clock is corrected",
        ),
        Row(
            "hold",
            (VmStatus.RUNNING, VmStatus.PAUSING, VmStatus.RESUMING, VmStatus.RESUMED),
            VmStatus.PAUSED,
            "its customer or an I/O error stopped it; maintenance did not",
            _LIBVIRT,
        ),
        Row("release", (VmStatus.PAUSED,), VmStatus.RUNNING, "whoever held it let it go", _LIBVIRT),
        Row(
            "release_behind",
            (VmStatus.PAUSED,),
            VmStatus.RESUMED,
            "whoever held it let it go, but its clock was not set since it was paused",
            "libvirt's virDomainSetTime: a suspended guest does not notice the gap",
        ),
        Row(
            "shut_down",
            (VmStatus.RUNNING, VmStatus.PAUSED),
            VmStatus.STOPPED,
            "the update cannot preserve it",
            _REBOOT,
        ),
        Row("boot", (VmStatus.STOPPED,), VmStatus.RUNNING, "maintenance had shut it down", _REBOOT),
        Row(
            "stop",
            (VmStatus.RUNNING, VmStatus.PAUSED, VmStatus.RESUMED),
            VmStatus.STOPPED,
            "its customer stopped it",
            _CUSTOMER,
        ),
        Row(
            "start",
            (VmStatus.STOPPED, VmStatus.FAILED),
            VmStatus.RUNNING,
            "its customer started it",
            _CUSTOMER,
        ),
        Row("create", (VmStatus.ABSENT,), VmStatus.RUNNING, "its customer created it", _CUSTOMER),
        Row(
            "delete",
            (VmStatus.STOPPED, VmStatus.FAILED),
            VmStatus.ABSENT,
            "its customer deleted it",
            _CUSTOMER,
        ),
        Row(
            "fail",
            (
                VmStatus.RUNNING,
                VmStatus.PAUSING,
                VmStatus.PAUSED,
                VmStatus.RESUMING,
                VmStatus.RESUMED,
            ),
            VmStatus.FAILED,
            "it crashed, or its host lost power",
            _LIBVIRT,
        ),
    ),
)
