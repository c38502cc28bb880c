/* What the page and the hashing worker say to each other. */
export type HashRequest = { id: number; file: Blob };
export type HashReply = { id: number; done: number } | { id: number; sha256: string } | { id: number; failed: string };
