import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dialectIds } from '../../src/model/dialect.ts'
import { type Program, run } from '../support/program.ts'
import { prices } from './order.ts'

export interface Place {
  readonly directory: string
  readonly databaseUrl: string | undefined
}

/** Accounts and who asks for them: one key for each customer, each with a budget. */
export const customers = [
  ...Array.from({ length: 6 }, (_, at) => ({ name: `rich-${at}`, account: 'rich' })),
  ...Array.from({ length: 2 }, (_, at) => ({ name: `poor-${at}`, account: 'poor' })),
] as const

export const keyOf = (name: string): string => `sk-chaos-${name}-0123456789`

/** Writes the configuration of a place whose vendor is at `vendorUrl`. */
export function configure({ directory }: Place, vendorUrl: string): void {
  const channels = dialectIds.map(
    (format) => `
  - { name: ${format}, provider: sandbox, base_url: "${vendorUrl}", keys: [vendor-key], dialects: [${format}],
      models: [{ name: ${format}/fake, upstream: fake }] }`,
  )
  const keys = customers.map(
    ({ account, name }) => `
  - { name: ${name}, key: ${keyOf(name)}, account: ${account}, budget: { total: 1000 } }`,
  )
  writeFileSync(
    join(directory, 'causeway.yaml'),
    `sandbox: false
limits: { drain_timeout_ms: 1000 }
channels:${channels.join('')}
accounts: [{ name: rich, credit_limit: 0 }, { name: poor, credit_limit: 0 }]
keys:${keys.join('')}
prices: [{ model: "*", input: ${prices.input}, output: ${prices.output} }]
`,
  )
}

/** Begins a life of the real server. */
export const spawnServer = ({ databaseUrl, directory }: Place): Program =>
  run(directory, ['serve', '--config', 'causeway.yaml', '--port', '0', '--host', '127.0.0.1', '--data', 'data'], {
    CAUSEWAY_LOG: 'error',
    ...(databaseUrl !== undefined && { CAUSEWAY_DATABASE_URL: databaseUrl }),
  })

export interface Listening {
  readonly url: string
  /** Printed by the first start only. */
  readonly rootToken: string | undefined
}

/** @throws Error when it ends before it listens. */
export async function listening(program: Program): Promise<Listening> {
  const [, url = ''] = await program.says(/causeway listening on (\S+)/)
  return { url, rootToken: /root token: (\S+)/.exec(program.said.out)?.[1] }
}
