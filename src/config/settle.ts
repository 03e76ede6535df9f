import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../config.ts'
import { type Account, defaultAccountId, defaultGroup } from '../model/account.ts'
import type { KeyRow } from '../model/rows.ts'
import { hashKey, keyRow, newId, newKey } from '../store/secrets.ts'
import type { Inside } from '../store/store.ts'

/** A key that was just made, to be shown once. */
export interface MadeKey {
  readonly name: string
  readonly key: string
}

/**
 * Brings the store in line with the configuration: what the file names is added, changed and taken away with it; what was
 * made elsewhere stays. With no key anywhere one is made, so that the first request can be sent.
 */
export async function settle(
  store: Inside,
  config: Config,
  pepper: Buffer,
  nowMs: number,
): Promise<readonly MadeKey[]> {
  await settleGroups(store, config)
  const accounts = await settleAccounts(store, config, nowMs)
  await settleModelLimits(store, config)
  await settlePrices(store, config, nowMs)
  return settleKeys(store, config, accounts, { pepper, nowMs })
}

async function settleGroups({ accounts }: Inside, { groups }: Config): Promise<void> {
  const stored = await accounts.groups()
  const names = new Set([defaultGroup, ...groups.map(({ name }) => name)])
  if (!stored.some(({ name }) => name === defaultGroup))
    await accounts.saveGroup({ name: defaultGroup, multiplierPpm: 1_000_000n, channels: ['*'], source: 'built-in' })
  for (const group of groups) await accounts.saveGroup({ ...group, source: 'file' })
  for (const { name, source } of stored) if (source === 'file' && !names.has(name)) await accounts.removeGroup(name)
}

async function settleModelLimits({ modelLimits }: Inside, config: Config): Promise<void> {
  const stored = await modelLimits.list()
  for (const row of config.modelLimits) await modelLimits.save({ ...row, source: 'file' })
  const patterns = new Set(config.modelLimits.map(({ model }) => model))
  for (const { model, source } of stored) if (source === 'file' && !patterns.has(model)) await modelLimits.remove(model)
}

/** An account that the file no longer names is switched off: its money and its past stay. Gives ids by name. */
async function settleAccounts(store: Inside, config: Config, nowMs: number): Promise<ReadonlyMap<string, string>> {
  const stored = await store.accounts.list()
  if (!stored.some(({ id }) => id === defaultAccountId)) await store.accounts.save(defaultAccount(nowMs))
  for (const account of config.accounts) {
    const known = stored.find(({ name }) => name === account.name)
    const row: Account = {
      id: known?.id ?? newId('acc'),
      ...account,
      isEnabled: true,
      source: 'file',
      createdAtMs: known?.createdAtMs ?? nowMs,
    }
    if (!isDeepStrictEqual(known, row)) await store.accounts.save(row)
  }
  const names = new Set(config.accounts.map(({ name }) => name))
  for (const account of stored)
    if (account.source === 'file' && account.isEnabled && !names.has(account.name))
      await store.accounts.save({ ...account, isEnabled: false })
  return new Map((await store.accounts.list()).map(({ id, name }) => [name, id]))
}

const defaultAccount = (createdAtMs: number): Account => ({
  id: defaultAccountId,
  name: 'default',
  group: defaultGroup,
  isEnabled: true,
  limits: {},
  source: 'built-in',
  createdAtMs,
})

/** Rows are only added: a price of the file that changed is another row, by its content, and counts from when it is read. */
async function settlePrices({ prices }: Inside, config: Config, nowMs: number): Promise<void> {
  const stored = await prices.list()
  for (const { model, fromMs, rates } of config.prices) {
    const mine = stored.filter((row) => row.source === 'file' && row.model === model)
    const newest = mine.toSorted(
      (left, right) => right.validFromMs - left.validFromMs || right.createdAtMs - left.createdAtMs,
    )[0]
    if (newest && isDeepStrictEqual(newest.rates, rates)) continue
    const validFromMs = newest ? Math.max(fromMs, nowMs) : fromMs
    await prices.add({
      id: newId('price'),
      model,
      rates: { ...rates },
      validFromMs,
      source: 'file',
      createdAtMs: nowMs,
    })
  }
}

async function settleKeys(
  { keys }: Inside,
  config: Config,
  accounts: ReadonlyMap<string, string>,
  { pepper, nowMs }: { readonly pepper: Buffer; readonly nowMs: number },
): Promise<readonly MadeKey[]> {
  const made: MadeKey[] = []
  const stored = await keys.list()
  for (const { name, key, account, ...about } of config.keys) {
    const mine = stored.filter((row) => row.source === 'file' && row.name === name)
    const same = mine.find((row) => key === undefined || row.hash === hashKey(pepper, key))
    for (const row of mine) if (row !== same) await keys.revoke(row.id, nowMs)
    const wanted = { ...about, account: accountOf(accounts, account) }
    if (same && isDeepStrictEqual(narrowed(same), wanted)) continue
    const fresh = key ?? newKey()
    // A key that stays keeps its row, and so what hangs on its id: stored answers, reasoning state, what it has spent.
    await keys.add(
      same ? { ...same, ...wanted } : keyRow(fresh, pepper, { name, ...wanted, source: 'file', createdAtMs: nowMs }),
    )
    if (!same && key === undefined) made.push({ name, key: fresh })
  }
  const names = new Set(config.keys.map(({ name }) => name))
  for (const row of stored) if (row.source === 'file' && !names.has(row.name)) await keys.revoke(row.id, nowMs)
  if ((await keys.list()).length > 0) return made
  const first = newKey()
  await keys.add(keyRow(first, pepper, { name: 'first', models: ['*'], source: 'first-start', createdAtMs: nowMs }))
  return [...made, { name: 'first', key: first }]
}

const narrowed = ({ models, aliases, scope, account }: KeyRow) => ({ models, aliases, scope, account })

/** The configuration was checked: what it names is there. */
const accountOf = (accounts: ReadonlyMap<string, string>, name: string | undefined): string =>
  (name !== undefined && accounts.get(name)) || defaultAccountId
