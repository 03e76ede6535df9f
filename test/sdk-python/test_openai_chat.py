"""The SDK of OpenAI, asking for chat completions, on upstreams of every format."""

import json
from collections.abc import Callable
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI, pydantic_function_tool
from openai.types.chat import ChatCompletion

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
)
from gateway import KEY, NARROW_KEY, URL, expect_own_thoughts, generations, run, take_asked, via

Ask = Callable[..., ChatCompletion]


def connect(**options: Any) -> OpenAI:
    return OpenAI(**{'base_url': f'{URL}/v1', 'api_key': KEY, 'max_retries': 0, **options})


def connect_async(**options: Any) -> AsyncOpenAI:
    return AsyncOpenAI(**{'base_url': f'{URL}/v1', 'api_key': KEY, 'max_retries': 0, **options})


CLIENT = connect()
ASYNC_CLIENT = connect_async()


def create(**asked: Any) -> ChatCompletion:
    return CLIENT.chat.completions.create(**asked)


def stream(**asked: Any) -> ChatCompletion:
    with CLIENT.chat.completions.stream(**asked, stream_options={'include_usage': True}) as events:
        return events.get_final_completion()


def create_async(**asked: Any) -> ChatCompletion:
    async def ask() -> ChatCompletion:
        return await ASYNC_CLIENT.chat.completions.create(**asked)

    return run(ask())


def stream_async(**asked: Any) -> ChatCompletion:
    async def ask() -> ChatCompletion:
        options = {'include_usage': True}
        async with ASYNC_CLIENT.chat.completions.stream(**asked, stream_options=options) as events:
            return await events.get_final_completion()

    return run(ask())


@pytest.fixture(params=[create, stream, create_async, stream_async], ids=lambda form: form.__name__)
def ask(request: pytest.FixtureRequest) -> Ask:
    """Every way to ask; all must come to the same."""
    return request.param


DEFINITIONS = [
    {'type': 'function', 'function': {'name': name, 'description': description, 'parameters': SCHEMA, 'strict': True}}
    for name, description in DESCRIPTIONS.items()
]


def says(content: Any) -> list[Any]:
    return [{'role': 'user', 'content': content}]


def text_of(completion: Any) -> str:
    return completion.choices[0].message.content or ''


def calls_of(completion: Any) -> list[tuple[str, Any]]:
    calls = completion.choices[0].message.tool_calls or []
    return [(call.function.name, json.loads(call.function.arguments)) for call in calls]


def answered(messages: list[Any], completion: ChatCompletion) -> list[Any]:
    """The history with an answer as it came, and the results of its calls."""
    message = completion.choices[0].message
    results = [
        {
            'role': 'tool',
            'tool_call_id': call.id,
            'content': TOOLS[call.function.name](**json.loads(call.function.arguments)),
        }
        for call in message.tool_calls or []
    ]
    return [*messages, message.model_dump(exclude_none=True), *results]


def test_answers_with_text_and_usage(ask: Ask, upstream: str) -> None:
    developer = {'role': 'developer', 'content': 'Be brief.'}
    completion = ask(model=via(upstream), messages=[developer, *says(HELLO)])
    assert (completion.object, completion.model) == ('chat.completion', via(upstream))
    assert completion.choices[0].finish_reason == 'stop'
    assert '你好 👋🏽' in text_of(completion)
    assert completion.usage and completion.usage.prompt_tokens > 5 and completion.usage.completion_tokens > 5
    assert generations(take_asked(), upstream) == 1


def test_calls_two_tools_at_once(ask: Ask, upstream: str) -> None:
    first = ask(model=via(upstream), messages=says(PARALLEL), tools=DEFINITIONS)
    assert first.choices[0].finish_reason == 'tool_calls'
    assert calls_of(first) == [('get_weather', {'city': 'Oslo'}), ('get_time', {'city': 'Rome'})]
    second = ask(model=via(upstream), messages=answered(says(PARALLEL), first), tools=DEFINITIONS)
    assert 'Snow in Oslo' in text_of(second) and 'Noon in Rome' in text_of(second)


def test_runs_tools_until_there_is_an_answer(ask: Ask, upstream: str) -> None:
    messages = says(STEPS)
    for _ in TOOLS:
        completion = ask(model=via(upstream), messages=messages, tools=DEFINITIONS)
        assert len(calls_of(completion)) == 1
        messages = answered(messages, completion)
    assert 'Noon in Rome' in text_of(ask(model=via(upstream), messages=messages, tools=DEFINITIONS))


