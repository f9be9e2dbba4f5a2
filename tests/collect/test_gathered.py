"""How very many documents are held: packed, with the same report."""

import json
from typing import Any

import pytest

from apim_audit.collect import Progress, ReadFrom
from apim_audit.collect.gathered import Gathered
from apim_audit.collect.kinds import NETWORK_SECURITY_GROUPS, SERVICES
from apim_audit.demo.estate import demo_estate
from apim_audit.report.json_v1 import render
from apim_audit.run import audit
from apim_audit.snapshot import PackedDocument, Snapshot, SourcedDocument, save

NSG = {"id": "/Subscriptions/S/x", "type": "Microsoft.Network/networkSecurityGroups", "properties": {"ü": [1, None]}}


@pytest.mark.parametrize("way", [ReadFrom.ARM, ReadFrom.GRAPH])
def test_packed_documents_are_judged_alike_and_saved_alike(
    read: Any, way: ReadFrom, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, _ = read(demo_estate(), read_from=way)
    monkeypatch.setattr("apim_audit.collect.gathered._MANY", 0)
    packed, _ = read(demo_estate(), read_from=way)
    assert any(isinstance(document.held, PackedDocument) for document in packed.documents)
    assert not any(isinstance(document.held, PackedDocument) for document in plain.documents)
    assert packed == plain
    assert render(audit(packed)) == render(audit(plain))
    for name, snapshot in (("packed", packed), ("plain", plain)):
        save(snapshot, str(tmp_path / name))
    assert (tmp_path / "packed").read_bytes() == (tmp_path / "plain").read_bytes()


def test_a_packed_document_is_the_document() -> None:
    packed = PackedDocument(NSG)
    assert (packed.id, packed.type, packed.unpack()) == (NSG["id"], NSG["type"], NSG)
    assert packed == PackedDocument(dict(NSG))
    assert packed != PackedDocument({**NSG, "properties": {}})
    assert SourcedDocument("live", packed) == SourcedDocument("live", NSG)
    assert SourcedDocument("live", packed) != SourcedDocument("file", NSG)
    assert repr(packed) == repr(NSG)


def test_a_packed_document_keeps_whatever_json_can_say() -> None:
    values = r'[1e400, -0.0, 0.1, true, 123456789012345678901234567890, "\ud800", "\u0000", {"\u00fc": [null]}]'
    document = {"id": "/x", "properties": json.loads(values)}
    assert json.dumps(PackedDocument(document).unpack()) == json.dumps(document)


@pytest.mark.parametrize("kind", [None, 7, "Microsoft.Web/sites"])
def test_packed_documents_of_no_known_type_are_told_alike(kind: Any) -> None:
    document = {**NSG, "type": kind}
    found = [audit(Snapshot((SourcedDocument("live", held),))) for held in (document, PackedDocument(document))]
    assert found[0] == found[1]


def test_what_was_answered_twice_alike_is_gathered_once() -> None:
    progress = Progress()
    gathered = Gathered(progress)
    gathered.add(NETWORK_SECURITY_GROUPS, [NSG, dict(NSG)])
    gathered.add(SERVICES, [{**NSG, "name": "other"}])
    assert gathered.documents() == [NSG, {**NSG, "name": "other"}]
    assert progress.counts().documents == 3
