import { beforeAll, describe, expect, it } from 'vitest'
import { clientCodecs, upstreamCodecs } from '../../src/dialects/index.ts'
import { type DialectId, dialectIds, type UpstreamFormat } from '../../src/model/dialect.ts'
import type { ChatRequest } from '../../src/model/request.ts'
import { providers } from '../../src/providers/index.ts'
import { capabilitiesOf } from '../../src/providers/models.ts'
import type { FormatOffer } from '../../src/providers/provider.ts'
import { openIncoming } from '../../src/relay/seals-in.ts'
import { startSandboxGateway } from '../support/gateway.ts'
import type { Asked } from './agents.ts'
import { type Prompt, promptOf } from './prefix.ts'
import { play } from './session.ts'

interface Said {
  readonly pictured: readonly ChatRequest[]
  readonly blind: readonly ChatRequest[]
}

/** What each agent asked in all of its errands and some again. */
const sessions = new Map<DialectId, Said>()
beforeAll(async () => {
  const gateway = await startSandboxGateway()
  const saidBy = async (client: DialectId, isBlind: boolean): Promise<readonly ChatRequest[]> => {
    const played = await play(gateway, { client, upstream: 'anthropic-messages', isBlind }, 9)
    return played.map(({ asked }) => readBy(client, asked))
  }
  for (const client of dialectIds)
    sessions.set(client, { pictured: await saidBy(client, false), blind: await saidBy(client, true) })
  await gateway.close()
}, 60_000)

function readBy(client: DialectId, { headers = {}, body }: Asked): ChatRequest {
  const path = client === 'gemini' ? { path: { model: 'any', stream: false as const } } : {}
  const read = clientCodecs[client].readRequest({ body, headers, ...path })
  if (!read.ok) throw new Error(read.fault.message)
  return read.value
}

/** One of each kind in `providers/models`. */
const models = ['claude-opus-5-5', 'gpt-5.6', 'gemini-3.5-flash', 'deepseek-v4', 'nova-2-lite', 'another-model']

interface Upstream {
  readonly format: UpstreamFormat
  readonly offer: FormatOffer
  readonly model: string
}

/** What this upstream would be asked, its thoughts being somebody else's; undefined where it cannot be. */
function written(request: ChatRequest, { format, offer, model }: Upstream): Prompt | undefined {
  const opening = { maker: 'nobody', channel: '', format, open: () => undefined, kept: new Map<string, string>() }
  const codec = upstreamCodecs[format]
  const quirks = { ...codec.quirks, ...offer.quirks }
  const made = codec.writeRequest(openIncoming(request, opening).request, {
    model,
    capabilities: capabilitiesOf(model),
    quirks,
  })
  return made.ok ? comparable(promptOf(format, made.value.body)) : undefined
}

/**
 * Without what may change. Some servers take thoughts in the tool loop that is going on and leave former ones out by themselves.
 * Anthropic's refuse to think in a loop that began without their own thoughts, as every loop of this session does.
 */
const comparable = ({ pieces, settings }: Prompt): Prompt => ({
  pieces: pieces.map((piece) => piece.replaceAll(/"(reasoning_content|reasoning)":"(?:[^"\\]|\\.)*",?/g, '')),
  settings: settings.replace(/"thinking":\{"type":"enabled"[^}]*\},?/, ''),
})

/** Offers that differ in something that a request shows. */
const offers = [
  ...new Map(
    [...providers.values()].flatMap(({ id, formats }) =>
      // Keys of `formats` are formats by its type; Object.entries widens them to string.
      (Object.entries(formats) as [UpstreamFormat, FormatOffer][]).map(
        ([format, offer]) => [JSON.stringify([format, { ...offer.quirks, path: '' }]), { id, format, offer }] as const,
      ),
    ),
  ).values(),
]

describe.each(dialectIds)('a session in %s, before any vendor', (client) => {
  it.each(offers)('grows at its end alone: $id, $format', ({ format, offer }) => {
    let compared = 0
    for (const model of models.filter((name) => offer.only?.(name) ?? true)) {
      const upstream = { format, offer, model }
      const { pictured, blind } = sessions.get(client) ?? { pictured: [], blind: [] }
      const prompts = [pictured, blind].map((session) => session.map((request) => written(request, upstream)))
      const all = prompts.find((session) => session.every((prompt) => prompt !== undefined)) ?? []
      for (const [at, prompt] of all.entries()) {
        const before = all[at - 1]
        if (!prompt || !before) continue
        expect(prompt.pieces.slice(0, before.pieces.length)).toEqual(before.pieces)
        expect(prompt.settings).toBe(before.settings)
        compared++
      }
    }
    expect(compared).toBeGreaterThan(7)
  })
})
