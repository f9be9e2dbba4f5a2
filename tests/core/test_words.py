"""What is asked of words that stand for nothing known: a guess where one is likely, else none."""

import pytest

from apim_audit.catalogue import load_catalogue
from apim_audit.core.engine.resolve import is_unknown_word, question_of
from apim_audit.core.sets.tags import ServiceTags, fold

TAGS = ServiceTags({}, {fold(name): name for name in load_catalogue().tag_names})


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("SqlServer", "Sql"),
        ("AzureSQL", "Sql"),
        ("KeyVault", "AzureKeyVault"),
        ("keyvault", "AzureKeyVault"),
        ("AzureKeyVaults", "AzureKeyVault"),
        ("KeyVualt", "AzureKeyVault"),
        ("Azure Key Vault", "AzureKeyVault"),
        ("Vault", "AzureKeyVault"),
        ("Apim", "ApiManagement"),
        ("Monitor", "AzureMonitor"),
        ("AzureStorage", "Storage"),
        ("StorageAccount", "Storage"),
        ("Storages", "Storage"),
        ("EventHubs", "EventHub"),
        ("LoadBalancer", "AzureLoadBalancer"),
        ("VirtualNetwrok", "VirtualNetwork"),
        ("KeyVault.WestEurope", "AzureKeyVault.WestEurope"),
        ("SqlServer.WestEurope", "Sql.WestEurope"),
        ("SqlServer.Nowhere", "Sql"),
        ("Storage.WestEurop", "Storage.WestEurope"),
        ("Storage Account", "Storage"),
        ("Sql,", "Sql"),
        ("AppSe", "AppService"),
        ("AppServiceManage", "AppServiceManagement"),
        ("AppServiceManagements", "AppServiceManagement"),
    ],
)
def test_the_tag_that_was_meant_is_named(word: str, meant: str) -> None:
    assert is_unknown_word(word, TAGS)
    assert question_of(word, TAGS) == f"is `{word}` a misspelt `{meant}`?"


@pytest.mark.parametrize(
    "word",
    ["Data", "Hub", "Act", "Front", "AzureAd", "MySqlServer", "Storage.Nowhere", "10.0.0.0/33", "host.example.com"],
)
def test_no_guess_is_better_than_a_poor_one(word: str) -> None:
    assert question_of(word, TAGS) == f"what is `{word}`? It is no address, prefix or known service tag"


@pytest.mark.parametrize("text", ["10.0.0.0/8,10.1.0.0/16", "Sql, KeyVault", "Sql;Storage", "Sql Storage"])
def test_several_in_one_text_are_to_be_separated(text: str) -> None:
    assert question_of(text, TAGS) == f"what is `{text}`? Write each address or tag as an entry of its own"


def test_a_long_text_is_shown_in_part() -> None:
    question = question_of(",".join(["10.0.0.0/8"] * 1000), TAGS)
    assert len(question) < 140
    assert question.endswith("...`? Write each address or tag as an entry of its own")


@pytest.mark.parametrize(("length", "shown"), [(60, "x" * 60), (61, "x" * 60 + "...")])
def test_of_a_text_at_most_sixty_characters_are_shown(length: int, shown: str) -> None:
    assert question_of("x" * length, TAGS).startswith(f"what is `{shown}`?")
