import { type Fault, fault } from '../../model/fault.ts'
import { asBuffer } from '../../wire/bytes.ts'
import { isRecord } from '../../wire/json.ts'
import { readBilled } from '../billed.ts'
import type { Seen, UpstreamFrame, Watcher } from '../dialect.ts'
import { errorIn, readError } from './fault-read.ts'
import { recordOf, records, word } from './reading.ts'
import { finishFault, readTier } from './stop.ts'
import { latestUsage, usageIn } from './usage.ts'

/**
 * Watches forwarded frames. Once content has begun, most frames are but more of it: they are told from the rest by their bytes
 * and never decoded. `hasEnded` is true after `[DONE]`, or once every answer has its finish reason, because some servers
 * leave `[DONE]` out; usage may still follow.
 */
export const watcher = (): Watcher => new ChunkWatcher()

class ChunkWatcher implements Watcher {
  /** Replaced when a frame is decoded, which most are not. */
  seen: Seen = { hasContent: false, hasEnded: false }
  isUsageChunk = false
  tellings = 0
  #isDone = false
  /** Whether each answer that was begun has its finish reason. */
  readonly #finished = new Map<number, boolean>()

  see(frame: UpstreamFrame & { readonly raw: Uint8Array }): void {
    this.isUsageChunk = false
    if (this.#isDone || (this.seen.hasContent && isMore(frame.raw))) return
    if (frame.data !== '') this.#look(frame.data)
  }

  #look(data: string): void {
    if (data.trim() === '[DONE]') {
      this.#isDone = true
      this.seen = { ...this.seen, hasEnded: true }
      return
    }
    const chunk = parsed(data)
    this.isUsageChunk =
      isRecord(chunk) && Array.isArray(chunk.choices) && chunk.choices.length === 0 && isRecord(chunk.usage)
    for (const choice of records(recordOf(chunk).choices)) noteFinish(choice, this.#finished)
    this.#add(seenIn(chunk, { isWhole: false }))
  }

  #add(now: Seen): void {
    if (now.usage) this.tellings++
    const usage = latestUsage(this.seen.usage, now.usage)
    const broken = this.seen.fault ?? now.fault
    const tier = now.tier ?? this.seen.tier
    const billed = now.billed ?? this.seen.billed
    this.seen = {
      ...(usage && { usage }),
      ...(tier && { tier }),
      ...(billed !== undefined && { billed }),
      hasContent: this.seen.hasContent || now.hasContent,
      hasEnded: this.#finished.size > 0 && [...this.#finished.values()].every(Boolean),
      ...(broken && { fault: broken }),
    }
  }
}

function noteFinish({ index, finish_reason }: Record<string, unknown>, finished: Map<number, boolean>): void {
  const at = typeof index === 'number' ? index : 0
  finished.set(at, (finished.get(at) ?? false) || word(finish_reason) !== undefined)
}

const marks = ['"usage"', '"finish_reason"', '"error"'].map((mark) => Buffer.from(mark))
const done = Buffer.from('[DONE]')

/** Whether the frame holds more content and nothing else: none of the other fields is there with a value. */
function isMore(raw: Uint8Array): boolean {
  const bytes = asBuffer(raw)
  for (const mark of marks) if (hasValue(bytes, mark)) return false
  return bytes.length > 64 || !bytes.includes(done)
}

const [SPACE, COLON, N] = [0x20, 0x3a, 0x6e]

/** The key stands there with something other than `null`. Inside a text its quotes would be escaped. */
function hasValue(bytes: Buffer, key: Buffer): boolean {
  for (let at = bytes.indexOf(key); at !== -1; at = bytes.indexOf(key, at + key.length)) {
    let next = at + key.length
    while (bytes[next] === SPACE || bytes[next] === COLON) next++
    if (bytes[next] !== N) return true
  }
  return false
}

/** What one body says: a chunk, or a whole answer. */
export function seenIn(body: unknown, { isWhole }: { isWhole: boolean }): Seen {
  if (!isRecord(body)) return { hasContent: false, hasEnded: false, fault: garbage() }
  const error = errorIn(body)
  if (error !== undefined) return { hasContent: false, hasEnded: false, fault: readError(error) }
  const choices = records(body.choices)
  if (isWhole && choices.length === 0) return { hasContent: false, hasEnded: false, fault: garbage() }
  const usage = usageIn(body)
  const tier = readTier(body.service_tier)
  const billed = readBilled(body.usage)
  const broken = choices.map((choice) => finishFault(word(choice.finish_reason) ?? '')).find((one) => one !== undefined)
  return {
    ...(usage && { usage }),
    ...(tier && { tier }),
    ...(billed !== undefined && { billed }),
    hasContent: choices.some(holdsContent),
    hasEnded: isWhole || (choices.length > 0 && choices.every((choice) => word(choice.finish_reason) !== undefined)),
    ...(broken && { fault: broken }),
  }
}

const garbage = (): Fault => fault('bad_gateway', 'The upstream sent what is no answer.')

/** Fields that a delta may begin with and that say nothing yet. */
const empty = new Set(['role', 'name', 'function_call', 'index'])

const holdsContent = (choice: Record<string, unknown>): boolean =>
  typeof choice.text === 'string' ||
  Object.entries(recordOf(choice.delta ?? choice.message)).some(([field, value]) => !empty.has(field) && says(value)) ||
  isRecord(recordOf(choice.delta ?? choice.message).function_call)

const says = (value: unknown): boolean =>
  typeof value === 'string' ? value !== '' : Array.isArray(value) ? value.length > 0 : isRecord(value)

/** Undefined when it is no JSON. */
function parsed(data: string): unknown {
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}
