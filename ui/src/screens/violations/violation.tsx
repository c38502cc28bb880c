/* Why it is blocked, and what unblocks it. The text of every 403 links here. */
import { api } from "../../api/client";
import type { Finding, Item, ViolationPage as Answer } from "../../api/types";
import { useData } from "../../lib/data";
import { ended, sentence, visible } from "../../lib/format";
import { href, itemPath } from "../../lib/router";
import { Icon } from "../../parts/icon";
import { Card, Page } from "../../parts/page";
import { SeverityBadge } from "../../parts/severity";
import { Empty, ErrorNote, Skeleton } from "../../parts/states";
import { Copy, Name, Time } from "../../parts/text";
import { bySeverity } from "../artifacts/verdict-card";
import { isManifest } from "../artifacts/tree-model";
import { artifactLabel } from "../vulnerabilities/drawer";

function Flow({ answer }: { answer: Answer }) {
  const { violation } = answer;
  return (
    <ol class="flow">
      <li>
        <div class="muted t12">Watch</div>
        <div class="medium wrap-any">
          <bdi>{violation.watch}</bdi>
        </div>
        <div class="muted t12 wrap-any">
          <bdi>{violation.repo}</bdi>
        </div>
      </li>
      <li>
        <div class="muted t12">Policy</div>
        <div class="medium wrap-any">
          <a href={href("/policies")}>
            <bdi>{violation.policy}</bdi>
          </a>
        </div>
        <div class="muted t12 wrap-any">
          rule <bdi>{violation.rule}</bdi>
        </div>
      </li>
      <li>
        <div class="muted t12">Finding</div>
        <div class="medium wrap-any">
          <Name text={violation.component ? `${violation.component} ${violation.version ?? ""}` : artifactLabel(violation.path)} />
        </div>
        <div class="muted t12 wrap-any">{violation.advisory ?? "model threat"}</div>
      </li>
      <li class={violation.blocks ? "bad" : ""}>
        <div class="muted t12">Effect</div>
        <div class="medium">{violation.blocks ? "403 for everybody" : "Noted"}</div>
        <div class="muted t12">{violation.blocks ? "until one of the steps below is done" : "the download goes on"}</div>
      </li>
    </ol>
  );
}

interface Upgrade {
  component: string;
  version: string;
  fixed: string;
  worst: Finding;
  because: string[];
}

/* Per component the nearest fixed version of its last finding: the server knows no more, so no more is promised. */
function upgradesOf(item: Item): Upgrade[] {
  const byComponent = new Map<string, Upgrade>();
  for (const finding of item.findings.filter((one) => one.kind === "vulnerability").sort(bySeverity)) {
    const key = `${finding.component} ${finding.version}`;
    const known = byComponent.get(key);
    const id = finding.aliases?.[0] ?? finding.advisory ?? finding.code;
    if (known) {
      known.because.push(id);
      if (finding.fixed && finding.fixed.localeCompare(known.fixed, "en", { numeric: true }) > 0) known.fixed = finding.fixed;
    } else byComponent.set(key, { component: finding.component ?? "", version: finding.version ?? "", fixed: finding.fixed ?? "", worst: finding, because: [id] });
  }
  return [...byComponent.values()];
}

