import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OldAnthropic from 'anthropic-sdk-0137'
import OpenAI from 'openai'
import OldOpenAI from 'openai-6'
import type { Json } from '../support/formats/format.ts'
import { collect } from './collect.ts'
import type { AnthropicSdk } from './deviation/anthropic-messages.ts'
import type { GoogleSdk } from './deviation/gemini.ts'
import type { OpenAISdk } from './deviation/openai-chat.ts'

/** What a client of an SDK has heard when its stream helper is done: throws where that throws. */
export type Hearer = (url: string) => Promise<Json>

const anthropic = (sdk: typeof Anthropic): Hearer => {
  return async (url) => {
    const client = new sdk({ apiKey: 'k', baseURL: url, maxRetries: 0 })
    const asked = { model: 'm', max_tokens: 99, messages: [{ role: 'user' as const, content: 'Weather?' }] }
    const { content, stop_reason: stop } = await client.messages.stream(asked).finalMessage()
    return {
      thought: content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join(''),
      seal: content.map((block) => (block.type === 'thinking' ? block.signature : '')).join(''),
      text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
      calls: content.flatMap((block) => (block.type === 'tool_use' ? [{ name: block.name, input: block.input }] : [])),
      stop,
    }
  }
}

export const anthropicHearers: Record<AnthropicSdk, Hearer> = {
  'sdk 1.12': anthropic(Anthropic),
  // Older, but all that is called here is in both and of the same shape.
  'sdk 0.137': anthropic(OldAnthropic as unknown as typeof Anthropic),
}

const chat = (sdk: typeof OpenAI): Hearer => {
  return async (url) => {
    const client = new sdk({ apiKey: 'k', baseURL: url, maxRetries: 0 })
    const asked = { model: 'm', messages: [{ role: 'user' as const, content: 'Weather?' }] }
    const [choice] = (await client.chat.completions.stream(asked).finalChatCompletion()).choices
    const calls = choice?.message.tool_calls ?? []
    return {
      // Not in the format's standard: the SDK passes on what it is told.
      thought: (choice?.message as Json | undefined)?.reasoning_content,
      text: choice?.message.content,
      calls: calls.map((call: Json) => ({ name: call.function.name, input: JSON.parse(call.function.arguments) })),
      stop: choice?.finish_reason,
    }
  }
}

// As above.
const older = OldOpenAI as unknown as typeof OpenAI

export const chatHearers: Record<OpenAISdk, Hearer> = { 'openai 7': chat(OpenAI), 'openai 6': chat(older) }

const responses = (sdk: typeof OpenAI): Hearer => {
  return async (url) => {
    const client = new sdk({ apiKey: 'k', baseURL: url, maxRetries: 0 })
    const { output, status } = await client.responses.stream({ model: 'm', input: 'Weather?' }).finalResponse()
    return {
      thought: output
        .flatMap((item) => (item.type === 'reasoning' ? item.summary.map(({ text }) => text) : []))
        .join(''),
      text: output
        .flatMap((item) => (item.type === 'message' ? item.content : []))
        .map((part) => (part.type === 'output_text' ? part.text : ''))
        .join(''),
      calls: output.flatMap((item) =>
        item.type === 'function_call' ? [{ name: item.name, input: JSON.parse(item.arguments) }] : [],
      ),
      status,
    }
  }
}

export const responsesHearers: Record<OpenAISdk, Hearer> = {
  'openai 7': responses(OpenAI),
  'openai 6': responses(older),
}

export const geminiHearers: Record<GoogleSdk, Hearer> = {
  'genai 3': async (url) => {
    const chat = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url } }).chats.create({ model: 'm' })
    const chunks = await collect(await chat.sendMessageStream({ message: 'Weather?' }))
    const parts = chunks.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? [])
    const textOf = (isThought: boolean) =>
      parts.map(({ text, thought }) => (Boolean(thought) === isThought ? (text ?? '') : '')).join('')
    const contents = chat.getHistory(true).filter(({ role }) => role === 'model')
    return {
      thought: textOf(true),
      text: textOf(false),
      calls: parts.flatMap(({ functionCall: call }) => (call ? [{ name: call.name, input: call.args }] : [])),
      // Every chunk is a content of its own in the history; none of them where one displeases the SDK.
      contents: contents.length,
    }
  },
}
