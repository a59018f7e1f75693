"""The files beneath Linux, held against each other, against the wiring table and against what is known of the boards."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

BOOT = Path(__file__).resolve().parents[1] / "firmware" / "boot"
PANEL = BOOT.with_name("panel")
BOARDS = ("pi4", "pi5")
LONGEST_LINE = 98

# Which pins (transmit, receive) and which name a UART has, per board (overlays README of the firmware).
UARTS = {
    "pi4": {"uart2": ((0, 1), "ttyAMA2"), "uart3": ((4, 5), "ttyAMA3"), "uart4": ((8, 9), "ttyAMA4")},
    "pi5": {
        "uart0-pi5": ((14, 15), "ttyAMA0"),
        "uart1-pi5": ((0, 1), "ttyAMA1"),
        "uart2-pi5": ((4, 5), "ttyAMA2"),
        "uart3-pi5": ((8, 9), "ttyAMA3"),
    },
}
MAIN_UART = {"pi4": ((14, 15), "ttyAMA0")}  # with enable_uart=1 and Bluetooth off
I2C_PINS = (2, 3)
RPIBOOT_PINS = {2, 4, 5, 6, 7, 8}  # that a Pi 4's one-time memory may name
KNOWN = {
    *("arm_64bit", "disable_splash", "auto_initramfs", "dtoverlay", "kernel_watchdog_timeout"),
    *("camera_auto_detect", "enable_uart"),
}
KNOWN_OVERLAYS = {
    *("disable-wifi", "disable-bt", "imx708", "vc4-kms-v3d", "gpio-shutdown", "gpio-poweroff", "i2c-rtc"),
    *(name for uarts in UARTS.values() for name in uarts),
}


def settings(text: str) -> Iterator[tuple[str, str, str]]:
    """Section, key and value of every line."""
    section = "all"
    for line in text.splitlines():
        said = line.partition("#")[0].strip()
        if said.startswith("["):
            section = said.strip("[]")
        elif said:
            key, _, value = said.partition("=")
            yield section, key, value


def config(board: str) -> list[tuple[str, str]]:
    """What this board takes from config.txt."""
    text = (BOOT / "config.txt").read_text()
    return [(key, value) for section, key, value in settings(text) if section in ("all", board)]


def overlays(board: str) -> dict[str, dict[str, str]]:
    """Each overlay with its parameters."""
    found = {}
    for key, value in config(board):
        if key == "dtoverlay":
            name, *parameters = value.split(",")
            found[name] = dict(p.partition("=")[::2] for p in parameters)
    return found


def cmdline() -> dict[str, str]:
    """The kernel's words."""
    return dict(word.partition("=")[::2] for word in (BOOT / "cmdline.txt").read_text().split())


def eeprom(board: str) -> dict[str, str]:
    """The board's own settings."""
    return {key: value for _, key, value in settings((BOOT / f"eeprom-{board}.conf").read_text())}


def wiring() -> dict[int, tuple[str, str]]:
    """Pi GPIO to signal and other end, from the one table."""
    rows = re.findall(
        r"^\| (\d+) \| \d+ \| ([^|]+) \| ([^|]+) \|", (BOOT / "README.md").read_text(), re.MULTILINE
    )
    assert len({int(pin) for pin, *_ in rows}) == len(rows), "a pin is in the table twice"
    return {int(pin): (signal.strip(), end.strip()) for pin, signal, end in rows}


def uarts(board: str) -> dict[tuple[int, int], str]:
    """The pins of the UARTs that are on, and their names."""
    on = [UARTS[board][name] for name in overlays(board) if name in UARTS[board]]
    if ("enable_uart", "1") in config(board) and "disable-bt" in overlays(board) and board in MAIN_UART:
        on.append(MAIN_UART[board])
    return dict(on)


def pins(board: str) -> list[int]:
    """Every pin that something uses."""
    used = [pin for pair in uarts(board) for pin in pair]
    used.append(int(overlays(board)["gpio-shutdown"]["gpio_pin"]))
    used.append(int(overlays(board)["gpio-poweroff"]["gpiopin"]))
    return used + list(I2C_PINS if "i2c-rtc" in overlays(board) else ())


def rules() -> dict[str, str]:
    """Stable name to the pattern of the kernel's name."""
    text = (BOOT / "70-hotspot.rules").read_text()
    found = re.findall(r'KERNEL=="([^"]+)".*SYMLINK\+="([^"]+)"', text)
    return {name: kernel for kernel, name in found}


@pytest.mark.parametrize("board", BOARDS)
def test_every_setting_is_one_that_the_firmware_knows(board: str) -> None:
    """A typing error would be passed over in silence."""
    assert {key for key, _ in config(board)} <= KNOWN
    assert set(overlays(board)) <= KNOWN_OVERLAYS
    others = {name for name in UARTS if name != board}
    wrong = {name for other in others for name in UARTS[other]} & set(overlays(board))
    assert not wrong, "an overlay of the other board"


def test_no_line_is_longer_than_the_firmware_reads() -> None:
    """What lies beyond is cut off."""
    assert (
        max(len(line) for line in (BOOT / "config.txt").read_text().splitlines() if line[:1] != "#")
        <= LONGEST_LINE
    )


@pytest.mark.parametrize("board", BOARDS)
def test_radios_are_off(board: str) -> None:
    """By policy, on both boards."""
    assert {"disable-wifi", "disable-bt"} <= set(overlays(board))


