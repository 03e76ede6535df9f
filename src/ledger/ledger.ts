import type { Answer, AnswerOf } from './answer.ts'
import type { Clock } from './clock.ts'
import type { Command, CommandOf, Verb } from './command.ts'
import { followUps } from './late.ts'
import { type Patience, patience as patienceWithDatabase } from './patience.ts'
import { type Passage, pipeOf } from './pipe.ts'
import type { Spool } from './spool.ts'
import type { LedgerStore } from './store.ts'
import { waitingRoom } from './waiting-room.ts'

/** The only writer of balances. */
export interface Ledger {
  /**
   * Durable when it is answered. Any number at once; those of one moment share one commit.
   * @throws Error for a bug or a broken database, never for what is expected. Nothing of the command is written then.
   */
  submit<V extends Verb>(command: Asked<V>): Promise<AnswerOf<V> | Postponed<V>>
  /** How many commands are kept on disk because the database could not take them yet. */
  kept(): number
  /** Waits for what is under way. What cannot be written stays in the spool, for the next process. */
  close(): Promise<void>
}

/** Tickets are the ledger's own affair. */
export type Asked<V extends Verb> = V extends 'reserve' ? Omit<CommandOf<'reserve'>, 'ticket'> : CommandOf<V>

export type Postponed<V extends Verb> = V extends 'settle' | 'void' ? Kept | Unavailable : Unavailable

/**
 * The database did not answer in time. Whatever was asked may be asked again; of a reserve nothing stays held. A settle
 * that has found no room on the disk either goes on trying, in memory only.
 */
export interface Unavailable {
  readonly is: 'unavailable'
}

/** Safe on disk, and written as soon as the database answers, by this process or the next. */
export interface Kept {
  readonly is: 'kept'
}

/** What an operator should hear of. */
export type Trouble =
  | { readonly kind: 'unavailable'; readonly cause: unknown }
  | { readonly kind: 'available' }
  /** Something that nobody waits for could not be done: it is written off. */
  | { readonly kind: 'refused'; readonly command: Command; readonly answer: Answer }
  | { readonly kind: 'bug'; readonly cause: unknown; readonly command?: Command }

export interface LedgerParts {
  readonly store: LedgerStore
  readonly spool: Spool
  readonly clock: Clock
  /** Absent: as with a database over a network. */
  readonly patience?: Readonly<Record<Verb, Patience>>
  onTrouble(trouble: Trouble): void
}

type Late = Answer | Unavailable | Kept

/** Beyond this, requests are turned away at once: nobody stands in a queue that does not move. */
const longestQueue = 10_000

/** A ledger that first writes what the last process left in its spool. */
export function openLedger({ store, spool, clock, patience = patienceWithDatabase, onTrouble }: LedgerParts): Ledger {
  const pipe = pipeOf({
    store,
    clock,
    onChange: (cause) => onTrouble(cause === undefined ? { kind: 'available' } : { kind: 'unavailable', cause }),
  })
  const room = waitingRoom(clock)
  /** On disk and not yet written. */
  const kept = new Set<Command>()
  /** Asked and not yet answered, in one way or another. */
  const asked = new Set<Promise<unknown>>()
  let tickets = 0
  let isClosed = false

  function submit(command: Command): Promise<Late> {
    if (isClosed) return Promise.reject(new Error('the ledger is closed'))
    return remember(patience[command.do].isKept ? insist(command) : attempt(command))
  }

  async function attempt(command: Command): Promise<Late> {
    if (pipe.waiting() >= longestQueue) return { is: 'unavailable' }
    const passage = pipe.enter(command, patience[command.do].gatherMs)
    const answer = await room.inTime(passage.answer, patience[command.do])
    if (answer) return answer
    const mayBeWritten = passage.withdraw()
    // Then nobody would ever settle it.
    if (mayBeWritten && command.do === 'reserve')
      void inBackground({ do: 'void', id: command.id, ticket: command.ticket, reason: 'answered too late' })
    return { is: 'unavailable' }
  }

  /** Until it is written, or at least on disk; then it goes on without anybody waiting. */
  async function insist(command: Command): Promise<Late> {
    const passage = pipe.enter(command, patience.settle.gatherMs)
    const answer = await room.inTime(passage.answer, patience.settle)
    if (answer) return followed(command, answer)
    kept.add(command)
    const isDurable = await spool.keep(command)
    goOn(command, passage)
    return { is: isDurable ? 'kept' : 'unavailable' }
  }

  /** What is kept, when the database takes it at last. */
  function goOn(command: Command, passage: Passage): void {
    passage.answer
      .then(async (answer) => tell(command, await followed(command, answer)))
      .finally(() => {
        kept.delete(command)
        return kept.size === 0 ? spool.clear() : undefined
      })
      .catch((cause: unknown) => onTrouble({ kind: 'bug', cause, command }))
  }

  /** The answer, when what follows from it is safe too. */
  async function followed(command: Command, answer: Answer): Promise<Answer> {
    await Promise.all(followUps(command, answer).map(inBackground))
    return answer
  }

  function inBackground(command: Command): Promise<void> {
    return remember(insist(command)).then(
      (answer) => tell(command, answer),
      (cause: unknown) => onTrouble({ kind: 'bug', cause, command }),
    )
  }

  function tell(command: Command, answer: Late): void {
    if (refusals.has(answer.is)) onTrouble({ kind: 'refused', command, answer: answer as Answer })
  }

  function remember<T>(promise: Promise<T>): Promise<T> {
    asked.add(promise)
    const forget = (): void => void asked.delete(promise)
    promise.then(forget, forget)
    return promise
  }

  for (const command of spool.left) {
    kept.add(command)
    goOn(command, pipe.enter(command, 0))
  }

  return {
    // Each verb is answered by its own function in `decide`; a reserve only lacks its ticket.
    submit: ((command: Command) =>
      submit(command.do === 'reserve' ? { ...command, ticket: ++tickets } : command)) as Ledger['submit'],
    kept: () => kept.size,
    async close() {
      isClosed = true
      while (asked.size > 0) await Promise.allSettled(asked)
      pipe.stop()
      await spool.close()
      await store.close()
    },
  }
}

const refusals: ReadonlySet<Late['is']> = new Set(['unknown', 'invalid', 'insufficient', 'too large', 'no account'])
