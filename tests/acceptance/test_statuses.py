"""Input that people really have and that is no good: told with its cause and what to do, never as a traceback."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from apim_audit.cli import main
from apim_audit.demo.documents import (
    Place,
    Site,
    allow_in,
    allow_out,
    deny_in,
    deny_out,
    network_security_group,
    service,
    subnet,
    virtual_network,
)
from apim_audit.snapshot import Document

FIXTURES = Path(__file__).parents[2] / "fixtures"
TAGS = str(FIXTURES / "service-tags.json")
NO_AUDIT = "apim-audit: no audit was performed: "
UNREADABLE = f"{NO_AUDIT}the input cannot be read:"
SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
RULES = (
    allow_in(100, "AllowClients", "Internet", ("80", "443")),
    allow_in(110, "AllowManagement", "ApiManagement", "3443"),
    allow_in(120, "AllowProbe", "AzureLoadBalancer", "6390"),
    deny_in(4096, "DenyAllInbound"),
    allow_out(100, "AllowStorage", "Storage", "443"),
    allow_out(110, "AllowSql", "Sql", "1433"),
    allow_out(120, "AllowKeyVault", "AzureKeyVault", "443"),
    deny_out(4096, "DenyAllOutbound"),
)
INBOUND = {"client-https", "client-http", "management", "load-balancer"}
OUTBOUND = {"storage", "sql", "key-vault"}
FLOWS = INBOUND | OUTBOUND


@dataclass(frozen=True, slots=True)
class Done:
    """What a run of the command line left behind."""

    status: int
    out: str
    err: str

    def verdicts(self, instance: str) -> dict[str, str]:
        """Returns the verdicts of one instance's checks of flows."""
        found = next(each for each in json.loads(self.out)["instances"] if each["name"] == instance)
        checks = [check for location in found["locations"] for check in location["checks"]]
        return {check["requirement"]: check["verdict"] for check in checks if check["requirement"] in FLOWS}


Run = Callable[..., Done]


@pytest.fixture
def apim_audit(capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs the command line in this process, and takes its log handlers away afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def run(*argv: str) -> Done:
        status = main(argv)
        captured = capsys.readouterr()
        return Done(status, captured.out, captured.err)

    yield run
    root.handlers[:], root.level = handlers, level


def estate(name: str, octets: str = "10.0") -> list[Document]:
    """Returns a sound instance: a service, its VNet with a subnet, and its NSG."""
    place = Place(SUBSCRIPTION, f"rg-{name}", "West Europe")
    vnet_id = place.id("Microsoft.Network/virtualNetworks", f"vnet-{name}")
    nsg_id = place.id("Microsoft.Network/networkSecurityGroups", f"nsg-{name}")
    inner = subnet(vnet_id, "snet", f"{octets}.1.0/27", nsg_id)
    return [
        service(place, name, "Developer", "External", (Site("West Europe", inner["id"]),)),
        virtual_network(place, f"vnet-{name}", f"{octets}.0.0/16", [inner]),
        network_security_group(place, f"nsg-{name}", RULES, [inner["id"]]),
    ]


def written(folder: Path, content: object, name: str = "estate.json", encoding: str = "utf-8") -> str:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode(encoding))
    return str(path)


SOUND = dict.fromkeys(FLOWS, "compliant")


def test_the_sound_estate_is_sound(apim_audit: Run, tmp_path: Path) -> None:
    done = apim_audit("check", written(tmp_path, estate("good")), "-f", "json", "--service-tags", TAGS)
    assert done.status == 0
    assert done.verdicts("good") == SOUND


