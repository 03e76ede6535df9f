import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { UpstreamFormat } from '../../src/model/dialect.ts'
import { startsAnswer } from './framing.ts'

/** One answer of a vendor. */
export interface Answer {
  readonly name: string
  /** The part of the name before `--`. */
  readonly vendor: string
  readonly format: UpstreamFormat
  readonly told:
    | { readonly kind: 'whole'; readonly bytes: Buffer }
    | { readonly kind: 'stream'; readonly lines: readonly string[] }
    | { readonly kind: 'refused'; readonly status: number; readonly body: unknown }
}

/** One request that a vendor was asked. */
export interface Question {
  readonly name: string
  readonly vendor: string
  readonly format: UpstreamFormat
  readonly path: string
  readonly body: Record<string, unknown>
  /** Whether the vendor refused it. */
  readonly isRefused: boolean
}

const folders = [
  'anthropic-messages',
  'openai-chat',
  'openai-responses',
  'gemini',
  'bedrock-converse',
] as const satisfies readonly UpstreamFormat[]

/** Whether every folder of recordings is there: a check that found nothing to check must not pass. */
export const isWhole = (root: string): boolean => folders.every((folder) => existsSync(join(root, folder)))

/** All answers; a file that holds several streams in a row gives one for each. */
export const readAnswers = (root: string): Answer[] =>
  folders.flatMap((format) =>
    readdirSync(join(root, format)).flatMap((file) =>
      file.endsWith('.request.json') ? [] : answersOf(root, format, file),
    ),
  )

export const readQuestions = (root: string): Question[] =>
  folders.flatMap((format) => {
    const files = readdirSync(join(root, format))
    const refused = new Set(files.filter((file) => file.endsWith('.error.json')))
    return files
      .filter((file) => file.endsWith('.request.json'))
      .map((file) => ({
        name: file,
        vendor: vendorOf(file),
        format,
        // The README of the recordings gives the shape of these files.
        ...(JSON.parse(readFileSync(join(root, format, file), 'utf8')) as Pick<Question, 'path' | 'body'>),
        isRefused: refused.has(file.replace('.request.json', '.error.json')),
      }))
  })

const vendorOf = (file: string): string => file.split('--')[0] ?? ''

function answersOf(root: string, folder: UpstreamFormat, file: string): Answer[] {
  const bytes = readFileSync(join(root, folder, file))
  const text = bytes.toString('utf8')
  const head = {
    name: file,
    vendor: vendorOf(file),
    format: isMisfiled(folder, text) ? 'openai-responses' : folder,
  } as const
  if (file.endsWith('.error.json')) {
    // As above.
    const { status, body } = JSON.parse(text) as { status: number; body: unknown }
    return [{ ...head, told: { kind: 'refused', status, body } }]
  }
  if (file.endsWith('.json')) return [{ ...head, told: { kind: 'whole', bytes } }]
  const streams = apart(
    head.format,
    text.split('\n').filter((line) => line.trim() !== ''),
  )
  return streams.map((lines, at) => ({
    ...head,
    ...(streams.length > 1 && { name: `${file}#${at + 1}` }),
    told: { kind: 'stream', lines },
  }))
}

/** Two answers of the Responses API stand among those of Chat Completions. */
const isMisfiled = (folder: UpstreamFormat, text: string): boolean =>
  folder === 'openai-chat' && /"object":\s*"response"/.test(text)

function apart(format: UpstreamFormat, lines: readonly string[]): string[][] {
  const streams: string[][] = []
  for (const line of lines) {
    if (streams.length === 0 || startsAnswer(format, line)) streams.push([])
    streams.at(-1)?.push(line)
  }
  return streams
}
