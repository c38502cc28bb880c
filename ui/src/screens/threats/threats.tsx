/* Models that would do something when loaded, or that could not be read to their end. */
import { api } from "../../api/client";
import type { Status } from "../../api/types";
import { useStatus } from "../../frame/status";
import { usePages } from "../../lib/pages";
import { count, plural, visible } from "../../lib/format";
import { href, itemPath } from "../../lib/router";
import { ListFoot, Page } from "../../parts/page";
import { Empty, ErrorNote, Skeleton } from "../../parts/states";
import { Name, Time } from "../../parts/text";
import { VerdictOf } from "../../parts/verdict";

function Nothing({ status }: { status: Status | undefined }) {
  const stored = status?.totals.artifacts ?? 0;
  const waiting = (status?.scans.queued ?? 0) + (status?.scans.running ?? 0);
  if (stored === 0)
    return (
      <Empty drawing="store" title="No model is stored yet">
        <p>Every model file is read in a sandbox when it arrives, and never executed. What it would do when loaded is listed here.</p>
      </Empty>
    );
  if (waiting > 0)
    return (
      <Empty drawing="unjudged" title="No threat so far">
        <p>{plural(waiting, "artifact")} wait for a scan: this is not the last word.</p>
      </Empty>
    );
  return (
    <Empty drawing="shield" title="No model threats">
      <p>{plural(stored, "artifact")} are stored and scanned. None that is a model makes a call outside of the allow-list, and all of them could be read to their end.</p>
    </Empty>
  );
}

export function Threats() {
  const data = usePages("threats", api.threats);
  const status = useStatus();
  const rows = data.value?.rows;
  return (
    <Page title="Model threats" sub="Files that would run code when loaded, look as if they might, or could not be read to their end." wide>
      {data.error && <ErrorNote error={data.error} retry={data.refresh} />}
      <section class="card">
        {!rows && !data.error && <Skeleton rows={4} />}
        {rows?.length === 0 && <Nothing status={status.value} />}
        {rows && rows.length > 0 && (
          <>
            <table class="table stacked">
              <thead>
                <tr>
                  <th>Artifact</th>
                  <th>Verdict</th>
                  <th>What it would do</th>
                  <th>Format</th>
                  <th>Arrived</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={`${row.repo}/${row.path}`}>
                    <td>
                      <a class="name breaks" href={href(itemPath(row.repo, row.path))}>
                        {visible(row.path)}
                      </a>
                      <span class="second">
                        <bdi>{row.repo}</bdi>
                      </span>
                    </td>
                    <td>
                      <VerdictOf verdict={row.verdict} />
                    </td>
                    <td class="whole">
                      <Name text={row.title} />
                    </td>
                    <td class="soft">
                      <Name text={row.format} />
                    </td>
                    <td class="soft">
                      <Time ms={row.modified_ms} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
            <ListFoot
              shown={`First ${count(rows.length)} artifacts, worst first. Read in a sandbox, never executed.`}
              all={`${plural(rows.length, "artifact")}, worst first. Read in a sandbox, never executed.`}
              rest={data.value?.next !== null}
              onMore={data.more}
              busy={data.busy}
            />
          </>
        )}
      </section>
    </Page>
  );
}
