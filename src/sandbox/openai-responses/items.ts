import { asRecords, asText, type Untyped } from '../untyped.ts'

/** The input as a list of items; a bare text is one message of the user. */
export const itemsOf = (body: Untyped): readonly Untyped[] =>
  typeof body.input === 'string' ? [{ type: 'message', role: 'user', content: body.input }] : asRecords(body.input)

/** An item's type; a message may leave it out. */
export const typeOf = (item: Untyped): string => asText(item.type ?? 'message')

/** Calls and the items that answer them. */
export const OUTPUT_TYPES: Readonly<Record<string, string>> = {
  function_call: 'function_call_output',
  custom_tool_call: 'custom_tool_call_output',
}

/** Parts of an item's content, a bare text being one part. */
export const partsOf = (content: unknown): readonly Untyped[] =>
  typeof content === 'string' ? [{ type: 'input_text', text: content }] : asRecords(content)
