"""An operation's counts: right, complete over purges, and silent about few."""

import csv
import random
import re
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from making import DEVICE, NOW, operation, reception, tcn
from test_purge import Bureau

from hotspot_kiosk.audit_chain import Anchor
from hotspot_kiosk.cli import door
from hotspot_kiosk.demo.bureau import Bureau as Machine
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.hub.cases import case, case_events
from hotspot_kiosk.hub.law import statistics
from hotspot_kiosk.hub.law import statistics_page as pages
from hotspot_kiosk.hub.law.statistics import WHOLES, Place, Published, What, publish
from hotspot_kiosk.hub.reception.enrolment_case import (
    Alike,
    Compared,
    Enrolled,
    Requested,
    Steps,
    Turned,
    as_event,
)
from hotspot_kiosk.hub.storage import store_sqlite
from hotspot_kiosk.operation import Kind, sign
from hotspot_kiosk.terms import Decision, RequestType

DAY = timedelta(days=1)
OPERATION = operation(statistics_floor=3)
RECEPTION = reception(posts=("Gate 1",), statistics_floor=3)
MODELS = Path(__file__).resolve().parents[1] / "models"


@pytest.fixture
def bureau(tmp_path: Path) -> Bureau:
    """Empty, on SQLite."""
    return Bureau(store_sqlite.build(store_sqlite.Options(path=tmp_path / "hub.db")), tmp_path)


def checks(bureau: Bureau, count: int, decision: Decision, first: int = 1) -> None:
    """So many records."""
    for number in range(first, first + count):
        bureau.hold(tcn(number), decision)


def totals(bureau: Bureau) -> dict[What, int]:
    """All places together, nothing suppressed."""
    found: dict[What, int] = {}
    for row in statistics.gather(bureau.store, OPERATION).values():
        for what, times in row.items():
            found[what] = found.get(what, 0) + times
    return found


def test_what_is_counted_stays_the_same_over_a_purge(bureau: Bureau) -> None:
    """Records still held and records long gone, each once."""
    checks(bureau, 5, Decision.NO_HIT)
    checks(bureau, 4, Decision.POSSIBLE_MATCH, first=6)
    checks(bureau, 3, Decision.UNDECIDED, first=10)
    wanted = {What.CHECKS: 12, What.NO_HITS: 5, What.HITS: 4, What.UNDECIDED: 3, What.FAILURES: 12}
    assert totals(bureau) == wanted
    bureau.now = NOW + 2 * DAY
    assert bureau.purge.run() == 5
    assert totals(bureau) == wanted
    bureau.now = NOW + 40 * DAY
    assert bureau.purge.run() == 7
    assert totals(bureau) == wanted
    bureau.store.close()


def enrolments(bureau: Bureau, *steps: tuple[Steps, ...]) -> None:
    """So many enrolments that came and went as these steps say."""
    for number, each in enumerate(steps, start=1):
        asked = Requested(NOW, DEVICE, "Gate 1", "OP-2", "national", NOW, True, failures=2)
        rows = [as_event(step) for step in (asked, *each)]
        bureau.store.cases.add(tcn(number), [(row.name, case_events.encode(row)) for row in rows], None)


NEW, ANEW = Enrolled(NOW, tcn(1), 1), Enrolled(NOW, tcn(1), 2)
LOOK = Compared(NOW, 1, (Alike(tcn(1), 9.0, True),))


def test_enrolments_are_counted_as_they_ended(bureau: Bureau) -> None:
    """New, anew, turned away, waiting, failures; a reception's operation counts nobody else's records."""
    checks(bureau, 2, Decision.NO_HIT, first=20)
    enrolments(bureau, (NEW,), (LOOK, NEW), (LOOK, ANEW), (Turned(NOW, "too late"),), (LOOK,), ())
    wanted = {What.ASKED: 6, What.ENROLLED: 2, What.ANEW: 1, What.TURNED: 1, What.OPEN: 2}
    wanted |= {What.REFERRED: 3, What.FAILURES: 12}
    assert list(statistics.gather(bureau.store, RECEPTION).values()) == [wanted]
    bureau.now = NOW + 4000 * DAY
    assert bureau.purge.run() == 8
    assert list(statistics.gather(bureau.store, RECEPTION).values()) == [wanted]
    bureau.store.close()


