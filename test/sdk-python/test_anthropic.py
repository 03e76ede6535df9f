"""The SDK of Anthropic, on upstreams of every format."""

import json
from collections.abc import Callable
from typing import Any

import anthropic
import pytest
from anthropic import Anthropic, AsyncAnthropic, beta_async_tool, beta_tool
from anthropic.types import Message

from conftest import Naps
from errand import (
    BREAKS,
    DESCRIPTIONS,
    HELLO,
    ONE,
    PARALLEL,
    PNG,
    SCHEMA,
    SEEN_PNG,
    STEPS,
    TOO_LARGE,
    TOO_LONG,
    TOOLS,
    Forecast,
    Place,
    get_time,
    get_weather,
    plan_trip,
)
from gateway import KEY, NARROW_KEY, URL, expect_own_thoughts, generations, run, take_asked, via

Ask = Callable[..., Message]


def connect(**options: Any) -> Anthropic:
    return Anthropic(**{'base_url': URL, 'api_key': KEY, 'max_retries': 0, **options})


def connect_async(**options: Any) -> AsyncAnthropic:
    return AsyncAnthropic(**{'base_url': URL, 'api_key': KEY, 'max_retries': 0, **options})


CLIENT = connect()
ASYNC_CLIENT = connect_async()


def create(**asked: Any) -> Message:
    return CLIENT.messages.create(**asked)


def stream(**asked: Any) -> Message:
    with CLIENT.messages.stream(**asked) as events:
        return events.get_final_message()


def create_async(**asked: Any) -> Message:
    async def ask() -> Message:
        return await ASYNC_CLIENT.messages.create(**asked)

    return run(ask())


def stream_async(**asked: Any) -> Message:
    async def ask() -> Message:
        async with ASYNC_CLIENT.messages.stream(**asked) as events:
            return await events.get_final_message()

    return run(ask())


@pytest.fixture(params=[create, stream, create_async, stream_async], ids=lambda form: form.__name__)
def ask(request: pytest.FixtureRequest) -> Ask:
    """Every way to ask; all must come to the same."""
    return lambda **asked: request.param(**{'max_tokens': 4096, **asked})


DEFINITIONS = [
    {'name': name, 'description': description, 'input_schema': SCHEMA} for name, description in DESCRIPTIONS.items()
]


def says(content: Any) -> list[Any]:
    return [{'role': 'user', 'content': content}]


def text_of(message: Any) -> str:
    return ''.join(block.text for block in message.content if block.type == 'text')


def calls_of(message: Any) -> list[tuple[str, Any]]:
    return [(block.name, block.input) for block in message.content if block.type == 'tool_use']


def answered(messages: list[Any], message: Message) -> list[Any]:
    """The history with an answer as it came, and the results of its calls."""
    results = [
        {'type': 'tool_result', 'tool_use_id': block.id, 'content': TOOLS[block.name](**block.input)}
        for block in message.content
        if block.type == 'tool_use'
    ]
    return [*messages, {'role': 'assistant', 'content': message.content}, {'role': 'user', 'content': results}]


def test_answers_with_text_and_usage(ask: Ask, upstream: str) -> None:
    message = ask(model=via(upstream), system='Be brief.', messages=says(HELLO))
    assert (message.type, message.role, message.model) == ('message', 'assistant', via(upstream))
    assert '你好 👋🏽' in text_of(message)
    assert message.stop_reason == 'end_turn'
    assert message.usage.input_tokens > 5
    assert message.usage.output_tokens > 5
    assert generations(take_asked(), upstream) == 1


def test_calls_two_tools_at_once(ask: Ask, upstream: str) -> None:
    first = ask(model=via(upstream), messages=says(PARALLEL), tools=DEFINITIONS)
    assert first.stop_reason == 'tool_use'
    assert calls_of(first) == [('get_weather', {'city': 'Oslo'}), ('get_time', {'city': 'Rome'})]
    second = ask(model=via(upstream), messages=answered(says(PARALLEL), first), tools=DEFINITIONS)
    assert second.stop_reason == 'end_turn'
    assert 'Snow in Oslo' in text_of(second) and 'Noon in Rome' in text_of(second)


def test_thinks_calls_and_gets_its_thoughts_back(ask: Ask, upstream: str) -> None:
    model = via(upstream, 'sandbox-thinker')
    asked = {'model': model, 'thinking': {'type': 'enabled', 'budget_tokens': 1024}, 'tools': DEFINITIONS}
    first = ask(messages=says(ONE), **asked)
    assert first.content[0].type == 'thinking' and first.content[0].thinking
    take_asked()
    second = ask(messages=answered(says(ONE), first), **asked)
    assert 'Snow in Oslo' in text_of(second)
    expect_own_thoughts(upstream)


def test_sees_a_picture(ask: Ask, upstream: str) -> None:
    source = {'type': 'base64', 'media_type': 'image/png', 'data': PNG}
    content = [{'type': 'image', 'source': source}, {'type': 'text', 'text': 'What is it?'}]
    assert SEEN_PNG in text_of(ask(model=via(upstream, 'sandbox-vision'), messages=says(content)))


