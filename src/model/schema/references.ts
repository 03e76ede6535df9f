import { isRecord } from '../record.ts'
import type { JsonSchema } from '../request.ts'
import { subschemas } from './subschemas.ts'

/** Finds what `$ref` points at within one document. */
export class References {
  readonly #root: JsonSchema
  #isCyclic: boolean | undefined

  constructor(root: JsonSchema) {
    this.#root = root
  }

  /** The schema behind a reference into the document; undefined for other documents and for nothing. */
  find(ref: string): JsonSchema | undefined {
    if (ref === '#') return this.#root
    if (!ref.startsWith('#/')) return this.#byAnchor(ref)
    let node: unknown = this.#root
    for (const step of ref.slice(2).split('/')) {
      const key = unescaped(step)
      if (Array.isArray(node)) node = node[Number(key)]
      else node = isRecord(node) && Object.hasOwn(node, key) ? node[key] : undefined
    }
    return isRecord(node) ? node : undefined
  }

  /** Whether a reference leads back into itself. */
  get isCyclic(): boolean {
    this.#isCyclic ??= this.#leadsBack(this.#root, new Set(), new Set())
    return this.#isCyclic
  }

  /** Depth first over the references; `done` have been seen to lead nowhere back. */
  #leadsBack(node: JsonSchema, path: ReadonlySet<string>, done: Set<string>): boolean {
    const ref = node.$ref
    if (typeof ref === 'string' && !done.has(ref)) {
      if (path.has(ref)) return true
      const target = this.find(ref)
      if (target && this.#leadsBack(target, new Set([...path, ref]), done)) return true
      done.add(ref)
    }
    return subschemas(node).some((child) => this.#leadsBack(child, path, done))
  }

  #byAnchor(ref: string): JsonSchema | undefined {
    const defs = this.#root.$defs
    if (!isRecord(defs)) return undefined
    const found = Object.values(defs).find((def) => isRecord(def) && (`#${def.$anchor}` === ref || def.$id === ref))
    return isRecord(found) ? found : undefined
  }
}

/** JSON Pointer within a URI fragment. */
function unescaped(step: string): string {
  const plain = /%[\da-f]{2}/i.test(step) ? decoded(step) : step
  return plain.replaceAll('~1', '/').replaceAll('~0', '~')
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step)
  } catch (error) {
    // Percent signs that encode nothing are part of the key.
    if (error instanceof URIError) return step
    throw error
  }
}
