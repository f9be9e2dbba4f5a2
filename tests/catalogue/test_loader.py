"""A damaged catalogue is told with file, row and field, and never read in part."""

from collections.abc import Callable
from pathlib import Path

import pytest

from apim_audit.catalogue import load_catalogue, read_catalogue
from apim_audit.core.facts.requirements import NetworkModel
from apim_audit.errors import CatalogueError

GOOD = """\
id = "2099-01"
title = "A table"

[sources.page]
title = "A page"
location = "somewhere@abc"
dated = 2098-12-31
compared = 2099-01-01

[[requirements]]
id = "storage"
title = "Storage"
directions = ["Outbound"]
peer = { kind = "tag", name = "Storage", regional = true }
protocol = "Tcp"
ports = ["443"]
applies-to = ["External", "Internal"]
purpose = "Keeps things."
remedy = "Add an {direction} rule for {ports}."
source = "page"
models = { stv1 = "optional", stv2 = { level = "required", ports = ["445", "8000-8001"] } }

[[requirements]]
id = "nsg-attached"
title = "NSG"
applies-to = ["External"]
purpose = "Filters."
remedy = "Attach one."
source = "page"
models = { stv2 = "required" }
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        (tmp_path / "service-tags.txt").write_text("# names\nSql\nStorage\n", encoding="utf-8")
        (tmp_path / "2099-01.toml").write_text(text, encoding="utf-8")
        return tmp_path

    return write


def test_a_good_file_is_read_whole(write: Write) -> None:
    catalogue = read_catalogue(write(GOOD))
    storage, attached = catalogue.baselines[0].requirements
    assert storage.flow is not None
    assert storage.flow.ports_for(NetworkModel.STV2) == ("445", "8000-8001")
    assert storage.remedy_for(NetworkModel.STV1) == "Add an outbound rule for 443."
    assert storage.remedy_for(NetworkModel.STV2) == "Add an outbound rule for 445 and 8000-8001."
    assert attached.flow is None
    assert catalogue.tag_names == {"Sql", "Storage"}


def test_the_shipped_catalogue_is_read_once() -> None:
    assert load_catalogue() is load_catalogue()


def test_baselines_come_oldest_first() -> None:
    assert [baseline.id for baseline in load_catalogue().baselines] == ["2021-12", "2026-04"]


def test_levels_of_the_shared_catalogue_cannot_be_changed() -> None:
    levels = load_catalogue().baselines[0].requirements[0].levels
    with pytest.raises(TypeError):
        levels[NetworkModel.STV1] = levels[NetworkModel.STV2]  # type: ignore[index]


STORAGE = "2099-01.toml: requirements 'storage'"

DAMAGES = [
    ('title = "A table"\n', "", "2099-01.toml: title: the field is missing"),
    ('title = "A table"', 'title = " "', "2099-01.toml: title: expected a text, found ' '"),
    ('title = "A table"', 'title = "A table"\ntitel = 1', "2099-01.toml: titel: no such field"),
    ('id = "2099-01"', 'id = "2098-01"', "2099-01.toml: id: a file of this name holds the baseline '2099-01'"),
    ('id = "2099-01"', 'id = "2099-01', "2099-01.toml: not TOML"),
    ("2098-12-31", '"2098-12-31"', "2099-01.toml: sources: page: dated: expected a date"),
    ("2098-12-31", "2098-12-31T10:00:00", "2099-01.toml: sources: page: dated: expected a date"),
    ('location = "somewhere@abc"', "place = 1", "2099-01.toml: sources: page: location: the field is missing"),
    ('title = "A page"', 'title = "A page"\nurl = 1', "2099-01.toml: sources: page: url: no such field"),
    ('id = "storage"\n', "", "2099-01.toml: requirements number 1: id: the field is missing"),
    ('id = "storage"', 'id = "Storage Account"', "requirements 'Storage Account': id: expected small letters"),
    ('id = "nsg-attached"', 'id = "storage"', f"{STORAGE}: id: another row has it already"),
    ('["Outbound"]', '["Out"]', f"{STORAGE}: directions: 'Out' is none of Inbound, Outbound"),
    ('["Outbound"]', '["Outbound", "Outbound"]', f"{STORAGE}: directions: a value stands twice"),
    ('["Outbound"]', "[]", f"{STORAGE}: directions: expected a list of texts"),
    ('["Outbound"]', '"Outbound"', f"{STORAGE}: directions: expected a list of texts"),
    ('directions = ["Outbound"]\n', "", f"{STORAGE}: directions: the field is missing"),
    ('kind = "tag"', 'kind = "asg"', f"{STORAGE}: peer: kind: 'asg' is none of tag, internet"),
    ('kind = "tag"', 'kind = "internet"', f"{STORAGE}: peer: regional: only a service tag has regions"),
    ('name = "Storage"', 'name = "Stroage"', f"{STORAGE}: peer: name: 'Stroage' is no service tag of"),
    ("regional = true", 'regional = "yes"', f"{STORAGE}: peer: regional: expected true or false"),
    ("regional = true", "region = true", f"{STORAGE}: peer: region: no such field"),
    ('{ kind = "tag", name = "Storage", regional = true }', '"Storage"', f"{STORAGE}: peer: expected a table"),
    ('protocol = "Tcp"', 'protocol = "TCP"', f"{STORAGE}: protocol: 'TCP' is none of Tcp, Udp"),
    ('["443"]', "[443]", f"{STORAGE}: ports: expected a list of texts"),
    ('["443"]', '["0"]', f"{STORAGE}: ports: '0' is neither a port nor a range"),
    ('["443"]', '["65536"]', f"{STORAGE}: ports: '65536' is neither"),
    ('["443"]', '["*"]', f"{STORAGE}: ports: '*' is neither"),
    ('["443"]', '["443-"]', f"{STORAGE}: ports: '443-' is neither"),
    ('["443"]', '["²"]', f"{STORAGE}: ports: '²' is neither"),
    ("8000-8001", "8001-8000", f"{STORAGE}: models: stv2: ports: '8001-8000' is neither"),
    (
        '["External", "Internal"]',
        '["external"]',
        f"{STORAGE}: applies-to: 'external' is none of None, External, Internal",
    ),
    ("{ports}", "{port}", f"{STORAGE}: remedy: only {{direction}} and {{ports}} can stand in braces"),
    ('source = "page"\nmodels = { stv1', 'source = "pge"\nmodels = { stv1', f"{STORAGE}: source: 'pge' is none of"),
    ('stv1 = "optional"', 'stv3 = "optional"', f"{STORAGE}: models: stv3: no such network model"),
    ('stv1 = "optional"', 'undetermined = "optional"', f"{STORAGE}: models: undetermined: no such network model"),
    ('stv1 = "optional"', 'stv1 = "advised"', f"{STORAGE}: models: stv1: level: 'advised' is none of"),
    ('stv1 = "optional"', 'stv1 = "advisory"', f"{STORAGE}: models: stv1: level: a row is required or optional"),
    ('stv1 = "optional"', "stv1 = true", f"{STORAGE}: models: stv1: expected a table, found True"),
    ('level = "required", ', "", f"{STORAGE}: models: stv2: level: the field is missing"),
    (
        'level = "required", ',
        'level = "required", premiun = "optional", ',
        f"{STORAGE}: models: stv2: premiun: no such field",
    ),
    ('purpose = "Keeps things."', 'porpoise = "Keeps things."', f"{STORAGE}: purpose: the field is missing"),
    ('purpose = "Keeps things."', 'purpose = "Keeps things."\nwhy = 1', f"{STORAGE}: why: no such field"),
    ('models = { stv2 = "required" }', "models = {}", "'nsg-attached': models: no network model has this row"),
    (
        'models = { stv2 = "required" }',
        'models = { stv2 = { level = "required", ports = ["1"] } }',
        "'nsg-attached': models: stv2: ports: no such field",
    ),
    (GOOD[GOOD.index("[[requirements]]") :], "", "2099-01.toml: requirements: the field is missing"),
    (GOOD[GOOD.index("[[requirements]]") :], "[requirements]\na = 1", "expected at least one [[requirements]]"),
]


@pytest.mark.parametrize(("good", "bad", "message"), DAMAGES, ids=[damage[2][-50:] for damage in DAMAGES])
def test_a_damage_is_told_with_file_row_and_field(write: Write, good: str, bad: str, message: str) -> None:
    assert good in GOOD
    with pytest.raises(CatalogueError) as caught:
        read_catalogue(write(GOOD.replace(good, bad, 1)))
    assert message in str(caught.value)
    assert caught.value.hint
    assert caught.value.exit_status == 5


def test_a_baseline_without_rows_is_an_error(write: Write) -> None:
    empty = GOOD[: GOOD.index("[[requirements]]")].replace("[sources", "requirements = []\n[sources", 1)
    with pytest.raises(CatalogueError, match=r"2099-01\.toml: requirements: expected at least one \[\[requirements"):
        read_catalogue(write(empty))


def test_a_catalogue_without_baselines_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "service-tags.txt").write_text("Storage\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"no baseline, that is, no \.toml file"):
        read_catalogue(tmp_path)


def test_a_catalogue_without_tag_names_is_an_error(write: Write) -> None:
    folder = write(GOOD)
    (folder / "service-tags.txt").write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"service-tags\.txt: no tag name"):
        read_catalogue(folder)


def test_a_missing_file_is_an_error(write: Write) -> None:
    folder = write(GOOD)
    (folder / "service-tags.txt").unlink()
    with pytest.raises(CatalogueError, match=r"service-tags\.txt: cannot be read"):
        read_catalogue(folder)


def test_a_file_that_is_not_text_is_an_error(write: Write) -> None:
    folder = write(GOOD)
    (folder / "2099-01.toml").write_bytes(b"id = '\xff'")
    with pytest.raises(CatalogueError, match=r"2099-01\.toml: cannot be read"):
        read_catalogue(folder)
