import type { Frame } from './frames.ts'

export interface JsonArray {
  element(frame: Frame): string
  /** The fault as its writer wrote it: an element behind others, and the end. */
  broken(fault: string): string
  end(): string
}

/** Gemini's stream without `alt=sse`: one JSON array, told element by element. */
export function jsonArray(): JsonArray {
  let isOpen = false
  return {
    element(frame) {
      if (frame.data === '') return ''
      const before = isOpen ? ',\r\n' : '['
      isOpen = true
      return `${before}${frame.data}`
    },
    broken: (fault) => (isOpen ? fault : `[${fault.replace(/^,\s*/, '')}`),
    end: () => (isOpen ? ']' : '[]'),
  }
}
