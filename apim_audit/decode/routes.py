"""Route tables."""

from apim_audit.core.facts.estate import Route, RouteTable, Unreadable
from apim_audit.decode.fields import Fields, phrase
from apim_audit.decode.problems import Problems
from apim_audit.decode.resources import Resource


def read_table(resource: Resource, problems: Problems) -> RouteTable | Unreadable:
    """Returns a route table; one route that cannot be understood makes it unreadable."""
    fields = resource.fields()
    properties = fields.inside("properties", required=True)
    if not fields.errors and not properties.has("routes"):
        properties.wrong("routes", "a list")
    routes = tuple(_route(each) for each in properties.each("routes"))
    if fields.errors:
        resource.report(problems, fields.errors)
        return Unreadable(resource.id, f"{resource.title} cannot be understood: {phrase(fields.errors)}")
    return RouteTable(resource.id, routes)


def substance_of_table(table: RouteTable | Unreadable) -> object:
    """Returns what matters of a route table."""
    return table.message if isinstance(table, Unreadable) else table.routes


def _route(fields: Fields) -> Route:
    properties = fields.inside("properties", required=True)
    name = fields.required_text("name")
    return Route(name, properties.required_text("addressPrefix"), properties.required_text("nextHopType"))
