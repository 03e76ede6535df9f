import { describe, expect, it } from 'vitest'
import { upstreamCodecs } from '../../src/dialects/index.ts'
import type { UpstreamFormat } from '../../src/model/dialect.ts'

// What filters of vendors say, in the body of whatever format passes it on.

const bodies: Record<UpstreamFormat, (message: string) => object> = {
  'anthropic-messages': (message) => ({ type: 'error', error: { type: 'invalid_request_error', message } }),
  'openai-chat': (message) => ({ error: { message, type: 'invalid_request_error', param: null, code: null } }),
  'openai-responses': (message) => ({ error: { message, type: 'invalid_request_error', param: null, code: null } }),
  gemini: (message) => ({ error: { code: 400, message, status: 'INVALID_ARGUMENT' } }),
  'bedrock-converse': (message) => ({ __type: 'ValidationException', message }),
}

const refusals = [
  'Output blocked by content filtering policy',
  "This request triggered restrictions on violative cyber content and was blocked under Anthropic's Usage Policy.",
  'This request appears to violate our Usage Policy.',
  "The prompt could not be submitted. This prompt contains sensitive words that violate Google's Responsible AI practices. Try rephrasing the prompt.",
  'The prompt could not be submitted. Your current safety filter threshold prohibited one or more words in this prompt.',
  'Blocked by Model Armor Floor Setting: The prompt violated Prompt Injection and Jailbreak filters.',
  'The request was blocked: PROHIBITED_CONTENT',
  "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
  'Your request was rejected as a result of our safety system.',
  'Content Exists Risk',
  'The request was rejected because it was considered high risk',
  'Input data may contain inappropriate content.',
  '系统检测到输入或生成内容可能包含不安全或敏感内容',
]

/** Of a request that is wrong in itself. */
const others = [
  'Invalid value at safety_settings[0].threshold',
  'GenerateContentRequest.safety_settings[0]: element predicate failed: $.category in (HarmCategory.HARM_CATEGORY_HARASSMENT)',
  'metadata: keys are case sensitive',
  'messages.0.content: Field required',
  'contents is not specified',
  'policy: Extra inputs are not permitted',
]

// The table has every format, by its type.
describe.each(Object.keys(bodies) as UpstreamFormat[])('in %s', (format) => {
  const classOf = (message: string) =>
    upstreamCodecs[format].readFault({ status: 400, headers: {}, text: JSON.stringify(bodies[format](message)) }).class

  it.each(refusals)('a filter refused: %s', (message) => {
    expect(classOf(message)).toBe('content_policy')
  })

  it.each(others)('the request is wrong: %s', (message) => {
    expect(classOf(message)).toBe('invalid')
  })
})
