export const DAY_MS = 86_400_000;

/** Whole days; negative once it is over. */
export const daysUntil = (end: number, at: number): number => Math.floor((end - at) / DAY_MS);
