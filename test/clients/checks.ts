import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { Result } from './client.ts'
import { readings } from './upstream.ts'

/** The tool ended well, and nothing that it asked was refused. */
export function wentWell({ report, outcome, answered }: Result): void {
  const refused = answered.filter(({ status }) => status >= 400)
  assert.deepEqual(refused, [], 'the gateway refused a request')
  assert.equal(outcome.code, 0, 'exit code')
  assert.equal(report.hasFailed, false, 'the tool says that it failed')
}

/** The tool's answer holds what only its commands could know. */
export const answersWith = ({ report }: Result, text: string): void =>
  assert.ok(report.answer.includes(text), `the answer does not hold ${text}: ${JSON.stringify(report.answer)}`)

/** The last request of the loop brings exactly these, in this order, as tool results of the upstream's format. */
export function bringsBack({ loop, scene }: Result, ...texts: readonly string[]): void {
  const results = readings[scene.dialect].results(loop.at(-1)?.body)
  assert.equal(results.length, texts.length, `tool results: ${JSON.stringify(results)}`)
  for (const [at, text] of texts.entries()) {
    assert.ok(results[at]?.includes(text), `tool result ${at} does not hold ${text}: ${results[at]}`)
  }
}

/** The bytes of the picture reached the upstream in its own format, and its model saw them. */
export function showsPicture(result: Result, bytes: Buffer): void {
  const pictures = readings[result.scene.dialect].pictures(result.loop.at(-1)?.body)
  assert.ok(pictures.includes(bytes.toString('base64')), 'the picture did not reach the upstream as it is')
  answersWith(result, createHash('sha256').update(bytes).digest('hex').slice(0, 12))
}

/** Signed reasoning came back, where the upstream's format has a place for it. */
export function bringsThoughts({ scene, loop }: Result): void {
  const thoughts = readings[scene.dialect].thoughts?.(loop.at(-1)?.body)
  assert.ok(thoughts === undefined || thoughts.length > 0, 'the thought did not come back')
}
