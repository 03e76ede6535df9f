import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import type { DialectId } from '../../src/model/dialect.ts'
import { argumentsOf, type Json } from './views/view.ts'

/** What an official SDK gathers from a stream. */
export interface Gathered {
  readonly text: string
  readonly calls: readonly { readonly name: string; readonly args: unknown }[]
}

const messages = [{ role: 'user' as const, content: 'Hi' }]
const model = 'm'

/** `fetch` of an SDK that is always answered with these bytes. */
const fetching = (bytes: Buffer) => async () =>
  new Response(new Uint8Array(bytes), { headers: { 'content-type': 'text/event-stream' } })

const options = (bytes: Buffer) => ({ apiKey: 'k', fetch: fetching(bytes), maxRetries: 0 })

/** The official SDKs' own accumulators over the bytes of a stream. They throw when it breaks the format's grammar. */
export const gather: Record<DialectId, (bytes: Buffer) => Promise<Gathered>> = {
  async 'anthropic-messages'(bytes) {
    const stream = new Anthropic(options(bytes)).messages.stream({ model, max_tokens: 1, messages })
    const { content } = await stream.finalMessage()
    return {
      text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
      calls: content.flatMap((block) => (block.type === 'tool_use' ? [{ name: block.name, args: block.input }] : [])),
    }
  },
  async 'openai-chat'(bytes) {
    const stream = new OpenAI(options(bytes)).chat.completions.stream({ model, messages })
    const { choices } = await stream.finalChatCompletion()
    const message = choices[0]?.message
    return {
      text: message?.content ?? '',
      calls: (message?.tool_calls ?? []).map((call: Json) => ({
        name: call.function?.name ?? call.custom?.name,
        args: call.custom ? { input: call.custom.input } : argumentsOf(call.function?.arguments),
      })),
    }
  },
  async 'openai-responses'(bytes) {
    const { output, output_text: text } = await new OpenAI(options(bytes)).responses
      .stream({ model, input: 'Hi' })
      .finalResponse()
    return {
      text,
      calls: output.flatMap((item) => {
        if (item.type === 'function_call') return [{ name: item.name, args: argumentsOf(item.arguments) }]
        if (item.type === 'apply_patch_call') return [{ name: 'apply_patch', args: item.operation }]
        return item.type === 'custom_tool_call' ? [{ name: item.name, args: { input: item.input } }] : []
      }),
    }
  },
  async gemini(bytes) {
    const client = new GoogleGenAI({ apiKey: 'k', httpOptions: { fetch: fetching(bytes) } })
    const text: string[] = []
    const calls: Gathered['calls'][number][] = []
    for await (const chunk of await client.models.generateContentStream({ model, contents: 'Hi' }))
      for (const part of chunk.candidates?.[0]?.content?.parts ?? []) {
        if (part.text && !part.thought) text.push(part.text)
        if (part.functionCall) calls.push({ name: part.functionCall.name ?? '', args: part.functionCall.args ?? {} })
      }
    return { text: text.join(''), calls }
  },
}
