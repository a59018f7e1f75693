"""What an image is made from, held against itself: layout, units, radios, keys, the bill of materials."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from hotspot_kiosk.config.kiosk import UpdatePlan
from hotspot_kiosk.kiosk.update import selftest
from hotspot_kiosk.kiosk.update.assembly import DECIDED_S

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "image-build"
OVERLAYS = sorted({*BUILD.glob("overlay"), *BUILD.glob("overlay-test"), *BUILD.glob("boards/*/overlay")})
BOARDS = sorted(path.parent.name for path in (BUILD / "boards").glob("*/board.sh"))
WORDS = {"compatible", "kernel_suite", "kernel_package", "boot_chain", "rauc_bootloader", "kernel_words"}
RADIOS = re.compile(r"80211|bluetooth|btusb|hci_(uart|vhci)|brcm[fs]mac|nfc|wwan|iwl|ath\d", re.IGNORECASE)


def listed(path: Path) -> list[str]:
    """A list's lines without its comments."""
    return [line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]


def partitions() -> list[str]:
    """In their order on the card."""
    return re.findall(r"^    partition (\w+) \{", (BUILD / "layout.cfg").read_text("utf-8"), re.MULTILINE)


def scripts() -> list[Path]:
    """Every file of ours that a shell runs, but the initrd's, which is busybox's."""
    found = [
        path
        for path in BUILD.rglob("*")
        if path.is_file() and not path.is_symlink() and "build/build" not in str(path)
    ]
    return sorted(path for path in found if path.read_bytes().startswith(b"#!/bin/sh"))


