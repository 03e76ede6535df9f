import { isDeepStrictEqual } from 'node:util'
import type { Difference } from '../report.ts'
import type { View } from './views/view.ts'

/** What of the client's request did not reach the upstream. What the client did not say may be chosen by the gateway. */
export function compareRequests(sent: View, got: View): Difference[] {
  return fields.flatMap((field) => {
    const expected = sent[field]
    const found = field === 'tools' ? knownOf(sent, got) : got[field]
    return expected === undefined || isDeepStrictEqual(expected, found) ? [] : [{ field, expected, got: found }]
  })
}

const fields = [
  'system',
  'turns',
  'tools',
  'calls',
  'results',
  'media',
  'choice',
  'maxOutput',
  'temperature',
  'topP',
  'stop',
  'output',
] as const satisfies (keyof View)[]

/** The upstream's tools, their properties only where the client said its own. */
const knownOf = (sent: View, got: View): View['tools'] =>
  got.tools.map((tool) =>
    sent.tools.find(({ name }) => name === tool.name)?.properties ? tool : { ...tool, properties: undefined },
  )
