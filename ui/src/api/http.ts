/*
 * One place that speaks HTTP: JSON in and out, errors of every surface as one class, and the signal that the session ended.
 */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly requestId: string,
  ) {
    super(message);
  }

  /* Nobody answered: the network or the server is down. */
  get offline(): boolean {
    return this.status === 0;
  }
}

type Listener = () => void;
const endedListeners = new Set<Listener>();

/* Called when the server says that nobody is signed in any more. */
export function onSessionEnded(listener: Listener): () => void {
  endedListeners.add(listener);
  return () => endedListeners.delete(listener);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function firstRecord(value: unknown): Record<string, unknown> {
  const first: unknown = Array.isArray(value) ? value[0] : undefined;
  return isRecord(first) ? first : {};
}

/* The three error shapes of the surfaces: {"error":{...}}, {"errors":[{...}]}, {"error":"text"}. */
export function errorFrom(status: number, body: string, requestId: string): ApiError {
  let code = "";
  let message = "";
  try {
    const parsed: unknown = JSON.parse(body);
    if (isRecord(parsed)) {
      const inner = isRecord(parsed["error"]) ? parsed["error"] : firstRecord(parsed["errors"]);
      if (typeof parsed["error"] === "string") message = parsed["error"];
      if (typeof inner["message"] === "string") message = inner["message"];
      if (typeof inner["code"] === "string") code = inner["code"];
      if (typeof inner["request_id"] === "string") requestId = inner["request_id"];
    }
  } catch {
    message = body.length < 300 && !body.includes("<") ? body.trim() : "";
  }
  return new ApiError(status, code, message || `the server answered ${status}`, requestId);
}

export interface Call {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  body?: unknown;
  signal?: AbortSignal;
  /* A 401 here is an answer (wrong password), not the end of a session. */
  anonymous?: boolean;
}

export async function request(path: string, call: Call = {}): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", "X-Assay-Ui": "1" };
  const init: RequestInit = { method: call.method ?? "GET", headers, credentials: "same-origin" };
  if (call.body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(call.body);
  }
  if (call.signal) init.signal = call.signal;

  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError(0, "", "the server does not answer", "");
  }
  if (response.ok) return response;
  if (response.status === 401 && !call.anonymous) for (const listener of endedListeners) listener();
  throw errorFrom(response.status, await response.text(), response.headers.get("X-Request-Id") ?? "");
}

/* The caller names the type; docs/ui-api.md is the contract, and the browser tests run against the real server. */
export async function json<Answer>(path: string, call: Call = {}): Promise<Answer> {
  return (await request(path, call)).json() as Promise<Answer>;
}

export function query(values: Record<string, string | number | undefined | null>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined && value !== null && value !== "") search.set(name, String(value));
  const text = search.toString();
  return text ? `?${text}` : "";
}

/* Each segment encoded for itself; a ';' would begin matrix parameters and must not come through. */
export function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
