import { expect, it } from 'vitest'
import { dialectIds } from '../../src/model/dialect.ts'
import { forwardedHeaders } from '../../src/relay/forwarded-headers.ts'

const protocol = { 'x-openai-internal-codex-responses-lite': 'true', 'x-codex-beta-features': 'remote_compaction_v2' }
const identity = {
  originator: 'codex_exec',
  'session-id': 's',
  'thread-id': 't',
  'x-client-request-id': 't',
  'x-codex-window-id': 'w',
  'x-codex-turn-metadata': '{"installation_id":"i"}',
}

it('what Codex says of its body goes to its own format, who it is goes nowhere', () => {
  const sent = dialectIds.map((format) => [format, forwardedHeaders(format, { ...protocol, ...identity })] as const)
  for (const [format, headers] of sent) {
    for (const name of Object.keys(identity)) expect(headers).not.toHaveProperty(name)
    const names = Object.keys(protocol).filter((name) => name in headers)
    expect(names).toEqual(format === 'openai-responses' ? Object.keys(protocol) : [])
  }
})
