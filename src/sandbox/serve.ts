import type { IncomingMessage, ServerResponse } from 'node:http'
import { firstValue } from '../wire/headers.ts'
import type { Answer } from './answer.ts'
import { answer, directivesOf } from './brain.ts'
import {
  type Exchange,
  readRequest,
  requestIdOf,
  type Surroundings,
  seedOf,
  writeHead,
  writeJson,
  writeRefusal,
} from './exchange.ts'
import { type Directives, type Failure, readFailure, readSettings } from './failures.ts'
import { type Asked, type Call, isRefusal } from './format.ts'
import { hash } from './hash.ts'
import { readImplicitCache } from './implicit-cache.ts'
import { findModel, sandboxModels } from './models.ts'
import { play } from './player.ts'
import { findRoute } from './routes.ts'
import { isBetweenWords, sabotage } from './sabotage.ts'
import { presentFailure, readStaged } from './staging.ts'
import type { Untyped } from './untyped.ts'

/** Answers one request, from its path to its last byte. */
export async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  surroundings: Surroundings,
): Promise<void> {
  // The host is never looked at; it only completes the address.
  const url = new URL(request.url ?? '/', 'http://sandbox')
  const exchange = { request, response, url, surroundings, route: findRoute(request, url) }
  const { format, action } = exchange.route
  if (action === 'nothing')
    return writeRefusal(exchange, { status: 404, message: `Not found: ${request.method} ${url.pathname}` })
  if (!format.key(request.headers, url)) return writeRefusal(exchange, format.noKey)
  if (action === 'models') return serveModels(exchange)
  const read = await readRequest(exchange)
  if (isRefusal(read)) return writeRefusal(exchange, read)
  surroundings.onRequest?.({ path: request.url ?? '/', headers: request.headers, body: read.body })
  return serveBody(exchange, read.body)
}

function serveModels(exchange: Exchange): void {
  const { format, model } = exchange.route
  exchange.surroundings.onRequest?.({
    path: exchange.request.url ?? '/',
    headers: exchange.request.headers,
    body: undefined,
  })
  const found = sandboxModels.find(({ id }) => id === model)
  if (model !== undefined && !found) writeRefusal(exchange, format.unknownModel(model))
  else
    writeJson(exchange, {
      status: 200,
      requestId: requestIdOf(''),
      body: found ? format.listing.one(found) : format.listing.list(),
    })
}

async function serveBody(exchange: Exchange, body: Untyped): Promise<void> {
  const { request, url, route, surroundings } = exchange
  const { format, action } = route
  const name = format.modelName(body, url)
  const found = findModel(name)
  if (!found) return writeRefusal(exchange, format.unknownModel(name))
  const { model } = found
  const seed = seedOf(url, body)
  const call = {
    headers: request.headers,
    url,
    body,
    name,
    model,
    seed,
    nowMs: surroundings.clock(),
    account: hash(format.key(request.headers, url) ?? ''),
    cache: surroundings.cache,
  }
  const early = {
    ...readSettings(found.directive),
    ...readFailure(firstValue(request.headers['x-sandbox-fail']) ?? ''),
  }
  return action === 'count' ? serveCount(exchange, call) : serveAnswer(exchange, { call, early })
}

function serveCount(exchange: Exchange, call: Call): void {
  const result = exchange.route.format.count(call)
  if (isRefusal(result)) writeRefusal(exchange, result, call.seed)
  else writeJson(exchange, { status: 200, requestId: requestIdOf(call.seed), body: result.counted })
}

/** Directives of the header and the model's name come before those of the prompt. */
async function serveAnswer(exchange: Exchange, { call, early }: { call: Call; early: Directives }): Promise<void> {
  const asked = readStaged(exchange, { call, early })
  if (isRefusal(asked)) return writeRefusal(exchange, asked, call.seed)
  const directives = { ...directivesOf(asked.prompt), ...early }
  const drafts = Array.from({ length: asked.choices }, (_, choice) => answer(asked.prompt, directives, choice))
  const failure = presentFailure(exchange, { call, asked, directives })
  if (failure && !isBetweenWords(failure, asked)) {
    const reply = () => asked.reply(drafts)
    return sabotage(failure, { exchange, seed: call.seed, asked, reply, frames: () => asked.stream(drafts) })
  }
  const answers = withCached(call, asked, drafts)
  const requestId = requestIdOf(call.seed)
  if (!asked.isStream) return writeJson(exchange, { status: 200, requestId, body: asked.reply(answers) })
  writeHead(exchange, {
    status: 200,
    type: exchange.route.format.streamType(exchange.url),
    requestId,
    headers: { 'cache-control': 'no-cache' },
  })
  return perform(exchange, { asked, directives, failure, frames: asked.stream(answers) })
}

/** The choices of a request share its prompt, and so what of it was cached. */
function withCached(call: Call, { cacheable = [] }: Asked, drafts: readonly Answer[]): readonly Answer[] {
  const input = drafts[0]?.usage.input ?? 0
  const known = readImplicitCache(call, cacheable, input)
  return drafts.map((draft) => ({ ...draft, usage: { ...draft.usage, cached: Math.max(draft.usage.cached, known) } }))
}

interface Show {
  readonly asked: Asked
  readonly directives: Directives
  readonly failure: Failure | undefined
  readonly frames: ReturnType<Asked['stream']>
}

const perform = ({ response, surroundings }: Exchange, { asked, directives, failure, frames }: Show): Promise<void> =>
  play(response, {
    frames,
    delayMs: directives.delayMs ?? 0,
    pause: surroundings.pause,
    failure,
    breakOff: asked.breakOff,
  })
