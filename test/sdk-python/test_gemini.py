"""The SDK of Google, on upstreams of every format."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from google import genai
from google.genai import errors, types

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
    Sky,
    get_time,
    get_weather,
    plan_walk,
)
from gateway import KEY, NARROW_KEY, URL, expect_own_thoughts, generations, run, take_asked, via


def connect(api_key: str = KEY) -> genai.Client:
    return genai.Client(api_key=api_key, http_options=types.HttpOptions(base_url=URL))


CLIENT = connect()


@dataclass
class Answer:
    """An answer, however it came: a stream's parts in a row."""

    chunks: list[types.GenerateContentResponse]

    @property
    def history(self) -> list[types.Content]:
        """As the SDK's own chats put it into their history: every chunk a content."""
        return [chunk.candidates[0].content for chunk in self.chunks if chunk.candidates]

    @property
    def parts(self) -> list[types.Part]:
        return [part for content in self.history for part in content.parts or []]

    @property
    def text(self) -> str:
        return ''.join(part.text for part in self.parts if part.text and not part.thought)

    @property
    def calls(self) -> list[types.FunctionCall]:
        return [part.function_call for part in self.parts if part.function_call]

    @property
    def last(self) -> types.GenerateContentResponse:
        return self.chunks[-1]


Ask = Callable[..., Answer]


def generate_content(**asked: Any) -> Answer:
    return Answer([CLIENT.models.generate_content(**asked)])


def generate_content_stream(**asked: Any) -> Answer:
    return Answer(list(CLIENT.models.generate_content_stream(**asked)))


def generate_content_async(**asked: Any) -> Answer:
    async def ask() -> Answer:
        return Answer([await CLIENT.aio.models.generate_content(**asked)])

    return run(ask())


def generate_content_stream_async(**asked: Any) -> Answer:
    async def ask() -> Answer:
        return Answer([chunk async for chunk in await CLIENT.aio.models.generate_content_stream(**asked)])

    return run(ask())


FORMS = [generate_content, generate_content_stream, generate_content_async, generate_content_stream_async]


@pytest.fixture(params=FORMS, ids=lambda form: form.__name__)
def ask(request: pytest.FixtureRequest) -> Ask:
    """Every way to ask; all must come to the same."""
    return request.param


DEFINITIONS = [
    types.Tool(
        function_declarations=[
            types.FunctionDeclaration(name=name, description=description, parameters_json_schema=SCHEMA)
            for name, description in DESCRIPTIONS.items()
        ]
    )
]


def says(*parts: types.Part) -> list[types.Content]:
    return [types.Content(role='user', parts=list(parts))]


def results_of(calls: list[types.FunctionCall]) -> list[types.Part]:
    return [
        types.Part(
            function_response=types.FunctionResponse(
                id=call.id, name=call.name, response={'output': TOOLS[call.name](**call.args)}
            )
        )
        for call in calls
    ]


def answered(contents: list[types.Content], answer: Answer) -> list[types.Content]:
    """The history with an answer as it came, and the results of its calls."""
    return [*contents, *answer.history, types.Content(role='user', parts=results_of(answer.calls))]


def test_answers_with_text_and_usage(ask: Ask, upstream: str) -> None:
    answer = ask(model=via(upstream), contents=HELLO, config={'system_instruction': 'Be brief.'})
    assert '你好 👋🏽' in answer.text
    assert answer.last.model_version == via(upstream)
    assert answer.last.candidates[0].finish_reason == types.FinishReason.STOP
    assert answer.last.usage_metadata.prompt_token_count > 5
    assert answer.last.usage_metadata.candidates_token_count > 5
    assert generations(take_asked(), upstream) == 1


def test_calls_two_tools_at_once(ask: Ask, upstream: str) -> None:
    asked = {'model': via(upstream), 'config': {'tools': DEFINITIONS}}
    first = ask(contents=PARALLEL, **asked)
    assert [(call.name, call.args) for call in first.calls] == [
        ('get_weather', {'city': 'Oslo'}),
        ('get_time', {'city': 'Rome'}),
    ]
    second = ask(contents=answered(says(types.Part(text=PARALLEL)), first), **asked)
    assert 'Snow in Oslo' in second.text and 'Noon in Rome' in second.text


def test_calls_python_functions_by_itself(ask: Ask, upstream: str) -> None:
    answer = ask(model=via(upstream), contents=STEPS, config={'tools': [get_weather, get_time]})
    assert 'Noon in Rome' in answer.text
    assert generations(take_asked(), upstream) == 3


