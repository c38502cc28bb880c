/*
 * Addresses: everything below /ui is a view; tab, filters and open drawers are in the query. Back undoes the last of them.
 */
import { useCallback } from "preact/hooks";
import { encodePath } from "../api/http";
import { Store, useStore } from "./store";

export interface Location {
  /* Without /ui, decoded by segment: "/artifacts/ml-models/a.pkl" */
  segments: readonly string[];
  query: URLSearchParams;
}

const BASE = "/ui";

/* A segment that is not valid percent-encoding is shown as it came. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function read(): Location {
  const path = window.location.pathname.startsWith(BASE) ? window.location.pathname.slice(BASE.length) : "";
  return { segments: path.split("/").filter(Boolean).map(decode), query: new URLSearchParams(window.location.search) };
}

const current = new Store<Location>(read());
window.addEventListener("popstate", () => current.set(read()));

export const useLocation = (): Location => useStore(current);

export function go(path: string, options: { replace?: boolean } = {}): void {
  const url = BASE + path;
  const before = window.location.pathname;
  if (options.replace) window.history.replaceState(null, "", url);
  else window.history.pushState(null, "", url);
  current.set(read());
  if (window.location.pathname !== before) window.scrollTo(0, 0);
}

export const href = (path: string): string => BASE + path;
export const itemPath = (repo: string, path: string): string => `/artifacts/${encodePath(repo)}${path ? `/${encodePath(path)}` : ""}`;

/* One key of the query, and how to change it: pushed for a choice, replaced while typing. */
export function useQuery(name: string): [string, (value: string, replace?: boolean) => void] {
  const location = useLocation();
  const set = useCallback((value: string, replace = false) => setQuery({ [name]: value }, replace), [name]);
  return [location.query.get(name) ?? "", set];
}

export function setQuery(values: Record<string, string>, replace = false): void {
  const query = new URLSearchParams(window.location.search);
  for (const [name, value] of Object.entries(values)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const text = query.toString();
  go(window.location.pathname.slice(BASE.length) + (text ? `?${text}` : ""), { replace });
}

/* Plain clicks on links to views stay in the page; everything else is the browser's. */
export function interceptClicks(): void {
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const target = event.target instanceof Element ? event.target.closest("a") : null;
    if (!(target instanceof HTMLAnchorElement) || target.target || target.hasAttribute("download") || target.origin !== window.location.origin) return;
    if (target.pathname !== BASE && !target.pathname.startsWith(`${BASE}/`)) return;
    event.preventDefault();
    go(target.pathname.slice(BASE.length) + target.search);
  });
}
