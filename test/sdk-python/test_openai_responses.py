"""The SDK of OpenAI, asking for responses, on upstreams of every format."""

import json
from collections.abc import Callable
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI, pydantic_function_tool
from openai.lib.responses_tool_runner import (
    AsyncRegisteredFunction,
    AsyncResponsesToolRunner,
    RegisteredFunction,
    ResponsesToolRunner,
)
from openai.types.responses import Response

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

Ask = Callable[..., Response]


def connect(**options: Any) -> OpenAI:
    return OpenAI(**{'base_url': f'{URL}/v1', 'api_key': KEY, 'max_retries': 0, **options})


def connect_async(**options: Any) -> AsyncOpenAI:
    return AsyncOpenAI(**{'base_url': f'{URL}/v1', 'api_key': KEY, 'max_retries': 0, **options})


CLIENT = connect()
ASYNC_CLIENT = connect_async()


def create(**asked: Any) -> Response:
    return CLIENT.responses.create(**asked)


def stream(**asked: Any) -> Response:
    with CLIENT.responses.stream(**asked) as events:
        return events.get_final_response()


def create_async(**asked: Any) -> Response:
    async def ask() -> Response:
        return await ASYNC_CLIENT.responses.create(**asked)

    return run(ask())


def stream_async(**asked: Any) -> Response:
    async def ask() -> Response:
        async with ASYNC_CLIENT.responses.stream(**asked) as events:
            return await events.get_final_response()

    return run(ask())


@pytest.fixture(params=[create, stream, create_async, stream_async], ids=lambda form: form.__name__)
def ask(request: pytest.FixtureRequest) -> Ask:
    """Every way to ask; all must come to the same."""
    return request.param


DEFINITIONS: list[Any] = [
    {'type': 'function', 'name': name, 'description': description, 'parameters': SCHEMA, 'strict': True}
    for name, description in DESCRIPTIONS.items()
]


def says(content: Any) -> list[Any]:
    return [{'role': 'user', 'content': content}]


def calls_of(response: Any) -> list[tuple[str, Any]]:
    return [(item.name, json.loads(item.arguments)) for item in response.output if item.type == 'function_call']


def results_of(response: Response) -> list[Any]:
    return [
        {
            'type': 'function_call_output',
            'call_id': item.call_id,
            'output': TOOLS[item.name](**json.loads(item.arguments)),
        }
        for item in response.output
        if item.type == 'function_call'
    ]


def answered(given: list[Any], response: Response) -> list[Any]:
    """The history with an answer as it came, and the results of its calls."""
    return [*given, *response.output, *results_of(response)]


def test_answers_with_text_and_usage(ask: Ask, upstream: str) -> None:
    response = ask(model=via(upstream), instructions='Be brief.', input=HELLO)
    assert (response.object, response.model, response.status) == ('response', via(upstream), 'completed')
    assert '你好 👋🏽' in response.output_text
    assert response.usage and response.usage.input_tokens > 5 and response.usage.output_tokens > 5
    assert generations(take_asked(), upstream) == 1


def test_calls_two_tools_at_once(ask: Ask, upstream: str) -> None:
    first = ask(model=via(upstream), input=PARALLEL, tools=DEFINITIONS)
    assert calls_of(first) == [('get_weather', {'city': 'Oslo'}), ('get_time', {'city': 'Rome'})]
    second = ask(model=via(upstream), input=answered(says(PARALLEL), first), tools=DEFINITIONS)
    assert 'Snow in Oslo' in second.output_text and 'Noon in Rome' in second.output_text


def test_thinks_calls_and_gets_its_thoughts_back(ask: Ask, upstream: str) -> None:
    asked = {
        'model': via(upstream, 'sandbox-thinker'),
        'store': False,
        'include': ['reasoning.encrypted_content'],
        'reasoning': {'effort': 'high', 'summary': 'auto'},
        'tools': DEFINITIONS,
    }
    first = ask(input=says(ONE), **asked)
    assert first.output[0].type == 'reasoning'
    take_asked()
    second = ask(input=answered(says(ONE), first), **asked)
    assert 'Snow in Oslo' in second.output_text
    expect_own_thoughts(upstream)


def test_goes_on_from_a_response_thoughts_and_calls_included(ask: Ask, upstream: str) -> None:
    asked = {'model': via(upstream, 'sandbox-thinker'), 'reasoning': {'effort': 'high'}, 'tools': DEFINITIONS}
    first = ask(input=ONE, **asked)
    take_asked()
    second = ask(input=results_of(first), previous_response_id=first.id, **asked)
    assert 'Snow in Oslo' in second.output_text
    expect_own_thoughts(upstream)
    third = ask(model=via(upstream, 'sandbox-thinker'), input='Thanks.', previous_response_id=second.id)
    assert 'Thanks.' in third.output_text


