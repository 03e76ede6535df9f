import { afterEach, describe, expect, it } from 'vitest'
import { type DialectId, dialectIds } from '../../src/model/dialect.ts'
import { nano } from '../../src/model/money.ts'
import { formats } from '../support/formats/format.ts'
import { type FakeUpstream, type Gateway, key, startGateway, startUpstream } from '../support/gateway.ts'
import { type LedgerWatch, watchLedger } from '../support/ledger-watch.ts'
import { outputTokens, type VendorAnswer } from '../support/vendor/answer.ts'
import { vendorFormats } from '../support/vendor/formats.ts'

// Streams whose length nobody limited are paid for in slices of 4,096 tokens, each before it is needed.

let gateway: Gateway
let upstream: FakeUpstream
let ledger: LedgerWatch

afterEach(async () => {
  await gateway.close()
  await upstream.close()
})

const sliceNano = 4_096n * 10_000n

/** A gateway whose only customer has so much money, and a vendor that says a piece when the last was reckoned with. */
async function start(
  format: DialectId,
  balanceNano: bigint,
  answer: VendorAnswer,
  manner: 'streamed' | 'whole' = 'streamed',
): Promise<void> {
  upstream = await startUpstream((response) => {
    if (manner === 'whole') {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(vendorFormats[format].whole(answer)))
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    say(response.write.bind(response), answer, format).then(
      () => response.end(),
      () => response.destroy(),
    )
  })
  let nowMs = Date.now()
  gateway = await startGateway(
    `
sandbox: false
channels: [{ name: a, provider: sandbox, base_url: "${upstream.url}", keys: [k], dialects: [${format}], models: [fake] }]
accounts: [{ name: poor, credit_limit: 0 }]
keys: [{ name: test, key: ${key}, account: poor }]
prices: [{ model: fake, input: 1, output: 10 }]`,
    {},
    // Time flies, so that every chunk that passes is told the ledger.
    { clock: () => (nowMs += 6_000) },
  )
  const { ledger: books } = gateway.app.books
  const account = await accountId()
  await books.submit<'open'>({ do: 'open', account, floor: nano(0n) })
  await books.submit<'credit'>({
    ...{ do: 'credit', id: 'money', account, amount: nano(balanceNano), reason: 'test', actor: 'test' },
  })
  ledger = watchLedger(gateway)
}

async function say(write: (text: string) => void, answer: VendorAnswer, format: DialectId): Promise<void> {
  const pieces = vendorFormats[format].stream(answer)
  for (let at = 0; at < pieces.length; at += 100) {
    const passed = ledger.next('checkpoint', 'settle', 'void')
    write(
      pieces
        .slice(at, at + 100)
        .map(({ text }) => text)
        .join(''),
    )
    if (at + 100 < pieces.length) await passed
  }
}

const accountId = async (): Promise<string> => {
  const account = (await gateway.app.store.accounts.list()).find(({ name }) => name === 'poor')
  return `user:${account?.id}`
}

/** Gives what came, and what it was charged. */
async function ask(format: DialectId, maxOutput?: number, stream = true) {
  const ended = ledger.next('settle', 'void')
  const { body, headers, path } = formats[format].ask({
    ...{ model: 'fake', stream, turns: [{ user: 'Tell me everything.' }] },
    ...(maxOutput !== undefined && { maxOutput }),
  })
  // Clients of this format must say a limit; the vendor's word for none is what others leave out.
  const { max_tokens: _, ...unlimited } = body
  const answer = await fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { ...headers, authorization: `Bearer ${key}` },
    body: JSON.stringify(maxOutput === undefined ? unlimited : body),
  })
  const text = await readAll(answer)
  const command = await ended
  const told = ledger.answers.get(command)
  const account = await gateway.app.books.store.account(await accountId())
  return { text, charged: told && 'charged' in told ? told.charged : 0n, account }
}

/** What came, whether or not it ended well: some clients are only told of a fault by the end of their connection. */
async function readAll(answer: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const chunk of answer.body ?? []) text += decoder.decode(chunk, { stream: true })
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
  }
  return text
}

const extensions = () => ledger.commands.filter(({ do: verb }) => verb === 'extend').length
const refusals: Readonly<Record<DialectId, RegExp>> = {
  'anthropic-messages': /billing_error/,
  'openai-chat': /insufficient_quota/,
  'openai-responses': /insufficient_quota/,
  gemini: /RESOURCE_EXHAUSTED/,
}

