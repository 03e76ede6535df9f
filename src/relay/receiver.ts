import { type Fault, fault } from '../model/fault.ts'
import type { Reception } from './attempt.ts'

/** Reads one answer. Exactly one of `end`, `broken` and `gone` comes last. */
export interface Receiver {
  data(chunk: Buffer): void
  end(): void
  /** The connection to the upstream broke. */
  broken(broken: Fault): void
  /** The client left; the call is aborted already. */
  gone(): void
  /** The client left, and the answer is read on for its usage alone: nothing of it is written or kept. */
  drain(): void
}

/** Collects a whole body, up to a limit, and hands it over once. */
export function collect(
  { call, settle }: Pick<Reception, 'call' | 'settle'>,
  mostBytes: number,
  done: (bytes: Buffer) => void,
): Receiver {
  let chunks: Buffer[] = []
  let size = 0
  return {
    data(chunk) {
      size += chunk.length
      if (size <= mostBytes) chunks.push(chunk)
      else {
        chunks = []
        call.abort()
        settle({ kind: 'failed', fault: fault('bad_gateway', 'The upstream’s answer is too large.') })
      }
    },
    end() {
      const only = chunks.length === 1 ? chunks[0] : undefined
      done(only ?? Buffer.concat(chunks))
    },
    broken: (broken) => settle({ kind: 'failed', fault: broken }),
    gone: () => settle({ kind: 'gone' }),
    // Usage stands somewhere in the body.
    drain() {},
  }
}