# Status 5


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(b" \r\n\t", "is empty", id="blank"),
        pytest.param(b"\xef\xbb\xbf", "is empty", id="only-a-bom"),
        pytest.param(b'{"id": "/subscri', "is it truncated?", id="truncated-in-a-text"),
        pytest.param(json.dumps(estate("good")).encode()[:-1], "is it truncated?", id="truncated"),
        pytest.param(b"<!DOCTYPE html><title>Sign in</title>", "line 1, column 1: is not JSON", id="html"),
        pytest.param(b"id,name,type\r\n1,2,3\r\n", "is not JSON", id="csv"),
        pytest.param(b"{'id': 1}", "is not JSON", id="single-quotes"),
        pytest.param(b'{"a": 1,}', "is not JSON", id="trailing-comma"),
        pytest.param(b"17", "holds a number, not a resource", id="number"),
        pytest.param(b"NaN", "holds a text, not a resource", id="nan"),
        pytest.param(b'"hello"', "holds a text, not a resource", id="text"),
        pytest.param(b"null", "holds null, not a resource", id="null"),
        pytest.param(b"true", "holds a truth value, not a resource", id="truth-value"),
        pytest.param(b"{}", "it has neither id nor type", id="empty-object"),
        pytest.param(b'{"value": {"a": 1}}', "it has neither id nor type", id="value-is-no-list"),
        pytest.param(
            b'{"error": {"code": "AuthorizationFailed"}}', "an error answer of Azure (Auth", id="error-answer"
        ),
        pytest.param(b'{"data": {"rows": []}}', '"resultFormat": "objectArray"', id="graph-table"),
        pytest.param(Path(TAGS).read_bytes(), "give that file with --service-tags", id="service-tags"),
        pytest.param(b"[" * 200_000 + b"]" * 200_000, "is nested too deeply", id="deep"),
        pytest.param(b'{"id":' * 100_000, "is nested too deeply", id="deep-objects"),
        pytest.param(b'[{"id": "\xff"}]', "is not UTF-8 text (byte 9)", id="latin-1"),
        pytest.param(b"\xff\xfe[\x00{", "is not UTF-16 text", id="half-a-utf-16-character"),
        pytest.param(b'{"id": "/a"}\n{"id": ', "line 2, column 8: the text ends", id="truncated-line"),
        pytest.param(b'{"format": "apim-audit-snapshot", "formatVersion": 99}', "format version 99", id="newer"),
        pytest.param(b'{"format": "apim-audit-snapshot", "formatVersion": 1}', "documents is missing", id="damaged"),
    ],
)
def test_a_file_that_is_no_input_is_told_with_its_cause(
    apim_audit: Run, tmp_path: Path, content: bytes, cause: str
) -> None:
    path = written(tmp_path, content)
    done = apim_audit("check", path)
    first, *causes, hint = done.err.splitlines()
    assert (done.status, done.out, first) == (5, "", UNREADABLE)
    assert all(line.startswith(f"  {path}: ") for line in causes)
    assert cause in causes[0]
    assert hint.startswith("hint: Give JSON as Azure Resource Manager answers it: ")


@pytest.mark.parametrize(
    ("name", "cause"),
    [("none.json", "No such file or directory"), (".", "Is a directory"), ("a\0b", "embedded null byte")],
)
def test_a_file_that_cannot_be_opened_is_told(apim_audit: Run, tmp_path: Path, name: str, cause: str) -> None:
    done = apim_audit("check", str(tmp_path / name))
    assert (done.status, done.out) == (5, "")
    assert done.err.startswith(UNREADABLE)
    assert cause in done.err


def test_every_bad_file_is_told_at_once(apim_audit: Run, tmp_path: Path) -> None:
    paths = [written(tmp_path, content, name) for content, name in [(b"", "a"), (b"{", "b"), (estate("good"), "c")]]
    done = apim_audit("check", *paths, str(tmp_path / "d"))
    told = [line.split(": ")[0].strip() for line in done.err.splitlines()[1:-1]]
    assert done.status == 5
    assert told == [paths[0], paths[1], str(tmp_path / "d")]


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "is empty"),
        (b"{}", "has no field values"),
        (b"[1]", "holds a number, not service tags"),
        (b'{"values": 3}', "values is a number, not an array"),
        (b'{"values": [{"name": "Sql"}]}', "values[0].properties.addressPrefixes is null, not an array (Sql)"),
        (
            b'{"values": [{"name": "Sql", "properties": {"addressPrefixes": [1]}}]}',
            "something that is not a text (Sql)",
        ),
    ],
)
def test_service_tags_that_are_none_are_told(apim_audit: Run, tmp_path: Path, content: bytes, cause: str) -> None:
    tags = written(tmp_path, content, "tags.json")
    done = apim_audit("check", written(tmp_path, estate("good")), "--service-tags", tags)
    assert (done.status, done.out) == (5, "")
    assert done.err.startswith(f"{NO_AUDIT}the service tags cannot be read:\n  {tags}: ")
    assert cause in done.err
    assert done.err.splitlines()[-1].startswith("hint: Give the ServiceTags_*.json that Microsoft publishes weekly")


