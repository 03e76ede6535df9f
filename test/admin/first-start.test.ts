import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { run, temporaryDirectory } from '../support/program.ts'

let place: ReturnType<typeof temporaryDirectory>
beforeEach(() => {
  place = temporaryDirectory()
})
afterEach(() => place.remove())

/** What one life of the server says on its way, and what `meanwhile` sees. */
async function live(meanwhile: (url: string, said: string) => Promise<void>): Promise<string> {
  const program = run(place.path, ['--port', '0'])
  const [, url = ''] = await program.says(/causeway listening on (\S+)\n/)
  await meanwhile(url, program.said.out)
  program.child.kill('SIGTERM')
  await program.ended
  return program.said.out
}

const tokenIn = (said: string): string => /^root token: (cwr-\w{38})$/m.exec(said)?.[1] ?? ''

it('prints a root token that works, once, and keeps it nowhere', async () => {
  const accounts = async (url: string, token: string) =>
    (await fetch(`${url}/api/accounts`, { headers: { authorization: `Bearer ${token}` } })).status
  const first = await live(async (url, said) => expect(await accounts(url, tokenIn(said))).toBe(200))
  const token = tokenIn(first)
  expect(first.split(token)).toHaveLength(2)
  const data = join(place.path, 'data')
  for (const file of readdirSync(data)) expect(readFileSync(join(data, file)).includes(token), file).toBe(false)
  const second = await live(async (url) => expect(await accounts(url, token)).toBe(200))
  expect(second).not.toContain('root token')
}, 60_000)
