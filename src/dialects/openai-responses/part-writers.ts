import type { Citation, MediaPart, Part, PartKind } from '../../model/part.ts'
import { isRecord } from '../../wire/json.ts'
import { callWriter } from './call-writer.ts'
import type { OutputContent } from './shapes.ts'
import type { PartWriter, Stage } from './stage.ts'
import { thoughtWriter } from './thought-writer.ts'
import { traceWriter, writeTraceResult } from './traces.ts'

type Writers = {
  readonly [Kind in PartKind]: (part: Extract<Part, { kind: Kind }>, stage: Stage) => PartWriter | undefined
}

/** How each kind of part is told; undefined is a part that the format has no place for. */
const partWriters: Writers = {
  text: (part, stage) => textWriter('output_text', part.text, stage),
  refusal: (part, stage) => textWriter('refusal', part.text, stage),
  thinking: thoughtWriter,
  media: writeMedia,
  tool_call: callWriter,
  server_call: traceWriter,
  server_result: (part, stage) => {
    writeTraceResult(part, stage)
    return undefined
  },
  compaction: (part, stage) =>
    part.seal && wholeItem({ type: 'compaction', id: stage.mint('cmp'), encrypted_content: part.seal.data }, stage),
  opaque: (part, stage) =>
    part.dialect === 'openai-responses' && isRecord(part.value)
      ? wholeItem({ id: stage.mint('msg'), ...part.value, type: part.type }, stage)
      : undefined,
  search_result: () => undefined,
  tool_result: () => undefined,
  tool_reference: () => undefined,
}

export function partWriter<Kind extends PartKind>(
  part: Extract<Part, { kind: Kind }>,
  stage: Stage,
): PartWriter | undefined {
  // The table maps each kind to a writer of just that kind; indexing a union of functions loses this.
  const write = partWriters[part.kind] as (part: Part, stage: Stage) => PartWriter | undefined
  return write(part, stage)
}

function wholeItem(item: Parameters<Stage['add']>[0], stage: Stage): undefined {
  stage.finish(stage.add(item), item)
}

/** Citations without an end wait for the end of their part. */
function textWriter(type: OutputContent['type'], text: string, stage: Stage): PartWriter {
  const message = stage.message()
  const mark = message.open(type)
  const waiting: Citation[] = []
  if (text !== '') message.say(text)
  return {
    delta(delta) {
      if (delta.kind === 'text') message.say(delta.text, delta.logprobs)
      else if (delta.kind === 'citation' && isWhole(delta.citation)) message.cite(delta.citation, mark)
      else if (delta.kind === 'citation') waiting.push(delta.citation)
    },
    close() {
      for (const citation of waiting) message.cite(citation, mark)
    },
  }
}

const isWhole = (citation: Citation): boolean => citation.kind === 'native' || citation.end !== undefined

/** A picture is an item of its own; of speech, what was said is told; a link to anything else is text. */
function writeMedia(part: MediaPart, stage: Stage): PartWriter | undefined {
  if (part.media === 'image' && part.source.kind === 'base64') {
    writeImage(part.source.data, part.mime, stage)
    return undefined
  }
  if (part.source.kind === 'url')
    return textWriter('output_text', `${part.media === 'image' ? '!' : ''}[${part.media}](${part.source.url})`, stage)
  if (part.media !== 'audio') return undefined
  const writer = textWriter('output_text', part.transcript ?? '', stage)
  return {
    delta: (delta) => delta.kind === 'transcript' && writer.delta({ kind: 'text', text: delta.text }),
    close: writer.close,
  }
}

function writeImage(result: string, mime: string | undefined, stage: Stage): void {
  const item = { id: stage.mint('ig'), type: 'image_generation_call' }
  const index = stage.add({ ...item, status: 'in_progress', result: null })
  for (const step of ['in_progress', 'generating', 'completed'])
    stage.emit(`response.image_generation_call.${step}`, { item_id: item.id, output_index: index })
  const format = mime?.replace(/^image\//, '').replace('svg+xml', 'svg') ?? 'png'
  stage.finish(index, { ...item, status: 'completed', output_format: format, result })
}
