import { describe, expect, it } from 'vitest'
import { gemini } from '../../../src/dialects/gemini/index.ts'
import type { Reply } from '../../../src/model/reply.ts'
import { usageOf } from '../../../src/model/usage.ts'
import { goldenChunks, goldenReply } from './golden.ts'
import { ask, chunk, readContext, seal, text, writeContext } from './support.ts'

const readReply = (body: unknown) => gemini.upstream.readReply(body, readContext())
const shown = ask({ format: 'gemini', thinking: { mode: 'default', show: 'summary' } })

const golden = {
  candidates: [
    {
      content: {
        role: 'model',
        parts: [
          { text: 'Need both.', thought: true },
          { text: 'Checking.' },
          { functionCall: { id: 'call_a', name: 'get_w', args: { c: 'Oslo' } }, thoughtSignature: 'Z3cx' },
          { functionCall: { id: 'call_b', name: 'get_w', args: { c: 'Rome' } } },
        ],
      },
      finishReason: 'STOP',
      index: 0,
    },
  ],
  usageMetadata: (goldenChunks.at(-1) as { usageMetadata: unknown }).usageMetadata,
  modelVersion: 'm',
  responseId: 'r1',
}

describe('a unary answer', () => {
  it('reads as the reply that its stream folds to', () => {
    expect(readReply(golden)).toEqual({ ok: true, value: { ...goldenReply, id: 'r1', model: 'm' } })
  })

  it('is written as it is read', () => {
    expect(gemini.client.writeReply(goldenReply, shown, writeContext)).toEqual(golden)
  })

  it('has a part even when nothing was said (TX-05)', () => {
    const empty: Reply = { parts: [], stop: { reason: 'end' }, usage: usageOf({ input: 3 }) }
    expect(gemini.client.writeReply(empty, shown, writeContext)).toMatchObject({
      candidates: [{ content: { role: 'model', parts: [{ text: '' }] }, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 0, totalTokenCount: 3 },
    })
  })

  it('carries the signature of a text on the text', () => {
    const reply: Reply = { ...goldenReply, parts: [{ ...text('Yes'), seal: seal('c2ln') }] }
    expect(gemini.client.writeReply(reply, shown, writeContext)).toMatchObject({
      candidates: [{ content: { parts: [{ text: 'Yes', thoughtSignature: 'c2ln' }] } }],
    })
  })

  it('splits the usage by kind where there is more than text', () => {
    const usage = usageOf({ input: 10, inputAudio: 5, output: 2, outputImage: 8, cacheWrite5m: 3, cacheWrite1h: 1 })
    expect(gemini.client.writeReply({ ...goldenReply, usage, tier: 'flex' }, shown, writeContext)).toMatchObject({
      usageMetadata: {
        promptTokenCount: 19,
        promptTokensDetails: [
          { modality: 'TEXT', tokenCount: 14 },
          { modality: 'AUDIO', tokenCount: 5 },
        ],
        candidatesTokenCount: 10,
        candidatesTokensDetails: [
          { modality: 'TEXT', tokenCount: 2 },
          { modality: 'IMAGE', tokenCount: 8 },
        ],
        trafficType: 'ON_DEMAND_FLEX',
      },
    })
  })

  it('reads probabilities of the tokens', () => {
    const logprobsResult = {
      chosenCandidates: [{ token: 'a', tokenId: 1, logProbability: -0.5 }],
      topCandidates: [{ candidates: [{ token: 'b', logProbability: -3 }] }],
    }
    const read = readReply(chunk([{ text: 'a' }], { finishReason: 'STOP', logprobsResult }))
    expect(read).toMatchObject({
      value: { parts: [{ logprobs: [{ token: 'a', logprob: -0.5, top: [{ token: 'b', logprob: -3 }] }] }] },
    })
  })

  it.each([
    ['standard', { serviceTier: 'standard' }],
    ['priority', { trafficType: 'ON_DEMAND_PRIORITY' }],
  ])('tells the tier %s', (tier, usageMetadata) => {
    expect(readReply(chunk([{ text: 'a' }], { finishReason: 'STOP' }, { usageMetadata }))).toMatchObject({
      value: { tier },
    })
  })
})

describe('a body that is no answer', () => {
  it.each([
    ['nothing', undefined],
    ['a text', 'oops'],
    ['an empty object', {}],
    ['no candidates', { candidates: [] }],
    ['an empty candidate', { candidates: [{}] }],
    ['null candidates', { candidates: [null] }],
    ['nested arrays', [[[{}]]]],
  ])('%s is a bad gateway', (_, body) => {
    expect(readReply(body)).toMatchObject({ ok: false, fault: { class: 'bad_gateway' } })
  })

  it('takes the error in a good status for what it says', () => {
    expect(readReply({ error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'wait' } })).toMatchObject({
      fault: { class: 'rate_limit' },
    })
  })

  it('believes a whole body without finish reason that has content', () => {
    expect(readReply(chunk([{ text: 'a' }]))).toMatchObject({ ok: true, value: { stop: { reason: 'end' } } })
    expect(readReply(chunk([{ functionCall: { name: 'f' } }]))).toMatchObject({
      value: { stop: { reason: 'tool_calls' } },
    })
  })
})