describe.each(dialectIds)('a stream without a limit, %s', (format) => {
  const long: VendorAnswer = { inputTokens: 25, thoughts: 0, texts: 3_700 }
  const longCost = BigInt(25 * 1000 + outputTokens(long) * 10_000)

  it('goes on as long as there is money', async () => {
    await start(format, 10n * sliceNano, long)
    const { account, charged, text } = await ask(format)
    expect(formats[format].viewStream(text).text.length).toBeGreaterThan(40_000)
    expect(charged).toBe(longCost)
    // To 8,192, 12,288 and 16,384 tokens: each is asked for 1,024 before the last is used up.
    expect(extensions()).toBe(3)
    expect(account).toMatchObject({ balance: 10n * sliceNano - longCost, held: 0n })
  })

  it('ends with the billing fault when the next slice cannot be paid for, and what passed is charged', async () => {
    const balance = (5n * sliceNano) / 2n
    await start(format, balance, long)
    const { account, charged, text } = await ask(format)
    expect(text).toMatch(refusals[format])
    // Two slices were paid for and used up.
    expect(Number(charged)).toBeGreaterThan(Number(sliceNano) * 1.8)
    expect(Number(charged)).toBeLessThan(Number(sliceNano) * 2.05)
    expect(account).toMatchObject({ balance: balance - charged, held: 0n })
  })
})

describe('thoughts that are not shown', () => {
  // Usage says more than passed: the vendor thought in silence.
  const silent = (output: number): VendorAnswer => ({ inputTokens: 25, thoughts: 0, texts: 10, silentTokens: output })

  it('are charged as their vendor says, beyond the first slice', async () => {
    await start('openai-chat', 10n * sliceNano, silent(9_000))
    const { charged } = await ask('openai-chat')
    expect(charged).toBe(BigInt(25_000 + outputTokens(silent(9_000)) * 10_000))
  })

  it('are charged as far as the money goes, and never below the floor', async () => {
    const balance = (3n * sliceNano) / 2n
    await start('openai-chat', balance, silent(9_000))
    const { account, charged } = await ask('openai-chat')
    expect(charged).toBe(balance)
    expect(account).toMatchObject({ balance: 0n, held: 0n })
  })

  it('that no model could have had are not believed: what passed is charged', async () => {
    await start('openai-chat', 10_000n * sliceNano, silent(1_000_000_000))
    const { charged } = await ask('openai-chat')
    expect(charged).toBeGreaterThan(0n)
    expect(charged).toBeLessThan(sliceNano)
  })
})

describe('a stream with a limit', () => {
  const long: VendorAnswer = { inputTokens: 25, thoughts: 0, texts: 3_300 }

  it('is paid for at once', async () => {
    await start('openai-chat', 10n * sliceNano, { inputTokens: 25, thoughts: 0, texts: 1_500 })
    await ask('openai-chat', 8_000)
    expect(extensions()).toBe(0)
  })

  it.each(dialectIds)('that its vendor does not heed is paid for all the same, %s', async (format) => {
    await start(format, 10n * sliceNano, long)
    const { account, charged } = await ask(format, 10)
    expect(charged).toBe(BigInt(25 * 1000 + outputTokens(long) * 10_000))
    expect(account).toMatchObject({ balance: 10n * sliceNano - charged, held: 0n })
  })

  it.each(dialectIds)('that its vendor does not heed ends with the money, %s', async (format) => {
    const balance = (3n * sliceNano) / 2n
    await start(format, balance, long)
    const { account, charged, text } = await ask(format, 10)
    expect(text).toMatch(refusals[format])
    expect(Number(charged)).toBeGreaterThan(Number(sliceNano) * 0.8)
    expect(account).toMatchObject({ balance: balance - charged, held: 0n })
  })
})

describe('a whole answer', () => {
  it('that is longer than its limit is charged as its vendor says, as far as the money goes', async () => {
    for (const balance of [10n * sliceNano, sliceNano]) {
      const answer: VendorAnswer = { inputTokens: 25, thoughts: 0, texts: 3_000 }
      await start('openai-chat', balance, answer, 'whole')
      const { account, charged } = await ask('openai-chat', 1, false)
      const cost = BigInt(25 * 1000 + outputTokens(answer) * 10_000)
      expect(charged).toBe(cost < balance ? cost : balance)
      expect(account).toMatchObject({ balance: balance - charged, held: 0n })
      if (balance > sliceNano) {
        await gateway.close()
        await upstream.close()
      }
    }
  })
})