function Upgrades({ upgrades }: { upgrades: readonly Upgrade[] }) {
  if (upgrades.length === 0) return null;
  return (
    <Card title="Components with findings" note="the nearest version without them">
      <table class="tbl cards">
        <thead>
          <tr>
            <th>Worst</th>
            <th>Now</th>
            <th>Needs</th>
            <th>Because of</th>
          </tr>
        </thead>
        <tbody>
          {upgrades.map((upgrade) => (
            <tr key={`${upgrade.component} ${upgrade.version}`}>
              <td>
                <SeverityBadge severity={upgrade.worst.severity} />
              </td>
              <td>
                <span class="medium">
                  <Name text={upgrade.component} />
                </span>{" "}
                <span class="mono faint">{upgrade.version}</span>
              </td>
              <td>{upgrade.fixed ? <span class="mono fixv strong">{upgrade.fixed}</span> : <span class="faint">no fix known</span>}</td>
              <td class="full mono muted wrap-any">
                {upgrade.because.slice(0, 3).join(", ")}
                {upgrade.because.length > 3 && ` and ${upgrade.because.length - 3} more`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function ClientSees({ answer, item }: { answer: Answer; item: Item | undefined }) {
  const { violation } = answer;
  if (!item?.blocked) return null;
  const command = isManifest(violation.path) ? `docker pull ${window.location.host}/${violation.repo}/${artifactLabel(violation.path)}` : `curl -fO ${window.location.origin}/artifactory/${violation.repo}/${violation.path}`;
  return (
    <Card title="What the client sees">
      <div class="body">
        <div class="code">
          <pre>
            <span class="p" aria-hidden="true">
              ${" "}
            </span>
            {visible(command)}
            {"\n"}
            <span class="del">denied:</span> {visible(item.blocked.message)}
          </pre>
        </div>
      </div>
    </Card>
  );
}

function Body({ answer }: { answer: Answer }) {
  const { violation } = answer;
  const item = useData(`item:${violation.repo}:${violation.path}`, () => api.item(violation.repo, violation.path));
  return (
    <>
      <Flow answer={answer} />
      <div class="grid g-main">
        <div class="stack">
          <Card title={violation.blocks ? "Why it is blocked" : "What stands against it"}>
            <div class="body stack g2">
              <div class="row top wrap">
                <SeverityBadge severity={violation.severity} />
                <span class="grow">
                  <Name text={ended(violation.summary)} />
                </span>
              </div>
            </div>
          </Card>
          <Card title={violation.blocks ? "What unblocks it" : "What settles it"}>
            <ol class="todo">
              {answer.unblock.map((step, at) => (
                <li key={at}>
                  <span class="nr">{at + 1}</span>
                  <div class="grow">
                    <Name text={sentence(step)} />
                  </div>
                </li>
              ))}
            </ol>
          </Card>
          {item.value && <Upgrades upgrades={upgradesOf(item.value)} />}
        </div>
        <div class="stack">
          <ClientSees answer={answer} item={item.value} />
          <section class="card pad" aria-label="Facts">
            <dl class="kv nk">
              <dt>Since</dt>
              <dd>
                <Time ms={violation.created_ms} />
              </dd>
              <dt>Violation</dt>
              <dd>{violation.id}</dd>
              <dt>Policy</dt>
              <dd>
                <bdi>{violation.policy}</bdi>, rule <bdi>{violation.rule}</bdi>
              </dd>
              <dt>Path</dt>
              <dd class="wrap-any">
                <Name text={`${violation.repo}/${violation.path}`} /> <Copy text={`${violation.repo}/${violation.path}`} what="path" />
              </dd>
            </dl>
          </section>
        </div>
      </div>
    </>
  );
}

export function ViolationPage({ id }: { id: number }) {
  const data = useData(`violation:${id}`, () => api.violation(id));
  const violation = data.value?.violation;
  if (data.error?.status === 404)
    return (
      <div class="page">
        <section class="card">
          <Empty
            drawing="shield"
            level={1}
            title={`Violation ${id} does not stand any more`}
            actions={
              <a class="btn sm" href={href("/violations")}>
                Open violations
              </a>
            }
          >
            <p>The artifact was deleted, the policy changed, or what was wrong is fixed.</p>
          </Empty>
        </section>
      </div>
    );
  return (
    <Page
      title={violation ? visible(artifactLabel(violation.path)) : `Violation ${id}`}
      marks={
        violation && (
          <span class={violation.blocks ? "tag crit" : "tag"}>
            {violation.blocks && <Icon name="lock" />}
            {violation.blocks ? "Download blocked" : "Noted, not blocked"}
          </span>
        )
      }
      sub={
        violation && (
          <>
            <bdi>{violation.repo}</bdi> · violation {violation.id} · since <Time ms={violation.created_ms} />
          </>
        )
      }
      actions={
        violation && (
          <a class="btn" href={href(itemPath(violation.repo, violation.path))}>
            Open {isManifest(violation.path) ? "image" : "artifact"}
          </a>
        )
      }
    >
      {data.error && <ErrorNote error={data.error} retry={data.refresh} />}
      {!data.value && !data.error && <Skeleton rows={5} />}
      {data.value && <Body answer={data.value} />}
    </Page>
  );
}

