import type { VendorFormats } from './answer.ts'
import { anthropicVendor } from './anthropic-messages.ts'
import { geminiVendor } from './gemini.ts'
import { chatVendor } from './openai-chat.ts'
import { responsesVendor } from './openai-responses.ts'

export const vendorFormats: VendorFormats = {
  'anthropic-messages': anthropicVendor,
  'openai-chat': chatVendor,
  'openai-responses': responsesVendor,
  gemini: geminiVendor,
}
