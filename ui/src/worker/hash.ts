/* Hashes files off the page's thread, 4 MiB at a time, so that memory stays flat and the page stays quick. */
import type { HashReply, HashRequest } from "./messages";
import { Sha256 } from "./sha256";

const PIECE_BYTES = 4 * 1024 * 1024;
const reply = (message: HashReply): void => self.postMessage(message);

async function hash({ id, file }: HashRequest): Promise<void> {
  const sha = new Sha256();
  for (let at = 0; at < file.size; at += PIECE_BYTES) {
    sha.update(new Uint8Array(await file.slice(at, at + PIECE_BYTES).arrayBuffer()));
    reply({ id, done: Math.min(at + PIECE_BYTES, file.size) });
  }
  reply({ id, sha256: sha.hex() });
}

self.addEventListener("message", (event: MessageEvent<HashRequest>) => {
  hash(event.data).catch((cause: unknown) => reply({ id: event.data.id, failed: cause instanceof Error ? cause.message : "cannot be read" }));
});
