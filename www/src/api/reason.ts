/** What was thrown, as a sentence. */
export const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));