def test_a_receptions_page_and_report_speak_of_enrolments() -> None:
    """With its retention; small counts are hidden; nothing of a search."""
    ends = {What.ENROLLED: 40, What.ANEW: 7, What.TURNED: 0, What.OPEN: 0}
    counts = {Place("OP-2", "Gate 1", "2026-11-23"): {What.ASKED: 47, **ends, What.REFERRED: 2}}
    posts, days = publish(counts, 3, Kind.RECEPTION)
    sheet, filed = pages.page(RECEPTION, posts, days, NOW), pages.report(RECEPTION, posts, NOW)
    for text in (sheet, filed):
        assert "<td>enrolled</td><td>40</td>" in text or "<th>enrolled</th>" in text
        assert "hits" not in text
        assert "possible match" not in text
    assert "<td>referred to officers</td><td><span class='few'>hidden</span></td>" in filed
    assert "enrolled anew since" in filed
    assert "How enrolments ended" in sheet


@pytest.mark.parametrize(
    ("waited_s", "clock", "what"),
    [(4, True, What.WITHIN_5_S), (19, True, What.WITHIN_20_S), (90, True, What.WITHIN_2_MIN),
     (4000, True, What.LATER), (4000, False, What.WITHIN_5_S)],
)  # fmt: skip
def test_the_time_to_answer_counts_from_the_capture(waited_s: int, clock: bool, what: What) -> None:
    """Or, where the kiosk's clock was not trusted, from the probe's coming."""
    came = NOW + timedelta(seconds=waited_s - 1)
    opened = case_events.Opened(came, DEVICE, "Green line 4", "OP-1", RequestType.NPS, NOW, clock)
    told = case_events.Told(NOW + timedelta(seconds=waited_s), DEVICE, 1, b"")
    counted = statistics.count(case.fold(tcn(), [opened, case_events.Searched(came, Decision.NO_HIT), told]))
    assert {name.rpartition('","')[2][:-2] for name in counted} == {"checks", "no hits", str(what)}


def test_minors_are_counted_from_what_kiosks_signed() -> None:
    """The growth of each kiosk's number while the operation ran; a kiosk set up anew begins at nothing."""
    words = [
        (Anchor(DEVICE, 3, "a"), 4, OPERATION.begins - DAY),
        (Anchor(DEVICE, 9, "b"), 6, NOW),
        (Anchor(DEVICE, 12, "c"), 1, NOW + DAY),
        (Anchor(DEVICE, 15, "d"), 9, OPERATION.ends + DAY),
        (Anchor(18, 2, "e"), 50, NOW),
    ]
    found = statistics.table([statistics.minors(words, OPERATION, {DEVICE: "Green line 4"})])
    assert found == {
        Place("OP-1", "Green line 4", "2026-11-23"): {What.MINORS: 2},
        Place("OP-1", "Green line 4", "2026-11-24"): {What.MINORS: 1},
    }


def test_small_counts_are_hidden_and_cannot_be_had_from_the_total() -> None:
    """One small cell hides another; one alone takes its total along."""
    counts = {
        Place("OP-1", post, "2026-11-23"): {What.HITS: hits, What.NO_HITS: 20 - hits, What.CHECKS: 20}
        for post, hits in (("A", 1), ("B", 7), ("C", 9), ("D", 0))
    }
    shown, _ = publish(counts, 3)
    hits, whole = shown.what.index(What.HITS), shown.what.index(What.CHECKS)
    assert [row[hits] for row in shown.rows] == [None, None, 9, 0]
    assert shown.totals[whole] == 80
    alone, _ = publish({Place("OP-1", "A", "d"): {What.HITS: 2}}, 3)
    assert alone.rows[0][hits] is None
    assert alone.totals[hits] is None


def solved(tables: tuple[Published, Published]) -> dict[tuple[int, int, int], int]:
    """What somebody with a pencil gets: every sum of which one member is missing, again and again."""
    known: dict[tuple[int, int, int], int | None] = {}
    for table, shown in enumerate(tables):
        for row, cells in enumerate((*shown.rows, shown.totals)):
            place = (2, 0) if row == len(shown.rows) else (table, row)
            known |= {(*place, column): cell for column, cell in enumerate(cells)}
    at = {what: tables[0].what.index(what) for what in tables[0].what}
    sums = [
        [(2, 0, column), *((table, row, column) for row in range(len(shown.rows)))]
        for table, shown in enumerate(tables)
        for column in at.values()
    ]
    lines = {place[:2] for place in known}
    whole_, ends = WHOLES[Kind.RECEPTION if What.ASKED in at else Kind.HOTSPOT]
    sums += [[(*line, at[whole_]), *((*line, at[what]) for what in ends)] for line in lines]
    hidden = {place for place, value in known.items() if value is None}
    found = True
    while found:
        found = False
        for whole, *parts in sums:
            missing = [place for place in (whole, *parts) if known[place] is None]
            if len(missing) == 1:
                rest = sum(known[part] or 0 for part in parts)
                known[missing[0]] = rest if missing[0] == whole else (known[whole] or 0) - rest
                found = True
    return {place: value for place in hidden if (value := known[place]) is not None}


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("floor", [2, 3, 5, 8])
def test_no_small_count_follows_from_what_is_published(floor: int, kind: Kind) -> None:
    """Random counts of three posts and three days: nothing hidden can be worked out from the tables together."""
    whole, parts = WHOLES[kind]
    for seed in range(100):
        rng = random.Random(seed)
        counts = {}
        for post in "ABC":
            for day in "123":
                ends = {what: rng.choice((0, 0, 1, 2, 4, 7, 20)) for what in parts}
                counts[Place("OP-1", post, day)] = {whole: sum(ends.values()), **ends}
        tables = publish(counts, floor, kind)
        assert solved(tables) == {}
        seen = [cell for shown in tables for row in (*shown.rows, shown.totals) for cell in row]
        assert all(cell is None or cell == 0 or cell >= floor for cell in seen)