def test_snapshots_of_two_clouds_are_not_judged_together(apim_audit: Run, tmp_path: Path) -> None:
    snapshot = json.loads((FIXTURES / "shape-snapshot" / "estate.json").read_bytes())
    paths = [written(tmp_path, {**snapshot, "cloud": f"Azure{cloud}"}, cloud) for cloud in ("Cloud", "ChinaCloud")]
    done = apim_audit("check", *paths)
    assert (done.status, done.out) == (5, "")
    assert done.err == (
        f"{NO_AUDIT}the snapshots are of different clouds: AzureChinaCloud, AzureCloud\n"
        "hint: Check the snapshots of each cloud on their own.\n"
    )


# Status 2


@pytest.mark.parametrize(
    ("argv", "cause", "advice"),
    [
        ("check", "Missing argument", "apim-audit check --help"),
        ("check FILE --nonsense", "No such option: --nonsense", "apim-audit check --help"),
        ("check FILE --baseline 2020-01", "there is no baseline '2020-01'", "choose one of: 2021-12, 2026-04"),
        ("check FILE --fail-on loud", "'loud' is not one of", "apim-audit check --help"),
        ("check FILE -o none/report.json", "cannot be written", "create the folder first"),
        ("check FILE --report json=same --report table=same", "asked for 2 times", "a file of its own"),
        ("check - -", "standard input (-) can be read only once", ""),
        ("audit FILE", "No such command 'audit'", "apim-audit --help"),
    ],
)
def test_usage_errors_say_what_is_wrong_and_what_can_be_given(
    apim_audit: Run, tmp_path: Path, argv: str, cause: str, advice: str
) -> None:
    path = written(tmp_path, estate("good"))
    done = apim_audit(*(path if word == "FILE" else word for word in argv.split()))
    assert (done.status, done.out) == (2, "")
    assert cause in done.err
    assert advice in done.err
    assert NO_AUDIT not in done.err


# What is bad beside a sound instance

Path_ = tuple[str | int, ...]


def put(document: Any, path: Path_, value: object) -> None:
    *outer, last = path
    for step in outer:
        document = document[step]
    document[last] = value


SERVICE, VNET, NSG = 0, 1, 2
PROPERTIES = "properties"
RULE_IN = (NSG, PROPERTIES, "securityRules", 1, PROPERTIES)
RULE_OUT = (NSG, PROPERTIES, "securityRules", 4, PROPERTIES)
SUBNET = (VNET, PROPERTIES, "subnets", 0)
DEEP: list[Any] = []
for _ in range(400):
    DEEP = [DEEP]

