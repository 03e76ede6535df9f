import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Child, start } from './child.ts'
import { benchKey, upstreamModels } from './exchanges.ts'
import { nginxConfig, nginxVersion } from './nginx.ts'
import { freePort, listening } from './port.ts'

export const targetNames = ['nginx', 'minimal', 'causeway'] as const
export type TargetName = (typeof targetNames)[number]

/** A server between the client and the upstream, in a process of its own. */
export interface Target {
  readonly name: TargetName
  readonly origin: string
  readonly pid: number
  end(): Promise<void>
}

export interface Place {
  readonly upstreamPort: number
  /** Where files may be written; removed at the end. */
  readonly directory: string
}

type Starter = (place: Place, port: number) => Promise<Child>

const here = import.meta.dirname
const node = (words: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Child> =>
  start({ command: process.execPath, words, environment: { NODE_ENV: 'production', ...environment } })

const starters: Readonly<Record<TargetName, Starter>> = {
  nginx({ directory, upstreamPort }, port) {
    const file = join(directory, `nginx-${port}.conf`)
    writeFileSync(file, nginxConfig(port, upstreamPort, directory))
    return start({ command: 'nginx', words: ['-c', file, '-p', directory, '-e', 'stderr'], signal: 'SIGTERM' })
  },
  minimal: ({ upstreamPort }, port) =>
    node([join(here, 'minimal-proxy.ts'), String(port), `http://127.0.0.1:${upstreamPort}`]),
  causeway({ directory, upstreamPort }, port) {
    const data = join(directory, `data-${port}`)
    const file = join(directory, `causeway-${port}.yaml`)
    mkdirSync(data)
    writeFileSync(file, gatewayConfig(upstreamPort))
    const flags = ['--config', file, '--port', String(port), '--host', '127.0.0.1', '--data', data]
    return node([join(here, '../src/main.ts'), 'serve', ...flags], { CAUSEWAY_LOG: 'info' })
  },
}

/** How requests are paid for; free models reserve nothing. */
interface Paying {
  /** YAML. */
  readonly prices: string
  /** What a key has beside its name, as YAML. */
  readonly account: string
}

const free: Paying = { prices: '[{ model: "*", free: true }]', account: '' }

export const gatewayConfig = (upstreamPort: number, { account, prices }: Paying = free): string => `
channels:
  - name: messages
    provider: anthropic
    base_url: http://127.0.0.1:${upstreamPort}
    keys: [vendor-key]
    models: [${upstreamModels.messages}-*]
  - name: completions
    provider: openai
    base_url: http://127.0.0.1:${upstreamPort}
    keys: [vendor-key]
    dialects: [openai-chat]
    models: [${upstreamModels.completions}-*]
keys:
  - { name: bench, key: ${benchKey}${account} }
accounts: [{ name: bench }]
prices: ${prices}
`

/** The targets that this machine can run. */
export const availableTargets = (): readonly TargetName[] =>
  targetNames.filter((name) => name !== 'nginx' || nginxVersion() !== undefined)

/** Starts one and waits until it listens. */
export async function startTarget(name: TargetName, place: Place): Promise<Target> {
  const port = await freePort()
  const child = await starters[name](place, port)
  await listening(port)
  return { name, origin: `http://127.0.0.1:${port}`, pid: child.pid, end: child.end }
}

/** The vendor that all of them ask. */
export async function startUpstream(firstByteMs: number): Promise<{ readonly port: number; readonly child: Child }> {
  const port = await freePort()
  const child = await node([join(here, 'upstream.ts'), String(port), String(firstByteMs)])
  await listening(port)
  return { port, child }
}
