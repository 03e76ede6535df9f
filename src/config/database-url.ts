/** Whether it names a PostgreSQL database, as far as can be told without asking one. */
export const isDatabaseUrl = (text: string): boolean => /^postgres(ql)?:\/\/./.test(text) && URL.canParse(text)
