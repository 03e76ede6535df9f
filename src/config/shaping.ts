import { z } from 'zod'
import { isShapeableHeader, isShapeablePath, promptModes, type Shaping } from '../model/shaping.ts'

const headerName = z
  .string()
  .transform((name) => name.toLowerCase())
  .refine(isShapeableHeader, { error: 'this header is not a channel’s to set or remove' })

/** Printable ASCII: what a header can hold anywhere. */
const headerValue = z
  .string()
  .max(4096)
  .regex(/^[\x20-\x7e]*$/, 'a header’s value is printable ASCII')

const bodyPath = z
  .string()
  .max(200)
  .refine(isShapeablePath, { error: 'this field is not a channel’s to set or remove' })

/** What a channel may say about its requests; the same in the file and in the API. */
export const shapingFields = {
  headers: z
    .strictObject({ set: z.record(headerName, headerValue).optional(), remove: z.array(headerName).optional() })
    .optional(),
  body: z
    .strictObject({ set: z.record(bodyPath, z.json()).optional(), remove: z.array(bodyPath).optional() })
    .optional(),
  system_prompt: z
    .strictObject({ text: z.string().min(1).max(100_000), mode: z.enum(promptModes).default('prepend') })
    .optional(),
}

const fields = z.object(shapingFields)

/** Undefined when nothing is shaped. */
export function shapingOf({ headers, body, system_prompt }: z.output<typeof fields>): Shaping | undefined {
  if (!headers && !body && !system_prompt) return undefined
  return {
    ...(system_prompt && { systemPrompt: system_prompt }),
    ...(body && { body: { ...(body.set && { set: body.set }), ...(body.remove && { remove: body.remove }) } }),
    ...(headers && {
      headers: { ...(headers.set && { set: headers.set }), ...(headers.remove && { remove: headers.remove }) },
    }),
  }
}
