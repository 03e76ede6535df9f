import { type Fault, fault } from '../model/fault.ts'
import type { Relay } from './relay.ts'
import type { UpstreamRequest } from './upstream.ts'

export type Asked =
  | {
      readonly ok: true
      readonly status: number
      readonly body: Buffer
      readonly headers: Readonly<Record<string, string>>
    }
  | { readonly ok: false; readonly fault: Fault }

/** One small question and its whole answer, within `timeoutMs`. */
export function ask({ limits, upstreams }: Relay, request: UpstreamRequest, timeoutMs: number): Promise<Asked> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    let head = { status: 0, headers: {} as Readonly<Record<string, string>> }
    const done = (asked: Asked): void => {
      clearTimeout(timer)
      resolve(asked)
    }
    const giveUp = (given: Fault): void => {
      call.abort()
      done({ ok: false, fault: given })
    }
    const call = upstreams.call(request, {
      onHead: (status, headers) => {
        head = { status, headers }
      },
      onData(chunk) {
        size += chunk.length
        if (size > limits.replyBytes) giveUp(fault('bad_gateway', 'The upstream’s answer is too large.'))
        else chunks.push(chunk)
      },
      onEnd: () => done({ ok: true, ...head, body: Buffer.concat(chunks) }),
      onFault: (broken) => done({ ok: false, fault: broken }),
    })
    const timer = setTimeout(() => giveUp(fault('timeout', 'The upstream did not answer in time.')), timeoutMs)
  })
}
