import type { Answer } from '../../src/ledger/answer.ts'
import type { Command, Verb } from '../../src/ledger/command.ts'
import type { Gateway } from './gateway.ts'

/** What the ledger of a gateway is asked. */
export interface LedgerWatch {
  readonly commands: readonly Command[]
  /** What was answered, by its command. */
  readonly answers: ReadonlyMap<Command, Answer>
  /** Resolves with the next command of one of these verbs, when it is answered. */
  next(...verbs: readonly Verb[]): Promise<Command>
  /** Reservations wait until it is let go. */
  holdBack(): () => void
}

type Submit = (command: Command) => Promise<Answer>

/** Listens between a gateway and its ledger. */
export function watchLedger({ app }: Gateway): LedgerWatch {
  const { ledger } = app.books
  const commands: Command[] = []
  const answers = new Map<Command, Answer>()
  const hopes = new Set<{ readonly verbs: readonly Verb[]; resolve(command: Command): void }>()
  let gate: Promise<void> | undefined
  // One function for all verbs, as the ledger itself has it.
  const submit = ledger.submit as unknown as Submit
  const watched: Submit = async (command) => {
    commands.push(command)
    const answer = await submit(command)
    answers.set(command, answer)
    tell(command)
    if (command.do === 'reserve') await gate
    return answer
  }
  Object.assign(ledger, { submit: watched })

  function tell(command: Command): void {
    for (const hope of hopes)
      if (hope.verbs.includes(command.do)) {
        hopes.delete(hope)
        hope.resolve(command)
      }
  }
  return {
    commands,
    answers,
    next: (...verbs) => new Promise((resolve) => hopes.add({ verbs, resolve })),
    holdBack() {
      const { promise, resolve } = Promise.withResolvers<void>()
      gate = promise
      return () => {
        gate = undefined
        resolve()
      }
    },
  }
}
