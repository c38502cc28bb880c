/*
 * Data of the pages: shown at once from the last answer, refreshed behind; never a blank in between.
 */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../api/http";
import { Store, useStore } from "./store";

interface Entry {
  value: unknown;
}
const cache = new Map<string, Entry>();
/* Parts of one page that need the same answer ask once; what was asked before a change does not count after it. */
const underWay = new Map<string, Promise<unknown>>();
const CACHE_ENTRIES = 200;

/* Raised whenever something was changed: every mounted page asks again. */
const generation = new Store(0);
export const refreshAll = (): void => generation.set(generation.value + 1);
export function forgetAll(): void {
  cache.clear();
  refreshAll();
}

function askOnce<Value>(key: string, load: () => Promise<Value>): Promise<Value> {
  const name = `${generation.value}:${key}`;
  const asked = underWay.get(name) as Promise<Value> | undefined;
  if (asked) return asked;
  const answer = load().finally(() => underWay.delete(name));
  underWay.set(name, answer);
  return answer;
}

export interface Data<Value> {
  value: Value | undefined;
  error: ApiError | undefined;
  refresh: () => void;
}

function remember(key: string, value: unknown): void {
  cache.delete(key);
  cache.set(key, { value });
  const oldest = cache.keys().next();
  if (cache.size > CACHE_ENTRIES && !oldest.done) cache.delete(oldest.value);
}

const asApiError = (cause: unknown): ApiError => (cause instanceof ApiError ? cause : new ApiError(0, "", cause instanceof Error ? cause.message : String(cause), ""));

export interface DataOptions<Value> {
  /* Ask again after so long, while the answer says that something is under way; 0 stops. Paused while the tab is hidden. */
  again?: (value: Value | undefined) => number;
}

export function useData<Value>(key: string, load: () => Promise<Value>, options: DataOptions<Value> = {}): Data<Value> {
  const seen = useStore(generation);
  const [state, setState] = useState<{ key: string; value: Value | undefined; error: ApiError | undefined }>({ key, value: undefined, error: undefined });
  const [turn, setTurn] = useState(0);
  const loader = useRef(load);
  loader.current = load;
  const again = useRef(options.again);
  again.current = options.again;

  useEffect(() => {
    let live = true;
    let timer: number | undefined;
    askOnce(key, () => loader.current())
      .then((value) => {
        remember(key, value);
        if (live) setState({ key, value, error: undefined });
        return value;
      })
      .catch((cause: unknown) => {
        const error = asApiError(cause);
        if (live) setState((old) => ({ key, value: old.key === key ? old.value : undefined, error }));
        return undefined;
      })
      .then((value) => {
        const wait = again.current?.(value) ?? 0;
        if (live && wait > 0) timer = window.setTimeout(() => !document.hidden && setTurn((old) => old + 1), wait);
      });
    const shown = (): void => {
      if (!document.hidden && again.current) setTurn((old) => old + 1);
    };
    document.addEventListener("visibilitychange", shown);
    return () => {
      live = false;
      window.clearTimeout(timer);
      document.removeEventListener("visibilitychange", shown);
    };
  }, [key, seen, turn]);

  const cached = cache.get(key)?.value as Value | undefined;
  const value = state.key === key && state.value !== undefined ? state.value : cached;
  return { value, error: state.key === key ? state.error : undefined, refresh: useCallback(() => setTurn((old) => old + 1), []) };
}

/* Something that a button does: busy while it runs, its error kept for the place beside the button. */
export function useAction(): { busy: boolean; error: ApiError | undefined; run: (work: () => Promise<void>) => void; clear: () => void } {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const run = useCallback((work: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    work()
      .catch((cause: unknown) => setError(asApiError(cause)))
      .finally(() => setBusy(false));
  }, []);
  return { busy, error, run, clear: useCallback(() => setError(undefined), []) };
}
