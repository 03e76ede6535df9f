import type { DialectId } from '../../src/model/dialect.ts'
import type { Call, Json, View } from '../support/formats/format.ts'

/** What has happened in a session, in the order in which it happened. */
export type Entry =
  | { readonly user: string; readonly png?: string }
  | { readonly answer: View }
  | { readonly results: readonly Result[] }
  /** What an agent tells its model between the turns, as instructions where its format has such. */
  | { readonly note: string }

export interface Result {
  readonly call: Call
  readonly text: string
  readonly isError?: boolean
  readonly png?: string
}

export interface Session {
  readonly model: string
  readonly stream: boolean
  readonly system: readonly string[]
  readonly tools: readonly { readonly name: string; readonly description: string; readonly schema: Json }[]
  readonly entries: readonly Entry[]
}

export interface Asked {
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: Json
}

/** How the coding agent of each format writes the whole session into its next request. */
export const agents: Record<DialectId, (session: Session) => Asked> = {
  'anthropic-messages': claudeCode,
  'openai-chat': chatAgent,
  'openai-responses': codex,
  gemini: geminiCli,
}

const sessionId = '5f0c1d3e-7a52-4a6b-9d55-0d4c6f1b2a39'
const marked = (block: Json): Json => ({ ...block, cache_control: { type: 'ephemeral' } })
const base64 = (data: string): Json => ({ type: 'image', source: { type: 'base64', media_type: 'image/png', data } })
const dataUrl = (data: string): string => `data:image/png;base64,${data}`

/** Marks the system and the end of the last turn, which is another one each time; its first block is its own accounting. */
function claudeCode({ model, stream, system, tools, entries }: Session): Asked {
  const messages = entries.map((entry): { role: string; content: Json[] } => {
    if ('answer' in entry) return { role: 'assistant', content: [...entry.answer.history] }
    if ('note' in entry) return { role: 'system', content: [{ type: 'text', text: entry.note }] }
    if ('user' in entry) {
      return {
        role: 'user',
        content: [{ type: 'text', text: entry.user }, ...(entry.png ? [base64(entry.png)] : [])],
      }
    }
    const content = entry.results.map(({ call, text, isError, png }) => ({
      type: 'tool_result',
      tool_use_id: call.id,
      content: png ? [{ type: 'text', text }, base64(png)] : text,
      ...(isError && { is_error: true }),
    }))
    return { role: 'user', content }
  })
  const last = messages.at(-1)
  if (last) last.content = last.content.map((block, at) => (at === last.content.length - 1 ? marked(block) : block))
  return {
    path: '/v1/messages?beta=true',
    headers: { 'anthropic-version': '2023-06-01', 'x-claude-code-session-id': sessionId },
    body: {
      model,
      messages,
      system: [
        { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.328; cc_entrypoint=sdk-cli;' },
        ...system.map((text) => marked({ type: 'text', text })),
      ],
      tools: tools.map(({ name, description, schema }) => ({ name, description, input_schema: schema })),
      metadata: { user_id: JSON.stringify({ device_id: 'd', account_uuid: '', session_id: sessionId }) },
      max_tokens: 32_000,
      thinking: { type: 'enabled', budget_tokens: 8_000 },
      context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
      stream,
    },
  }
}

/** Its tools answer with text alone; pictures follow from the user. */
function chatAgent({ model, stream, system, tools, entries }: Session): Asked {
  const picture = (png: string): Json => ({ type: 'image_url', image_url: { url: dataUrl(png) } })
  const messages = entries.flatMap((entry): Json[] => {
    if ('answer' in entry) return [...entry.answer.history]
    if ('note' in entry) return [{ role: 'system', content: entry.note }]
    if ('user' in entry)
      return [
        {
          role: 'user',
          content: entry.png ? [{ type: 'text', text: entry.user }, picture(entry.png)] : entry.user,
        },
      ]
    const pictures = entry.results.flatMap(({ png }) => (png ? [picture(png)] : []))
    return [
      ...entry.results.map(({ call, text }) => ({ role: 'tool', tool_call_id: call.id, content: text })),
      ...(pictures.length > 0 ? [{ role: 'user', content: pictures }] : []),
    ]
  })
  return {
    path: '/v1/chat/completions',
    headers: { 'x-session-id': sessionId },
    body: {
      model,
      messages: [{ role: 'system', content: system.join('\n\n') }, ...messages],
      tools: tools.map(({ name, description, schema }) => ({
        type: 'function',
        function: { name, description, parameters: schema },
      })),
      tool_choice: 'auto',
      reasoning_effort: 'medium',
      max_completion_tokens: 32_000,
      stream,
      ...(stream && { stream_options: { include_usage: true } }),
    },
  }
}

function codex({ model, stream, system, tools, entries }: Session): Asked {
  const message = (role: string, content: Json[]): Json => ({ type: 'message', role, content })
  const text = (words: string): Json => ({ type: 'input_text', text: words })
  const picture = (png: string): Json => ({ type: 'input_image', image_url: dataUrl(png), detail: 'auto' })
  const input = entries.flatMap((entry): Json[] => {
    if ('answer' in entry) return [...entry.answer.history]
    if ('note' in entry) return [message('developer', [text(entry.note)])]
    if ('user' in entry) return [message('user', [text(entry.user), ...(entry.png ? [picture(entry.png)] : [])])]
    return entry.results.map((result) => ({
      type: 'function_call_output',
      call_id: result.call.id,
      output: result.png ? [text(result.text), picture(result.png)] : result.text,
    }))
  })
  return {
    path: '/v1/responses',
    headers: { 'session-id': sessionId, 'thread-id': sessionId },
    body: {
      model,
      input: [message('developer', system.map(text)), ...input],
      tools: tools.map(({ name, description, schema }) => ({
        type: 'function',
        name,
        description,
        strict: false,
        parameters: schema,
      })),
      tool_choice: 'auto',
      parallel_tool_calls: true,
      reasoning: { effort: 'medium', summary: 'auto' },
      include: ['reasoning.encrypted_content'],
      prompt_cache_key: sessionId,
      store: false,
      stream,
    },
  }
}

/** It names no session. Results and what is said beside them are one turn. */
function geminiCli({ model, stream, system, tools, entries }: Session): Asked {
  const picture = (data: string): Json => ({ inlineData: { mimeType: 'image/png', data } })
  const contents = entries.flatMap((entry): Json[] => {
    if ('answer' in entry) return [{ role: 'model', parts: entry.answer.history }]
    if ('note' in entry) return [{ role: 'user', parts: [{ text: entry.note }] }]
    if ('user' in entry)
      return [{ role: 'user', parts: [{ text: entry.user }, ...(entry.png ? [picture(entry.png)] : [])] }]
    const answered = entry.results.map(({ call, text, isError }) => ({
      functionResponse: { id: call.id, name: call.name, response: isError ? { error: text } : { output: text } },
    }))
    const pictures = entry.results.flatMap(({ png }) => (png ? [picture(png)] : []))
    return [{ role: 'user', parts: [...answered, ...pictures] }]
  })
  return {
    path: `/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: {
      contents,
      systemInstruction: { role: 'user', parts: system.map((text) => ({ text })) },
      tools: [
        {
          functionDeclarations: tools.map(({ name, description, schema }) => ({
            name,
            description,
            parametersJsonSchema: schema,
          })),
        },
      ],
      generationConfig: { temperature: 1, topP: 0.95, topK: 64, thinkingConfig: { includeThoughts: true } },
    },
  }
}
