/** Upper ends for answers of models, which take from milliseconds to minutes. Seconds. */
export const secondsOfAnswers = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]

/** Upper ends for commits of a database. Seconds. */
export const secondsOfCommits = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5]

/** Upper ends for how many commands share a commit. */
export const sizesOfBatches = [1, 2, 4, 8, 16, 32, 64, 128]
