"""Builds the witness guest: a Linux kernel and a small first file system, from Debian packages.

Owns what is in the guest and where the result is kept. Packages are downloaded and unpacked into
a temporary folder, never installed. A build is kept in a folder named after everything that went
into it, and used again as long as that is the same. It must not know what guests are used for.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .archive import initramfs
from .errors import LabError, LabUnavailableError
from .requirements import program

CACHE_VARIABLE = "FREEZEFRAME_LAB_CACHE"
"""Environment variable that names the folder where builds are kept."""

KERNEL = "linux-image-cloud-amd64"
AGENT = "qemu-guest-agent"
BUSYBOX = "busybox-static"
_ROOTS = (KERNEL, AGENT, BUSYBOX)
MODULES = ("virtio_pci", "virtio_console", "virtio_net")
"""What the agent's channel and the network need, besides what these depend on; a kernel may have
them built in.
"""

_APT_LISTS = Path("/var/lib/apt/lists")
_HERE = Path(__file__).parent
_SOURCES = ("guest/witness.c", "guest/init", "guest/shutdown", "archive.py", "image.py")
_DOWNLOAD_SECONDS_MAX = 300


@dataclass(frozen=True)
class Image:
    """The two files that a witness guest boots from."""

    kernel: Path
    initramfs: Path


def image(cache: Path | None = None) -> Image:
    """Return the witness guest's image, built now unless `cache` has it.

    Without `cache` builds are kept in the folder that FREEZEFRAME_LAB_CACHE names, else in
    `freezeframe-lab` in the user's cache folder.

    Raises:
        LabUnavailableError: The packages cannot be had.
        LabError: They can, but are not as expected.

    """
    cache = (cache or default_cache()).absolute()
    cache.mkdir(parents=True, exist_ok=True)
    packages = _packages(cache)
    folder = cache / _key(packages)
    built = Image(folder / "vmlinuz", folder / "initramfs")
    if not folder.is_dir():
        with tempfile.TemporaryDirectory(dir=cache, prefix="building-") as name:
            work = Path(name)
            _unpack(packages, work)
            _assemble(work / "root", work / "done")
            try:
                (work / "done").rename(folder)
            except OSError:
                if not folder.is_dir():  # else another process was first, with the same result
                    raise
    return built


def default_cache() -> Path:
    """Return where builds are kept when the caller does not say."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "freezeframe-lab"


def _packages(cache: Path) -> dict[str, str]:
    """Return the packages to unpack, each with its version.

    Asking apt takes seconds, so `cache` keeps the answer until apt's lists change.

    Raises:
        LabUnavailableError: apt does not know one.

    """
    lists = sorted((each.name, each.stat().st_mtime_ns) for each in _APT_LISTS.glob("*Packages*"))
    kept = cache / f"packages-{_digest(repr((lists, _ROOTS)))}.json"
    if not kept.exists():
        text = json.dumps(_resolved(), indent=1)
        with tempfile.NamedTemporaryFile("w", dir=cache, delete=False, encoding="utf-8") as file:
            file.write(text)
        Path(file.name).rename(kept)
    return {str(k): str(v) for k, v in json.loads(kept.read_text(encoding="utf-8")).items()}


def _resolved() -> dict[str, str]:
    wanted = _depended(KERNEL, "linux-image-") - {KERNEL}
    wanted |= _depended(AGENT, r"lib|zlib") | {BUSYBOX}
    shown = _output("apt-cache", "show", "--no-all-versions", *sorted(wanted))
    pattern = r"^Package: (\S+)$.*?^Version: (\S+)$"
    versions = dict(re.findall(pattern, shown, re.MULTILINE | re.DOTALL))
    if versions.keys() != wanted:
        raise LabUnavailableError(_unknown(", ".join(sorted(wanted - versions.keys()))))
    return versions


def _depended(package: str, pattern: str) -> set[str]:
    """Return a package, and what it depends on by way of packages whose names match `pattern`."""
    text = _output("apt-cache", "depends", "--important", "--recurse", package)
    graph: dict[str, set[str]] = {}
    for line in text.splitlines():
        if not line.startswith((" ", "<")):
            dependencies = graph.setdefault(line.partition(":")[0], set())
        elif found := re.match(rf"\s*\|?(?:Pre)?Depends: ((?:{pattern})[^\s:]+)", line):
            dependencies.add(found[1])
    reached, new = {package}, {package}
    while new:
        new = {each for name in new for each in graph.get(name, ())} - reached
        reached |= new
    if reached == {package}:
        raise LabUnavailableError(_unknown(package))
    return reached