@pytest.mark.parametrize(
    "path", sorted(BOOT.glob("*.txt")) + sorted(BOOT.glob("*.rules")), ids=lambda p: p.name
)
def test_serial0_is_used_nowhere(path: Path) -> None:
    """On a Pi 5 it is the debug header."""
    used = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    assert "serial0" not in "\n".join(used)
    assert "ttyAMA10" not in "\n".join(used)


def test_the_kernel_has_no_console_on_a_port() -> None:
    """Its words would reach the sensor or the panel."""
    consoles = re.findall(r"console=(\S+)", (BOOT / "cmdline.txt").read_text())
    assert consoles == ["tty1"]
    assert all(eeprom(board)["BOOT_UART"] == "0" for board in BOARDS)


@pytest.mark.parametrize("board", BOARDS)
def test_the_watchdog_is_never_off(board: str) -> None:
    """EEPROM, then firmware, then the initramfs that must not disarm it."""
    assert 15 <= int(eeprom(board)["BOOT_WATCHDOG_TIMEOUT"]) <= 120
    assert 5 <= int(dict(config(board))["kernel_watchdog_timeout"]) <= 15
    assert cmdline()["watchdog_disarm"] == "0"
    assert not [value for key, value in config(board) if key == "dtparam" and value.startswith("watchdog")]
    assert "nowatchdog" not in cmdline()


@pytest.mark.parametrize("board", BOARDS)
def test_sensor_and_panel_have_the_pins_of_the_table(board: str) -> None:
    """Both boards are wired alike, though their UARTs are numbered differently."""
    assert set(uarts(board)) == {(14, 15), (4, 5)}
    table = wiring()
    assert [table[pin][0].split()[0] for pin in (4, 5, 14, 15)] == ["transmit", "receive"] * 2


@pytest.mark.parametrize("board", BOARDS)
def test_the_names_point_at_the_right_ports(board: str) -> None:
    """On this board, and at no other port that is on."""
    on = uarts(board)
    for name, pair in (("hotspot-finger", (14, 15)), ("hotspot-panel", (4, 5))):
        assert [tty for tty in on.values() if re.fullmatch(rules()[name], tty)] == [on[pair]]


@pytest.mark.parametrize("board", BOARDS)
def test_no_pin_is_used_twice_and_all_are_in_the_table(board: str) -> None:
    """The table is the one place where pins are given away."""
    used = pins(board)
    assert len(used) == len(set(used))
    assert set(used) <= set(wiring())


def test_the_pin_for_signed_boot_is_free_on_both_boards() -> None:
    """It must be one that may be chosen, and nobody else's."""
    kept = [pin for pin, (signal, _) in wiring().items() if "nRPIBOOT" in signal]
    assert len(kept) == 1
    assert kept[0] in RPIBOOT_PINS
    assert kept[0] not in {pin for board in BOARDS for pin in pins(board)}


def test_the_panels_ends_of_the_wires_are_its_firmwares() -> None:
    """The table and board.h, transmit to receive."""
    board_h = dict(re.findall(r"^#define (PIN_\w+) (\d+)", (PANEL / "board.h").read_text(), re.MULTILINE))
    ends = {4: "PIN_UART_RX", 5: "PIN_UART_TX", 17: "PIN_SHUTDOWN", 27: "PIN_HALTED"}
    assert {pin: wiring()[pin][1] for pin in ends} == {
        pin: f"panel GPIO {board_h[name]}" for pin, name in ends.items()
    }
    assert len(set(board_h.values())) == len(board_h)


@pytest.mark.parametrize("board", BOARDS)
def test_stop_and_halt_lines_rest_low(board: str) -> None:
    """A cut wire or a panel in reset asks for nothing."""
    asked = overlays(board)["gpio-shutdown"]
    assert (asked["active_low"], asked["gpio_pull"]) == ("0", "down")
    assert "active_low" not in overlays(board)["gpio-poweroff"]
    assert eeprom(board)["POWER_OFF_ON_HALT"] == "0"
    assert eeprom(board)["WAKE_ON_GPIO"] == "0"


def test_no_cell_is_charged_that_may_not_be() -> None:
    """A Pi 5's charging is for rechargeable cells only."""
    assert not [value for board in BOARDS for _, value in config(board) if "rtc_bbat_vchg" in value]
    assert "i2c-rtc" in overlays("pi4")


def test_one_system_is_used_and_another_tried() -> None:
    """A/B, by the firmware itself."""
    found = {(section, key): value for section, key, value in settings((BOOT / "autoboot.txt").read_text())}
    assert found["all", "tryboot_a_b"] == "1"
    assert found["all", "boot_partition"] != found["tryboot", "boot_partition"]


@pytest.mark.parametrize("board", BOARDS)
def test_nothing_but_the_card_is_started(board: str) -> None:
    """Neither network nor sticks: boot order is read from its last digit."""
    assert eeprom(board)["BOOT_ORDER"] == "0xf1"
    assert eeprom(board)["ENABLE_SELF_UPDATE"] == "0"


def test_the_ports_belong_to_the_kiosks_group() -> None:
    """Which the other file makes."""
    lines = [
        line for line in (BOOT / "70-hotspot.rules").read_text().splitlines() if line.startswith("SUBSYSTEM")
    ]
    assert all('GROUP="hotspot-devices"' in line and 'MODE="0660"' in line for line in lines)
    assert "g hotspot-devices -" in (BOOT / "hotspot-devices.sysusers").read_text()


def test_the_kernels_words_are_one_line() -> None:
    """The firmware reads only the first."""
    assert (BOOT / "cmdline.txt").read_text().count("\n") == 1
    assert cmdline()["ro"] == ""
