import { createHash } from 'node:crypto'
import { fault, ok, type Result, refuse } from '../fault.ts'
import type { ToolFlavor } from '../part.ts'
import { type ChatRequest, flavorOf, type ToolName } from '../request.ts'

/** The client's tool behind a name that the upstream uses. */
export interface WireTool {
  readonly name: string
  readonly namespace?: string
  readonly tool: ToolFlavor
  /** The function's schema is ours (`{input: string}`) because the target knows no free text. */
  readonly wrapped?: boolean
}

/** From the upstream's name to the client's tool. */
export type ToolMap = ReadonlyMap<string, WireTool>

/** Which names a target accepts. */
export interface NameRule {
  /** Global: each match becomes `_`. */
  readonly illegal: RegExp
  /** What a name may begin with; otherwise `_` is put before it. */
  readonly first?: RegExp
  /** Most characters. */
  readonly max: number
}

export interface ToolNames {
  /** The name that the upstream sees; also for tools that the request does not declare. */
  wire(tool: ToolName): string
  readonly back: ToolMap
}

/**
 * Names for everything that can be called, over declarations, choice and history, in this order. A name that is legal stays;
 * another keeps its first 55 characters and gets a digest of the whole. The order makes names stable while a
 * conversation grows. `wraps`: free-text tools are declared as functions. Two tools of one name are refused, as all vendors do.
 */
export function nameTools(request: ChatRequest, rule: NameRule, wraps: boolean): Result<ToolNames> {
  const twice = duplicate(request)
  if (twice !== undefined) return refuse(fault('invalid', `Two tools are named "${twice}".`, { param: 'tools' }))
  const names = registry(rule, serverNames(request))
  for (const { tool, flavor } of called(request))
    names.add(tool, { ...tool, tool: flavor, ...(wraps && flavor.flavor === 'custom' && { wrapped: true }) })
  return ok(names)
}

interface Called {
  readonly tool: ToolName
  readonly flavor: ToolFlavor
}

function* called(request: ChatRequest): Generator<Called> {
  for (const tool of request.tools)
    if (tool.kind === 'function' || tool.kind === 'custom' || tool.kind === 'typed')
      yield { tool: nameOf(tool), flavor: flavorOf(tool) }
  for (const turn of request.turns)
    for (const part of turn.parts) if (part.kind === 'tool_call') yield { tool: nameOf(part), flavor: part.tool }
}

const nameOf = (tool: { readonly name: string; readonly namespace?: string }): ToolName => ({
  name: tool.name,
  ...(tool.namespace !== undefined && { namespace: tool.namespace }),
})

/** Vendor-run tools have names of the vendor's choice; a function of the same name has to give way. */
const serverNames = (request: ChatRequest): Set<string> =>
  new Set(request.tools.filter((tool) => tool.kind === 'server').map((tool) => tool.name))

function duplicate(request: ChatRequest): string | undefined {
  const seen = new Set<string>()
  for (const tool of request.tools) {
    if (tool.kind === 'server' || tool.kind === 'opaque') continue
    const key = keyOf(nameOf(tool))
    if (seen.has(key)) return flat(nameOf(tool))
    seen.add(key)
  }
  return undefined
}

interface Registry extends ToolNames {
  add(tool: ToolName, wire: WireTool): void
}

function registry(rule: NameRule, taken: Set<string>): Registry {
  const wires = new Map<string, string>()
  const back = new Map<string, WireTool>()
  /** Keys of namespaced tools by bare name; several make the bare name ambiguous. */
  const bare = new Map<string, string[]>()
  const keyFor = (tool: ToolName): string => {
    const key = keyOf(tool)
    if (tool.namespace !== undefined || wires.has(key)) return key
    const inside = bare.get(tool.name)
    return inside?.length === 1 && inside[0] !== undefined ? inside[0] : key
  }
  return {
    back,
    wire: (tool) => wires.get(keyFor(tool)) ?? legal(flat(tool), rule),
    add(tool, wire) {
      const key = keyFor(tool)
      if (wires.has(key)) return
      const name = free(tool, rule, taken)
      taken.add(name)
      wires.set(key, name)
      back.set(name, wire)
      if (tool.namespace !== undefined) bare.set(tool.name, [...(bare.get(tool.name) ?? []), key])
    },
  }
}

/** Two tools may flatten to one name (`a` in `b`, and `b__a`): the later one is told apart by a digest. */
function free(tool: ToolName, rule: NameRule, taken: ReadonlySet<string>): string {
  let name = legal(flat(tool), rule)
  for (let salt = keyOf(tool); taken.has(name); salt += '+') name = digested(cleaned(flat(tool), rule), salt, rule)
  return name
}

function legal(name: string, rule: NameRule): string {
  const clean = cleaned(name, rule)
  return clean === name && name.length <= rule.max ? name : digested(clean, name, rule)
}

function cleaned(name: string, rule: NameRule): string {
  const clean = name.replace(rule.illegal, '_')
  return clean === '' || (rule.first && !rule.first.test(clean.charAt(0))) ? `_${clean}` : clean
}

const digested = (clean: string, original: string, rule: NameRule): string =>
  `${clean.slice(0, Math.min(55, rule.max - 9))}_${createHash('sha256').update(original).digest('hex').slice(0, 8)}`

const keyOf = (tool: ToolName): string => `${tool.namespace ?? ''}\0${tool.name}`

/** A tool's name where there are no namespaces, before it is made legal. */
export function flat({ name, namespace }: ToolName): string {
  if (namespace === undefined || namespace === '') return name
  return namespace.endsWith('__') ? namespace + name : `${namespace}__${name}`
}
