/** A value as configuration files hold it. */
export type Setting = string | number | boolean | readonly Setting[] | { readonly [name: string]: Setting }

/** One place in a configuration file and what shall be there; nothing where `value` is absent. */
export interface Edit {
  readonly path: readonly string[]
  readonly value?: Setting
}

/** What is wrong with a file. `line` counts from 1. */
export interface FileProblem {
  readonly path: string
  readonly line?: number
  readonly message: string
}

export type Tree = Readonly<Record<string, unknown>>

export const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value at `path`; undefined where there is none. */
export function valueAt(tree: unknown, path: readonly string[]): unknown {
  let value = tree
  for (const name of path) value = isTree(value) && Object.hasOwn(value, name) ? value[name] : undefined
  return value
}

/** A copy of `tree` with `edit` made. Parents are made for a value, and nothing is made to take one out. */
export function withEdit(tree: Tree, { path: [name, ...rest], value }: Edit): Tree {
  if (name === undefined) return tree
  const { [name]: old, ...others } = tree
  if (rest.length === 0) return value === undefined ? others : { ...tree, [name]: value }
  if (!isTree(old) && value === undefined) return tree
  return { ...tree, [name]: withEdit(isTree(old) ? old : {}, { path: rest, ...(value !== undefined && { value }) }) }
}

export const samePath = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && left.every((name, at) => name === right[at])