def test_calls_no_function_when_told_not_to(ask: Ask, upstream: str) -> None:
    config = {'tools': [get_weather, get_time], 'automatic_function_calling': {'disable': True}}
    answer = ask(model=via(upstream), contents=STEPS, config=config)
    assert [call.args for call in answer.calls] == [{'city': 'Oslo'}]


def test_thinks_calls_and_gets_its_thoughts_back(ask: Ask, upstream: str) -> None:
    config = {'tools': DEFINITIONS, 'thinking_config': {'include_thoughts': True}}
    asked = {'model': via(upstream, 'sandbox-thinker'), 'config': config}
    first = ask(contents=ONE, **asked)
    assert first.parts[0].thought and first.parts[0].text
    assert first.last.usage_metadata.thoughts_token_count > 0
    take_asked()
    second = ask(contents=answered(says(types.Part(text=ONE)), first), **asked)
    assert 'Snow in Oslo' in second.text
    expect_own_thoughts(upstream)


def test_sees_a_picture(ask: Ask, upstream: str) -> None:
    picture = types.Part.from_bytes(data=base64.b64decode(PNG), mime_type='image/png')
    contents = says(picture, types.Part(text='What is it?'))
    assert SEEN_PNG in ask(model=via(upstream, 'sandbox-vision'), contents=contents).text


@pytest.mark.parametrize('prompt', BREAKS.values(), ids=BREAKS)
def test_never_returns_half_an_answer(ask: Ask, upstream: str, prompt: str) -> None:
    # The connection breaks after the error, so that every version of the SDK sees one of both.
    with pytest.raises(Exception) as thrown:
        ask(model=via(upstream), contents=prompt)
    assert isinstance(thrown.value, errors.APIError) or 'Protocol' in type(thrown.value).__name__


#: What each failure of an upstream becomes: never the client's own account.
TOLD: list[tuple[int, type[errors.APIError], int]] = [
    (400, errors.ClientError, 400),
    (401, errors.ServerError, 502),
    (403, errors.ServerError, 502),
    (413, errors.ClientError, 413),
    (429, errors.ClientError, 429),
    (500, errors.ServerError, 500),
    (503, errors.ServerError, 503),
    (529, errors.ServerError, 503),
]


@pytest.mark.parametrize(('status', 'error', 'told'), TOLD, ids=[str(status) for status, *_ in TOLD])
def test_throws_the_class_of_a_failure(
    ask: Ask, upstream: str, status: int, error: type[errors.APIError], told: int
) -> None:
    with pytest.raises(error) as thrown:
        ask(model=via(upstream), contents=f'sandbox:fail={status}')
    assert thrown.value.code == told
    assert thrown.value.status


def test_is_refused_as_a_stranger_with_other_models_and_wrong_requests(upstream: str) -> None:
    asked: dict[str, Any] = {'model': via(upstream), 'contents': 'Hi'}

    def refused(client: genai.Client, **more: Any) -> int:
        with pytest.raises(errors.ClientError) as thrown:
            client.models.generate_content(**{**asked, **more})
        return thrown.value.code

    assert refused(connect(api_key='sk-nobody')) == 401
    assert refused(connect(api_key=NARROW_KEY)) == 403
    assert refused(CLIENT, model='nobody') == 404
    assert refused(CLIENT, contents=TOO_LARGE) == 413
    assert generations(take_asked(), upstream) == 0
    options = types.HttpOptions(extra_body={'contents': 7})
    assert refused(CLIENT, config=types.GenerateContentConfig(http_options=options)) == 400


def test_says_that_a_prompt_is_too_long_in_the_words_that_clients_look_for(upstream: str) -> None:
    words = r'input token count \(\d+\) exceeds the maximum number of tokens allowed \(200000\)'
    with pytest.raises(errors.ClientError, match=words):
        generate_content_stream(model=via(upstream), contents=TOO_LONG)


@pytest.mark.parametrize('status', [429, 503])
def test_is_asked_again_when_the_sdk_retries(upstream: str, status: int) -> None:
    retry = types.HttpRetryOptions(attempts=3, initial_delay=0.01, max_delay=0.01, jitter=0)
    with pytest.raises(errors.APIError):
        CLIENT.models.generate_content(
            model=via(upstream),
            contents=f'sandbox:fail={status}',
            config={'http_options': types.HttpOptions(retry_options=retry)},
        )
    assert generations(take_asked(), upstream) == 3


