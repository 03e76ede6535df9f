import { afterAll, beforeAll, expect, it } from 'vitest'
import { key, type SandboxGateway, startSandboxGateway, via } from '../support/gateway.ts'

let gateway: SandboxGateway
beforeAll(async () => {
  gateway = await startSandboxGateway()
})
afterAll(() => gateway.close())

interface Part {
  readonly text?: string
  readonly functionCall?: { readonly id: string; readonly name: string }
  readonly thoughtSignature?: string
}

const instruction = { role: 'user', parts: [{ text: 'call look with {}' }] }

async function ask(model: string, contents: readonly object[]): Promise<readonly Part[]> {
  const response = await fetch(`${gateway.url}/v1beta/models/${model}:generateContent`, {
    method: 'POST',
    headers: { 'x-goog-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify({
      contents,
      generationConfig: { thinkingConfig: { includeThoughts: true, thinkingBudget: 2000 } },
      tools: [{ functionDeclarations: [{ name: 'look', parametersJsonSchema: { type: 'object', properties: {} } }] }],
    }),
  })
  expect(response.status).toBe(200)
  // A reply of this format, which has one candidate.
  const reply = (await response.json()) as { candidates: [{ content: { parts: Part[] } }] }
  return reply.candidates[0].content.parts
}

/** Where each upstream's format has the thought that it wants back. */
const thoughts: readonly [format: 'openai-responses' | 'anthropic-messages', find: RegExp][] = [
  ['openai-responses', /"role":"user","content":"[^"]*"\},\{"type":"reasoning".*"encrypted_content":"\w/],
  ['anthropic-messages', /"role":"assistant","content":\[\{"type":"thinking".*"signature":"\w/],
]

it.each(thoughts)(
  '%s gets its thought back though a client dropped the signature of the text behind it',
  async (format, thought) => {
    const model = via(format, 'sandbox-thinker')
    const parts = await ask(model, [instruction])
    const call = parts.find((part) => part.functionCall)?.functionCall
    // Gemini CLI sends texts back without their signatures, and calls without one with a word in its place.
    const history = parts
      .filter((part) => !('thought' in part))
      .map(({ text, ...part }) =>
        text === undefined ? { ...part, thoughtSignature: 'skip_thought_signature_validator' } : { text },
      )
    const answer = { functionResponse: { id: call?.id, name: 'look', response: { output: 'seen' } } }
    await ask(model, [instruction, { role: 'model', parts: history }, { role: 'user', parts: [answer] }])
    expect(JSON.stringify(gateway.asked.at(-1)?.body)).toMatch(thought)
  },
)
