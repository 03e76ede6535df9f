import type { LimitUses, SaidUses } from '../../store/limit-uses.ts'
import type { Limiter } from './limiter.ts'

/**
 * Makes limits hold over several processes: each says every second what it has let in, and takes what the others have let
 * in from its own buckets. No request waits for that. Together they may let in more than a limit by what comes within about
 * that second; while the database is away, each has the whole limit for itself.
 */
export interface Sharing {
  close(): Promise<void>
}

export interface SharingParts {
  readonly limiter: Pick<Limiter, 'takeUses' | 'usedElsewhere'>
  readonly uses: LimitUses
  /** A name that no other process has had. */
  readonly process: string
  readonly clock: () => number
  onTrouble(error: unknown): void
}

const everyMs = 1_000
/** Each word is repeated so often, for those who did not hear it. */
const repeated = 15
/** Whoever says nothing for so long has nothing under way any more. */
const silentAfterMs = 15_000
const forgottenAfterMs = 600_000

export function shareLimits(parts: SharingParts): Sharing {
  const talk = conversation(parts)
  let isClosed = false
  let isFailing = false
  let timer: NodeJS.Timeout | undefined
  let running = Promise.resolve()

  const later = (): void => {
    timer = setTimeout(run, everyMs)
    timer.unref()
  }
  const run = (): void => {
    running = talk.exchange().then(
      () => {
        isFailing = false
        if (!isClosed) later()
      },
      (error: unknown) => {
        // Once, not every second.
        if (!isFailing) parts.onTrouble(error)
        isFailing = true
        if (!isClosed) later()
      },
    )
  }
  later()
  return {
    async close() {
      isClosed = true
      clearTimeout(timer)
      await running
      // Others hear of it by its silence otherwise.
      await parts.uses.forget(parts.process).catch(parts.onTrouble)
    },
  }
}

/** What is known of another process. */
interface Peer {
  readonly beat: number
  readonly heardAtMs: number
  /** What it has under way, by subject. */
  readonly running: ReadonlyMap<string, number>
}

/** What was let in between two words. */
interface Word {
  readonly beat: number
  readonly used: readonly (readonly [subject: string, requests: number, tokens: number])[]
}

interface Speech {
  readonly words: readonly Word[]
  readonly running: readonly (readonly [subject: string, count: number])[]
}

/** One exchange at a time. */
export function conversation({ clock, limiter, process, uses }: Omit<SharingParts, 'onTrouble'>) {
  const peers = new Map<string, Peer>()
  let words: readonly Word[] = []
  let beat = 0
  let hadSomething = false

  async function say(): Promise<void> {
    const mine = [...limiter.takeUses()]
    if (mine.length === 0 && !hadSomething) return
    // After a silence all has been heard, and whoever forgot this process since would hear it again.
    if (!hadSomething) words = []
    hadSomething = mine.length > 0
    const used = mine.map(([subject, { requests, tokens }]) => [subject, requests, tokens] as const)
    words = [...words, { beat: ++beat, used }].slice(-repeated)
    const running = mine.flatMap(([subject, one]) => (one.running > 0 ? [[subject, one.running] as const] : []))
    const speech: Speech = { words, running }
    await uses.say({ process, beat, uses: JSON.stringify(speech) })
  }

  function hear(said: SaidUses): void {
    const before = peers.get(said.process)
    if (before?.beat === said.beat) {
      if (clock() - before.heardAtMs > silentAfterMs) underWay(said.process, before, new Map())
      return
    }
    // Only `say` writes this.
    const speech = JSON.parse(said.uses) as Speech
    const fresh = speech.words.filter((word) => word.beat > (before?.beat ?? 0))
    for (const [subject, requests, tokens] of fresh.flatMap(({ used }) => used))
      limiter.usedElsewhere(subject, { requests, tokens, running: 0 })
    const peer = { beat: said.beat, heardAtMs: clock(), running: before?.running ?? new Map<string, number>() }
    underWay(said.process, peer, new Map(speech.running))
  }

  function underWay(name: string, peer: Peer, running: ReadonlyMap<string, number>): void {
    for (const subject of new Set([...peer.running.keys(), ...running.keys()])) {
      const more = (running.get(subject) ?? 0) - (peer.running.get(subject) ?? 0)
      if (more !== 0) limiter.usedElsewhere(subject, { requests: 0, tokens: 0, running: more })
    }
    peers.set(name, { ...peer, running })
  }

  return {
    async exchange(): Promise<void> {
      await say()
      const others = await uses.ofOthers(process)
      for (const said of others) hear(said)
      for (const [name, peer] of peers) {
        const isGone = !others.some((said) => said.process === name)
        if (!isGone && clock() - peer.heardAtMs < forgottenAfterMs) continue
        underWay(name, peer, new Map())
        peers.delete(name)
        if (!isGone) await uses.forget(name)
      }
    },
  }
}
