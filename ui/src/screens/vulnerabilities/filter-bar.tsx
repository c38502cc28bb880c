import { api } from "../../api/client";
import { useData } from "../../lib/data";
import { setQuery } from "../../lib/router";
import { Icon } from "../../parts/icon";
import { SearchField } from "../../parts/search-field";
import type { Filters } from "./filters";

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
      <SearchField placeholder="Component, CVE, artifact" label="Search findings" q={filters.q} />
      <RepositoryChip repo={filters.repo} />
      <button type="button" class={filters.fix ? "chip on" : "chip"} aria-pressed={filters.fix} onClick={() => setQuery({ fix: filters.fix ? "" : "yes", open: "" })}>
        Fix: <b>{filters.fix ? "available" : "any"}</b>
        {filters.fix && <Icon name="x" size="s" />}
      </button>
    </div>
  );
}
