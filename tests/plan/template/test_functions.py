"""Template functions, as the examples of the Azure documentation show them."""

from typing import Any

import pytest

from apim_audit.plan.template.functions import PURE
from apim_audit.snapshot import unknown_name
from tests.plan.template.small import GROUP, SUBSCRIPTION, value_of

DOCUMENTED: list[tuple[str, Any]] = [
    # strings
    ("base64('one, two, three')", "b25lLCB0d28sIHRocmVl"),
    ("base64ToString('b25lLCB0d28sIHRocmVl')", "one, two, three"),
    ("base64ToJson(base64('{''one'': ''a'', ''two'': ''b''}'))", {"one": "a", "two": "b"}),
    ("concat('prefix', '-', 'x')", "prefix-x"),
    ("concat(createArray('1-1', '1-2'), createArray('2-1'))", ["1-1", "1-2", "2-1"]),
    ("contains('OneTwoThree', 'e')", True),
    ("contains('OneTwoThree', 'z')", False),
    ("contains(createObject('one', 'a'), 'ONE')", True),
    ("contains(createArray('one', 'two'), 'TWO')", False),
    ("dataUri('Hello')", "data:text/plain;charset=utf8;base64,SGVsbG8="),
    ("dataUriToString('data:;base64,SGVsbG8sIFdvcmxkIQ==')", "Hello, World!"),
    ("empty('')", True),
    ("empty(null())", True),
    ("endsWith('abcdef', 'EF')", True),
    ("startsWith('abcdef', 'AB')", True),
    ("first('One Two Three')", "O"),
    ("format('{0}, {1}. Formatted number: {2}', 'Hello', 'User', 5)", "Hello, User. Formatted number: 5"),
    ("format('{{{0}}} {1:D4} {2,5}|{2,-5}|{3}', true(), 42, 'ab', null())", "{True} 0042    ab|ab   |"),
    ("format('{0:X2}', 255)", "FF"),
    ("indexOf('test', 't')", 0),
    ("indexOf('abcdef', 'CD')", 2),
    ("indexOf('abcdef', 'z')", -1),
    ("lastIndexOf('test', 't')", 3),
    ("join(createArray('one', 'two'), ';')", "one;two"),
    ("json('{\"a\": [1, true, null]}').a[1]", True),
    ("json('null')", None),
    ("last('One Two Three')", "e"),
    ("length('One Two Three')", 13),
    ("padLeft('123', 10, '0')", "0000000123"),
    ("padLeft(5, 3)", "  5"),
    ("replace('123-123-1234', '-', '')", "1231231234"),
    ("skip('one two three', 4)", "two three"),
    ("split('one;two,three', createArray(',', ';'))", ["one", "two", "three"]),
    ("split('one,two,three', ',')", ["one", "two", "three"]),
    ("string(createArray('a', 1, true()))", '["a",1,true]'),
    ("substring('one two three', 4, 3)", "two"),
    ("take('one two three', 2)", "on"),
    ("toLower('One')", "one"),
    ("toUpper('One')", "ONE"),
    ("trim('    one two three   ')", "one two three"),
    ("uri('http://contoso.org/firstpath/', 'myscript.sh')", "http://contoso.org/firstpath/myscript.sh"),
    ("uri('http://contoso.org/firstpath', 'myscript.sh')", "http://contoso.org/myscript.sh"),
    ("uriComponent('http://contoso.com/a.json')", "http%3A%2F%2Fcontoso.com%2Fa.json"),
    ("uriComponentToString('http%3A%2F%2Fcontoso.com')", "http://contoso.com"),
    ("format('{0:000}|{1:x}|{2:D2}|{3:D2}', 7, 255, -5, 'text')", "007|ff|-05|text"),
    ("format('{0}', createArray(1))", "[1]"),
    ("string(1.5)", "1.5"),
    ("dataUriToString('data:text/plain,a%20b')", "a b"),
    ("last('')", ""),
    ("lastIndexOf(createArray('a', 'b', 'a'), 'a')", 2),
    ("indexOf(createArray('a', 'B'), 'b')", -1),
    ("contains('123', 2)", True),
    # arrays and objects
    ("array('efgh')", ["efgh"]),
    ("first(createArray('one', 'two'))", "one"),
    ("last(createArray('one', 'two'))", "two"),
    ("first(createArray())", None),
    ("flatten(createArray(createArray(1), createArray(2, 3)))", [1, 2, 3]),
    ("indexFromEnd(createArray('a', 'b', 'c'), 2)", "b"),
    ("tryIndexFromEnd(createArray('a'), 5)", None),
    ("intersection(createArray('one', 'two', 'three'), createArray('two', 'three'))", ["two", "three"]),
    ("intersection(createObject('one', 'a', 'two', 'b'), createObject('one', 'a', 'two', 'x'))", {"one": "a"}),
    ("items(createObject('b', 1, 'a', 2))", [{"key": "a", "value": 2}, {"key": "b", "value": 1}]),
    ("length(createObject('a', 1, 'b', 2))", 2),
    ("max(createArray(0, 3, 2, 5, 4))", 5),
    ("min(0, 3, 2, 5, 4)", 0),
    ("objectKeys(createObject('a', 1, 'b', 2))", ["a", "b"]),
    ("range(5, 3)", [5, 6, 7]),
    ("skip(createArray(1, 2, 3), 2)", [3]),
    ("take(createArray(1, 2, 3), 2)", [1, 2]),
    ("tryGet(createObject('a', createObject('b', 1)), 'a', 'b')", 1),
    ("tryGet(createObject('a', 1), 'b', 'c')", None),
    ("union(createArray('one', 'two'), createArray('two', 'three'))", ["one", "two", "three"]),
    (
        "union(json('{\"a\": 1, \"n\": {\"x\": 1, \"l\": [1]}}'), json('{\"b\": 2, \"n\": {\"y\": 2, \"l\": [2]}}'))",
        {"a": 1, "n": {"x": 1, "l": [2], "y": 2}, "b": 2},
    ),
    ("shallowMerge(createArray(createObject('a', 1, 'n', createArray()), createObject('n', 2)))", {"a": 1, "n": 2}),
    # numbers, comparison, logic
    ("add(5, 3)", 8),
    ("sub(7, 3)", 4),
    ("mul(5, 3)", 15),
    ("div(8, 3)", 2),
    ("div(-8, 3)", -2),
    ("mod(7, 3)", 1),
    ("mod(-7, 3)", -1),
    ("int('4')", 4),
    ("float('3.5')", 3.5),
    ("bool('TRUE')", True),
    ("bool(0)", False),
    ("and(true(), or(false(), true()))", True),
    ("not(bool('false'))", True),
    ("coalesce(null(), null(), 'a')", "a"),
    ("coalesce(null())", None),
    ("equals('a', 'A')", False),
    ("equals(createObject('a', createArray(1)), createObject('a', createArray(1)))", True),
    ("equals(1, true())", False),
    ("greater(2, 1)", True),
    ("lessOrEquals('a', 'b')", True),
    ("if(equals(1, 2), fail('never'), 'else')", "else"),
    ("iF(TRUE(), 'names do not mind case', 1)", "names do not mind case"),
    # dates
    ("dateTimeAdd('2020-04-07T14:53:14Z', 'P3Y')", "2023-04-07T14:53:14Z"),
    ("dateTimeAdd('2020-04-07T14:53:14Z', '-PT1H', 'yyyy-MM-dd HH')", "2020-04-07 13"),
    ("dateTimeFromEpoch(1683040573)", "2023-05-02T15:16:13Z"),
    ("dateTimeToEpoch('2023-05-02T15:16:13Z')", 1683040573),
    # addresses
    (
        "parseCidr('10.144.0.0/20')",
        {
            "network": "10.144.0.0", "netmask": "255.255.240.0", "broadcast": "10.144.15.255",
            "firstUsable": "10.144.0.1", "lastUsable": "10.144.15.254", "cidr": 20,
        },
    ),
    (
        "parseCidr('fdad:3236:5555::/48')",
        {
            "network": "fdad:3236:5555::", "netmask": "ffff:ffff:ffff::", "firstUsable": "fdad:3236:5555::",
            "lastUsable": "fdad:3236:5555:ffff:ffff:ffff:ffff:ffff", "cidr": 48,
        },
    ),
    ("cidrSubnet('10.144.0.0/20', 24, 4)", "10.144.4.0/24"),
    ("cidrSubnet('fdad:3236:5555::/48', 52, 2)", "fdad:3236:5555:2000::/52"),
    ("cidrHost('10.144.3.0/24', 0)", "10.144.3.1"),
    # lambdas
    ("filter(createArray(1, 2, 3), lambda('n', greater(lambdaVariables('n'), 1)))", [2, 3]),
    ("filter(createArray('a', 'b'), lambda('n', 'i', equals(lambdaVariables('i'), 1)))", ["b"]),
    ("map(createArray('a', 'b'), lambda('n', concat('Hi ', lambdaVariables('n'))))", ["Hi a", "Hi b"]),
    ("map(range(0, 2), lambda('a', map(range(0, 2), lambda('b', add(lambdaVariables('a'), lambdaVariables('b'))))))",
     [[0, 1], [1, 2]]),
    ("mapValues(createObject('a', 1), lambda('v', add(lambdaVariables('v'), 1)))", {"a": 2}),
    ("reduce(range(1, 4), 0, lambda('sum', 'n', add(lambdaVariables('sum'), lambdaVariables('n'))))", 10),
    ("sort(createArray(3, 1, 2), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))", [1, 2, 3]),
    ("toObject(createArray('a', 'b'), lambda('n', lambdaVariables('n')), lambda('n', length(lambdaVariables('n'))))",
     {"a": 1, "b": 1}),
    ("groupBy(createArray('foo', 'bar', 'baz'), lambda('s', substring(lambdaVariables('s'), 0, 1)))",
     {"f": ["foo"], "b": ["bar", "baz"]}),
    # where it is deployed
    ("resourceGroup().id", GROUP),
    ("resourceGroup().location", "westeurope"),
    ("subscription().subscriptionId", SUBSCRIPTION),
    ("subscription()['id']", f"/subscriptions/{SUBSCRIPTION}"),
    ("deployment().name", "main"),
    ("guid('a', 'b')", "2d796349-8c7e-55ec-9624-54ece82ed031"),
    # ids
    ("resourceId('Microsoft.X/ys', 'n')", f"{GROUP}/providers/Microsoft.X/ys/n"),
    ("resourceId('other', 'Microsoft.X/ys/zs', 'n', 'm')",
     f"/subscriptions/{SUBSCRIPTION}/resourceGroups/other/providers/Microsoft.X/ys/n/zs/m"),
    ("resourceId('22222222-2222-2222-2222-222222222222', 'other', 'Microsoft.X/ys', 'n')",
     "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/other/providers/Microsoft.X/ys/n"),
    ("resourceId('22222222-2222-2222-2222-222222222222', 'Microsoft.X/ys', 'n')",
     "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/rg/providers/Microsoft.X/ys/n"),
    ("subscriptionResourceId('22222222-2222-2222-2222-222222222222', 'Microsoft.X/ys', 'n')",
     "/subscriptions/22222222-2222-2222-2222-222222222222/providers/Microsoft.X/ys/n"),
    ("subscriptionResourceId('Microsoft.X/ys', 'n')", f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.X/ys/n"),
    ("tenantResourceId('Microsoft.X/ys', 'n')", "/providers/Microsoft.X/ys/n"),
    ("managementGroupResourceId('mg', 'Microsoft.X/ys', 'n')",
     "/providers/Microsoft.Management/managementGroups/mg/providers/Microsoft.X/ys/n"),
    ("extensionResourceId('/a/b', 'Microsoft.X/ys', 'n')", "/a/b/providers/Microsoft.X/ys/n"),
]  # fmt: skip

# Each with the place where somebody published it: the function has no documented algorithm.
PUBLISHED_UNIQUE_STRINGS = [
    ("'tyeth'", "zcztcwvu6iyg6"),  # mspnp/AzureNamingTool, TestArmFunctions.cs
    ("'/subscriptions/3c7f956b-55ee-4686-9d30-da1eb631dc59/resourceGroups/rg-devopsshieldek010dev'", "fd63l2gacbtca"),
    # Azure/terraform-provider-azapi, unique_string_function_test.go
    ("'/subscriptions/00000000-0000-0000-0000-000000000000', 'resource-id'", "cwvxuqg24sifi"),
    ("'sub-id'", "m3qsgok2tj3gw"),  # a Go version of the function, with its tests
    ("''", "aaaaaaaaaaaaa"),
    ("'test'", "rbgf3xv4ufgzg"),  # a shell version of Bicep's function, with its self-test against Bicep
    ("'hello', 'world'", "a7wkljktk6wne"),
    ("'abc'", "cgtzqvhu4i23s"),
]

MISTAKES = [
    "notAFunction()", "substring('abc', 2, 5)", "div(1, 0)", "int('x')", "createArray(1)[3]", "createObject('a', 1).b",
    "if(1, 2, 3)", "padLeft('x', 2000000000)", "range(0, 10001)", "json('{')", "base64ToString('%')",
    "concat('a', null())",
    "format('{1}', 'a')", "resourceId('Microsoft.X/ys', 'a', 'b')", "less(1, 'a')", "cidrSubnet('10.0.0.0/24', 25, 2)",
    "variables('none')", "parameters('none')", "copyIndex()", "lambdaVariables('x')", "map(createArray(1), 1)",
    "toLower(1)",
    "union(createArray(1), createObject('a', 1))", "dateTimeAdd('x', 'P1D')", "equals(1)", "true() x", "'unfinished",
    "true", "mul(9223372036854775807, 2)", "1 + 2", "createObject('a')", "replace('a', '', 'b')",
    "uri('http://[', 'x')", "guid('\ud800')", "uriComponent('\ud800')",
    "if(true(), 1)", "parameters(1)", "filter(createArray(1))", "cidrHost('10.0.0.0/24', 300)", "parseCidr('x')",
    "dateTimeAdd('2020-01-01', 'x')", "dateTimeAdd('2020-01-01', 'P1D', 'q')", "dateTimeAdd('2020-01-01', 'P999999Y')",
    "dateTimeFromEpoch(99999999999999999)", "max(createArray())", "float('x')", "bool('maybe')", "int(createArray())",
    "length(1)", "empty(1)", "indexFromEnd(createArray(), 1)", "flatten(createArray(1))", "concat(createArray(1), 'a')",
    "format('{0:Q}', 1)", "dataUriToString('x')", "resourceId('a', 'b')", "resourceId(1, 'a/b', 'c')",
    "resourceGroup('x')", "lambdaVariables(1)", "map(createArray(1), lambda(1, 2))", "add('1', 2)", "mapValues(1, 2)",
    "padLeft('x', 5, 'ab')", "tryGet(1)", "resourceId('a/b', 'c').", "format('{0', 'a')", "first(1)", "trim(1)",
]  # fmt: skip


@pytest.mark.parametrize(("expression", "expected"), DOCUMENTED, ids=[each[0] for each in DOCUMENTED])
def test_functions_give_what_the_documentation_says(expression: str, expected: Any) -> None:
    found = value_of(expression)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(("arguments", "expected"), PUBLISHED_UNIQUE_STRINGS)
def test_unique_strings_are_those_that_azure_made(arguments: str, expected: str) -> None:
    assert value_of(f"uniqueString({arguments})") == expected


@pytest.mark.parametrize("expression", MISTAKES)
def test_what_cannot_be_evaluated_is_an_unknown_with_its_text(expression: str) -> None:
    assert unknown_name(value_of(expression)) == f"[{expression}]"


@pytest.mark.parametrize(
    "expression",
    [
        "reference('x').y", "listKeys('x', '2024-01-01').keys[0]", "utcNow()", "newGuid()", "providers('a')",
        "pickZones('a', 'b', 'c')", "listSomething('x')", "environment().suffixes.storage", "tenant().displayName",
    ],
)  # fmt: skip
def test_what_only_azure_tells_is_unknown(expression: str) -> None:
    assert unknown_name(value_of(expression)) is not None


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("if(true(), 1, utcNow())", 1),
        ("and(utcNow(), false())", False),
        ("or(utcNow(), true())", True),
        ("coalesce('a', utcNow())", "a"),
        ("tryGet(createObject('a', utcNow(), 'b', 2), 'b')", 2),
        ("length(createArray(utcNow(), 1))", 2),
        ("union(createObject('a', 1), createObject('b', 2)).a", 1),
        ("empty(concat('a', utcNow()))", False),
        ("contains(createArray('a'), 'a')", True),
    ],
)
def test_an_unknown_that_does_not_matter_leaves_the_value_known(expression: str, expected: Any) -> None:
    assert value_of(expression) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "if(utcNow(), 1, 1)", "and(true(), utcNow())", "or(false(), utcNow())", "coalesce(utcNow(), 1)",
        "not(utcNow())",
        "equals(utcNow(), utcNow())", "length(utcNow())", "contains(createArray(utcNow()), 1)", "concat('a', utcNow())",
        "union(createObject('a', utcNow()), createObject('b', 1))", "filter(createArray(1), lambda('x', utcNow()))",
        "string(createObject('a', utcNow()))", "createArray(1)[utcNow()]", "utcNow()[0].a", "empty(utcNow())",
        "intersection(createArray(utcNow()), createArray(1))", "first(utcNow())", "parameters(utcNow())",
    ],
)  # fmt: skip
def test_an_unknown_that_matters_makes_the_value_unknown(expression: str) -> None:
    assert unknown_name(value_of(expression)) is not None


def test_every_function_is_named_as_documented() -> None:
    assert all(each.name.lower() == key for key, each in PURE.items())