NOTHING_KNOWN = FLOWS
DAMAGE: list[tuple[Path_, object, set[str]]] = [
    # (what is overwritten, with what, which checks become unknown)
    ((SERVICE, PROPERTIES), None, NOTHING_KNOWN),
    ((SERVICE, PROPERTIES), [], NOTHING_KNOWN),
    ((SERVICE, "sku"), "Developer", NOTHING_KNOWN),
    ((SERVICE, "sku"), {"name": 3}, NOTHING_KNOWN),
    ((SERVICE, "location"), 7, set()),  # the rules are for every region
    ((SERVICE, PROPERTIES, "virtualNetworkType"), True, NOTHING_KNOWN),
    ((SERVICE, PROPERTIES, "virtualNetworkConfiguration"), "subnet", NOTHING_KNOWN),
    ((SERVICE, PROPERTIES, "virtualNetworkConfiguration"), {"subnetResourceId": ""}, NOTHING_KNOWN),
    ((SERVICE, PROPERTIES, "virtualNetworkConfiguration"), {"subnetResourceId": "nonsense"}, NOTHING_KNOWN),
    ((SERVICE, PROPERTIES, "additionalLocations"), {"location": "North Europe"}, NOTHING_KNOWN),
    ((SERVICE, PROPERTIES, "platformVersion"), 2, {"load-balancer"}),  # more ports on stv1
    ((VNET, PROPERTIES), 0, NOTHING_KNOWN),
    ((VNET, PROPERTIES, "subnets"), "all", NOTHING_KNOWN),
    ((*SUBNET, PROPERTIES), DEEP, NOTHING_KNOWN),
    ((*SUBNET, PROPERTIES, "networkSecurityGroup"), {"id": 5}, NOTHING_KNOWN),
    ((*SUBNET, PROPERTIES, "networkSecurityGroup"), "nsg", NOTHING_KNOWN),
    ((*SUBNET, PROPERTIES, "addressPrefix"), "10.0.1.0/33", set()),  # VirtualNetwork holds the subnet wherever it is
    ((NSG, PROPERTIES), "rules", NOTHING_KNOWN),
    ((NSG, PROPERTIES, "securityRules"), None, NOTHING_KNOWN),
    ((NSG, PROPERTIES, "securityRules"), {}, NOTHING_KNOWN),
    ((NSG, PROPERTIES, "securityRules", 0), None, NOTHING_KNOWN),
    ((NSG, PROPERTIES, "securityRules", 0), [DEEP], NOTHING_KNOWN),
    ((NSG, PROPERTIES, "securityRules", 1, "name"), 5, INBOUND),
    ((*RULE_IN, "direction"), "Sideways", NOTHING_KNOWN),
    ((*RULE_IN, "direction"), None, NOTHING_KNOWN),
    ((*RULE_IN, "access"), "Perhaps", INBOUND),
    ((*RULE_IN, "protocol"), 6, INBOUND),
    ((*RULE_IN, "priority"), "110", INBOUND),
    ((*RULE_IN, "priority"), 110.5, INBOUND),
    ((*RULE_IN, "priority"), float("nan"), INBOUND),
    ((*RULE_IN, "priority"), True, INBOUND),
    ((*RULE_IN, "destinationPortRange"), "25,587", INBOUND),
    ((*RULE_IN, "destinationPortRange"), "65536", INBOUND),
    ((*RULE_IN, "destinationPortRange"), "443-80", INBOUND),
    ((*RULE_IN, "destinationPortRange"), 3443, INBOUND),
    ((*RULE_IN, "destinationPortRange"), "", INBOUND),
    ((*RULE_IN, "destinationPortRange"), "\u0663\u0664\u0664\u0663", INBOUND),  # digits, but not ASCII's
    ((*RULE_OUT, "destinationPortRanges"), "443", OUTBOUND),
    ((*RULE_OUT, "destinationPortRanges"), [443], OUTBOUND),
    ((*RULE_OUT, "sourcePortRange"), {"from": 1}, OUTBOUND),
    ((*RULE_OUT, "destinationAddressPrefix"), 17, OUTBOUND),
    ((*RULE_OUT, "destinationAddressPrefixes"), "Storage", OUTBOUND),
    ((*RULE_OUT, "destinationApplicationSecurityGroups"), [{}], OUTBOUND),
    ((*RULE_OUT, "provisioningState"), 1, OUTBOUND),
]


@pytest.mark.parametrize(("path", "value", "unknown"), DAMAGE, ids=[".".join(map(str, path)) for path, _, _ in DAMAGE])
@pytest.mark.parametrize("order", [1, -1], ids=["first", "last"])
def test_a_damaged_instance_is_unknown_and_the_one_beside_it_is_judged(
    apim_audit: Run,
    tmp_path: Path,
    path: Path_,
    value: object,
    unknown: set[str],
    order: int,
) -> None:
    bad = estate("bad", "10.1")
    put(bad, path, value)
    file = written(tmp_path, [document for documents in (estate("good"), bad)[::order] for document in documents])
    done = apim_audit("check", file, "-f", "json", "--service-tags", TAGS)
    assert done.verdicts("good") == SOUND
    assert done.verdicts("bad") == SOUND | dict.fromkeys(unknown, "unknown")
    assert done.status == 4
    incomplete = [entry for entry in json.loads(done.out)["incomplete"] if entry["needed"]]
    assert incomplete
    assert all("bad" in entry["id"] or "nonsense" in entry["id"] for entry in incomplete)