def test_the_page_carries_no_script_and_loads_nothing(bureau: Bureau) -> None:
    """And a hostile post's name stays text."""
    hostile = "<script>alert(1)</script>"
    counts = {Place("OP-1", hostile, "2026-11-23"): {What.CHECKS: 9, What.HITS: 9}}
    known = operation(name=hostile)
    posts, days = publish(counts, 3)
    for text in (pages.page(known, posts, days, NOW), pages.report(known, posts, NOW)):
        assert "<script" not in text
        assert not re.search(r"(src|href|url)\s*[=(]", text)
        assert "default-src 'none'" in text
    bureau.store.close()


def test_the_longest_name_of_a_post_is_not_cut_off_in_a_chart() -> None:
    """Its text ends at the bars and begins within the picture, in the widest letters that a name may have on average."""
    name = "Hani i Hotit road, northern lane"
    assert len(name) == 32
    posts, days = publish({Place("OP-1", name, "2026-11-23"): {What.CHECKS: 40, What.NO_HITS: 40}}, 3)
    text = pages.page(operation(posts=(name,), route={}), posts, days, NOW)
    (end,) = re.findall(rf'<text x="([0-9.]+)" [^>]*text-anchor="end">{name}<', text)
    assert float(end) >= len(name) * 7
    assert f'<rect x="{float(end) + 8:.1f}"' in text


def test_a_spreadsheet_takes_no_name_for_a_formula() -> None:
    """A post called =1+1."""
    shown, _ = publish({Place("OP-1", "=1+1", "d"): {What.CHECKS: 9}}, 3)
    rows = list(csv.reader(pages.as_csv(shown, "post").splitlines()))
    assert rows[1][0] == "'=1+1"
    assert rows[0][0] == "post"
    assert rows[-1][:2] == ["total", "9"]


def test_the_commands_write_csv_page_and_report(tmp_path: Path) -> None:
    """From a hub's own store, for an operation that it signed; for no other."""
    machine = Machine(tmp_path / "hub", MODELS, 1, [DEVICE])
    (machine.folder / "operations").mkdir()
    (machine.folder / "operations" / "op.op").write_bytes(sign(OPERATION, machine.own))
    text = machine.config.read_text().replace("[hub]", '[hub]\noperations = "operations"')
    machine.config.write_text(text)
    store = machine.open_store()
    opened = case_events.Opened(NOW, DEVICE, "Green line 4", "OP-1", RequestType.NPS, NOW, True)
    for number in range(1, 8):
        events = [opened, case_events.Searched(NOW, Decision.NO_HIT)]
        store.cases.add(tcn(number), [(each.name, case_events.encode(each)) for each in events], None)
    store.close()
    for words, wanted in (
        (("statistics", "OP-1", "--to", "s.csv"), "Green line 4,7,0,7"),
        (("statistics", "OP-1", "--by", "day", "--to", "d.csv"), "2026-11-23,7,0,7"),
        (("statistics", "OP-1", "--to", "s.html"), "<svg"),
        (("report", "OP-1", "--to", "r.html"), "Remarks of the operation"),
    ):
        target = str(tmp_path / words[-1])
        done = CliRunner().invoke(door, ["operation", *words[:-1], target, "-c", str(machine.config)])
        assert done.exit_code == 0, done.output
        assert wanted in Path(target).read_text()
    unknown = CliRunner().invoke(
        door, ["operation", "report", "OP-9", "--to", str(tmp_path / "x"), "-c", str(machine.config)]
    )
    assert isinstance(unknown.exception, Refused)
