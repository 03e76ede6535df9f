/** What a management token may do, the least first: look, change, and hand out tokens that may do everything. */
export const roles = ['reader', 'admin', 'root'] as const
export type Role = (typeof roles)[number]

export const isRole = (text: string): text is Role => roles.some((role) => role === text)

/** Whether `role` may do what `needed` may. */
export const reaches = (role: Role, needed: Role): boolean => roles.indexOf(role) >= roles.indexOf(needed)