def _unknown(packages: str) -> str:
    return (
        f"expected apt to know {packages}, found that it does not; on Debian 12 or later run "
        "apt-get update, elsewhere there is no lab"
    )


def _key(packages: dict[str, str]) -> str:
    parts = [f"{name}={version}" for name, version in sorted(packages.items())]
    parts.append(_output("gcc", "-dumpfullversion"))
    parts += [(_HERE / each).read_text(encoding="utf-8") for each in _SOURCES]
    return _digest("\0".join(parts))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _unpack(packages: dict[str, str], work: Path) -> None:
    names = [f"{name}={version}" for name, version in packages.items()]
    options = ["-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=3"]
    try:
        _output("apt-get", *options, "download", *names, cwd=work)
    except LabError as error:
        raise LabUnavailableError(str(error)) from error
    for each in sorted(work.glob("*.deb")):
        _output("dpkg", "-x", str(each), str(work / "root"))


def _assemble(root: Path, done: Path) -> None:
    """Write the image out of unpacked packages."""
    done.mkdir()
    witness = done.parent / "witness"
    flags = ("-std=gnu11", "-O2", "-static", "-Wall", "-Wextra", "-Werror")
    _output("gcc", *flags, "-o", str(witness), str(_HERE / "guest/witness.c"))
    files = {
        "init": (0o755, (_HERE / "guest/init").read_bytes()),
        "sbin/shutdown": (0o755, (_HERE / "guest/shutdown").read_bytes()),
        "sbin/witness": (0o755, witness.read_bytes()),
        "bin/busybox": (0o755, _found(root, "busybox").read_bytes()),
        "sbin/qemu-ga": (0o755, _found(root, "qemu-ga").read_bytes()),
    }
    loader = "lib64/ld-linux-x86-64.so.2"
    for path, content in _libraries(root, _found(root, "qemu-ga")).items():
        files[path] = (0o755, content)
    files[loader] = (0o755, _found(root, Path(loader).name).read_bytes())
    modules = _modules(root)
    files |= {f"lib/modules/{name}.ko": (0o644, each) for name, each in modules.items()}
    files["lib/modules/order"] = (0o644, "".join(f"{name}.ko\n" for name in modules).encode())
    mounts = {f"{name}/.keep": (0o644, b"") for name in ("proc", "sys", "dev", "run", "tmp")}
    links = {"sbin/hwclock": "/bin/busybox", "bin/sh": "/bin/busybox"}
    (done / "initramfs").write_bytes(initramfs(files | mounts, links))
    shutil.copyfile(_found(root / "boot", "vmlinuz-*"), done / "vmlinuz")


def _modules(root: Path) -> dict[str, bytes]:
    """Return the kernel modules to load, each after those that it depends on."""
    found: dict[str, bytes] = {}

    def add(name: str) -> None:
        for path in (root / "lib/modules").glob(f"*/kernel/**/{name}.ko*"):
            opened = lzma.open if path.suffix == ".xz" else open
            with opened(path, "rb") as file:
                content = file.read()
            depends = re.search(rb"\0depends=([^\0]*)\0", content)
            for each in depends[1].decode().split(",") if depends else ():
                if each and each not in found:
                    add(each)
            found[name] = content

    for name in MODULES:
        add(name)
    return found


def _libraries(root: Path, executable: Path) -> dict[str, bytes]:
    """Return the shared libraries that an executable needs, by the path they get in the guest."""
    found: dict[str, bytes] = {}
    pending = [executable]
    while pending:
        text = _output("objdump", "-p", str(pending.pop()))
        for name in re.findall(r"^\s*NEEDED\s+(\S+)$", text, re.MULTILINE):
            path = f"lib/x86_64-linux-gnu/{name}"
            if path not in found:
                library = _found(root, name)
                found[path] = library.read_bytes()
                pending.append(library)
    return found


def _found(root: Path, pattern: str) -> Path:
    paths = sorted(path for path in root.rglob(pattern) if path.is_file())
    if not paths:
        raise LabError(f"expected a file {pattern} in the unpacked packages, found none")
    return paths[0]


def _output(name: str, *arguments: str, cwd: Path | None = None) -> str:
    """Run a program of the system and return what it printed."""
    run = subprocess.run(
        [program(name), *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
        timeout=_DOWNLOAD_SECONDS_MAX,
    )
    if run.returncode:
        lines = run.stderr.strip().splitlines() or ["no output"]
        text = lines[-1].strip()
        raise LabError(f"expected {name} {arguments[0]} to succeed, found: {text}")
    return run.stdout
