/*
 * Uploads live outside of the dialog that started them: closing it keeps them going, leaving the site asks.
 *
 * Each file is hashed first (in a worker). If the server has those bytes already, it links them and nothing is sent. Otherwise the bytes
 * go up with their digest, so that what arrives damaged is refused instead of stored.
 */
import { api, artifactUrl } from "../api/client";
import { errorFrom } from "../api/http";
import type { Scan } from "../api/types";
import type { HashReply, HashRequest } from "../worker/messages";
import { refreshAll } from "./data";
import { itemPath } from "./router";
import { Store } from "./store";
import { announce, toast } from "./toast";

export type UploadState =
  | { kind: "staged" }
  | { kind: "waiting" }
  | { kind: "hashing"; done: number }
  | { kind: "sending"; done: number; rate: number }
  | { kind: "scanning"; linked: boolean; scan: Scan | null }
  | { kind: "stored"; linked: boolean; scan: Scan | null }
  | { kind: "failed"; status: number; message: string; requestId: string };

export interface Upload {
  id: number;
  file: File;
  /* Where the file was inside of what was dropped: "weights/a.bin" */
  relative: string;
  repo: string;
  path: string;
  state: UploadState;
}

export const uploads = new Store<readonly Upload[]>([]);
/* Whether somebody looks at the list: otherwise what is done is told by a toast. */
export const watched = new Store(false);
const aborters = new Map<number, () => void>();
let lastId = 0;

const MOST_AT_ONCE = 2;
const POLL_MS = 500;
const POLLS_MOST = 1200;

export const isActive = (upload: Upload): boolean => ["waiting", "hashing", "sending"].includes(upload.state.kind);
export const isOver = (upload: Upload): boolean => upload.state.kind === "stored" || upload.state.kind === "failed";

function patch(id: number, change: Partial<Upload>): void {
  uploads.set(uploads.value.map((one) => (one.id === id ? { ...one, ...change } : one)));
}
const setState = (id: number, state: UploadState): void => patch(id, { state });
const find = (id: number): Upload | undefined => uploads.value.find((one) => one.id === id);

export function stage(files: readonly { file: File; relative: string }[]): void {
  const known = new Set(uploads.value.filter((one) => one.state.kind === "staged").map((one) => one.relative));
  const fresh = files.filter((one) => !known.has(one.relative)).map(({ file, relative }): Upload => ({ id: ++lastId, file, relative, repo: "", path: "", state: { kind: "staged" } }));
  uploads.set([...uploads.value, ...fresh]);
}

export function remove(id: number): void {
  aborters.get(id)?.();
  aborters.delete(id);
  uploads.set(uploads.value.filter((one) => one.id !== id));
  pump();
}

export const clearFinished = (): void => uploads.set(uploads.value.filter((one) => !isOver(one)));
export const cancelAll = (): void => {
  for (const upload of uploads.value) if (!isOver(upload)) remove(upload.id);
};

export function startStaged(repo: string, folder: string): void {
  const prefix = folder ? `${folder}/` : "";
  uploads.set(uploads.value.map((one) => (one.state.kind === "staged" ? { ...one, repo, path: prefix + one.relative, state: { kind: "waiting" } } : one)));
  pump();
}

export function retry(id: number): void {
  setState(id, { kind: "waiting" });
  pump();
}

function pump(): void {
  const running = uploads.value.filter((one) => one.state.kind === "hashing" || one.state.kind === "sending").length;
  const waiting = uploads.value.filter((one) => one.state.kind === "waiting");
  for (const upload of waiting.slice(0, Math.max(0, MOST_AT_ONCE - running))) void runUpload(upload);
}

class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly requestId: string,
  ) {
    super(message);
  }
}

