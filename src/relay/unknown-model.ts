import { type Fault, fault } from '../model/fault.ts'
import type { Channel, KeyRow } from '../model/rows.ts'
import { nearestNames } from '../providers/nearest.ts'
import type { Snapshot } from '../store/snapshot.ts'
import { mayUse, modelMeant } from './admit.ts'
import { channelsFor } from './reach.ts'
import { upstreamName } from './serving.ts'
import { shortened } from './shortened.ts'

/** The names that this key can ask for, globs left out, sorted. */
export const modelNames = (channels: readonly Channel[], key: KeyRow): string[] =>
  [...new Set([...channels.flatMap(({ models }) => models), ...key.aliases].map(({ name }) => name))]
    .filter((name) => !name.includes('*') && mayUse(key, modelMeant(key, name)))
    .sort()

/** Why nobody could be asked: the channels that have it cannot be used, which is no fault of the client's, or nobody has it. */
export function unserved(snapshot: Snapshot, key: KeyRow, model: string): Fault {
  const shut = channelsFor({ ...snapshot, channels: snapshot.shutChannels }, key)
  if (shut.every((channel) => upstreamName(channel, model) === undefined))
    return unknownModel(channelsFor(snapshot, key), key, model)
  return fault('overloaded', `Nobody who serves the model "${shortened(model)}" can be asked at the moment.`, {
    retryAfterMs: 60_000,
  })
}

/** Names what was asked for and what it may have been meant to be. */
export function unknownModel(channels: readonly Channel[], key: KeyRow, model: string): Fault {
  const near = nearestNames(model, modelNames(channels, key))
  const hint = near.length > 0 ? ` Did you mean ${near.map((name) => `"${name}"`).join(' or ')}?` : ''
  return fault(
    'model_not_found',
    `The model "${shortened(model)}" does not exist here or this key cannot use it.${hint}`,
    {
      param: 'model',
      code: 'model_not_found',
    },
  )
}

/** Somebody serves it, and nobody whom the client wants. */
export const noneLeft = (model: string): Fault =>
  fault('not_found', `Nobody who serves the model "${shortened(model)}" fits \`provider\`.`, {
    param: 'provider',
    code: 'no_provider_left',
  })
