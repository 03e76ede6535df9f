import { dotenv } from './dotenv.ts'
import type { Format } from './format.ts'
import { json, jsonWithComments, jsonWithTrailingCommas } from './json.ts'
import { toml } from './toml.ts'

/** `json-comments` takes comments too, `json-commas` trailing commas as well. */
export type FormatId = 'json' | 'json-comments' | 'json-commas' | 'toml' | 'dotenv'

export const formats: Readonly<Record<FormatId, Format>> = {
  json,
  'json-comments': jsonWithComments,
  'json-commas': jsonWithTrailingCommas,
  toml,
  dotenv,
}
