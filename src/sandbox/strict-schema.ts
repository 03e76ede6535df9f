import { asRecord, asRecords, asTexts, type Untyped } from './untyped.ts'

/**
 * Why a schema is not allowed where it is enforced strictly: every object closed, every property required.
 * Undefined when it is. @see https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
export function strictProblem(schema: unknown, path: readonly string[] = []): string | undefined {
  const node = asRecord(schema)
  return objectProblem(node, path) ?? firstProblem(childrenOf(node), path)
}

function objectProblem(node: Untyped, path: readonly string[]): string | undefined {
  if (!asTexts(node.type).includes('object')) return undefined
  const where = `In context=(${path.map((step) => `'${step}'`).join(', ')})`
  if (node.additionalProperties !== false)
    return `${where}, 'additionalProperties' is required to be supplied and to be false.`
  const optional = Object.keys(asRecord(node.properties)).find((name) => !asTexts(node.required).includes(name))
  return optional === undefined
    ? undefined
    : `${where}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${optional}'.`
}

type Child = readonly [steps: readonly string[], schema: unknown]

const childrenOf = (node: Untyped): readonly Child[] => [
  ...Object.entries(asRecord(node.properties)).map(([name, child]): Child => [['properties', name], child]),
  ...Object.entries(asRecord(node.$defs)).map(([name, child]): Child => [['$defs', name], child]),
  ...asRecords(node.anyOf).map((child, index): Child => [['anyOf', String(index)], child]),
  ...(node.items === undefined ? [] : [[['items'], node.items] as const]),
]

function firstProblem(children: readonly Child[], path: readonly string[]): string | undefined {
  for (const [steps, child] of children) {
    const problem = strictProblem(child, [...path, ...steps])
    if (problem !== undefined) return problem
  }
  return undefined
}
