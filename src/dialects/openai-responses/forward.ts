import { isEnvelope } from '../../model/envelope.ts'
import { type Fault, fault, ok, type Result, refuse } from '../../model/fault.ts'
import { forgotten } from '../../model/loss.ts'
import { toldOf } from '../../model/usage.ts'
import { isRecord } from '../../wire/json.ts'
import { readBilled } from '../billed.ts'
import type {
  ForwardEdits,
  Forwarding,
  IncomingRequest,
  Peek,
  Seen,
  Target,
  UpstreamFrame,
  Watcher,
} from '../dialect.ts'
import { outputLimit } from '../output-limit.ts'
import { faultOf, garbled, readError } from './fault.ts'
import { fits } from './fits.ts'
import { isOurs } from './ids.ts'
import { listOf, Reading, recordOf } from './reading.ts'
import { texts } from './texts.ts'
import { readTier, readUsage } from './usage.ts'

/** Same format on both sides: only the model's name and our own envelopes are touched. */
export const forwarding: Forwarding = {
  peek,
  fits,
  edits,
  replyModel: ['model'],
  frameModel: [['response', 'model']],
  readReply,
  watcher: () => new ResponseWatcher(),
  texts,
}

function peek({ body }: IncomingRequest): Result<Peek> {
  const reading = new Reading()
  const model = reading.text(body.model, 'model') ?? reading.wrong('model', 'the name of a model')
  const maxOutput = outputLimit(reading.number(body.max_output_tokens, 'max_output_tokens'))
  const isStream = reading.flag(body.stream, 'stream')
  if (reading.fault || model === undefined)
    return refuse(reading.fault ?? fault('invalid', 'No model.', { param: 'model' }))
  return ok({ model, stream: isStream ? 'sse' : false, ...(maxOutput !== undefined && { maxOutput }) })
}

/** Takes out what only we can read: envelopes, ids that we made, and traces of tools that another vendor ran. */
function edits({ body }: IncomingRequest, target: Target): ForwardEdits {
  const items = listOf(body.input).map((item, at) => ({ at, fate: fateOf(item) }))
  return {
    edits: [
      { path: ['model'], value: target.model },
      ...items.flatMap(({ at, fate }) =>
        fate === 'stays' ? [] : [{ path: fate === 'goes' ? ['input', at] : ['input', at, 'id'] }],
      ),
    ],
    lost: items.flatMap(({ at, fate }) => (fate === 'goes' ? [forgotten(`input[${at}]`)] : [])),
    hideUsageChunk: false,
  }
}

/** Items that mean nothing without their id. */
const nothingElse: ReadonlySet<unknown> = new Set([
  'web_search_call',
  'file_search_call',
  'code_interpreter_call',
  'image_generation_call',
  'mcp_call',
])

function fateOf(item: unknown): 'stays' | 'goes' | 'loses its id' {
  if (!isRecord(item)) return 'stays'
  const { type, id, encrypted_content: sealed } = item
  if (typeof sealed === 'string' && isEnvelope(sealed)) return 'goes'
  if (!isOurs(id)) return 'stays'
  return nothingElse.has(type) || (type === 'reasoning' && typeof sealed !== 'string') ? 'goes' : 'loses its id'
}

function readReply(body: unknown): Seen {
  if (!isRecord(body)) return { hasContent: false, hasEnded: false, fault: garbled(body) }
  const told = toldBy(body)
  if (body.status === 'failed') return { ...told, hasContent: false, hasEnded: true, fault: faultOf(body) }
  const error = Array.isArray(body.output)
    ? undefined
    : ((isRecord(body.error) ? readError(body) : undefined) ?? garbled(body))
  return { ...told, hasContent: !error, hasEnded: true, ...(error && { fault: error }) }
}

/** What a response object tells of money. */
function toldBy(response: Readonly<Record<string, unknown>>): Pick<Seen, 'usage' | 'tier' | 'billed'> {
  const tier = readTier(response.service_tier)
  const billed = readBilled(response.usage)
  const usage = toldOf(readUsage(response))
  return {
    ...(usage && { usage }),
    ...(tier && { tier }),
    ...(billed !== undefined && { billed }),
  }
}

/** Events before any content; after any other nothing is tried again elsewhere. */
const preludes: ReadonlySet<string> = new Set([
  'response.created',
  'response.queued',
  'response.in_progress',
  'response.failed',
  'keepalive',
  'error',
  '',
])

const terminals: ReadonlySet<string> = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.cancelled',
  'error',
])

/** Told by event names alone; only the last frame is decoded. */
class ResponseWatcher implements Watcher {
  readonly isUsageChunk = false
  /** Replaced when something changes, which most frames do not. */
  seen: Seen = { hasContent: false, hasEnded: false }

  /** Usage comes with the end. */
  get tellings(): number {
    return this.seen.usage ? 1 : 0
  }

  see(frame: UpstreamFrame): void {
    const { hasContent, hasEnded } = this.seen
    if (hasEnded || (hasContent && frame.event !== undefined && !terminals.has(frame.event))) return
    const { event, data } = frame
    if (data === '') return
    const type = event ?? typeOf(data)
    if (!hasContent && !preludes.has(type)) this.seen = { ...this.seen, hasContent: true }
    if (terminals.has(type)) this.seen = { ...this.seen, hasEnded: true, ...endIn(type, data) }
  }
}

/** What the terminal frame says of usage and failure. */
function endIn(type: string, data: string): Pick<Seen, 'usage' | 'tier' | 'billed' | 'fault'> {
  const frame = parsed(data)
  if (!frame) return { fault: garbled(data.slice(0, 1024)) }
  const response = recordOf(frame.response)
  const broken = faultIn(type, frame)
  return { ...toldBy(response), ...(broken && { fault: broken }) }
}

function faultIn(type: string, frame: Record<string, unknown>): Fault | undefined {
  if (type === 'error') return readError(frame) ?? fault('internal', 'The upstream failed without saying why.')
  const response = recordOf(frame.response)
  return type === 'response.failed' || response.status === 'failed' ? faultOf(response) : undefined
}

/** The type without decoding: it stands at the beginning with most servers, and no string before it holds its like. */
const typeOf = (data: string): string => /"type"\s*:\s*"((?:response\.[a-z_.]+|error|keepalive))"/.exec(data)?.[1] ?? ''

function parsed(data: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(data)
    return isRecord(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
