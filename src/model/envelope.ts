/**
 * Every envelope of ours begins with these characters: base64 of the bytes `causeway1`. Standard base64 throughout, because
 * Gemini's `thoughtSignature` is a bytes field, and a form that one format accepts serves all of them.
 */
export const envelopeMark = 'Y2F1c2V3YXkx'

/** Whether a seal's data is an envelope that we gave to a client. It must never reach a vendor. */
export const isEnvelope = (data: string): boolean => data.startsWith(envelopeMark)

/** Ids of search traces that we told an Anthropic client on behalf of another vendor; no vendor must see them again. */
export const foreignTraceMark = 'srvtoolu_cw'
