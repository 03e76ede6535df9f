import type { AnthropicQuirks } from '../../dialects/anthropic-messages/quirks.ts'
import { type ChatQuirks, compatibleQuirks } from '../../dialects/openai-chat/quirks.ts'
import type { ResponsesQuirks } from '../../dialects/openai-responses/quirks.ts'
import type { Formats, Provider } from '../provider.ts'

/** A vendor that speaks OpenAI's formats, and perhaps Anthropic's and Gemini's, with a bearer key. */
export interface CompatibleRow {
  readonly id: string
  readonly name: string
  /** Undefined: every operator has another one. */
  readonly baseUrl: string | undefined
  /** Absent: `/v1`. */
  readonly apiPath?: string
  readonly environment: readonly string[]
  readonly models?: readonly string[]
  /** Laid over `compatibleQuirks`. */
  readonly chat?: Partial<ChatQuirks>
  /** Speaks the Responses API too; laid over `plainResponses`. */
  readonly responses?: Partial<ResponsesQuirks>
  /** Its Responses API is the richer one: thoughts are told there alone. */
  readonly prefersResponses?: true
  /** Speaks Anthropic Messages too, below `at` or its own root; `quirks` are laid over `plainMessages`. */
  readonly anthropic?: { readonly at?: string; readonly quirks?: Partial<AnthropicQuirks> }
  /** Speaks Gemini's format too. */
  readonly gemini?: true
  /** Absent: the id. */
  readonly maker?: string
  readonly docs: string
}

/** The row, spelled out. Chat comes first where nothing is richer, because every vendor of this kind keeps it up best. */
export function compatible(row: CompatibleRow): Provider {
  const apiPath = row.apiPath ?? '/v1'
  return {
    id: row.id,
    name: row.name,
    baseUrl: row.baseUrl,
    apiPath,
    auth: { kind: 'bearer' },
    environment: row.environment,
    formats: formatsOf(row, apiPath),
    maker: row.maker ?? row.id,
    ...(row.models && { models: row.models }),
    docs: row.docs,
  }
}

/** A server that speaks Anthropic's format for models of its own: the plain fields, pictures inline. */
export const plainMessages: Partial<AnthropicQuirks> = {
  autoCache: false,
  serverTools: false,
  fetchesUrls: false,
  documents: false,
  betas: false,
  threads: false,
  toolFields: false,
}

/** A server that speaks the Responses API for models of its own: messages, functions and their results. */
export const plainResponses: Partial<ResponsesQuirks> = {
  customTools: false,
  namespaces: false,
  typedTools: [],
  serverTools: [],
  opaqueItems: false,
  compacts: false,
  allowedTools: false,
  encryptedReasoning: false,
  phases: false,
  systemRole: 'system',
  listOutputs: false,
  fetchesUrls: false,
  cacheKey: false,
  minOutput: 1,
}

function formatsOf(row: CompatibleRow, apiPath: string): Formats {
  const responses: Formats = row.responses
    ? { 'openai-responses': { quirks: { ...plainResponses, path: `${apiPath}/responses`, ...row.responses } } }
    : {}
  return {
    ...(row.prefersResponses && responses),
    'openai-chat': { quirks: { ...compatibleQuirks, path: `${apiPath}/chat/completions`, ...row.chat } },
    ...(row.anthropic && {
      'anthropic-messages': {
        ...(row.anthropic.at !== undefined && { baseUrl: row.anthropic.at }),
        quirks: { ...plainMessages, ...row.anthropic.quirks },
      },
    }),
    ...responses,
    ...(row.gemini && { gemini: {} }),
  }
}
