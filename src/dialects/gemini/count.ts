import { ok, type Result } from '../../model/fault.ts'
import type { ChatRequest } from '../../model/request.ts'
import type { Target } from '../dialect.ts'
import { readMessage, readNumber } from './proto.ts'
import type { GeminiQuirks } from './quirks.ts'
import { writeRequest } from './request-write.ts'

/**
 * The vendor's counter. It takes bare contents or a whole request, not both.
 * @see https://ai.google.dev/api/tokens
 */
export const count = {
  writeRequest(request: ChatRequest, target: Target<GeminiQuirks>): Result<Record<string, unknown>> {
    const written = writeRequest({ ...request, native: {} }, target)
    if (!written.ok) return written
    const { contents, systemInstruction, tools, toolConfig, generationConfig } = written.value.body
    const counted = {
      contents,
      ...(systemInstruction !== undefined && { systemInstruction }),
      ...(tools !== undefined && { tools }),
    }
    if (target.quirks.countBody === 'flat')
      return ok({ ...counted, ...(generationConfig !== undefined && { generationConfig }) })
    const whole = {
      ...counted,
      ...(toolConfig !== undefined && { toolConfig }),
      ...(generationConfig !== undefined && { generationConfig }),
    }
    return ok({ generateContentRequest: { model: `models/${target.model}`, ...whole } })
  },
  readReply(body: unknown): number | undefined {
    return readNumber(readMessage(body)?.totalTokens)
  },
}
