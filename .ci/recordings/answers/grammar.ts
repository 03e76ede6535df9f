import { isDeepStrictEqual } from 'node:util'
import type { DialectId } from '../../../src/model/dialect.ts'
import { formats } from '../../../test/support/formats/format.ts'
import type { Difference } from '../report.ts'
import { type Gathered, gather } from '../sdk.ts'
import type { View } from '../views/view.ts'

/** The stream passes the strict reader of its grammar and the vendor's own SDK, and says the same there. */
export async function judgeGrammar(client: DialectId, bytes: Buffer, { calls, text }: View): Promise<Difference[]> {
  const differences: Difference[] = []
  for (const [judge, read] of Object.entries(judges))
    try {
      const said = await read(client, bytes)
      if (said.text !== text) differences.push({ field: `${judge}: text`, expected: text, got: said.text })
      if (!isDeepStrictEqual(said.calls, calls))
        differences.push({ field: `${judge}: calls`, expected: calls, got: said.calls })
    } catch (error) {
      // Whatever a judge throws is its verdict.
      differences.push({ field: judge, expected: 'no error', got: String(error) })
    }
  return differences
}

const judges: Record<string, (client: DialectId, bytes: Buffer) => Gathered | Promise<Gathered>> = {
  grammar(client, bytes) {
    const { calls, text } = formats[client].viewStream(bytes.toString())
    // The text that a free-text tool is called with stands alone in two formats.
    const argsOf = (input: unknown) => (typeof input === 'string' ? { input } : input)
    return { text, calls: calls.map(({ input, name }) => ({ name, args: argsOf(input) })) }
  },
  sdk: (client, bytes) => gather[client](bytes),
}
