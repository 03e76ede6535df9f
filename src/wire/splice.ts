import { asBuffer } from './bytes.ts'
import { documentStart, eachElement, eachMember, isArrayStart, isObjectStart, valueEnd } from './json-scan.ts'
import { applyPatches, type Patch, SpliceRow } from './splice-row.ts'

/** Where a value is: a string names an object's member, a number an array's element. */
export type JsonPath = readonly (string | number)[]

/** One change. Without `value` the member or element is removed. */
export interface Edit {
  path: JsonPath
  value?: unknown
}

/**
 * Edits JSON bytes without re-serialising: everything outside the edited values stays as it is, byte for byte.
 * Every occurrence of a duplicate key is edited. A missing member is appended when its parent object exists; arrays do not grow.
 * Later edits see what earlier ones put there, but indices always count the elements that were there first.
 * The input must be valid JSON; the very same object comes back when nothing matches.
 */
export function splice(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const source = asBuffer(bytes)
  const patches: Patch[] = []
  const root = readEdits(edits)
  editValue(source, documentStart(source), root, patches)
  return patches.length === 0 ? bytes : applyPatches(source, patches)
}

/** Span of the value at the path, or undefined. The last duplicate wins, like JSON.parse. */
export function locate(bytes: Uint8Array, path: JsonPath): { start: number; end: number } | undefined {
  const source = asBuffer(bytes)
  let start: number | undefined = documentStart(source)
  for (const step of path) {
    start = typeof step === 'string' ? memberStart(source, start, step) : elementStart(source, start, step)
    if (start === undefined) return undefined
  }
  return { start, end: valueEnd(source, start) }
}

/** The edits as a tree over the document; `below` are later edits inside a value that an earlier one sets. */
interface Branch {
  change: 'none' | 'remove' | { value: unknown; below: Edit[] }
  readonly children: Map<string | number, Branch>
}

const branch = (): Branch => ({ change: 'none', children: new Map() })

function readEdits(edits: readonly Edit[]): Branch {
  const root = branch()
  for (const edit of edits) {
    // A document cannot lose its root.
    if (edit.path.length > 0 || edit.value !== undefined) addEdit(root, edit)
  }
  return root
}

function addEdit(root: Branch, edit: Edit): void {
  let node = root
  for (const [depth, step] of edit.path.entries()) {
    if (node.change === 'remove') return
    if (node.change !== 'none') {
      node.change.below.push({ ...edit, path: edit.path.slice(depth) })
      return
    }
    const child = node.children.get(step) ?? branch()
    node.children.set(step, child)
    node = child
  }
  node.change = edit.value === undefined ? 'remove' : { value: edit.value, below: [] }
  node.children.clear()
}

function newBytes(change: { value: unknown; below: Edit[] }): Uint8Array {
  const bytes = Buffer.from(JSON.stringify(change.value))
  return change.below.length === 0 ? bytes : splice(bytes, change.below)
}

/** Returns where the value ends. */
function editValue(bytes: Buffer, start: number, node: Branch, patches: Patch[]): number {
  if (typeof node.change === 'object') {
    const end = valueEnd(bytes, start)
    patches.push({ start, end, bytes: newBytes(node.change) })
    return end
  }
  if (node.children.size > 0 && isObjectStart(bytes[start])) return editObject(bytes, start, node, patches)
  if (node.children.size > 0 && isArrayStart(bytes[start])) return editArray(bytes, start, node, patches)
  return valueEnd(bytes, start)
}

function editObject(bytes: Buffer, open: number, node: Branch, patches: Patch[]): number {
  const row = new SpliceRow(open, patches)
  const missing = new Map(node.children)
  const end = eachMember(bytes, open, (key, start, valueStart) => {
    missing.delete(key)
    return editSeat({ bytes, start, valueStart, child: node.children.get(key), row, patches })
  })
  row.close([...missing].flatMap(([key, child]) => (typeof key === 'string' ? newMember(key, child) : [])))
  return end
}

function editArray(bytes: Buffer, open: number, node: Branch, patches: Patch[]): number {
  const row = new SpliceRow(open, patches)
  const end = eachElement(bytes, open, (index, start) =>
    editSeat({ bytes, start, valueStart: start, child: node.children.get(index), row, patches }),
  )
  row.close([])
  return end
}

/** A member or an element, and what is to happen to it. */
interface Seat {
  bytes: Buffer
  start: number
  valueStart: number
  child: Branch | undefined
  row: SpliceRow
  patches: Patch[]
}

function editSeat({ bytes, start, valueStart, child, row, patches }: Seat): number {
  if (child?.change === 'remove') {
    const end = valueEnd(bytes, valueStart)
    row.remove(start, end)
    return end
  }
  row.enter(start)
  const end = child === undefined ? valueEnd(bytes, valueStart) : editValue(bytes, valueStart, child, patches)
  row.leave(end)
  return end
}

const newMember = (key: string, child: Branch): Uint8Array[] =>
  typeof child.change === 'object'
    ? [Buffer.concat([Buffer.from(`${JSON.stringify(key)}:`), newBytes(child.change)])]
    : []

function memberStart(bytes: Buffer, open: number, name: string): number | undefined {
  if (!isObjectStart(bytes[open])) return undefined
  let found: number | undefined
  eachMember(bytes, open, (key, _, start) => {
    if (key === name) found = start
    return valueEnd(bytes, start)
  })
  return found
}

function elementStart(bytes: Buffer, open: number, wanted: number): number | undefined {
  if (!isArrayStart(bytes[open])) return undefined
  let found: number | undefined
  eachElement(bytes, open, (index, start) => {
    if (index === wanted) found = start
    return valueEnd(bytes, start)
  })
  return found
}