@pytest.mark.parametrize('prompt', BREAKS.values(), ids=BREAKS)
def test_never_returns_half_an_answer(ask: Ask, upstream: str, prompt: str) -> None:
    with pytest.raises((anthropic.APIError, anthropic.APIConnectionError)):
        ask(model=via(upstream), messages=says(prompt))


#: What each failure of an upstream becomes: never the client's own account.
TOLD: list[tuple[int, type[anthropic.APIStatusError], int]] = [
    (400, anthropic.BadRequestError, 400),
    (401, anthropic.InternalServerError, 502),
    (403, anthropic.InternalServerError, 502),
    (413, anthropic.RequestTooLargeError, 413),
    (429, anthropic.RateLimitError, 429),
    (500, anthropic.InternalServerError, 500),
    (503, anthropic.OverloadedError, 529),
    (529, anthropic.OverloadedError, 529),
]


@pytest.mark.parametrize(('status', 'error', 'told'), TOLD, ids=[str(status) for status, *_ in TOLD])
def test_throws_the_class_of_a_failure(
    ask: Ask, upstream: str, status: int, error: type[anthropic.APIStatusError], told: int
) -> None:
    with pytest.raises(error) as thrown:
        ask(model=via(upstream), messages=says(f'sandbox:fail={status}'))
    assert thrown.value.status_code == told
    assert thrown.value.request_id and thrown.value.request_id.startswith('req_')


def test_is_refused_as_a_stranger_with_other_models_and_wrong_requests(upstream: str) -> None:
    asked: dict[str, Any] = {'model': via(upstream), 'max_tokens': 99, 'messages': says('Hi')}
    with pytest.raises(anthropic.AuthenticationError):
        connect(api_key='sk-nobody').messages.create(**asked)
    with pytest.raises(anthropic.PermissionDeniedError):
        connect(api_key=NARROW_KEY).messages.create(**asked)
    with pytest.raises(anthropic.NotFoundError):
        CLIENT.messages.create(**{**asked, 'model': 'nobody'})
    with pytest.raises(anthropic.RequestTooLargeError):
        CLIENT.messages.create(**{**asked, 'messages': says(TOO_LARGE)})
    assert generations(take_asked(), upstream) == 0
    with pytest.raises(anthropic.BadRequestError):
        CLIENT.messages.create(**{**asked, 'messages': 'Hi'})


def test_says_that_a_prompt_is_too_long_in_the_words_that_clients_look_for(upstream: str) -> None:
    with pytest.raises(anthropic.BadRequestError, match=r'prompt is too long: \d+ tokens > 200000 maximum'):
        stream(model=via(upstream), max_tokens=99, messages=says(TOO_LONG))


@pytest.mark.parametrize('status', [429, 503, 529])
def test_is_asked_again_when_the_sdk_retries(upstream: str, status: int, naps: Naps) -> None:
    with pytest.raises(anthropic.APIStatusError) as thrown:
        connect(max_retries=2).messages.create(
            model=via(upstream), max_tokens=99, messages=says(f'sandbox:fail={status}')
        )
    assert generations(take_asked(), upstream) == 3
    after = thrown.value.response.headers.get('retry-after')
    if status == 429:
        assert after and [round(nap) for nap in naps] == [int(after)] * 2
    assert len(naps) == 2


@pytest.mark.parametrize('status', [400, 413])
def test_is_not_asked_again_when_that_cannot_help(upstream: str, status: int, naps: Naps) -> None:
    with pytest.raises(anthropic.APIStatusError):
        connect(max_retries=2).messages.create(
            model=via(upstream), max_tokens=99, messages=says(f'sandbox:fail={status}')
        )
    assert (generations(take_asked(), upstream), naps) == (1, [])


def test_does_not_wait_for_ever(upstream: str) -> None:
    with pytest.raises(anthropic.APITimeoutError):
        connect(timeout=0.3).messages.create(model=via(upstream), max_tokens=99, messages=says('sandbox:fail=silence'))


def test_streams_event_by_event(upstream: str) -> None:
    asked: dict[str, Any] = {'model': via(upstream), 'max_tokens': 99, 'messages': says('sandbox: words=5')}
    types = [event.type for event in CLIENT.messages.create(**asked, stream=True)]
    assert (types[0], types[-2], types[-1]) == ('message_start', 'message_delta', 'message_stop')
    with CLIENT.messages.stream(**asked) as events:
        assert ''.join(events.text_stream) == 'word1 word2 word3 word4 word5'


def test_parses_an_answer_into_a_model(upstream: str) -> None:
    asked: dict[str, Any] = {'model': via(upstream), 'max_tokens': 999, 'messages': says('Where is it cold?')}
    assert isinstance(CLIENT.messages.parse(**asked, output_format=Place).parsed_output, Place)
    with CLIENT.messages.stream(**asked, output_format=Place) as events:
        assert isinstance(events.get_final_message().parsed_output, Place)

    async def parse() -> Any:
        return await ASYNC_CLIENT.messages.parse(**asked, output_format=Place)

    assert isinstance(run(parse()).parsed_output, Place)
    assert isinstance(CLIENT.beta.messages.parse(**asked, output_format=Place).parsed_output, Place)


