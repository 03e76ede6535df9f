import { expect } from 'vitest'
import type { DialectId } from '../../src/model/dialect.ts'
import { type Call, formats, type Json, type View } from '../support/formats/format.ts'
import { key, type SandboxGateway, via } from '../support/gateway.ts'
import { type Asked, agents, type Entry, type Result, type Session } from './agents.ts'
import { type Prompt, promptOf } from './prefix.ts'

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties: { city: { type: 'string', minLength: 1 }, unit: { anyOf: [{ const: 'c' }, { const: 'f' }] } },
  required: ['city'],
  additionalProperties: false,
}
const tools = [
  { name: 'get_weather', description: 'The weather in a city', schema },
  { name: 'get_time', description: 'The time in a city', schema },
]
const system = ['You are a coding agent.', 'Work with care. '.repeat(700).trim()]

/** What is asked of the agent, over and over: its tools answer with text, pictures and errors. */
const errands: readonly ((at: number) => Entry)[] = [
  (at) => ({ user: `call get_weather with {"city":"Oslo ${at}"} and call get_time with {"city":"Rome"}` }),
  (at) => ({ user: `call get_time with {"city":"Atlantis ${at}"}` }),
  (at) => ({ user: `call get_weather with {"city":"Bern"} then call get_time with {"city":"Bern ${at}"}` }),
  (at) => ({ user: `What is this, ${at}?`, png }),
]
/** As many requests as a session has. */
export const turns = 30

/** One request of a session. */
export interface Turn {
  /** As the client wrote it. */
  readonly asked: Asked
  /** As the upstream got it. */
  readonly prompt: Prompt
  readonly view: View
}

export interface Pair {
  readonly client: DialectId
  readonly upstream: DialectId
  /** Responses: the gateway keeps the answers, and only what is new is sent. */
  readonly isKept?: boolean
  /** Nothing is shown: some upstreams see no pictures. */
  readonly isBlind?: boolean
}

/** The requests of one session, each with the answers that came before it. */
export async function play(gateway: SandboxGateway, pair: Pair, length = turns): Promise<Turn[]> {
  const entries: Entry[] = []
  const played: Turn[] = []
  const model = via(pair.upstream, 'sandbox-thinker')
  const session = { model, tools, entries, system: [`Session ${JSON.stringify(pair)}`, ...system] }
  for (let errand = 0; played.length < length; errand++) {
    const order = errands[errand % errands.length]
    if (order) entries.push(seen(order(errand), pair))
    if (errand % 3 === 1) entries.push({ note: `Errand ${errand} has begun.` })
    for (;;) {
      // Both ways of answering must give the same history.
      const turn = await take(gateway, pair, { ...session, stream: played.length % 2 === 0 })
      played.push(turn)
      entries.push({ answer: turn.view })
      if (turn.view.calls.length === 0 || played.length >= length) break
      entries.push(seen({ results: turn.view.calls.map((call, at) => resultOf(call, at, errand)) }, pair))
      if (errand % 4 === 2) entries.push({ note: `Result ${played.length} is there.` })
    }
  }
  return played
}

/** The entry, its pictures taken out where the session has none. */
function seen(entry: Entry, { isBlind }: Pair): Entry {
  if (!isBlind) return entry
  if ('user' in entry) return { user: entry.user }
  return 'results' in entry ? { results: entry.results.map(({ png: _png, ...result }) => result) } : entry
}

const resultOf = (call: Call, at: number, errand: number): Result => ({
  call,
  text: `${call.name} has answered ${call.id}`,
  ...(at === 1 && { png }),
  ...(errand % 4 === 1 && { isError: true }),
})

async function take(gateway: SandboxGateway, { client, upstream, isKept }: Pair, session: Session): Promise<Turn> {
  const asked = isKept ? continued(session) : agents[client](session)
  const { text, body } = await send(gateway, asked)
  const view = session.stream ? formats[client].viewStream(text) : formats[client].view(JSON.parse(text))
  if (isKept) lastKept = /"id":\s*"(resp_[^"]+)"/.exec(text)?.[1]
  return { asked, prompt: promptOf(upstream, body), view }
}

/** What the gateway answers, and what it asked its upstream. */
export async function send(
  gateway: SandboxGateway,
  asked: Asked,
): Promise<{ readonly text: string; readonly body: Json }> {
  const before = gateway.asked.length
  const answer = await fetch(gateway.url + asked.path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...asked.headers },
    body: JSON.stringify(asked.body),
  })
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`${answer.status} ${text}`)
  // Every upstream here is asked in JSON objects.
  const bodies = gateway.asked.slice(before).map((seen) => seen.body as Json)
  expect(bodies).toHaveLength(1)
  return { text, body: bodies[0] ?? {} }
}

let lastKept: string | undefined

/** The request for what is new since the last answer, which the gateway has kept. */
function continued(session: Session): Asked {
  const last = session.entries.findLastIndex((entry) => 'answer' in entry)
  if (last < 0) {
    const asked = agents['openai-responses'](session)
    return { ...asked, body: { ...asked.body, store: true } }
  }
  const asked = agents['openai-responses']({ ...session, system: [], entries: session.entries.slice(last + 1) })
  const input = asked.body.input.slice(1)
  return { ...asked, body: { ...asked.body, input, store: true, previous_response_id: lastKept } }
}