def test_sees_a_picture(ask: Ask, upstream: str) -> None:
    image = {'type': 'input_image', 'image_url': f'data:image/png;base64,{PNG}', 'detail': 'auto'}
    content = [{'type': 'input_text', 'text': 'What is it?'}, image]
    assert SEEN_PNG in ask(model=via(upstream, 'sandbox-vision'), input=says(content)).output_text


@pytest.mark.parametrize('prompt', BREAKS.values(), ids=BREAKS)
def test_never_takes_half_an_answer_for_one(ask: Ask, upstream: str, prompt: str) -> None:
    # The helper of streams knows one good end alone, and says that it did not come.
    with pytest.raises((openai.APIError, RuntimeError)):
        ask(model=via(upstream), input=prompt)


# With a pause between words the answer has begun before it fails.
@pytest.mark.parametrize('failure', ['cut@20', 'error@20'])
def test_tells_in_a_stream_that_an_answer_failed(upstream: str, failure: str) -> None:
    prompt = f'sandbox: words=40 delay=1ms fail={failure}'
    events = list(CLIENT.responses.create(model=via(upstream), input=prompt, stream=True))
    assert events[-1].type == 'response.failed'
    assert events[-1].response.error and events[-1].response.error.message


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
        ask(model=via(upstream), input=f'sandbox:fail={status}')
    assert thrown.value.status_code == told
    assert thrown.value.request_id and thrown.value.request_id.startswith('req_')


def test_is_refused_as_a_stranger_with_other_models_and_wrong_requests(upstream: str) -> None:
    asked: dict[str, Any] = {'model': via(upstream), 'input': 'Hi'}
    with pytest.raises(openai.AuthenticationError):
        connect(api_key='sk-nobody').responses.create(**asked)
    with pytest.raises(openai.PermissionDeniedError):
        connect(api_key=NARROW_KEY).responses.create(**asked)
    with pytest.raises(openai.NotFoundError) as unknown:
        CLIENT.responses.create(**{**asked, 'model': 'nobody'})
    assert unknown.value.code == 'model_not_found'
    with pytest.raises(openai.APIStatusError) as large:
        CLIENT.responses.create(**{**asked, 'input': TOO_LARGE})
    assert large.value.status_code == 413
    assert generations(take_asked(), upstream) == 0
    with pytest.raises(openai.BadRequestError):
        CLIENT.responses.create(**{**asked, 'input': 7})


def test_says_that_a_prompt_is_too_long_in_the_code_that_clients_look_for(upstream: str) -> None:
    with pytest.raises(openai.BadRequestError) as thrown:
        stream(model=via(upstream), input=TOO_LONG)
    assert thrown.value.code == 'context_length_exceeded'


@pytest.mark.parametrize('status', [429, 503])
def test_is_asked_again_when_the_sdk_retries(upstream: str, status: int, naps: Naps) -> None:
    with pytest.raises(openai.APIStatusError) as thrown:
        connect(max_retries=2).responses.create(model=via(upstream), input=f'sandbox:fail={status}')
    assert generations(take_asked(), upstream) == 3
    after = thrown.value.response.headers.get('retry-after')
    if status == 429:
        assert after and [round(nap) for nap in naps] == [int(after)] * 2
    assert len(naps) == 2


def test_does_not_wait_for_ever(upstream: str) -> None:
    with pytest.raises(openai.APITimeoutError):
        connect(timeout=0.3).responses.create(model=via(upstream), input='sandbox:fail=silence')


def test_streams_event_by_event(upstream: str) -> None:
    events = list(CLIENT.responses.create(model=via(upstream), input='sandbox: words=5', stream=True))
    assert (events[0].type, events[-1].type) == ('response.created', 'response.completed')
    assert [event.sequence_number for event in events] == list(range(len(events)))
    deltas = [event.delta for event in events if event.type == 'response.output_text.delta']
    assert ''.join(deltas) == 'word1 word2 word3 word4 word5'


def test_parses_an_answer_into_a_model(upstream: str) -> None:
    asked: dict[str, Any] = {'model': via(upstream), 'input': 'Where is it cold?', 'text_format': Place}
    assert isinstance(CLIENT.responses.parse(**asked).output_parsed, Place)
    with CLIENT.responses.stream(**asked) as events:
        assert isinstance(events.get_final_response().output_parsed, Place)

    async def parse() -> Any:
        return await ASYNC_CLIENT.responses.parse(**asked)

    assert isinstance(run(parse()).output_parsed, Place)


