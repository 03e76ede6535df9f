import { mintId } from './ids.ts'

/** Ids of calls as they are told: one that is blank or came before in this answer gets a new one. */
export function callIds(newId: () => string): (id: string) => string {
  const told = new Set<string>()
  return (id) => {
    const unique = id === '' || told.has(id) ? mintId('call', newId) : id
    told.add(unique)
    return unique
  }
}
