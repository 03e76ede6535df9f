import { dialectIds } from '../../../src/model/dialect.ts'
import { key, startGateway, startUpstream } from '../../../test/support/gateway.ts'
import { shown } from '../answers/shown.ts'
import { configuration } from '../channels.ts'
import type { Question } from '../folder.ts'
import { ask, type Received } from '../received.ts'
import { type Difference, Report } from '../report.ts'
import { allowances, isAllowed } from './allowances.ts'
import { type Asking, askingOf, modelsOf } from './asking.ts'
import { compareRequests } from './compare.ts'
import { isRefusal, refusals } from './refusals.ts'
import { smallReply } from './small-replies.ts'
import { readers } from './views/index.ts'

/** Every recorded request, sent by a client of its format for a model of every upstream format. */
export async function checkRequests(questions: readonly Question[], only: string | undefined): Promise<Report> {
  const report = new Report('requests: recorded format → upstream’s format', {
    'what formats cannot say': allowances,
    'what is refused': refusals,
  })
  const upstream = await startUpstream((response, { body, path }) => {
    const format = dialectIds.find((id) => path.startsWith(`/${id}/`))
    if (!format) throw new Error(`asked at ${path}`)
    const isStream = format === 'gemini' ? path.includes('streamGenerateContent') : JSON.parse(body).stream === true
    const { bytes, contentType } = smallReply(format, isStream)
    response.writeHead(200, { 'content-type': contentType, 'content-length': bytes.length }).end(bytes)
  })
  const gateway = await startGateway(configuration(upstream.url, key, modelsOf(questions)))
  for (const question of questions) {
    if (only && !question.name.includes(only)) continue
    for (const format of dialectIds) {
      const asking = askingOf(question, format)
      if (!asking) continue
      upstream.asked.length = 0
      const answer = await ask(gateway.url, key, asking)
      const asked = upstream.asked[0]?.body
      report.add({ row: question.format, column: format, name: question.name }, judge(asking, answer, asked))
    }
  }
  if (!only) report.checkExceptions()
  await gateway.close()
  await upstream.close()
  return report
}

function judge(asking: Asking, received: Received, asked: string | undefined): readonly Difference[] {
  const { client, question, upstream } = asking
  const text = received.bytes.toString()
  if (received.status !== 200 && (question.isRefused || isRefusal(asking, received.status, text))) return []
  if (received.status === 200 && asked === undefined && unserved.test(text)) return []
  if (received.status !== 200 || asked === undefined)
    return [{ field: 'status', expected: 200, got: `${received.status} ${text}` }]
  return [
    ...(client === upstream ? judgeForwarded(asking, asked) : judgeTranslated(asking, asked)),
    ...judgeReply(asking, received),
  ]
}

/** A request for nothing but a search, by an upstream that has none, is answered without asking anybody. */
const unserved = /Web search is not available/

function judgeTranslated(asking: Asking, asked: string): Difference[] {
  const [sent, got] = [readers[asking.client](asking.body), readers[asking.upstream](JSON.parse(asked))]
  return compareRequests(sent, got).filter((one) => !isAllowed(asking, one.field, sent, got))
}

/** The vendor gets the very text of the client's, under its own name of the model; streams of Chat Completions must count. */
function judgeForwarded({ question: { body, format, isRefused } }: Asking, asked: string): Difference[] {
  const counts = format === 'openai-chat' && body.stream === true
  const options = typeof body.stream_options === 'object' ? body.stream_options : {}
  const expected = JSON.stringify({ ...body, ...(counts && { stream_options: { ...options, include_usage: true } }) })
  // The vendor refused this level: a model that is known under another name gets the nearest that it has.
  const isNearest = ['high', 'max'].some(
    (level) => asked === expected.replace('"effort":"xhigh"', `"effort":"${level}"`),
  )
  return asked === expected || (isRefused && isNearest) ? [] : [{ field: 'body', expected, got: asked }]
}

/** The upstream said `Ok`. */
function judgeReply({ body, client, path }: Asking, received: Received): Difference[] {
  const isStream = client === 'gemini' ? path.includes(':stream') : body.stream === true
  const { error, text } = shown(client, isStream, received)
  return error === undefined && text === 'Ok' ? [] : [{ field: 'reply', expected: 'Ok', got: error ?? text }]
}