def test_parses_an_answer_into_a_model_of_models(upstream: str) -> None:
    asked: dict[str, Any] = {'model': via(upstream), 'input': 'What is it like?', 'text_format': Forecast}
    assert isinstance(CLIENT.responses.parse(**asked).output_parsed, Forecast)
    with CLIENT.responses.stream(**asked) as events:
        assert isinstance(events.get_final_response().output_parsed, Forecast)


def test_is_told_that_conversations_are_not_held(upstream: str) -> None:
    with pytest.raises((openai.BadRequestError, openai.NotFoundError)) as thrown:
        CLIENT.responses.create(model=via(upstream), input='Hi', conversation='conv_1')
    assert thrown.value.param == 'conversation'
    with pytest.raises(openai.NotFoundError):
        CLIENT.conversations.create()


@pytest.mark.parametrize('is_stream', [False, True], ids=['unary', 'stream'])
def test_runs_tools_until_there_is_an_answer(upstream: str, is_stream: bool) -> None:
    functions = [
        RegisteredFunction(tool=tool, execute=lambda given, run=TOOLS[tool['name']]: run(**given))
        for tool in DEFINITIONS
    ]
    last = ResponsesToolRunner(functions=functions).run(
        CLIENT, {'model': via(upstream), 'input': STEPS}, max_steps=5, stream=is_stream
    )
    assert 'Noon in Rome' in last.output_text


@pytest.mark.parametrize('is_stream', [False, True], ids=['unary', 'stream'])
def test_runs_async_tools_until_there_is_an_answer(upstream: str, is_stream: bool) -> None:
    async def execute(given: dict[str, Any]) -> str:
        return TOOLS['get_weather'](**given)

    async def go() -> Response:
        runner = AsyncResponsesToolRunner(functions=[AsyncRegisteredFunction(tool=DEFINITIONS[0], execute=execute)])
        return await runner.run(ASYNC_CLIENT, {'model': via(upstream), 'input': ONE}, max_steps=5, stream=is_stream)

    assert 'Snow in Oslo' in run(go()).output_text


@pytest.mark.parametrize('form', [create, stream], ids=lambda form: form.__name__)
def test_keeps_what_was_answered_until_it_is_deleted(form: Ask, upstream: str) -> None:
    responses = CLIENT.responses
    response = form(model=via(upstream), input='Keep this.')
    assert responses.retrieve(response.id).output_text == response.output_text
    [item] = responses.input_items.list(response.id)
    assert item.content[0].text == 'Keep this.'
    responses.delete(response.id)
    with pytest.raises(openai.NotFoundError):
        responses.retrieve(response.id)
    with pytest.raises(openai.BadRequestError) as gone:
        responses.create(model=via(upstream), previous_response_id=response.id, input='And?')
    assert gone.value.code == 'previous_response_not_found'


def test_counts_tokens_and_generates_nothing(upstream: str) -> None:
    counted = CLIENT.responses.input_tokens.count(model=via(upstream), input='one two three', tools=DEFINITIONS)
    assert counted.object == 'response.input_tokens'
    assert counted.input_tokens > 2
    assert generations(take_asked(), upstream) == 0


def test_compacts_a_conversation_and_goes_on_from_it(upstream: str) -> None:
    history = [*says('My name is Ada.'), {'role': 'assistant', 'content': 'Hello Ada.'}]
    compacted = CLIENT.responses.compact(model=via(upstream), input=history)
    assert 'compaction' in [item.type for item in compacted.output]
    after = create(model=via(upstream, 'sandbox-echo'), input=[*compacted.output, *says('Who am I?')])
    assert 'Who am I?' in after.output_text


def test_talks_over_a_web_socket_turn_after_turn(upstream: str) -> None:
    with CLIENT.responses.connect() as socket:
        said: list[str] = []
        for text in ('My name is Ada.', 'And mine is Bo.'):
            more = {'previous_response_id': said[-1]} if said else {}
            socket.response.create(model=via(upstream), input=text, **more)
            for event in socket:
                assert event.type not in ('error', 'response.failed')
                if event.type == 'response.completed':
                    assert text in event.response.output_text
                    said.append(event.response.id)
                    break
    assert len(said) == 2


def test_shows_the_id_of_a_request(upstream: str) -> None:
    raw = CLIENT.responses.with_raw_response.create(model=via(upstream), input='Hi')
    assert raw.headers['x-request-id'] == raw.request_id
    assert raw.parse()._request_id == raw.request_id
    assert str(raw.request_id).startswith('req_')


def test_parses_the_arguments_of_a_tool_into_a_model(upstream: str) -> None:
    tool = {**pydantic_function_tool(Place, name='get_weather')['function'], 'type': 'function'}
    response = CLIENT.responses.parse(model=via(upstream), input=ONE, tools=[tool])
    assert calls_of(response) == [('get_weather', {'city': 'Oslo'})]
