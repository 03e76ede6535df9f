import { z } from 'zod'
import { type Account, defaultGroup, type Group } from '../model/account.ts'
import { multiplier, usd } from './money.ts'
import { scopedLimits } from './scope.ts'

const name = z.string().min(1).max(100)

export const groupSchema = z
  .strictObject({
    name,
    /** Of every price. */
    multiplier: multiplier.prefault(1),
    /** Names and globs of channels that its members may use. */
    channels: z.array(z.string().min(1)).min(1).default(['*']),
  })
  .transform(
    (group): Omit<Group, 'source'> => ({
      name: group.name,
      multiplierPpm: group.multiplier,
      channels: group.channels,
    }),
  )

export const accountSchema = z
  .strictObject({
    name,
    group: z.string().min(1).default(defaultGroup),
    /** How far below zero the balance may go. Without it what the file names is trusted without end. */
    credit_limit: usd.optional(),
    limits: scopedLimits.prefault({}),
  })
  .transform(
    (account): ConfiguredAccount => ({
      name: account.name,
      group: account.group,
      ...(account.credit_limit !== undefined && { creditLimit: account.credit_limit }),
      limits: account.limits,
    }),
  )

export type ConfiguredAccount = Omit<Account, 'id' | 'isEnabled' | 'source' | 'createdAtMs'>