def test_thinks_calls_and_the_upstream_gets_its_thoughts_back(ask: Ask, upstream: str) -> None:
    asked = {'model': via(upstream, 'sandbox-thinker'), 'reasoning_effort': 'high', 'tools': DEFINITIONS}
    first = ask(messages=says(ONE), **asked)
    assert first.usage and first.usage.completion_tokens_details.reasoning_tokens > 0
    take_asked()
    second = ask(messages=answered(says(ONE), first), **asked)
    assert 'Snow in Oslo' in text_of(second)
    expect_own_thoughts(upstream)


def test_sees_a_picture(ask: Ask, upstream: str) -> None:
    image = {'type': 'image_url', 'image_url': {'url': f'data:image/png;base64,{PNG}'}}
    content = [{'type': 'text', 'text': 'What is it?'}, image]
    assert SEEN_PNG in text_of(ask(model=via(upstream, 'sandbox-vision'), messages=says(content)))


@pytest.mark.parametrize('prompt', BREAKS.values(), ids=BREAKS)
def test_never_returns_half_an_answer(ask: Ask, upstream: str, prompt: str) -> None:
    with pytest.raises(openai.APIError):
        ask(model=via(upstream), messages=says(prompt))


#: What each failure of an upstream becomes: never the client's own account.
TOLD: list[tuple[int, type[openai.APIStatusError], int]] = [
    (400, openai.BadRequestError, 400),
    (401, openai.InternalServerError, 502),
    (403, openai.InternalServerError, 502),
    (413, openai.APIStatusError, 413),
    (429, openai.RateLimitError, 429),
    (500, openai.InternalServerError, 500),
    (503, openai.InternalServerError, 503),
    (529, openai.InternalServerError, 503),
]


@pytest.mark.parametrize(('status', 'error', 'told'), TOLD, ids=[str(status) for status, *_ in TOLD])
def test_throws_the_class_of_a_failure(
    ask: Ask, upstream: str, status: int, error: type[openai.APIStatusError], told: int
) -> None:
    with pytest.raises(error) as thrown:
        ask(model=via(upstream), messages=says(f'sandbox:fail={status}'))
    assert thrown.value.status_code == told
    assert thrown.value.request_id and thrown.value.request_id.startswith('req_')


def test_is_refused_as_a_stranger_with_other_models_and_wrong_requests(upstream: str) -> None:
    asked: dict[str, Any] = {'model': via(upstream), 'messages': says('Hi')}
    with pytest.raises(openai.AuthenticationError):
        connect(api_key='sk-nobody').chat.completions.create(**asked)
    with pytest.raises(openai.PermissionDeniedError):
        connect(api_key=NARROW_KEY).chat.completions.create(**asked)
    with pytest.raises(openai.NotFoundError) as unknown:
        CLIENT.chat.completions.create(**{**asked, 'model': 'nobody'})
    assert unknown.value.code == 'model_not_found'
    with pytest.raises(openai.APIStatusError) as large:
        CLIENT.chat.completions.create(**{**asked, 'messages': says(TOO_LARGE)})
    assert large.value.status_code == 413
    assert generations(take_asked(), upstream) == 0
    with pytest.raises(openai.BadRequestError):
        CLIENT.chat.completions.create(**{**asked, 'messages': 'Hi'})


def test_says_that_a_prompt_is_too_long_in_the_code_that_clients_look_for(upstream: str) -> None:
    with pytest.raises(openai.BadRequestError) as thrown:
        stream(model=via(upstream), messages=says(TOO_LONG))
    assert thrown.value.code == 'context_length_exceeded'


@pytest.mark.parametrize('status', [429, 503])
def test_is_asked_again_when_the_sdk_retries(upstream: str, status: int, naps: Naps) -> None:
    with pytest.raises(openai.APIStatusError) as thrown:
        connect(max_retries=2).chat.completions.create(model=via(upstream), messages=says(f'sandbox:fail={status}'))
    assert generations(take_asked(), upstream) == 3
    after = thrown.value.response.headers.get('retry-after')
    if status == 429:
        assert after and [round(nap) for nap in naps] == [int(after)] * 2
    assert len(naps) == 2


@pytest.mark.parametrize('status', [400, 413])
def test_is_not_asked_again_when_that_cannot_help(upstream: str, status: int, naps: Naps) -> None:
    with pytest.raises(openai.APIStatusError):
        connect(max_retries=2).chat.completions.create(model=via(upstream), messages=says(f'sandbox:fail={status}'))
    assert (generations(take_asked(), upstream), naps) == (1, [])


