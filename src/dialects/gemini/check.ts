import { type Fault, fault } from '../../model/fault.ts'
import { isRecord } from '../../wire/json.ts'
import { camelCase } from './proto.ts'

/**
 * Finds the first field of a request that has the wrong type, so that the readers behind it need not fail. Everything
 * that is unknown passes; `null` is absence, as in proto3 JSON.
 */
export function checkRequest(body: Readonly<Record<string, unknown>>): Fault | undefined {
  const wrong = request(body, '')
  return wrong && fault('invalid', `${wrong.path} must be ${wrong.must}.`, { param: wrong.path })
}

interface Wrong {
  readonly path: string
  readonly must: string
}

type Check = (value: unknown, path: string) => Wrong | undefined

const unless =
  (must: string, fits: (value: unknown) => boolean): Check =>
  (value, path) =>
    fits(value) ? undefined : { path, must }

const text = unless('a string', (value) => typeof value === 'string')
const flag = unless('a boolean', (value) => typeof value === 'boolean')
const record = unless('an object', isRecord)
const number = unless(
  'a number',
  (value) =>
    Number.isFinite(value) || (typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))),
)

/** The members of a message, by their camelCase names; paths keep the client's own spelling. */
const message =
  (members: Readonly<Record<string, Check>>): Check =>
  (value, path) => {
    if (!isRecord(value)) return { path, must: 'an object' }
    for (const [key, member] of Object.entries(value)) {
      const name = camelCase(key)
      const check = Object.hasOwn(members, name) ? members[name] : undefined
      const wrong = member === null ? undefined : check?.(member, path === '' ? key : `${path}.${key}`)
      if (wrong) return wrong
    }
    return undefined
  }

/** A repeated field; one item without the array counts as a list of it. */
const list =
  (item: Check): Check =>
  (value, path) => {
    if (!Array.isArray(value)) return item(value, path)
    for (const [at, one] of value.entries()) {
      const wrong = item(one, `${path}[${at}]`)
      if (wrong) return wrong
    }
    return undefined
  }

/** Words, or what is written out in full. */
const textOr =
  (check: Check): Check =>
  (value, path) =>
    typeof value === 'string' ? undefined : check(value, path)

const blob = message({ mimeType: text, data: text, displayName: text })
const file = message({ fileUri: text, mimeType: text })

const part = message({
  text,
  thought: flag,
  thoughtSignature: text,
  inlineData: blob,
  fileData: file,
  functionCall: message({ id: text, name: text, args: textOr(record) }),
  functionResponse: message({
    id: text,
    name: text,
    parts: list(message({ inlineData: blob, fileData: file })),
  }),
  executableCode: message({ code: text, language: text, id: text }),
  codeExecutionResult: message({ outcome: text, output: text, id: text }),
  toolCall: record,
  toolResponse: record,
  videoMetadata: record,
  mediaResolution: record,
})

const content = message({ role: text, parts: list(textOr(part)) })

const declaration = message({ name: text, description: text, parameters: record, parametersJsonSchema: record })

const tool = message({
  functionDeclarations: list(declaration),
  googleSearch: record,
  googleSearchRetrieval: record,
  enterpriseWebSearch: record,
  urlContext: record,
  codeExecution: record,
  mcpServers: list(record),
})

const generationConfig = message({
  temperature: number,
  topP: number,
  topK: number,
  candidateCount: number,
  maxOutputTokens: number,
  stopSequences: list(text),
  seed: number,
  presencePenalty: number,
  frequencyPenalty: number,
  responseLogprobs: flag,
  logprobs: number,
  responseMimeType: text,
  responseSchema: record,
  responseJsonSchema: record,
  thinkingConfig: message({ includeThoughts: flag, thinkingBudget: number, thinkingLevel: text }),
  responseModalities: list(text),
  speechConfig: record,
  imageConfig: record,
})

const request = message({
  contents: list(textOr(content)),
  systemInstruction: textOr(list(textOr(message({ parts: list(textOr(part)), text })))),
  generationConfig,
  tools: list(tool),
  toolConfig: message({
    functionCallingConfig: message({ mode: text, allowedFunctionNames: list(text) }),
    retrievalConfig: record,
  }),
  serviceTier: text,
  labels: record,
  store: flag,
  cachedContent: text,
})
