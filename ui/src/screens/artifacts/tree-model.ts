/* What the tree shows: which nodes are open, and their children as the server gave them. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { api } from "../../api/client";
import type { Page, TreeNode } from "../../api/types";
import { loadPages } from "../../lib/pages";
import { useData } from "../../lib/data";
import { Store, useStore } from "../../lib/store";

export interface Row {
  key: string;
  node: TreeNode;
  repo: string;
  path: string;
  depth: number;
  open: boolean;
  isImage: boolean;
  /* A tag: what is inside is shown on its page, not in the tree. */
  isTag: boolean;
  /* Not an entry but the way to the next ones of this folder. */
  isRest: boolean;
}

/* Kept while the tab lives, so that coming back finds the tree as it was left. */
const opened = new Store<ReadonlySet<string>>(new Set());

export function setOpen(key: string, open: boolean): void {
  const next = new Set(opened.value);
  if (open) next.add(key);
  else next.delete(key);
  opened.set(next);
}

/* How many pages of a folder are shown; one, unless more were asked for. */
const pages = new Store<ReadonlyMap<string, number>>(new Map());

export function showMore(folder: string): void {
  pages.set(new Map(pages.value).set(folder, (pages.value.get(folder) ?? 1) + 1));
}

export const isManifest = (name: string): boolean => /(^|\/)(list\.)?manifest\.json$/.test(name);
const keyOf = (repo: string, path: string): string => (path ? `${repo}/${path}` : repo);
const split = (key: string): [string, string] => {
  const at = key.indexOf("/");
  return at < 0 ? [key, ""] : [key.slice(0, at), key.slice(at + 1)];
};

type Children = ReadonlyMap<string, { nodes: readonly TreeNode[]; more: boolean }>;

/* All open folders in one load: they change together, and each is one quick indexed read. */
async function loadOpen(keys: readonly string[], shown: ReadonlyMap<string, number>): Promise<Children> {
  const loaded = new Map<string, { nodes: readonly TreeNode[]; more: boolean }>();
  await Promise.all(
    keys.map(async (key) => {
      const [repo, path] = split(key);
      try {
        const load = async (after?: string | number): Promise<Page<TreeNode>> => {
          const { children, next } = await api.tree(repo, path, after);
          return { rows: children, next };
        };
        const answer = await loadPages(load, shown.get(key) ?? 1);
        loaded.set(key, { nodes: answer.rows, more: answer.next !== null });
      } catch {
        /* A folder that was deleted meanwhile has no children; its parent's next answer drops it. */
        loaded.set(key, { nodes: [], more: false });
      }
    }),
  );
  return loaded;
}

function flatten(nodes: readonly TreeNode[], repo: string, depth: number, isImage: boolean, open: ReadonlySet<string>, children: Children, into: Row[]): void {
  for (const node of nodes) {
    const repoOf = depth === 0 ? node.name : repo;
    const path = depth === 0 ? "" : node.path;
    const key = keyOf(repoOf, path);
    const image = depth === 0 ? node.package_type?.toLowerCase() === "docker" : isImage;
    const isOpen = node.kind !== "file" && open.has(key);
    const below = isOpen ? children.get(key) : undefined;
    const isTag = image && below !== undefined && below.nodes.some((one) => isManifest(one.name));
    into.push({ key, node, repo: repoOf, path, depth, open: isOpen && !isTag, isImage: image, isTag, isRest: false });
    if (!below || isTag) continue;
    flatten(below.nodes, repoOf, depth + 1, image, open, children, into);
    /* No name ends in a slash: this key is nobody else's. */
    if (below.more) into.push({ key: `${key}/`, node, repo: repoOf, path, depth: depth + 1, open: false, isImage: image, isTag: false, isRest: true });
  }
}

export function useTree(repo: string, path: string, filter: string): { rows: Row[]; loading: boolean; empty: boolean } {
  const open = useStore(opened);
  const roots = useData("tree::", () => api.tree("", ""));
  const keys = useMemo(() => [...open].sort(), [open]);
  const shown = useStore(pages);
  const below = useData(`open:${keys.map((key) => `${key} ${shown.get(key) ?? 1}`).join("\n")}`, () => loadOpen(keys, shown));
  const [last, setLast] = useState<Children>(new Map());
  useEffect(() => {
    if (below.value) setLast(below.value);
  }, [below.value]);

  /* The way to what is shown is open. */
  useEffect(() => {
    if (!repo) return;
    const next = new Set(opened.value).add(repo);
    const parts = path.split("/").filter(Boolean);
    for (let at = 1; at < parts.length; at++) next.add(keyOf(repo, parts.slice(0, at).join("/")));
    if (next.size !== opened.value.size) opened.set(next);
  }, [repo, path]);

  const rows: Row[] = [];
  flatten(roots.value?.children ?? [], "", 0, false, open, below.value ?? last, rows);
  const wanted = filter.trim().toLowerCase();
  const kept = wanted ? keepMatches(rows, wanted) : rows;
  return { rows: kept, loading: !roots.value && !roots.error, empty: roots.value?.children.length === 0 };
}

/* A filter keeps the ancestors of what matches. */
function keepMatches(rows: readonly Row[], wanted: string): Row[] {
  const keep = new Set<string>();
  for (const row of rows) {
    if (!row.key.toLowerCase().includes(wanted)) continue;
    keep.add(row.key);
    for (let at = row.key.lastIndexOf("/"); at > 0; at = row.key.lastIndexOf("/", at - 1)) keep.add(row.key.slice(0, at));
  }
  return rows.filter((row) => keep.has(row.key));
}
