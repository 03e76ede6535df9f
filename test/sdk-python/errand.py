"""What the SDKs are made to ask; the sandbox does what a prompt says."""

from enum import Enum
from typing import Literal

from pydantic import BaseModel, Field

HELLO = 'Say hello, 你好 👋🏽.'
ONE = 'call get_weather with {"city":"Oslo"}'
PARALLEL = 'call get_weather with {"city":"Oslo"} and call get_time with {"city":"Rome"}'
STEPS = 'call get_weather with {"city":"Oslo"} then call get_time with {"city":"Rome"}'
#: More than the sandbox's models read; more than the gateway takes.
TOO_LONG = 'word ' * 201_000
TOO_LARGE = 'word ' * 500_000
PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
SEEN_PNG = 'image/png, 70 bytes'

SCHEMA = {
    'type': 'object',
    'properties': {'city': {'type': 'string'}},
    'required': ['city'],
    'additionalProperties': False,
}


class Place(BaseModel):
    """A structured answer."""

    city: str


class Sky(Enum):
    """Chosen from a few words."""

    CLEAR = 'clear'
    GREY = 'grey'


class Forecast(BaseModel):
    """A structured answer with all that schemas are made of: references, lists, choices, and what may be missing."""

    place: Place
    sky: Sky
    unit: Literal['celsius', 'fahrenheit'] = Field(description='How degrees are told')
    degrees: float
    is_windy: bool
    days: list[int]
    neighbours: list[Place]
    warning: str | None


def get_weather(city: str) -> str:
    """The weather in a city.

    Args:
        city: The name of the city.
    """
    return f'Snow in {city}'


def get_time(city: str) -> str:
    """The time in a city.

    Args:
        city: The name of the city.
    """
    return f'Noon in {city}'


def plan_trip(places: list[str], days: int, sky: Literal['clear', 'grey'], budget: float | None = None) -> str:
    """Plans a trip.

    Args:
        places: Where to go.
        days: How long.
        sky: What it should look like.
        budget: What it may cost.
    """
    assert all(isinstance(place, str) for place in places)
    assert isinstance(days, int)
    assert budget is None or isinstance(budget, float | int)
    return f'A trip under a {sky} sky'


def plan_walk(start: Place, places: list[str], days: int, budget: float | None = None) -> str:
    """Plans a walk: its arguments are those that Google's SDK can put into Python's types.

    Args:
        start: Where it begins.
        places: Where to go.
        days: How long.
        budget: What it may cost.
    """
    assert isinstance(start, Place)
    assert all(isinstance(place, str) for place in places)
    assert isinstance(days, int)
    return f'A walk from {start.city}'


TOOLS = {tool.__name__: tool for tool in (get_weather, get_time)}
DESCRIPTIONS = {'get_weather': 'The weather in a city', 'get_time': 'The time in a city'}

#: Ways to fail when the answer has begun.
BREAKS = {
    'breaks off': 'sandbox: words=40 fail=cut@20',
    'breaks off at its first word': 'sandbox: words=40 fail=cut@1',
    'fails in the middle': 'sandbox: words=40 fail=error@20',
}
