import type { JsonSchema } from './request.ts'
import { cleanNode } from './schema/node.ts'
import { References } from './schema/references.ts'
import { flatRoot } from './schema/root.ts'
import { rulesFor } from './schema/rules.ts'

export { readGeminiSchema, readJsonSchema } from './schema/gemini-read.ts'
export { satisfiesStrict } from './schema/strict.ts'

/** The subsets of JSON Schema that vendors take. */
export type SchemaTarget =
  /** Anthropic `input_schema`: everything, but the root must be a plain object. */
  | 'anthropic-tool'
  /** Anthropic `strict` tools and `output_config.format`. */
  | 'anthropic-strict'
  | 'openai-strict'
  /** OpenAI tools with `strict: false`. */
  | 'openai-loose'
  /** Gemini `parametersJsonSchema` and `responseJsonSchema`. */
  | 'gemini-json'
  /** Gemini `parameters` and `responseSchema`: a message of its own with upper-case types. */
  | 'gemini-schema'

export interface CleanedSchema {
  readonly schema: JsonSchema
  /** Keywords that the target does not enforce. They stand in a description where they can be said in words. */
  readonly lost: readonly string[]
}

/**
 * The schema in the words of `target`. Keys keep their order, and a schema with nothing to change is returned itself.
 * What is required and what may be null is never rewritten, because the client checks the arguments against its own schema.
 */
export function cleanSchema(schema: JsonSchema, target: SchemaTarget): CleanedSchema {
  const rules = rulesFor[target]
  const lost = new Set<string>()
  const walk = { rules, references: new References(schema), lost, refs: [], budget: { nodes: mostNodes } }
  const rooted = rules.root === 'object' ? flatRoot(schema, walk) : schema
  return { schema: rules.rootOnly ? rooted : cleanNode(rooted, walk), lost: [...lost] }
}

/** References within references grow without bound when they are written out; beyond this many nodes they are cut. */
const mostNodes = 2_000
