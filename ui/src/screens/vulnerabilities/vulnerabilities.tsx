/* All open vulnerabilities: worst first, with what fixes them and what they block. */
import { useEffect, useState } from "preact/hooks";
import { api } from "../../api/client";
import type { Vulnerabilities as Answer, VulnerabilityRow } from "../../api/types";
import { useData } from "../../lib/data";
import { ageOf, count, plural, SEVERITIES, visible } from "../../lib/format";
import { href, itemPath, setQuery, useQuery } from "../../lib/router";
import { announce } from "../../lib/toast";
import { Icon } from "../../parts/icon";
import { Page } from "../../parts/page";
import { SeverityBadge } from "../../parts/severity";
import { Empty, ErrorNote, Skeleton } from "../../parts/states";
import { Name } from "../../parts/text";
import { Fixed } from "../artifacts/findings";
import { artifactLabel, FindingDrawer } from "./drawer";
import { FilterBar } from "./filter-bar";
import { clearFilters, type Filters, isFiltered, useFilters } from "./filters";
import { Tiles } from "./tiles";

/* Where a row is in the list may change; what it says names it. */
const idOf = (row: VulnerabilityRow): string => [row.advisory, row.component, row.version, row.sha256.slice(0, 12), row.repo, row.path].join("|");

function Row({ row, chosen }: { row: VulnerabilityRow; chosen: boolean }) {
  const open = (): void => setQuery({ open: idOf(row) });
  return (
    <tr class={chosen ? "sel" : ""} onClick={(event) => !(event.target instanceof Element && event.target.closest("a,button")) && open()}>
      <td>
        <SeverityBadge severity={row.severity} />
      </td>
      <td class="figure score">{row.cvss ? row.cvss.toFixed(1) : "–"}</td>
      <td class="whole">
        <button type="button" class="opens name" onClick={open}>
          <Name text={row.summary || row.advisory} />
        </button>
        <span class="second mono breaks">{[...new Set([...row.aliases, row.advisory])].slice(0, 3).join(" · ")}</span>
      </td>
      <td>
        <span class="semi">
          <Name text={row.component} />
        </span>{" "}
        <span class="mono dim">{row.version}</span>
      </td>
      <td class="fix">
        <Fixed version={row.fixed} />
      </td>
      <td class="where">
        <a class="breaks" href={href(itemPath(row.repo, row.path))}>
          {visible(artifactLabel(row.path))}
        </a>
        <span class="second">
          <bdi>{row.repo}</bdi>
        </span>
      </td>
      <td class="effect">
        {row.violation !== null && (
          <a class={row.blocks ? "blocks" : ""} href={href(`/violations/${row.violation}`)} aria-label={row.blocks ? "Blocks the download: why" : "Violates a policy: see"} title={row.blocks ? "Blocks the download" : "Violates a policy"}>
            <Icon name={row.blocks ? "lock" : "violation"} />
          </a>
        )}
      </td>
    </tr>
  );
}

function Nothing({ answer, filters }: { answer: Answer; filters: Filters }) {
  const { judged, totals } = answer;
  const hidden = SEVERITIES.reduce((sum, severity) => sum + totals[severity], 0);
  if (judged.advisories === 0)
    return (
      <Empty drawing="unjudged" title="Not judged yet: no advisories are loaded">
        <p>{judged.components > 0 ? `${plural(judged.components, "component")} were found, but nothing can be said about them.` : "Nothing can be said about any component."} Import a file on the server:</p>
        <div class="command">
          <pre>assay advisories import advisories.zip</pre>
        </div>
      </Empty>
    );
  if (isFiltered(filters))
    return (
      <Empty
        drawing="sieve"
        title="No finding passes these filters"
        actions={
          <button type="button" class="button small" onClick={clearFilters}>
            Clear all filters
          </button>
        }
      >
        <p>{hidden > 0 ? `${plural(hidden, "finding")} of other severities are hidden.` : "Without them the list may hold more."}</p>
      </Empty>
    );
  if (judged.components === 0)
    return (
      <Empty
        drawing="unjudged"
        title="Nothing was judged yet"
        actions={
          <a class="button small" href={href("/artifacts")}>
            Open the artifacts
          </a>
        }
      >
        <p>{judged.artifacts > 0 ? `${plural(judged.artifacts, "artifact")} were scanned, and none of them holds components.` : "No artifact with components is stored."} Push an image or deploy a requirements.txt to see its findings here.</p>
      </Empty>
    );
  return (
    <Empty drawing="shield" title="No open vulnerabilities">
      <p>
        {plural(judged.artifacts, "artifact")} with {plural(judged.components, "component")} were judged against {plural(judged.advisories, "advisory", "advisories")}
        {judged.starter ? " of the starter set, which is small: import the full set to be sure" : ""}
        {ageOf(judged.newest) && `, the newest ${ageOf(judged.newest)} old`}.
      </p>
    </Empty>
  );
}

