import { describe, expect, it } from 'vitest'
import { FrameMeter } from '../../src/relay/frame-meter.ts'

const measured = (texts: readonly string[], envelope: (text: string) => string): number => {
  const meter = new FrameMeter()
  for (const text of texts) meter.add(Buffer.byteLength(envelope(text)))
  return meter.tokens
}

const anthropic = (text: string) =>
  `event: content_block_delta\ndata: ${JSON.stringify({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })}\n\n`
const chat = (text: string) =>
  `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { content: text } }] })}\n\n`

describe('a meter of frames', () => {
  const words = 'The quick brown fox jumps over a lazy dog. '.repeat(50).match(/\S+\s/g) ?? []
  for (const [name, envelope] of Object.entries({ anthropic, chat }))
    it(`counts what ${name} frames say, near to four letters a token`, () => {
      const letters = words.join('').length
      expect(measured(words, envelope)).toBeGreaterThan(letters / 6)
      expect(measured(words, envelope)).toBeLessThan(letters / 3)
    })

  it('counts Chinese as tokens, not letters', () => {
    const characters = [...'你好世界今天天气很好我们去公园散步吧'.repeat(20)]
    expect(measured(characters, anthropic)).toBeGreaterThan(characters.length / 2)
    expect(measured(characters, anthropic)).toBeLessThan(characters.length)
  })

  it('counts large frames of one length, too', () => {
    const texts = Array.from({ length: 20 }, () => 'word '.repeat(400))
    expect(measured(texts, chat)).toBeGreaterThan((20 * 2000) / 6)
  })

  it('is not misled by frames of other kinds: signs of life, and what repeats the whole text at the end', () => {
    const meter = new FrameMeter()
    const delta = (text: string) => meter.add(Buffer.byteLength(anthropic(text)), 'content_block_delta')
    for (const word of words.slice(0, 100)) delta(word)
    const before = meter.tokens
    meter.add(40, 'ping')
    meter.add(Buffer.byteLength(words.join('')), 'response.output_text.done')
    expect(meter.tokens - before).toBeLessThanOrEqual(2)
  })

  it('takes the vendor’s word for what was said before it', () => {
    const meter = new FrameMeter()
    meter.told()
    expect(meter.isTold).toBe(false)
    for (const word of words) meter.add(Buffer.byteLength(chat(word)))
    expect(meter.tokensAfter(1)).toBe(meter.tokens)
    meter.told()
    expect([meter.isTold, meter.tokensAfter(77)]).toEqual([true, 77])
    meter.add(Buffer.byteLength(chat(words[0] ?? '')))
    expect(meter.tokensAfter(77)).toBeGreaterThan(77)
  })

  it('counts nothing of nothing, and something of a single frame', () => {
    expect(new FrameMeter().tokens).toBe(0)
    expect(measured(['Hello'], chat)).toBe(1)
  })
})
