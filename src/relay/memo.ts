import { isRecord } from '../model/record.ts'

/** What the ledger keeps beside a reservation, for the request log of whoever has to write it for a process that died. */
export interface Memo {
  readonly key: string
  /** As it was asked for. */
  readonly model: string
  readonly format: string
  readonly isStream: boolean
}

export const writeMemo = (memo: Memo): string => JSON.stringify(memo)

/** What is there of one. */
export function readMemo(text: string): Partial<Memo> {
  if (text === '') return {}
  const { format, isStream, key, model } = recordIn(text)
  return {
    ...(typeof key === 'string' && { key }),
    ...(typeof model === 'string' && { model }),
    ...(typeof format === 'string' && { format }),
    ...(typeof isStream === 'boolean' && { isStream }),
  }
}

function recordIn(text: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(text)
  if (!isRecord(value)) throw new Error('a reservation has a memo that is none')
  return value
}