function basis(answer: Answer | undefined): string {
  if (!answer) return "";
  const { judged, totals } = answer;
  const open = SEVERITIES.reduce((sum, severity) => sum + totals[severity], 0);
  if (judged.advisories === 0) return "Nothing is judged: no advisories are loaded.";
  const which = judged.starter ? `the starter set of ${count(judged.advisories)} advisories` : `${count(judged.advisories)} advisories`;
  return `${plural(open, "open finding")} in ${plural(judged.artifacts, "scanned artifact")}. Judged against ${which}${ageOf(judged.newest) && `, the newest ${ageOf(judged.newest)} old`}.`;
}

export function Vulnerabilities() {
  const filters = useFilters();
  const [open] = useQuery("open");
  const key = `vulnerabilities:${filters.severities.join()}:${filters.repo}:${filters.fix}:${filters.q}`;
  const query = { repo: filters.repo, sev: filters.severities, fix: filters.fix, q: filters.q };
  const data = useData(key, () => api.vulnerabilities(query));
  const [more, setMore] = useState<{ key: string; rows: VulnerabilityRow[]; next: string | null }>({ key, rows: [], next: null });
  const extra = more.key === key ? more.rows : [];
  const next = extra.length > 0 ? more.next : (data.value?.next ?? null);
  const rows = data.value ? [...data.value.rows, ...extra] : [];
  const at = rows.findIndex((row) => idOf(row) === open);
  const chosen = rows[at];

  useEffect(() => {
    if (data.value) announce(plural(data.value.rows.length, "finding"));
  }, [data.value]);
  const step = (by: number): void => {
    const row = rows[at + by];
    if (row) setQuery({ open: idOf(row) }, true);
  };
  const loadMore = async (): Promise<void> => {
    const page = await api.vulnerabilities({ ...query, after: next });
    setMore({ key, rows: [...extra, ...page.rows], next: page.next });
  };

  return (
    <Page title="Vulnerabilities" sub={basis(data.value) || "\u00a0"} wide>
      <Tiles totals={data.value?.totals} filters={filters} />
      <FilterBar filters={filters} />
      {data.error && <ErrorNote error={data.error} retry={data.refresh} />}
      <section class="card" aria-busy={!data.value && !data.error}>
        {!data.value && !data.error && <Skeleton />}
        {data.value && rows.length === 0 && <Nothing answer={data.value} filters={filters} />}
        {rows.length > 0 && (
          <>
            <table class="table stacked findings">
              <thead>
                <tr>
                  <th aria-sort="descending">Severity</th>
                  <th class="figure">CVSS</th>
                  <th>Advisory</th>
                  <th>Component</th>
                  <th>Fixed in</th>
                  <th>In</th>
                  <th>
                    <span class="unseen">Effect</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <Row key={idOf(row)} row={row} chosen={row === chosen} />
                ))}
              </tbody>
            </table>
            <div class="tally">
              <span class="fill">{next === null ? plural(rows.length, "finding") : `first ${count(rows.length)} findings`}, worst first</span>
              {next !== null && (
                <button type="button" class="button small" onClick={() => void loadMore()}>
                  Show more
                </button>
              )}
            </div>
          </>
        )}
      </section>
      {chosen && <FindingDrawer row={chosen} onClose={() => setQuery({ open: "" })} onStep={step} />}
    </Page>
  );
}