async function runUpload(upload: Upload): Promise<void> {
  try {
    setState(upload.id, { kind: "hashing", done: 0 });
    const sha256 = await hashFile(upload);
    const linked = await linkStored(upload, sha256);
    if (!linked) await send(upload, sha256);
    if (!find(upload.id)) return;
    setState(upload.id, { kind: "scanning", linked, scan: null });
    refreshAll();
    pump();
    await watchScan(upload, linked);
  } catch (cause) {
    if (!find(upload.id)) return;
    const refused = cause instanceof Refused ? cause : new Refused(0, cause instanceof Error ? cause.message : "failed", "");
    setState(upload.id, { kind: "failed", status: refused.status, message: refused.message, requestId: refused.requestId });
    announce(`${upload.relative}: ${refused.message}`);
  } finally {
    aborters.delete(upload.id);
    pump();
  }
}

function hashFile({ id, file }: Upload): Promise<string> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(WORKER_URL);
    const end = (): void => worker.terminate();
    aborters.set(id, () => {
      end();
      reject(new Error("cancelled"));
    });
    worker.onerror = () => {
      end();
      reject(new Error("the file cannot be hashed in this browser"));
    };
    worker.onmessage = (event: MessageEvent<HashReply>) => {
      const reply = event.data;
      if ("done" in reply) return setState(id, { kind: "hashing", done: reply.done });
      end();
      if ("sha256" in reply) resolve(reply.sha256);
      else reject(new Error(`the file cannot be read: ${reply.failed}`));
    };
    const request: HashRequest = { id, file };
    worker.postMessage(request);
  });
}

/* A checksum deploy: 201 when the bytes are known. Any other answer means that they have to be sent, and that request says what is wrong. */
async function linkStored({ repo, path, file }: Upload, sha256: string): Promise<boolean> {
  if (file.size === 0) return false;
  const answer = await fetch(artifactUrl(repo, path), { method: "PUT", headers: { "X-Assay-Ui": "1", "X-Checksum-Deploy": "true", "X-Checksum-Sha256": sha256 } }).catch(() => undefined);
  return answer?.status === 201;
}

function send({ id, repo, path, file }: Upload, sha256: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    const began = performance.now();
    aborters.set(id, () => xhr.abort());
    xhr.open("PUT", artifactUrl(repo, path));
    xhr.setRequestHeader("X-Assay-Ui", "1");
    xhr.setRequestHeader("X-Checksum-Sha256", sha256);
    xhr.upload.onprogress = (event) => setState(id, { kind: "sending", done: event.loaded, rate: event.loaded / Math.max(0.001, (performance.now() - began) / 1000) });
    xhr.onload = () => {
      if (xhr.status >= 200 && xhr.status < 300) return resolve();
      const error = errorFrom(xhr.status, xhr.responseText, xhr.getResponseHeader("X-Request-Id") ?? "");
      reject(new Refused(error.status, error.message, error.requestId));
    };
    xhr.onerror = () => reject(new Refused(0, "the connection ended before the file was stored", ""));
    xhr.onabort = () => reject(new Error("cancelled"));
    setState(id, { kind: "sending", done: 0, rate: 0 });
    xhr.send(file);
  });
}

async function watchScan(upload: Upload, linked: boolean): Promise<void> {
  for (let polls = 0; polls < POLLS_MOST && find(upload.id); polls++) {
    const { scan } = await api.item(upload.repo, upload.path);
    if (!scan || scan.state === "done" || scan.state === "failed" || scan.state === "none") {
      setState(upload.id, { kind: "stored", linked, scan });
      announce(`${upload.relative} is stored`);
      if (!watched.value) toast(`${upload.relative} is stored.`, { detail: `${upload.repo}/${upload.path}`, action: { label: "Open", to: itemPath(upload.repo, upload.path) } });
      refreshAll();
      return;
    }
    setState(upload.id, { kind: "scanning", linked, scan });
    await new Promise((resolve) => window.setTimeout(resolve, POLL_MS));
  }
}

window.addEventListener("beforeunload", (event) => {
  if (uploads.value.some(isActive)) event.preventDefault();
});