@pytest.mark.parametrize("script", scripts(), ids=lambda path: str(path.relative_to(BUILD)))
def test_a_script_is_clean(script: Path) -> None:
    """As shellcheck sees it."""
    if shutil.which("shellcheck") is None:
        pytest.skip("there is no shellcheck on this machine: apt-get install shellcheck")
    done = subprocess.run(
        ["shellcheck", "--severity=warning", "--external-sources", str(script)],
        capture_output=True,
        text=True,
        check=False,
        cwd=BUILD,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("board", BOARDS)
def test_a_board_says_all_that_is_asked(board: str) -> None:
    """Kernel, firmware and boot chain are chosen by name, not by chance."""
    text = (BUILD / "boards" / board / "board.sh").read_text("utf-8")
    said = set(re.findall(r"^(\w+)=", text, re.MULTILINE))
    assert said >= WORDS
    assert f"compatible=hotspot-{board}\n" in text
    assert {"data_cipher", "data_key_bits"} <= said


def test_the_card_is_as_the_firmware_expects_it() -> None:
    """The Pi's firmware counts partitions; everything else goes by labels."""
    autoboot = (ROOT / "firmware/boot/autoboot.txt").read_text("utf-8")
    used, tried = (int(number) for number in re.findall(r"^boot_partition=(\d)", autoboot, re.MULTILINE))
    assert partitions()[used - 1] == "boot_a"
    assert partitions()[tried - 1] == "boot_b"
    assert partitions()[-1] == "data", "it grows, so nothing may lie behind it"


def pi_boot(tmp_path: Path, board: str, overlays: set[str]) -> subprocess.CompletedProcess[str]:
    """Write a Pi's boot files over a kernel that has these overlays."""
    kernel, work = tmp_path / "kernel", tmp_path / "work"
    (kernel / "firmware/overlays").mkdir(parents=True)
    text = (BUILD / "boards" / board / "board.sh").read_text("utf-8")
    tree = re.findall(r"^device_tree=(\S+)", text, re.MULTILINE)[0]
    for name in ("Image", f"firmware/{tree}", *(f"firmware/overlays/{overlay}.dtbo" for overlay in overlays)):
        (kernel / name).write_bytes(b"x")
    (tmp_path / "initrd.img").write_bytes(b"x")
    for name in ("boot", "firmware"):
        (work / name).mkdir(parents=True)
    script = f"""here={BUILD} repo={ROOT} board={board} work={work} kernel={kernel} initrd={tmp_path}/initrd.img
        . "$here/lib.sh"; . "$here/boards/$board/board.sh"; words="ro hotspot.hash=ab hotspot.data=1 $kernel_words"
        . "$here/boards/$board/boot.sh" """
    return subprocess.run(["sh", "-euc", script], capture_output=True, text=True, check=False)


def named_overlays() -> set[str]:
    """What config.txt asks of the firmware."""
    return set(
        re.findall(
            r"^dtoverlay=([\w-]+)", (ROOT / "firmware/boot/config.txt").read_text("utf-8"), re.MULTILINE
        )
    )


@pytest.mark.parametrize("board", ["pi4", "pi5"])
def test_a_pis_boot_files_are_whole(board: str, tmp_path: Path) -> None:
    """The choice of systems on the first partition; on each system's own: config, kernel, initrd, one line of words."""
    done = pi_boot(tmp_path, board, named_overlays())
    assert done.returncode == 0, done.stderr
    boot = tmp_path / "work/boot"
    assert (tmp_path / "work/firmware/autoboot.txt").read_text() == (
        ROOT / "firmware/boot/autoboot.txt"
    ).read_text()
    assert {"Image", "initrd.img", "config.txt", "cmdline.txt", "overlays"} <= {
        path.name for path in boot.iterdir()
    }
    words = (boot / "cmdline.txt").read_text("utf-8")
    assert words.count("\n") == 1
    assert "watchdog_disarm=0" in words
    assert "root=" not in words, "the initrd finds the root by its hash"
    config = (boot / "config.txt").read_text("utf-8")
    assert all(len(line) <= 98 for line in config.splitlines() if not line.startswith("#"))
    assert config.rindex("[all]") < config.index("kernel=Image")


@pytest.mark.parametrize("board", ["pi4", "pi5"])
def test_an_overlay_that_is_not_there_stops_the_build(board: str, tmp_path: Path) -> None:
    """A Pi would start without it and say nothing."""
    done = pi_boot(tmp_path, board, named_overlays() - {"disable-wifi"})
    assert done.returncode == 1
    assert "disable-wifi" in done.stderr


def test_an_update_goes_to_partitions_that_exist() -> None:
    """RAUC's slots, U-Boot's script and the initrd use the layout's labels."""
    slots = re.findall(r"by-partlabel/(\w+)", (BUILD / "rauc/system.conf").read_text("utf-8"))
    assert slots == ["root_a", "boot_a", "root_b", "boot_b"]
    script = (BUILD / "boards/virt/boot.cmd").read_text("utf-8")
    named = set(re.findall(r"part (?:number|start) virtio 0 (\w+)", script))
    init = set(re.findall(r"label=(\w+)", (BUILD / "initrd/init").read_text("utf-8")))
    assert (named | init | set(slots)) <= set(partitions())


def test_a_pis_rauc_can_tell_the_firmware() -> None:
    """The script that speaks for it is named, and the partition that it writes is mounted where it looks."""
    compose = (BUILD / "layers/compose").read_text("utf-8")
    assert "bootloader-custom-backend=/usr/lib/hotspot/rauc-tryboot" in compose
    units = BUILD / "boards/tryboot/overlay/usr/lib/systemd/system"
    mount = (units / "boot-firmware.mount").read_text("utf-8")
    looked = re.findall(
        r"HOTSPOT_AUTOBOOT:-(/\S+)/autoboot.txt", (ROOT / "firmware/boot/rauc-tryboot").read_text("utf-8")
    )
    assert f"Where={looked[0]}\n" in mount
    assert re.findall(r"by-partlabel/(\w+)", mount) == ["firmware"] == partitions()[:1]
    for board in BOARDS:
        chosen = (BUILD / "boards" / board / "board.sh").read_text("utf-8")
        assert ("rauc_bootloader=custom" in chosen) == ("boot_chain=tryboot" in chosen)


def test_a_kiosk_that_is_updated_is_called_well_by_its_agent_alone(tmp_path: Path) -> None:
    """By the table in its configuration, however it is written; READY alone says nothing of a new system there."""
    script = (BUILD / "overlay/usr/lib/hotspot/is-updated").read_text("utf-8")
    for text, updated in (
        ("[kiosk]\ndevice = 1\n", False),
        ("[kiosk]\ndevice = 1\n# [update]\n", False),
        ("[kiosk]\nupdate_x = 1\n", False),
        ("[update]\nstate = 'x'\n", True),
        ("  [ update ] # here\n", True),
        ("[update.link]\nport = 1\n", True),
        ("update = { state = 'x' }\n", True),
        ("update.state = 'x'\n", True),
    ):
        config = tmp_path / "kiosk.toml"
        config.write_text(text)
        done = subprocess.run(
            ["sh", "-c", script.replace("/etc/hotspot/kiosk.toml", str(config))], check=False
        )
        assert (done.returncode == 0) == updated, text
    good = (BUILD / "overlay/usr/lib/hotspot/good").read_text("utf-8")
    assert good.index("! /usr/lib/hotspot/is-updated || exit 0") < good.index("rauc status mark-good")


def test_a_system_that_nobody_calls_well_is_left_between_the_self_test_and_the_daemons_start() -> None:
    """Not while its self-test may still pass, and before the daemon, which waits for the verdict, gives up and starts."""
    units = BUILD / "overlay/usr/lib/systemd/system"
    minutes = re.findall(
        r"^OnBootSec=(\d+)min$", (units / "hotspot-guard.timer").read_text("utf-8"), re.MULTILINE
    )
    longest = UpdatePlan(state=Path("update.db"), self_test_s=600).self_test_s
    with pytest.raises(ValueError, match="self_test_s"):
        UpdatePlan(state=Path("update.db"), self_test_s=longest + 1)
    assert longest + 120 < int(minutes[0]) * 60 < DECIDED_S
    guard = (units / "hotspot-guard.service").read_text("utf-8")
    assert f"ConditionPathExists=|/var/lib/hotspot/{selftest.EXPECTED}\n" in guard
    assert f"ConditionPathExists=!{UpdatePlan(state=Path('x')).run}/{selftest.WELL}\n" in guard
    assert "hotspot_kiosk" not in guard
    assert "/opt/hotspot" not in guard


@pytest.mark.parametrize("name", ["hotspot-guard.service", "hotspot-guard.timer"])
def test_systemd_understands_the_guard(name: str, tmp_path: Path) -> None:
    """No setting is misspelt or in the wrong section."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze on this machine: apt-get install systemd")
    for each in ("hotspot-guard.service", "hotspot-guard.timer"):
        shutil.copy(BUILD / "overlay/usr/lib/systemd/system" / each, tmp_path)
    words = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(tmp_path / name)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if "unrecognized option" in done.stdout + done.stderr:
        pytest.skip("this systemd-analyze is older than 250")
    said = (done.stdout + done.stderr).splitlines()
    assert [line for line in said if "hotspot-guard" in line and "is not executable" not in line] == []


def test_only_the_data_grows() -> None:
    """Its type is nobody else's: growing finds it by its type."""
    grown = (BUILD / "overlay/usr/lib/hotspot/repart.d/data.conf").read_text("utf-8")
    kind = re.findall(r"^Type=(\S+)$", grown, re.MULTILINE)[0]
    layout = (BUILD / "layout.cfg").read_text("utf-8")
    assert layout.count(kind) == 1
    assert kind in layout.split("partition data {")[1]


def test_no_radio_has_a_driver() -> None:
    """By policy: neither in what every board carries nor in what one adds."""
    for path in (BUILD / "modules", *BUILD.glob("boards/*/modules")):
        assert not [module for module in listed(path) if RADIOS.search(module)], path
    for path in (BUILD / "base.packages", *BUILD.glob("boards/*/packages")):
        packages = listed(path)
        assert not [
            name
            for name in packages
            if RADIOS.search(name) or name.startswith(("wpasupplicant", "firmware-"))
        ], path


def test_nothing_is_swapped_logged_to_the_card_or_open_by_default() -> None:
    """The journal lies in memory, the firewall denies, no terminal waits for a name."""
    overlay = BUILD / "overlay"
    assert "Storage=volatile" in (overlay / "usr/lib/systemd/journald.conf.d/hotspot.conf").read_text("utf-8")
    assert (overlay / "etc/nftables.conf").read_text("utf-8").count("policy drop") == 3
    for unit in (
        "getty@.service",
        "serial-getty@.service",
        "ssh.service",
        "ssh.socket",
        "debug-shell.service",
    ):
        assert (overlay / "etc/systemd/system" / unit).readlink() == Path("/dev/null")
    assert not [path for path in overlay.rglob("*") if "swap" in path.name]


def test_what_starts_exists() -> None:
    """Each link of an overlay leads to a file of it, to a unit of systemd/, or to Debian's; none to another kind of place."""
    own = {path.name for path in (ROOT / "systemd/units").iterdir()}
    debian = {
        "nftables.service",
        "systemd-networkd.service",
        "systemd-resolved.service",
        "systemd-timesyncd.service",
    }
    for overlay in OVERLAYS:
        for link in (path for path in overlay.rglob("*") if path.is_symlink()):
            target = link.readlink()
            inside = target.is_absolute() is False and (link.parent / target).exists()
            assert inside or str(target) == "/dev/null" or target.name in own | debian, link


def test_the_tests_hands_are_in_no_image_for_the_field() -> None:
    """The agent lies in the tests' overlay alone, and that is laid over test images alone."""
    assert not list((BUILD / "overlay").rglob("*agent*"))
    compose = (BUILD / "layers/compose").read_text("utf-8")
    assert compose.count("overlay-test") == 1
    assert '[ "$VARIANT" = production ] || cp -R --no-preserve=ownership "$here/overlay-test/."' in compose


def test_test_keys_say_so_and_sign_code(tmp_path: Path) -> None:
    """Whoever reads a certificate sees that it is for tests."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl on this machine: apt-get install openssl")
    subprocess.run([BUILD / "keys", tmp_path], check=True)
    said = subprocess.run(
        [
            "openssl",
            "x509",
            "-in",
            tmp_path / "signer.pem",
            "-noout",
            "-subject",
            "-issuer",
            "-ext",
            "extendedKeyUsage",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.count("TEST KEY - never in the field") >= 2
    assert "Code Signing" in said
    assert not (tmp_path / "signer.key").stat().st_mode & 0o077


def test_the_bill_of_materials_names_every_part(tmp_path: Path) -> None:
    """Debian's packages, wheels, kernel and models, each with version, address and licence; the same twice."""
    base, python, kernel = (tmp_path / name for name in ("base", "python", "kernel"))
    (base / "var/lib/dpkg").mkdir(parents=True)
    (base / "var/lib/dpkg/status").write_text(
        "Package: zlib1g\nStatus: install ok installed\nArchitecture: arm64\nVersion: 1:1.3+1\n\n"
        "Package: gone\nStatus: deinstall ok config-files\nArchitecture: arm64\nVersion: 1\n"
    )
    (base / "usr/share/doc/zlib1g").mkdir(parents=True)
    (base / "usr/share/doc/zlib1g/copyright").write_text("Files: *\nLicense: Zlib\n")
    about = python / "opt/hotspot/lib/python3.13/site-packages/Some_Wheel-2.0.dist-info"
    (about / "licenses").mkdir(parents=True)
    (about / "METADATA").write_text("Name: Some_Wheel\nVersion: 2.0\nLicense-Expression: MIT\n")
    (about / "licenses/LICENSE").write_text("Do as you like.\n")
    left_out = about.with_name("numba-0.60.dist-info")
    left_out.mkdir()
    (left_out / "METADATA").write_text("Name: numba\nVersion: 0.60\n")
    kernel.mkdir()
    (kernel / "packages").write_text("linux-image-6.12 6.12.1\n")
    (kernel / "linux-image-6.12.copyright").write_text("GPL\n")
    outputs = []
    for name in ("one", "two"):
        out = tmp_path / name
        out.mkdir()
        (out / "root.hash").write_text("ab" * 32 + " 4096\n")
        words = [
            "--base",
            base,
            "--python",
            python,
            "--unused",
            BUILD / "unused",
            "--kernel",
            kernel,
            "--models",
            ROOT / "models/manifest.toml",
        ]
        about_it = ["--name", "hotspot-virt", "--version", "1.0", "--epoch", "1700000000", out]
        subprocess.run([sys.executable, BUILD / "sbom.py", *words, *about_it], check=True)
        outputs.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert outputs[0] == outputs[1]
    bill = json.loads(outputs[0]["bom.cdx.json"])
    found = {part["name"]: part for part in bill["components"]}
    models = {
        model["name"] for model in tomllib.loads((ROOT / "models/manifest.toml").read_text("utf-8"))["model"]
    }
    assert found.keys() == {"zlib1g", "some-wheel", "linux-image-6.12", "hotspot-kiosk"} | models
    assert found["zlib1g"]["purl"] == "pkg:deb/debian/zlib1g@1%3A1.3%2B1?arch=arm64&distro=trixie"
    assert found["zlib1g"]["licenses"] == [{"license": {"name": "Zlib"}}]
    assert all(part["licenses"] for part in found.values())
    assert b"some-wheel 2.0: MIT\n" in outputs[0]["licences.txt"]
