import { type DialectId, dialectIds } from '../../../src/model/dialect.ts'
import { formats } from '../../../test/support/formats/format.ts'
import { key, startGateway } from '../../../test/support/gateway.ts'
import { channelOf, configuration } from '../channels.ts'
import type { Answer } from '../folder.ts'
import { ask, type Received } from '../received.ts'
import { prompt, replayed, startReplay } from '../replay.ts'
import { type Difference, Report } from '../report.ts'
import { allowances, isAllowed } from './allowances.ts'
import { compareAnswers } from './compare.ts'
import { judgeError } from './errors.ts'
import { judgeGrammar } from './grammar.ts'
import { canonical, jsonLines, tellsPrice, withoutPrice } from './price.ts'
import { seen, shown } from './shown.ts'

interface Asking {
  readonly answer: Answer
  readonly at: number
  readonly client: DialectId
  readonly stream: boolean
}

/** Every recorded answer, told whole and streamed to a client of every format. */
export async function checkAnswers(answers: readonly Answer[], only: string | undefined): Promise<Report> {
  const report = new Report('answers: recorded format → client’s format', { 'what formats cannot say': allowances })
  const upstream = await startReplay(answers)
  const gateway = await startGateway(configuration(upstream.url, key, new Map()))
  for (const [at, answer] of answers.entries()) {
    if (only && !answer.name.includes(only)) continue
    for (const client of dialectIds)
      for (const stream of formsOf(answer)) {
        const asking = { answer, at, client, stream }
        const found = await judge(asking, await ask(gateway.url, key, questionOf(asking)))
        report.add({ row: answer.format, column: client, name: `${answer.name}${stream ? ' streamed' : ''}` }, found)
      }
  }
  if (!only) report.checkExceptions()
  await gateway.close()
  await upstream.close()
  return report
}

/** A server that was asked for a stream may answer whole and the reverse; Converse has an address for each. */
const formsOf = ({ format, told }: Answer): boolean[] =>
  format === 'bedrock-converse' && told.kind === 'whole' ? [false] : [false, true]

function questionOf({ answer, at, client, stream }: Asking) {
  const channel = channelOf(answer)
  const model = `${channel.name}/${channel.model}`
  return formats[client].ask({ model, turns: [{ user: prompt(at) }], thinking: true, stream })
}

async function judge({ answer, client, stream }: Asking, received: Received): Promise<readonly Difference[]> {
  const sent = seen(answer)
  if (sent.error === undefined && answer.format === client && stream === (answer.told.kind === 'stream'))
    return judgeForwarded(answer, received)
  const got = shown(client, stream, received)
  const differences = [
    ...(sent.error === undefined ? compareAnswers(client, sent, got) : judgeError(answer, client, received, got)),
    ...(stream && got.error === undefined ? await judgeGrammar(client, received.bytes, got) : []),
  ]
  return differences.filter(({ field }) => !isAllowed(answer, client, field, sent, got))
}

/** The client's own format: its vendor's bytes, all of them and nothing else but what the vendor bills to us. */
function judgeForwarded(answer: Answer, { bytes }: Received): Difference[] {
  const sent = replayed(answer).bytes
  const difference = { field: 'bytes', expected: sent.toString(), got: bytes.toString() }
  if (!tellsPrice(difference.expected)) return sent.equals(bytes) ? [] : [difference]
  const expected = withoutPrice(difference.expected).map(canonical).join('\n')
  return expected === jsonLines(difference.got).map(canonical).join('\n') ? [] : [difference]
}