def test_does_not_wait_for_ever(upstream: str) -> None:
    with pytest.raises(Exception, match='(?i)timed? ?out'):
        CLIENT.models.generate_content(
            model=via(upstream),
            contents='sandbox:fail=silence',
            config={'http_options': types.HttpOptions(timeout=300)},
        )


@pytest.mark.parametrize('schema', [Place, SCHEMA], ids=['model', 'schema'])
def test_answers_by_a_schema(ask: Ask, upstream: str, schema: Any) -> None:
    field = 'response_schema' if schema is Place else 'response_json_schema'
    config = {'response_mime_type': 'application/json', field: schema}
    answer = ask(model=via(upstream), contents='Where is it cold?', config=config)
    assert Place.model_validate_json(answer.text)


def test_parses_an_answer_into_a_model(upstream: str) -> None:
    config = {'response_mime_type': 'application/json', 'response_schema': Place}
    [chunk] = generate_content(model=via(upstream), contents='Where is it cold?', config=config).chunks
    assert isinstance(chunk.parsed, Place)
    config['response_schema'] = list[Place]
    [chunk] = generate_content(model=via(upstream), contents='Where is it cold?', config=config).chunks
    assert isinstance(chunk.parsed, list) and all(isinstance(place, Place) for place in chunk.parsed)


@pytest.mark.parametrize(('schema', 'kind'), [(Forecast, Forecast), (Sky, Sky), (list[str], list), (int, int)])
def test_parses_an_answer_into_every_kind(upstream: str, schema: Any, kind: type) -> None:
    config = {'response_mime_type': 'application/json', 'response_schema': schema}
    [chunk] = generate_content(model=via(upstream), contents='What is it like?', config=config).chunks
    assert isinstance(chunk.parsed, kind)


def test_calls_a_function_with_arguments_of_every_kind(ask: Ask, upstream: str) -> None:
    answer = ask(model=via(upstream), contents='call plan_walk', config={'tools': [plan_walk]})
    assert 'A walk from' in answer.text


@pytest.mark.parametrize('is_stream', [False, True], ids=['unary', 'stream'])
def test_keeps_a_chat_with_thoughts_and_calls(upstream: str, is_stream: bool) -> None:
    config = {'tools': DEFINITIONS, 'thinking_config': {'include_thoughts': True}}
    chat = CLIENT.chats.create(model=via(upstream, 'sandbox-thinker'), config=config)

    def send(message: Any) -> Answer:
        return Answer(list(chat.send_message_stream(message)) if is_stream else [chat.send_message(message)])

    first = send(PARALLEL)
    assert len(first.calls) == 2
    take_asked()
    second = send(results_of(first.calls))
    assert 'Snow in Oslo' in second.text and 'Noon in Rome' in second.text
    expect_own_thoughts(upstream)
    assert 'Thanks.' in send('Thanks.').text
    # A turn that the SDK takes for invalid vanishes from here.
    assert len([content for content in chat.get_history(curated=True) if content.role == 'user']) == 3


def test_keeps_an_async_chat(upstream: str) -> None:
    async def talk() -> list[types.Content]:
        chat = CLIENT.aio.chats.create(model=via(upstream))
        await chat.send_message('My name is Ada.')
        async for _ in await chat.send_message_stream('And mine is Bo.'):
            pass
        return chat.get_history(curated=True)

    assert [content.role for content in run(talk())][:3] == ['user', 'model', 'user']
    assert 'My name is Ada.' in json.dumps(take_asked()[-1]['body'])


def test_counts_tokens_and_generates_nothing(upstream: str) -> None:
    assert CLIENT.models.count_tokens(model=via(upstream), contents='one two three').total_tokens > 2
    assert generations(take_asked(), upstream) == 0


def test_lists_models_and_knows_each(upstream: str) -> None:
    name = via(upstream, 'sandbox-thinker')
    assert f'models/{name}' in [model.name for model in CLIENT.models.list()]
    assert CLIENT.models.get(model=name).name == f'models/{name}'
    with pytest.raises(errors.ClientError) as thrown:
        CLIENT.models.get(model='nobody')
    assert thrown.value.code == 404


def test_shows_the_id_of_a_request(upstream: str) -> None:
    answer = generate_content(model=via(upstream), contents='Hi').last
    assert answer.sdk_http_response and answer.sdk_http_response.headers
    assert answer.sdk_http_response.headers['x-request-id'].startswith('req_')
