/** A number with its labels, as it is told. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  /** Where it is not the family's own name: `…_bucket`, `…_sum`, `…_count`. */
  readonly metricName?: string
}

/** All numbers of one name. */
export interface Family {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** As they are now; asked when somebody reads, never by a request. */
  samples(): readonly Sample[]
}

/** What is added up: a plain number, so that a request pays for an addition and nothing more. */
export interface Figure {
  value: number
}

export interface Counter extends Family {
  /** The figure of these labels, in the order of their names; to be kept by whoever counts often. */
  at(...labels: readonly string[]): Figure
}

export interface Histogram extends Family {
  at(...labels: readonly string[]): Spread
}

/** How often values came, by size. */
export interface Spread {
  observe(value: number): void
}

/** A series that grows without end would fill its readers: beyond so many combinations of labels all are `other`. */
const mostCombinations = 2_000

const other = 'other'

interface About {
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
}

export function counter({ name, help, labels: names = [] }: About): Counter {
  const tree = new Tree(names.length, (): Figure => ({ value: 0 }))
  return {
    name,
    help,
    type: 'counter',
    at: (...labels) => tree.at(labels),
    samples: () => tree.all().map(({ labels, leaf }) => ({ labels: named(names, labels), value: leaf.value })),
  }
}

/** @param buckets upper ends, ascending. */
export function histogram({ name, help, labels: names = [] }: About, buckets: readonly number[]): Histogram {
  const tree = new Tree(names.length, () => new Buckets(buckets))
  return {
    name,
    help,
    type: 'histogram',
    at: (...labels) => tree.at(labels),
    samples: () => tree.all().flatMap(({ labels, leaf }) => leaf.samples(name, named(names, labels))),
  }
}

/** @param read the value now, or several with their labels. */
export const gauge = (
  { name, help, labels: names = [] }: About,
  read: () => number | readonly (readonly [labels: readonly string[], value: number])[],
): Family => ({
  name,
  help,
  type: 'gauge',
  samples: () => told(names, read()),
})

/** What somebody else counts, and never takes back. */
export const counted = ({ name, help }: About, read: () => number): Family => ({
  name,
  help,
  type: 'counter',
  samples: () => told([], read()),
})

const told = (names: readonly string[], read: ReturnType<Parameters<typeof gauge>[1]>): readonly Sample[] =>
  typeof read === 'number'
    ? [{ labels: {}, value: read }]
    : read.map(([labels, value]) => ({ labels: named(names, labels), value }))

const named = (names: readonly string[], values: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name, at) => [name, values[at] ?? '']))

class Buckets implements Spread {
  readonly #ends: readonly number[]
  readonly #counts: number[]
  #sum = 0

  constructor(ends: readonly number[]) {
    this.#ends = ends
    this.#counts = new Array<number>(ends.length + 1).fill(0)
  }

  observe(value: number): void {
    let at = 0
    while (at < this.#ends.length && value > (this.#ends[at] ?? 0)) at++
    this.#counts[at] = (this.#counts[at] ?? 0) + 1
    this.#sum += value
  }

  /** Each bucket holds those below it too. */
  samples(name: string, labels: Readonly<Record<string, string>>): readonly Sample[] {
    let below = 0
    const buckets = this.#counts.map((count, at) => {
      below += count
      return { metricName: `${name}_bucket`, labels: { ...labels, le: String(this.#ends[at] ?? '+Inf') }, value: below }
    })
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: below },
    ]
  }
}

/** Leaves by their labels, found without a text being made of these. */
class Tree<Leaf> {
  readonly #depth: number
  readonly #make: () => Leaf
  readonly #root = new Map<string, unknown>()
  readonly #leaves: { readonly labels: readonly string[]; readonly leaf: Leaf }[] = []

  constructor(depth: number, make: () => Leaf) {
    this.#depth = depth
    this.#make = make
    // What has no labels is told from the start.
    if (depth === 0) this.at([])
  }

  at(labels: readonly string[]): Leaf {
    let node = this.#root
    for (let at = 0; at < this.#depth - 1; at++) node = childOf(node, labels[at] ?? '')
    const last = labels[this.#depth - 1] ?? ''
    // The deepest level holds leaves, and only this puts them there.
    const known = node.get(last) as Leaf | undefined
    if (known !== undefined) return known
    if (this.#leaves.length >= mostCombinations && !labels.every((label) => label === other))
      return this.at(labels.map(() => other))
    const leaf = this.#make()
    node.set(last, leaf)
    this.#leaves.push({ labels: [...labels], leaf })
    return leaf
  }

  all(): readonly { readonly labels: readonly string[]; readonly leaf: Leaf }[] {
    return this.#leaves
  }
}

function childOf(node: Map<string, unknown>, label: string): Map<string, unknown> {
  // All levels but the deepest hold maps.
  const known = node.get(label) as Map<string, unknown> | undefined
  if (known) return known
  const child = new Map<string, unknown>()
  node.set(label, child)
  return child
}
