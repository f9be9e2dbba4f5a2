"""Date functions that need no clock (Azure documentation, ``template-functions-date``, 2025-02-12)."""

import re
from datetime import UTC, datetime, timedelta

from apim_audit.plan.template.functions.registry import Function, family, integer, text
from apim_audit.plan.template.values import ExpressionError, Value

_DURATION = re.compile(
    r"(-)?P(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})S)?)?"
)
_FIELDS = re.compile(r"yyyy|yy|MM|M|dd|d|HH|H|mm|m|ss|s|Z|'[^']*'|[A-Za-z]")
_DIRECTIVES = {"yyyy": "%Y", "yy": "%y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
_DEFAULT = "yyyy-MM-ddTHH:mm:ssZ"
_DAYS_OF_YEAR, _DAYS_OF_MONTH = 365, 30


def _parsed(written: Value) -> datetime:
    value = text(written).strip()
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        message = "a text is no date and time of ISO 8601"
        raise ExpressionError(message) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _duration(written: Value) -> timedelta:
    match = _DURATION.fullmatch(text(written))
    if match is None:
        message = "a text is no duration of ISO 8601"
        raise ExpressionError(message)
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[1:])
    whole_days = years * _DAYS_OF_YEAR + months * _DAYS_OF_MONTH + weeks * 7 + days
    span = timedelta(days=whole_days, hours=hours, minutes=minutes, seconds=seconds)
    return -span if match[1] else span


def _add(arguments: list[Value]) -> Value:
    pattern = text(arguments[2]) if len(arguments) > 2 else _DEFAULT  # noqa: PLR2004  (the third argument)
    try:
        moment = _parsed(arguments[0]) + _duration(arguments[1])
    except OverflowError:
        message = "a date is out of range"
        raise ExpressionError(message) from None
    return _FIELDS.sub(lambda match: _part(match[0], moment), pattern)


def _part(field: str, moment: datetime) -> str:
    if field in _DIRECTIVES:
        return moment.strftime(_DIRECTIVES[field])
    if field in {"T", "Z"}:
        return field
    if field.startswith("'"):
        return field[1:-1]
    message = f"the date format {field} is not understood"
    raise ExpressionError(message)


def _from_epoch(arguments: list[Value]) -> Value:
    try:
        return datetime.fromtimestamp(integer(arguments[0]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        message = "a date is out of range"
        raise ExpressionError(message) from None


DATES = family(
    Function("dateTimeAdd", _add, 2, 3),
    Function("dateTimeFromEpoch", _from_epoch, 1, 1),
    Function("dateTimeToEpoch", lambda arguments: int(_parsed(arguments[0]).timestamp()), 1, 1),
)
"""The date functions by their folded names."""
