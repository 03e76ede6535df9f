/** What a client called something, as far as a message can hold it. */
export const shortened = (name: string): string => (name.length > 200 ? `${name.slice(0, 200)}…` : name)
