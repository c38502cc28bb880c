/* Every model that is stored, and what it is: read from its bytes, never loaded. */
import { api } from "../../api/client";
import type { ModelRow } from "../../api/types";
import { usePages } from "../../lib/pages";
import { count, large, plural, size, visible } from "../../lib/format";
import { href, itemPath, setQuery, useQuery } from "../../lib/router";
import { Icon } from "../../parts/icon";
import { ListFoot, Page } from "../../parts/page";
import { SearchField } from "../../parts/search-field";
import { Empty, ErrorNote, Skeleton } from "../../parts/states";
import { Name, Time } from "../../parts/text";
import { VerdictOf } from "../../parts/verdict";

const shortClass = (name: string): string => name.slice(name.lastIndexOf(".") + 1);

function Nothing({ searched }: { searched: boolean }) {
  if (searched)
    return (
      <Empty drawing="unjudged" title="No model is like that">
        <p>Search for a part of the path, a class, a framework, a licence or a parameter's value.</p>
      </Empty>
    );
  return (
    <Empty drawing="store" title="No model is stored yet">
      <p>Deploy a model file, and its class, framework, parameters and tensors are listed here. It is read in a sandbox and never loaded.</p>
    </Empty>
  );
}

function What({ row }: { row: ModelRow }) {
  if (!row.class && !row.framework) return <span class="dim">{row.format}</span>;
  return (
    <>
      <span class="bold" title={row.class ?? undefined}>
        <Name text={row.class ? shortClass(row.class) : row.format} />
      </span>
      {row.framework && (
        <a class="second" title={`Only models of ${visible(row.framework)}`} href={href(`/models?fact=${encodeURIComponent(`framework:${row.framework}`)}`)}>
          {visible(row.framework)} {visible(row.framework_version ?? "")}
        </a>
      )}
    </>
  );
}

function Row({ row }: { row: ModelRow }) {
  return (
    <tr>
      <td>
        <a class="name breaks" href={href(itemPath(row.repo, row.path))}>
          {visible(row.path)}
        </a>
        <span class="second">
          <bdi>{row.repo}</bdi>
        </span>
      </td>
      <td>
        <What row={row} />
      </td>
      <td>
        <VerdictOf verdict={row.verdict} />
      </td>
      <td class="figure spare">{row.parameters ? large(Number(row.parameters)) : ""}</td>
      <td class="figure soft">{size(row.size_bytes)}</td>
      <td class="soft spare">{row.license ? <Name text={row.license} /> : ""}</td>
      <td class="soft">
        <Time ms={row.modified_ms} />
      </td>
    </tr>
  );
}

export function Models() {
  const [q] = useQuery("q");
  const [fact] = useQuery("fact");
  const data = usePages(`models:${q}:${fact}`, (after) => api.models(q, fact, after));
  const rows = data.value?.rows;
  return (
    <Page title="Models" sub="What every stored model is, read from its bytes and never loaded." wide>
      <div class="filter-row">
        <SearchField q={q} placeholder="Path, class, framework" label="Search models" />
        {fact && (
          <button type="button" class="chip on" aria-label={`${fact}: remove this filter`} onClick={() => setQuery({ fact: "" })}>
            {visible(fact.replace(":", ": "))}
            <Icon name="x" size="s" />
          </button>
        )}
      </div>
      {data.error && <ErrorNote error={data.error} retry={data.refresh} />}
      <section class="card">
        {!rows && !data.error && <Skeleton rows={4} />}
        {rows?.length === 0 && <Nothing searched={q !== "" || fact !== ""} />}
        {rows && rows.length > 0 && (
          <>
            <table class="table stacked">
              <thead>
                <tr>
                  <th>Artifact</th>
                  <th>Model</th>
                  <th>Verdict</th>
                  <th class="figure">Numbers</th>
                  <th class="figure">Size</th>
                  <th>Licence</th>
                  <th>Arrived</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <Row key={`${row.repo}/${row.path}`} row={row} />
                ))}
              </tbody>
            </table>
            <ListFoot shown={`First ${count(rows.length)} models, the newest first.`} all={`${plural(rows.length, "model")}, the newest first.`} rest={data.value?.next !== null} onMore={data.more} busy={data.busy} />
          </>
        )}
      </section>
    </Page>
  );
}