@pytest.mark.parametrize(
    "stranger",
    [
        None,
        17,
        "text",
        True,
        [],
        DEEP,
        {},
        {"name": "nameless"},
        {"id": 5, "type": []},
        {"type": "Microsoft.ApiManagement/service"},
        {"id": "/subscriptions/s", "type": "Microsoft.ApiManagement/service"},
        {"type": "Microsoft.Network/networkSecurityGroups", "properties": {"securityRules": "none"}},
    ],
    ids=repr,
)
def test_what_is_no_resource_costs_the_others_nothing(apim_audit: Run, tmp_path: Path, stranger: object) -> None:
    file = written(tmp_path, [stranger, *estate("good"), stranger])
    done = apim_audit("check", file, "-f", "json", "--service-tags", TAGS)
    assert done.verdicts("good") == SOUND
    assert json.loads(done.out)["incomplete"]
    assert done.status in {0, 4}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda docs: docs[NSG].update(etag=DEEP, extra={"a": [1]}), id="of-a-document"),
        pytest.param(lambda docs: docs[SERVICE][PROPERTIES].update(brandNew={"x": float("nan")}), id="of-a-service"),
        pytest.param(lambda docs: docs[NSG][PROPERTIES]["securityRules"][0].update(new=1), id="of-a-rule"),
        pytest.param(lambda docs: docs[VNET][PROPERTIES].update(flowTimeoutInMinutes="4"), id="of-a-vnet"),
        pytest.param(lambda docs: docs.append({"type": "Microsoft.New/things", "id": 3, "properties": 3}), id="a-type"),
    ],
)
def test_fields_that_are_not_known_are_passed_over(
    apim_audit: Run, tmp_path: Path, change: Callable[[list[Document]], None]
) -> None:
    documents = estate("good")
    change(documents)
    done = apim_audit("check", written(tmp_path, documents), "-f", "json", "--service-tags", TAGS)
    assert (done.status, done.verdicts("good")) == (0, SOUND)


