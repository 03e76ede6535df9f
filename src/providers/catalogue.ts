import { calcPrice } from '@pydantic/genai-prices'
import { catalogueName } from './list-prices.ts'
import type { Provider } from './provider.ts'

const windows = new Map<string, number | undefined>()
const mostWindows = 10_000

/**
 * Tokens that a model can read at once, as the catalogue that comes with this version has it: the vendor's own row, else, for
 * those who sell others' models, that of the model's maker. Undefined when nobody said.
 * @see https://github.com/pydantic/genai-prices
 */
export function contextWindow(provider: Provider, model: string): number | undefined {
  const vendor = catalogueName(provider)
  const name = `${vendor} ${model}`
  if (windows.has(name)) return windows.get(name)
  if (windows.size >= mostWindows) windows.clear()
  const found = calcPrice({}, model, { providerId: vendor }) ?? calcPrice({}, model)
  windows.set(name, found?.model.context_window)
  return found?.model.context_window
}
