import { useEffect, useState } from "preact/hooks";
import { api } from "../../api/client";
import { useData } from "../../lib/data";
import { setQuery } from "../../lib/router";
import { Icon } from "../../parts/icon";
import type { Filters } from "./filters";

const TYPING_MS = 120;

/* The address is replaced while typing, and pushed on Enter. */
function Search({ q }: { q: string }) {
  const [text, setText] = useState(q);
  useEffect(() => setText(q), [q]);
  useEffect(() => {
    if (text.trim() === q) return;
    const timer = window.setTimeout(() => setQuery({ q: text.trim(), open: "" }, true), TYPING_MS);
    return () => window.clearTimeout(timer);
  }, [text]);
  return (
    <div class="input quiet find-field">
      <Icon name="search" size="s" />
      <input type="search" placeholder="Component, CVE, artifact" aria-label="Search findings" value={text} onInput={(event) => setText(event.currentTarget.value)} onKeyDown={(event) => event.key === "Enter" && setQuery({ q: text.trim(), open: "" })} />
    </div>
  );
}

function RepositoryChip({ repo }: { repo: string }) {
  const data = useData("tree::", () => api.tree("", ""));
  if (repo)
    return (
      <button type="button" class="chip on" aria-label={`Repository ${repo}: remove this filter`} onClick={() => setQuery({ repo: "", open: "" })}>
        Repository: <b>{repo}</b>
        <Icon name="x" size="s" />
      </button>
    );
  return (
    <label class="chip pick">
      Repository <b>any</b>
      <Icon name="down" size="s" />
      <select aria-label="Repository" value="" onChange={(event) => setQuery({ repo: event.currentTarget.value, open: "" })}>
        <option value="">any</option>
        {data.value?.children.map((one) => (
          <option key={one.name} value={one.name}>
            {one.name}
          </option>
        ))}
      </select>
    </label>
  );
}

export function FilterBar({ filters }: { filters: Filters }) {
  return (
    <div class="filter-row slides">
      <Search q={filters.q} />
      <RepositoryChip repo={filters.repo} />
      <button type="button" class={filters.fix ? "chip on" : "chip"} aria-pressed={filters.fix} onClick={() => setQuery({ fix: filters.fix ? "" : "yes", open: "" })}>
        Fix: <b>{filters.fix ? "available" : "any"}</b>
        {filters.fix && <Icon name="x" size="s" />}
      </button>
    </div>
  );
}