@pytest.mark.parametrize("kind", [SERVICE, VNET, NSG], ids=["service", "vnet", "nsg"])
def test_contradicting_documents_of_one_id_are_unknown_and_the_instance_beside_is_judged(
    apim_audit: Run, tmp_path: Path, kind: int
) -> None:
    bad, twin = estate("bad", "10.1"), estate("bad", "10.1")[kind]
    put(
        twin,
        {SERVICE: (PROPERTIES, "virtualNetworkType"), NSG: (PROPERTIES, "securityRules")}.get(
            kind, (PROPERTIES, "subnets", 0, PROPERTIES, "networkSecurityGroup")
        ),
        {SERVICE: "Internal", NSG: []}.get(kind),
    )
    twin["id"] = twin["id"].upper()
    file = written(tmp_path, [*bad, *estate("good"), twin])
    done = apim_audit("check", file, "-f", "json", "--service-tags", TAGS)
    assert done.status == 4
    assert done.verdicts("good") == SOUND
    assert done.verdicts("bad") == dict.fromkeys(FLOWS, "unknown")
    (needed,) = (entry for entry in json.loads(done.out)["incomplete"] if entry["needed"])
    assert needed["reason"] == "duplicate"
    assert "is given twice with different content" in needed["message"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_every_encoding_that_marks_itself_is_read(apim_audit: Run, tmp_path: Path, encoding: str) -> None:
    argv = ("-f", "json", "--service-tags", TAGS)
    plain = apim_audit("check", written(tmp_path, estate("good")), *argv)
    marked = apim_audit("check", written(tmp_path, estate("good"), encoding=encoding), *argv)
    assert (marked.status, marked.out) == (0, plain.out)


def test_a_broken_location_costs_only_itself(apim_audit: Run, tmp_path: Path) -> None:
    documents = estate("good")
    put(documents, (SERVICE, PROPERTIES, "additionalLocations"), [3])
    done = apim_audit("check", written(tmp_path, documents), "-f", "json", "--service-tags", TAGS)
    (instance,) = json.loads(done.out)["instances"]
    primary, broken = ({check["verdict"] for check in each["checks"]} for each in instance["locations"])
    assert done.status == 4
    assert "unknown" not in primary
    assert broken == {"unknown"}


def test_a_platform_that_nothing_depends_on_is_only_reported(apim_audit: Run, tmp_path: Path) -> None:
    documents = estate("good")
    documents[SERVICE][PROPERTIES].update(
        platformVersion=2, virtualNetworkType="None", virtualNetworkConfiguration=None
    )
    done = apim_audit("check", written(tmp_path, documents), "--service-tags", TAGS)
    assert done.status == 0
    assert "virtualNetworkType is None" in done.out
    assert "platformVersion 2 is not a text" in " ".join(done.out.split())


@pytest.mark.parametrize("names", [("part", "whole"), ("whole", "part")])
def test_an_unfinished_answer_is_not_finished_by_another(
    apim_audit: Run, tmp_path: Path, names: tuple[str, str]
) -> None:
    apim, *network = estate("good")
    answers = {
        "part": {"data": [apim], "count": 1, "totalRecords": 5, "$skipToken": "t", "resultTruncated": "true"},
        "whole": {"data": network, "count": 2, "totalRecords": 2},
    }
    files = [written(tmp_path, answers[name], name) for name in names]
    done = apim_audit("check", *files, "--service-tags", TAGS)
    assert done.status == 4
    assert "part holds 1 of the 5 rows" in " ".join(done.out.split())


def test_an_integer_of_ten_thousand_digits_does_no_harm(apim_audit: Run, tmp_path: Path) -> None:
    text = json.dumps([*estate("bad", "10.1"), *estate("good")]).replace(
        '"priority": 110', f'"priority": {"9" * 10_000}', 1
    )
    done = apim_audit("check", written(tmp_path, text.encode()), "-f", "json", "--service-tags", TAGS)
    assert done.status == 4
    assert done.verdicts("good") == SOUND
    assert done.verdicts("bad") == SOUND | dict.fromkeys(INBOUND, "unknown")
    assert len(done.err) < 1000


def test_the_messages_are_fit_for_a_screen(apim_audit: Run, tmp_path: Path) -> None:
    evil = "\x1b]0;owned\x07\u202e\x9b2J\r\nNo gap"
    bad = estate("bad", "10.1")
    put(bad, (*RULE_IN, "destinationPortRange"), evil)
    put(bad, (NSG, PROPERTIES, "securityRules", 1, "name"), evil)
    put(bad, (SERVICE, PROPERTIES, "virtualNetworkType"), evil)
    put(bad, (VNET, PROPERTIES, "addressSpace"), {"addressPrefixes": [evil]})
    for form in ("table", "json"):
        done = apim_audit("check", written(tmp_path, [*bad, *estate("good")]), "-f", form)
        assert done.status == 4
        assert all(line.isprintable() for text in (done.out, done.err) for line in text.split("\n"))


@pytest.mark.wide
@pytest.mark.parametrize("lines", [False, True], ids=["array", "one-a-line"])
def test_a_hundred_megabytes_are_read(apim_audit: Run, tmp_path: Path, lines: bool) -> None:  # noqa: FBT001
    filler = json.dumps(estate("filler", "10.2")[NSG] | {"type": "Microsoft.Network/networkSecurityGroups"})
    others = (filler.replace("nsg-filler", f"nsg-{number}") for number in range(100 * 2**20 // len(filler)))
    file = tmp_path / "large.json"
    with file.open("w", encoding="utf-8") as out:
        first = [json.dumps(document) for document in estate("good")]
        separator = "\n" if lines else ",\n"
        out.write("" if lines else "[")
        out.write(separator.join([*first, *others]))
        out.write("\n" if lines else "]")
    done = apim_audit("check", str(file), "-f", "json", "--service-tags", TAGS)
    assert (done.status, done.verdicts("good")) == (0, SOUND)


@pytest.mark.parametrize("reference", [{}, {"id": None}, {"id": 5}, "nsg", 1], ids=repr)
def test_a_reference_to_an_nsg_that_is_not_understood_is_not_called_an_nsg(
    apim_audit: Run, tmp_path: Path, reference: object
) -> None:
    documents = estate("bad")
    put(documents, (*SUBNET, PROPERTIES, "networkSecurityGroup"), reference)
    done = apim_audit("check", written(tmp_path, documents), "-f", "json", "--service-tags", TAGS)
    (location,) = json.loads(done.out)["instances"][0]["locations"]
    verdicts = {check["requirement"]: check["verdict"] for check in location["checks"]}
    assert done.status == 4
    assert verdicts["nsg-attached"] == "unknown"
    assert location["networkSecurityGroupId"] is None


def test_a_location_whose_subnet_is_not_named_is_reported_as_not_read(apim_audit: Run, tmp_path: Path) -> None:
    documents = estate("good")
    documents[SERVICE][PROPERTIES]["additionalLocations"] = [{"location": "North Europe", "platformVersion": "stv2"}]
    done = apim_audit("check", written(tmp_path, documents), "-f", "json", "--service-tags", TAGS, "--allow-unknown")
    report = json.loads(done.out)
    locations = report["instances"][0]["locations"]
    verdicts = [{c["verdict"] for c in location["checks"] if c["requirement"] in FLOWS} for location in locations]
    assert verdicts == [{"compliant"}, {"unknown"}]
    assert [entry["needed"] for entry in report["incomplete"]] == [True]
    assert "North Europe" in report["incomplete"][0]["message"]
    assert done.status == 4
