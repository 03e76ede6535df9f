import type { Frame } from './frames.ts'

/** Gemini's stream without `alt=sse`: one JSON array, told element by element. */
export function jsonArray(): { element(frame: Frame): string; end(isBroken: boolean): string } {
  let isOpen = false
  return {
    element(frame) {
      if (frame.data === '') return ''
      const before = isOpen ? ',\r\n' : '['
      isOpen = true
      return `${before}${frame.data}`
    },
    // The writer of a fault closes the array by itself.
    end: (isBroken) => (isBroken ? '' : isOpen ? ']' : '[]'),
  }
}