def test_does_not_wait_for_ever(upstream: str) -> None:
    with pytest.raises(openai.APITimeoutError):
        connect(timeout=0.3).chat.completions.create(model=via(upstream), messages=says('sandbox:fail=silence'))


def test_streams_chunk_by_chunk(upstream: str) -> None:
    asked: dict[str, Any] = {'model': via(upstream), 'messages': says('sandbox: words=5')}
    chunks = list(CLIENT.chat.completions.create(**asked, stream=True))
    assert ''.join(chunk.choices[0].delta.content or '' for chunk in chunks) == 'word1 word2 word3 word4 word5'
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices[0].finish_reason] == ['stop']
    assert {chunk.id for chunk in chunks} == {chunks[0].id}
    with CLIENT.chat.completions.stream(**asked) as events:
        types = [event.type for event in events]
    assert types.count('content.delta') > 1 and types.count('content.done') == 1


def test_parses_an_answer_into_a_model(upstream: str) -> None:
    asked: dict[str, Any] = {'model': via(upstream), 'messages': says('Where is it cold?'), 'response_format': Place}
    assert isinstance(CLIENT.chat.completions.parse(**asked).choices[0].message.parsed, Place)
    with CLIENT.chat.completions.stream(**asked) as events:
        assert isinstance(events.get_final_completion().choices[0].message.parsed, Place)

    async def parse() -> Any:
        return await ASYNC_CLIENT.chat.completions.parse(**asked)

    assert isinstance(run(parse()).choices[0].message.parsed, Place)


def test_parses_an_answer_into_a_model_of_models(upstream: str) -> None:
    asked: dict[str, Any] = {'model': via(upstream), 'messages': says('What is it like?'), 'response_format': Forecast}
    assert isinstance(CLIENT.chat.completions.parse(**asked).choices[0].message.parsed, Forecast)
    with CLIENT.chat.completions.stream(**asked) as events:
        assert isinstance(events.get_final_completion().choices[0].message.parsed, Forecast)


def test_parses_arguments_into_a_model_of_models(upstream: str) -> None:
    asked: dict[str, Any] = {
        'model': via(upstream),
        'messages': says('call tell'),
        'tools': [pydantic_function_tool(Forecast, name='tell')],
    }
    [call] = CLIENT.chat.completions.parse(**asked).choices[0].message.tool_calls or []
    assert isinstance(call.function.parsed_arguments, Forecast)


def test_parses_the_arguments_of_a_tool_into_a_model(upstream: str) -> None:
    asked: dict[str, Any] = {
        'model': via(upstream),
        'messages': says(ONE),
        'tools': [pydantic_function_tool(Place, name='get_weather')],
    }
    [call] = CLIENT.chat.completions.parse(**asked).choices[0].message.tool_calls or []
    assert call.function.parsed_arguments == Place(city='Oslo')
    with CLIENT.chat.completions.stream(**asked) as events:
        [call] = events.get_final_completion().choices[0].message.tool_calls or []
    assert call.function.parsed_arguments == Place(city='Oslo')


def test_throws_when_a_structured_answer_is_cut_at_its_limit(upstream: str) -> None:
    with pytest.raises(openai.LengthFinishReasonError):
        CLIENT.chat.completions.parse(
            model=via(upstream),
            messages=says('sandbox: words=200'),
            response_format=Place,
            max_completion_tokens=1 if upstream != 'openai-responses' else 16,
        )


def test_lists_models_and_knows_each(upstream: str) -> None:
    name = via(upstream, 'sandbox-thinker')
    assert name in [model.id for model in CLIENT.models.list()]
    assert CLIENT.models.retrieve(name).id == name
    with pytest.raises(openai.NotFoundError):
        CLIENT.models.retrieve('nobody')


def test_shows_the_id_of_a_request(upstream: str) -> None:
    raw = CLIENT.chat.completions.with_raw_response.create(model=via(upstream), messages=says('Hi'))
    assert raw.headers['x-request-id'] == raw.request_id
    assert raw.parse()._request_id == raw.request_id
    assert str(raw.request_id).startswith('req_')


def test_completes_a_text_as_in_old_days(upstream: str) -> None:
    asked: dict[str, Any] = {'model': via(upstream), 'prompt': 'Say hello.', 'max_tokens': 99}
    completion = CLIENT.completions.create(**asked)
    assert completion.object == 'text_completion'
    chunks = CLIENT.completions.create(**asked, stream=True)
    assert ''.join(chunk.choices[0].text for chunk in chunks) == completion.choices[0].text