def test_parses_an_answer_into_a_model_of_models(upstream: str) -> None:
    asked: dict[str, Any] = {'model': via(upstream), 'max_tokens': 999, 'messages': says('What is it like?')}
    assert isinstance(CLIENT.messages.parse(**asked, output_format=Forecast).parsed_output, Forecast)
    with CLIENT.messages.stream(**asked, output_format=list[Place]) as events:
        assert isinstance(events.get_final_message().parsed_output, list)


def test_runs_a_tool_with_arguments_of_every_kind(upstream: str) -> None:
    last = CLIENT.beta.messages.tool_runner(
        model=via(upstream), max_tokens=999, messages=says('call plan_trip'), tools=[beta_tool(plan_trip)]
    ).until_done()
    assert 'A trip under a' in text_of(last)


@pytest.mark.parametrize('is_stream', [False, True], ids=['unary', 'stream'])
@pytest.mark.parametrize('more', [{}, {'thread': False}], ids=['thread', 'history'])
def test_runs_tools_until_there_is_an_answer(upstream: str, is_stream: bool, more: dict[str, bool]) -> None:
    runner = CLIENT.beta.messages.tool_runner(
        model=via(upstream),
        max_tokens=999,
        messages=says(STEPS),
        tools=[beta_tool(get_weather), beta_tool(get_time)],
        stream=is_stream,
        **more,
    )
    last = runner.until_done()
    assert 'Noon in Rome' in text_of(last)
    # Nobody holds a thread here: the SDK is told so, by the upstream itself where it is of the SDK's format, and sends
    # its whole history instead.
    is_told_there = upstream == 'anthropic-messages' and not more
    assert generations(asked := take_asked(), upstream) == (4 if is_told_there else 3)
    assert 'Snow in Oslo' in json.dumps(asked[-1]['body'])


@pytest.mark.parametrize('is_stream', [False, True], ids=['unary', 'stream'])
def test_runs_async_tools_until_there_is_an_answer(upstream: str, is_stream: bool) -> None:
    async def weather(city: str) -> str:
        """The weather in a city."""
        return get_weather(city)

    async def go() -> Any:
        return await ASYNC_CLIENT.beta.messages.tool_runner(
            model=via(upstream),
            max_tokens=999,
            messages=says('call weather with {"city":"Oslo"}'),
            tools=[beta_async_tool(weather)],
            stream=is_stream,
        ).until_done()

    assert 'Snow in Oslo' in text_of(run(go()))


def test_is_told_that_nobody_holds_a_thread(upstream: str) -> None:
    thread = CLIENT.beta.messages.thread(model=via(upstream), max_tokens=999)
    with pytest.raises(anthropic.BadRequestError) as thrown:
        thread.send(*says('My name is Ada.'))
    assert thrown.value.error_code == 'thread_unsupported_request'


def test_goes_on_with_the_whole_history_instead(upstream: str) -> None:
    thread = CLIENT.beta.messages.thread(
        model=via(upstream), max_tokens=999, unsupported_request_behavior='continue_unthreaded'
    )
    thread.send(*says('My name is Ada.'))
    take_asked()
    assert 'Bo' in text_of(thread.send(*says('And mine is Bo.')))
    assert 'My name is Ada.' in json.dumps(take_asked()[-1]['body'])


def test_counts_tokens_and_generates_nothing(upstream: str) -> None:
    counted = CLIENT.messages.count_tokens(model=via(upstream), messages=says('one two three'), tools=DEFINITIONS)
    assert counted.input_tokens > 2
    assert generations(take_asked(), upstream) == 0


def test_lists_models_and_knows_each(upstream: str) -> None:
    name = via(upstream, 'sandbox-thinker')
    assert name in [model.id for model in CLIENT.models.list(limit=3)]
    assert CLIENT.models.retrieve(name).id == name
    with pytest.raises(anthropic.NotFoundError):
        CLIENT.models.retrieve('nobody')


def test_shows_the_id_of_a_request(upstream: str) -> None:
    asked: dict[str, Any] = {'model': via(upstream), 'max_tokens': 99, 'messages': says('Hi')}
    raw = CLIENT.messages.with_raw_response.create(**asked)
    assert raw.headers['request-id'] == raw.headers['x-request-id'] == raw.request_id
    assert raw.parse()._request_id == raw.request_id
    with CLIENT.messages.stream(**asked) as events:
        assert events.request_id and events.request_id.startswith('req_')


def test_continues_a_conversation(ask: Ask, upstream: str) -> None:
    model = via(upstream, 'sandbox-echo')
    first = ask(model=model, messages=says('My name is Ada.'))
    history = [*says('My name is Ada.'), {'role': 'assistant', 'content': first.content}, *says('Who am I?')]
    take_asked()
    assert 'Who am I?' in text_of(ask(model=model, messages=history))
    assert 'My name is Ada.' in json.dumps(take_asked()[-1]['body'])
