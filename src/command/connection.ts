import type { Config } from '../config.ts'
import { shortKey } from '../connect/mask.ts'
import { listingOnceKnown, serverState } from '../connect/server.ts'
import type { Connection, Roles, Tool } from '../connect/tool.ts'
import { type KeyPlace, keyFile, renewKey, setAliases, toolKey } from '../connect/tool-key.ts'
import type { ModelAlias } from '../model/rows.ts'
import { nearestNames } from '../providers/nearest.ts'
import { preferredModel } from '../providers/preferred.ts'
import { matchesGlob } from '../relay/glob.ts'
import { openPlace } from '../store/open.ts'
import { configFile, type Flags, readConfig, tellProblems } from './flags.ts'
import { serveCommand } from './invocation.ts'

/** A new key is known to a running server within half a second. */
const keyKnownWithinMs = 3_000
/** How long a running server may take to look at the store again. */
const aliasesKnownAfterMs = 700

/** Everything that `connect` and `run` need to know, found out and settled. */
export interface Prepared {
  readonly connection: Connection
  readonly directory: string
  /** Where the key is kept; absent where it was given on the command line. */
  readonly keyPath?: string
  readonly isNewKey: boolean
  /** What was decided for the user, a line each. */
  readonly notes: readonly string[]
}

export type Preparation =
  | { readonly ok: true; readonly prepared: Prepared }
  | { readonly ok: false; readonly message: string }

/** Asks the server, makes the tool's key where there is none, and chooses its models. */
export async function prepare(tool: Tool, flags: Flags): Promise<Preparation> {
  const checked = readConfig(flags, process.env)
  if (!checked.ok) return refuse(tellProblems(checked.problems, configFile(flags, process.env)))
  const { config } = checked
  const url = serverUrl(flags, config)
  if (url === undefined) return refuse(`"${flags.url}" is not the address of a server, like http://127.0.0.1:3000`)
  const state = await serverState(url)
  if (state === 'silent') return refuse(`No Causeway answers at ${url}. Start it with: ${serveCommand(flags)}`)
  if (state === 'other')
    return refuse(`What answers at ${url} is not Causeway. Name another port with --port, or a server with --url.`)
  return flags.key === undefined
    ? withOwnKey(tool, flags, config, url)
    : withGivenKey(tool, flags, config, url, flags.key)
}

const refuse = (message: string): Preparation => ({ ok: false, message })

/** The root: clients put `/v1` behind it by themselves. */
function serverUrl(flags: Flags, { host, port }: Config): string | undefined {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  const text = flags.url ?? `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url && /^https?:$/.test(url.protocol) && url.search === '' && url.hash === ''
    ? url.href.replace(/\/+$/, '').replace(/\/v1(beta)?$/, '')
    : undefined
}

async function withGivenKey(tool: Tool, flags: Flags, config: Config, url: string, key: string): Promise<Preparation> {
  const listed = await listingOnceKnown(url, key, 0)
  if (listed.state === 'unknown key') return refuse(`The server at ${url} does not know the key ${shortKey(key)}`)
  if (listed.state === 'failed') return refuse(`The server at ${url} does not list its models: ${listed.message}`)
  const chosen = chooseRoles(tool, flags, listed.models)
  if (!chosen.ok) return refuse(chosen.message)
  const isMapped = chosen.roles !== undefined && tool.aliases(chosen.roles).length > 0
  return {
    ok: true,
    prepared: {
      connection: { url, key, models: listed.models, ...rolesIn(chosen.roles, listed.windows) },
      directory: config.dataDirectory,
      isNewKey: false,
      notes: [
        ...chosen.notes,
        ...(isMapped
          ? [
              `The key was given, so nothing is kept here: other model names that ${tool.title} has wired in are not mapped.`,
            ]
          : []),
      ],
    },
  }
}

async function withOwnKey(tool: Tool, flags: Flags, config: Config, url: string): Promise<Preparation> {
  const directory = config.dataDirectory
  if (directory === ':memory:') return refuse('A data directory is needed to keep the key in: name it with --data')
  const { keyring, store } = await openPlace(config)
  try {
    const place: KeyPlace = { store, pepper: keyring.pepper, directory, nowMs: Date.now() }
    const { isNew, key, row } = await (flags['new-key'] ? renewKey(place, tool.id) : toolKey(place, tool.id))
    const listed = await listingOnceKnown(url, key, keyKnownWithinMs)
    if (listed.state === 'unknown key')
      return refuse(
        `The server at ${url} does not know keys of ${directory}: it uses other data. Name its directory with --data.`,
      )
    if (listed.state === 'failed') return refuse(`The server at ${url} does not list its models: ${listed.message}`)
    const models = listed.models.filter(
      (name) => !row.aliases.some((alias) => alias.name === name && alias.model !== name),
    )
    const chosen = chooseRoles(tool, flags, models)
    if (!chosen.ok) return refuse(chosen.message)
    const { notes, roles } = chosen
    const isChanged = await setAliases(store, row, roles ? aliasesOf(tool, roles, models) : [])
    // There is nothing to ask for: the server looks at the store twice a second.
    if (isChanged) await new Promise((resolve) => setTimeout(resolve, aliasesKnownAfterMs))
    const connection = { url, key, models, ...rolesIn(roles, listed.windows) }
    return {
      ok: true,
      prepared: { connection, directory, keyPath: keyFile(directory, tool.id), isNewKey: isNew, notes },
    }
  } finally {
    await store.close()
  }
}

const rolesIn = (
  roles: Roles | undefined,
  windows: ReadonlyMap<string, number>,
): Pick<Connection, 'roles' | 'window'> => {
  const window = roles && windows.get(roles.main)
  return { ...(roles && { roles }), ...(window !== undefined && { window }) }
}

/** Names that the server has stay what they are; the tool's other names mean the chosen models. */
function aliasesOf(tool: Tool, roles: Roles, models: readonly string[]): readonly ModelAlias[] {
  const isOwn = (name: string): boolean => tool.ownModels.some((glob) => matchesGlob(glob, name))
  return [...models.filter(isOwn).map((name) => ({ name, model: name })), ...tool.aliases(roles)]
}

type Chosen =
  | { readonly ok: true; readonly roles?: Roles; readonly notes: readonly string[] }
  | { readonly ok: false; readonly message: string }

/** As named; else nothing where the server has the tool's own models; else the best that there is. */
function chooseRoles(tool: Tool, flags: Flags, models: readonly string[]): Chosen {
  for (const name of [flags.model, flags['small-model']])
    if (name !== undefined && !models.includes(name)) return { ok: false, message: unknownModel(name, models) }
  const hasOwn = models.some((name) => tool.ownModels.some((glob) => matchesGlob(glob, name)))
  if (flags.model === undefined && flags['small-model'] === undefined && hasOwn)
    return { ok: true, notes: [`The server has models of ${tool.title}'s own: its names are left as they are.`] }
  const main = flags.model ?? preferredModel(models)
  if (main === undefined)
    return { ok: false, message: 'The server lists no model. Name its channels in causeway.yaml.' }
  const notes =
    flags.model === undefined ? [`Nobody chose a model: ${main} is taken. Take another with --model NAME.`] : []
  return { ok: true, roles: { main, small: flags['small-model'] ?? main }, notes }
}

function unknownModel(name: string, models: readonly string[]): string {
  const near = nearestNames(name, models)
  const hint = near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : ` It lists: ${models.slice(0, 20).join(', ')}`
  return `The server has no model "${name}".${hint}`
}
