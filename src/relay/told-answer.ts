import type { ChatEvent } from '../model/event.ts'
import type { Outcome, Reception } from './attempt.ts'
import { Line } from './line.ts'
import { telling } from './telling.ts'

/** No upstream is asked, so there is nothing to hold up or break off. */
const nobody = { pause() {}, resume() {}, abort() {} }

/** Tells an answer that was made here in the form that the client wants. */
export function toldAnswer(
  reception: Pick<Reception, 'exchange' | 'candidate' | 'prepared'>,
  events: Iterable<ChatEvent>,
): Promise<Outcome> {
  return new Promise((settle) => {
    const teller = telling({ ...reception, status: 200, headers: {}, call: new Line(nobody), settle })
    for (const event of events) teller.push(event)
    teller.flush()
    teller.finish()
  })
}
