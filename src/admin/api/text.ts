import { z } from 'zod'

/** One line of text: control characters have no business in names, and PostgreSQL keeps no zero bytes. */
export const line = (mostCharacters: number) =>
  z
    .string()
    .min(1)
    .max(mostCharacters)
    .regex(/^\P{Cc}*$/u, 'no control characters')
