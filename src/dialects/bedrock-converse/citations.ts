import type { Citation } from '../../model/part.ts'
import { isRecord } from '../../wire/json.ts'

/** A source of what was said: a page of the web, or a place in what the client sent, which stays as it is. */
export function readCitation(citation: unknown): Citation | undefined {
  if (!isRecord(citation)) return undefined
  const web = isRecord(citation.location) && isRecord(citation.location.web) ? citation.location.web : undefined
  if (typeof web?.url !== 'string')
    return { kind: 'native', dialect: 'bedrock-converse', type: 'citation', value: citation }
  const cited = citedText(citation.sourceContent)
  return {
    kind: 'url',
    url: web.url,
    ...(typeof citation.title === 'string' && { title: citation.title }),
    ...(cited !== '' && { cited }),
  }
}

const citedText = (content: unknown): string =>
  (Array.isArray(content) ? content : [])
    .map((one: unknown) => (isRecord(one) && typeof one.text === 'string' ? one.text : ''))
    .join('')
