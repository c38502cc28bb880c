/* Judgements that stand against an artifact: which policy, which finding, and whether the download is blocked. */
import { api } from "../../api/client";
import type { Violation } from "../../api/types";
import { useData } from "../../lib/data";
import { usePages } from "../../lib/pages";
import { count, plural, visible } from "../../lib/format";
import { href } from "../../lib/router";
import { Icon } from "../../parts/icon";
import { ListFoot, Page } from "../../parts/page";
import { SeverityBadge } from "../../parts/severity";
import { Empty, ErrorNote, Skeleton } from "../../parts/states";
import { Name, Time } from "../../parts/text";
import { artifactLabel } from "../vulnerabilities/drawer";

export function Effect({ blocks }: { blocks: boolean }) {
  return blocks ? (
    <span class="tag alert">
      <Icon name="lock" />
      blocks
    </span>
  ) : (
    <span class="tag">noted</span>
  );
}

function Row({ violation }: { violation: Violation }) {
  return (
    <tr>
      <td>
        <SeverityBadge severity={violation.severity} />
      </td>
      <td class="whole where">
        <a class="name breaks" href={href(`/violations/${violation.id}`)}>
          {visible(artifactLabel(violation.path))}
        </a>
        <span class="second">
          <bdi>{violation.repo}</bdi>
        </span>
      </td>
      <td class="whole">
        <Name text={violation.summary} />
      </td>
      <td class="spare where">
        <bdi>{violation.policy}</bdi>
        <span class="second">
          <bdi>{violation.rule}</bdi>
        </span>
      </td>
      <td>
        <Effect blocks={violation.blocks} />
      </td>
      <td class="soft">
        <Time ms={violation.created_ms} />
      </td>
    </tr>
  );
}

function Nothing({ policies, watches }: { policies: number; watches: number }) {
  const go = (
    <a class="button primary small" href={href("/policies")}>
      {policies === 0 ? "Write a policy" : "Open policies and watches"}
    </a>
  );
  if (policies === 0)
    return (
      <Empty drawing="scales" title="No policy is on" actions={go}>
        <p>Everything is scanned, nothing is blocked. A policy says what may be downloaded.</p>
      </Empty>
    );
  if (watches === 0)
    return (
      <Empty drawing="scales" title="No watch ties a policy to a repository" actions={go}>
        <p>{plural(policies, "policy", "policies")} exist, but no repository is under them. Nothing is blocked.</p>
      </Empty>
    );
  return (
    <Empty drawing="shield" title="No open violations">
      <p>
        {plural(watches, "watch", "watches")} with {plural(policies, "policy", "policies")} judged everything in their repositories, and nothing goes against them.
      </p>
    </Empty>
  );
}

export function Violations() {
  const data = usePages("violations", api.violations);
  const policies = useData("policies", api.policies);
  const watches = useData("watches", api.watches);
  const rows = data.value?.rows;
  const error = data.error ?? policies.error ?? watches.error;
  const known = policies.value !== undefined && watches.value !== undefined;
  return (
    <Page title="Violations" sub="What stands against a policy, and whether it blocks the download." wide>
      {error && <ErrorNote error={error} retry={data.refresh} />}
      <section class="card">
        {(!rows || (rows.length === 0 && !known)) && !error && <Skeleton rows={4} />}
        {rows?.length === 0 && known && <Nothing policies={policies.value?.length ?? 0} watches={watches.value?.length ?? 0} />}
        {rows && rows.length > 0 && (
          <>
            <table class="table stacked">
              <thead>
                <tr>
                  <th>Severity</th>
                  <th>Artifact</th>
                  <th>Because</th>
                  <th>Policy, rule</th>
                  <th>Effect</th>
                  <th>Since</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((violation) => (
                  <Row key={violation.id} violation={violation} />
                ))}
              </tbody>
            </table>
            <ListFoot shown={`First ${count(rows.length)} violations, worst first`} all={`${plural(rows.length, "violation")}, worst first`} rest={data.value?.next !== null} onMore={data.more} busy={data.busy} />
          </>
        )}
      </section>
    </Page>
  );
}
