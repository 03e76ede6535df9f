import { createHash } from 'node:crypto'
import { type Exchange, requestIdOf, stagedRefusal, writeHead, writeJson, writeRefusal } from './exchange.ts'
import type { Failure } from './failures.ts'
import type { Asked, Frame } from './format.ts'
import { cut, drained } from './player.ts'

/** An answer that is to go wrong, and what it would have been. */
export interface Sabotage {
  readonly exchange: Exchange
  readonly seed: string
  readonly asked: Asked
  readonly frames: () => Iterable<Frame>
  readonly reply: () => unknown
}

/** Spoils an answer. Streams that are to fail after some words are not spoiled here but by who plays them. */
export async function sabotage(failure: Failure, subject: Sabotage): Promise<void> {
  switch (failure.kind) {
    case 'status':
      return failure.status === 502 ? writePage(subject, 502) : refuse(subject, failure.status)
    case 'html':
      return writePage(subject, 200)
    case '200error':
      return writeFaultAsSuccess(subject)
    case 'giant':
      return writeGiant(subject)
    case 'garbage':
      return writeGarbage(subject)
    case 'short':
      return writeShort(subject)
    case 'silence':
      return
    case 'error':
      return refuse(subject, 500)
    case 'cut':
    case 'stall':
      return writeHalf(subject, failure)
  }
}

/** True when the failure happens between the words of a stream. */
export const isBetweenWords = (failure: Failure, asked: Asked): boolean => 'afterWords' in failure && asked.isStream

const refuse = ({ exchange, seed }: Sabotage, status: number): void =>
  writeRefusal(exchange, stagedRefusal(status), seed)

const PAGE =
  '<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>\n'

function writePage({ exchange, seed }: Sabotage, status: number): void {
  writeHead(exchange, { status, type: 'text/html; charset=utf-8', requestId: requestIdOf(seed) })
  exchange.response.end(PAGE)
}

function writeFaultAsSuccess({ exchange, seed }: Sabotage): void {
  const requestId = requestIdOf(seed)
  const { format } = exchange.route
  writeJson(exchange, {
    status: 200,
    requestId,
    body: format.refuse(stagedRefusal(500), { url: exchange.url, requestId }),
  })
}

const typeOf = ({ exchange, asked }: Sabotage): string =>
  asked.isStream ? exchange.route.format.streamType(exchange.url) : 'application/json'

const open = (subject: Sabotage, headers?: Readonly<Record<string, number>>): void =>
  writeHead(subject.exchange, {
    status: 200,
    type: typeOf(subject),
    requestId: requestIdOf(subject.seed),
    ...(headers && { headers }),
  })

const GIANT_BYTES = 40 * 2 ** 20
const PIECE = Buffer.alloc(2 ** 16, 'x')

/** One line of valid JSON that nobody should want to hold. */
async function writeGiant(subject: Sabotage): Promise<void> {
  const { response } = subject.exchange
  open(subject)
  response.write(subject.asked.isStream ? 'data: {"giant":"' : '{"giant":"')
  for (let sentBytes = 0; sentBytes < GIANT_BYTES && !response.destroyed; sentBytes += PIECE.length) {
    if (!response.write(PIECE)) await drained(response)
  }
  response.end(subject.asked.isStream ? '"}\n\n' : '"}')
}

/** Bytes without sense, the same on every run. */
function writeGarbage(subject: Sabotage): void {
  open(subject)
  for (let line = 0; line < 32; line++) {
    subject.exchange.response.write(createHash('sha512').update(`${subject.seed}${line}`).digest())
  }
  subject.exchange.response.end()
}

const wholeText = (subject: Sabotage): string =>
  subject.asked.isStream ? [...subject.frames()].map((frame) => frame.text).join('') : JSON.stringify(subject.reply())

/** Promises more bytes than come. */
function writeShort(subject: Sabotage): void {
  const bytes = Buffer.from(wholeText(subject))
  open(subject, { 'content-length': bytes.length + 100 })
  subject.exchange.response.write(bytes)
  cut(subject.exchange.response)
}

/** A unary answer that stops in its middle; `@0` stops before the first byte. */
function writeHalf(subject: Sabotage, failure: Failure & { readonly afterWords: number }): void {
  const { response } = subject.exchange
  const bytes = Buffer.from(wholeText(subject))
  if (failure.afterWords > 0) {
    open(subject, { 'content-length': bytes.length })
    response.write(bytes.subarray(0, bytes.length >> 1))
  }
  if (failure.kind === 'cut') cut(response)
}
