import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type FakeUpstream, key, startUpstream } from '../support/gateway.ts'
import { type Program, run, temporaryDirectory } from '../support/program.ts'

// What a vendor works on outlives the process that began it, and is charged by the next.

let place: ReturnType<typeof temporaryDirectory>
let vendor: FakeUpstream
let isDone = false
const running: Program[] = []

beforeEach(async () => {
  place = temporaryDirectory()
  isDone = false
  vendor = await startUpstream((response, { path }) => {
    const status = isDone && path !== '/v1/responses' ? 'completed' : 'queued'
    const usage = status === 'completed' ? { input_tokens: 5, output_tokens: 4000, total_tokens: 4005 } : null
    const body = { id: 'resp_bg', object: 'response', created_at: 1, status, background: true, model: 'm', usage }
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ ...body, output: [] }))
  })
  writeFileSync(
    join(place.path, 'causeway.yaml'),
    `
sandbox: false
channels: [{ name: fake, provider: openai, dialects: [openai-responses], base_url: ${vendor.url}, keys: [k], models: [m] }]
accounts: [{ name: acme, credit_limit: 1 }]
keys: [{ name: one, key: ${key}, account: acme }]
prices: [{ model: m, input: 1, output: 10 }]`,
  )
})
afterEach(async () => {
  for (const { child } of running) if (child.exitCode === null) child.kill('SIGKILL')
  await Promise.all(running.splice(0).map(({ ended }) => ended))
  await vendor.close()
  place.remove()
})

async function serve(): Promise<{ program: Program; url: string }> {
  const program = run(place.path, ['--port', '0'])
  running.push(program)
  const [, url = ''] = await program.says(/causeway listening on (http:\/\/127\.0\.0\.1:\d+)\n/)
  return { program, url }
}

const headers = { authorization: `Bearer ${key}` }
const spent = async (url: string): Promise<unknown> =>
  (await fetch(`${url}/v1/dashboard/billing/usage?start_date=2020-01-01&end_date=2099-01-01`, { headers })).json()

it.each(['SIGKILL', 'SIGTERM'] as const)(
  'charges it once after %s',
  async (signal) => {
    const first = await serve()
    const told = await fetch(`${first.url}/v1/responses`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ model: 'm', input: 'hi', background: true, max_output_tokens: 5000 }),
    })
    expect(await told.json()).toMatchObject({ status: 'queued' })
    first.program.child.kill(signal)
    await first.program.ended
    isDone = true
    const next = await serve()
    const shown = () => fetch(`${next.url}/v1/responses/resp_bg`, { headers })
    await vi.waitFor(async () => expect(await (await shown()).json()).toMatchObject({ status: 'completed' }), {
      timeout: 10_000,
      interval: 100,
    })
    await (await shown()).text()
    // 5 tokens at $1 and 4,000 at $10 a million, in cents.
    await vi.waitFor(async () => expect(await spent(next.url)).toMatchObject({ total_usage: 4.0005 }), {
      timeout: 10_000,
      interval: 100,
    })
    next.program.child.kill('SIGTERM')
    expect(await next.program.ended).toBe(0)
  },
  60_000,
)
