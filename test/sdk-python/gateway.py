"""Where the gateway is, and what its upstreams were asked."""

import asyncio
import json
import os
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

URL = os.environ['CAUSEWAY_URL']
KEY = os.environ['CAUSEWAY_KEY']
#: May use `sandbox-echo` alone.
NARROW_KEY = os.environ['CAUSEWAY_NARROW_KEY']

#: Every format that an upstream may speak, with the path of a generation and the field that holds its sealed thoughts.
UPSTREAMS = {
    'anthropic-messages': ('/v1/messages', 'signature'),
    'openai-chat': ('/v1/chat/completions', None),
    'openai-responses': ('/v1/responses', 'encrypted_content'),
    'gemini': ('enerateContent', 'thoughtSignature'),
}


#: Runs a coroutine to its end, all of them in one loop, so that the clients may be kept.
run = asyncio.Runner().run


def via(upstream: str, model: str = 'sandbox-1') -> str:
    """The name of a sandbox model when it is asked in a format."""
    return f'{upstream}/{model}'


def take_asked() -> list[dict[str, Any]]:
    """The paths and bodies that the upstreams were asked since this was called last."""
    with urlopen(os.environ['CAUSEWAY_ASKED_URL']) as answer:
        return json.load(answer)


def generations(asked: list[dict[str, Any]], upstream: str) -> int:
    """How many of them were generations."""
    path, _ = UPSTREAMS[upstream]
    return sum(one['path'].split('?')[0].endswith(path) for one in asked)


def expect_own_thoughts(upstream: str) -> None:
    """The upstream got its own sealed thoughts back with the last request, and nothing that was sealed for a client."""
    asked = take_asked()
    _, field = UPSTREAMS[upstream]
    if field:
        assert len(list(_values(asked[-1]['body'], field))) == 1
    assert 'Y2F1c2V3YXkx' not in json.dumps(asked)


def _values(value: Any, field: str) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _values(item, field)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name == field and item:
                yield item
            else:
                yield from _values(item, field)
