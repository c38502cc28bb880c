/* Why it is blocked, and what unblocks it. The text of every 403 links here. */
import { api } from "../../api/client";
import type { Finding, Item, ViolationPage as Answer } from "../../api/types";
import { useData } from "../../lib/data";
import { ended, plural, sentence, visible } from "../../lib/format";
import { href, itemPath } from "../../lib/router";
import { Icon } from "../../parts/icon";
import { Card, Page } from "../../parts/page";
import { SeverityBadge } from "../../parts/severity";
import { Empty, ErrorNote, Skeleton } from "../../parts/states";
import { Copy, Name, Time } from "../../parts/text";
import { bySeverity } from "../artifacts/verdict-card";
import { isManifest } from "../artifacts/tree-model";
import { artifactLabel } from "../vulnerabilities/drawer";

/* The other violations that block the same artifact: settling one of several opens nothing. */
function othersOf(item: Item | undefined, id: number): number {
  return item?.violations.filter((one) => one.blocks && one.id !== id).length ?? 0;
}

function Flow({ answer, others }: { answer: Answer; others: number }) {
  const { violation } = answer;
  return (
    <ol class="flow">
      <li>
        <div class="soft fine">Watch</div>
        <div class="semi breaks">
          <bdi>{violation.watch}</bdi>
        </div>
        <div class="soft fine breaks">
          <bdi>{violation.repo}</bdi>
        </div>
      </li>
      <li>
        <div class="soft fine">Policy</div>
        <div class="semi breaks">
          <a href={href("/policies")}>
            <bdi>{violation.policy}</bdi>
          </a>
        </div>
        <div class="soft fine breaks">
          rule <bdi>{violation.rule}</bdi>
        </div>
      </li>
      <li>
        <div class="soft fine">Finding</div>
        <div class="semi breaks">
          <Name text={violation.component ? `${violation.component} ${violation.version ?? ""}` : artifactLabel(violation.path)} />
        </div>
        <div class="soft fine breaks">{violation.advisory ?? "model threat"}</div>
      </li>
      <li class={violation.blocks ? "bad" : ""}>
        <div class="soft fine">Effect</div>
        <div class="semi">{violation.blocks ? "403 for everybody" : "Noted"}</div>
        <div class="soft fine">{violation.blocks ? (others > 0 ? `until this and ${others} more are settled` : "until one of the steps below is done") : "the download goes on"}</div>
      </li>
    </ol>
  );
}

interface Trouble {
  component: string;
  version: string;
  worst: Finding;
  findings: Finding[];
}

/* Each finding with its own fix, the worst first. Which of several versions is the newest only the ecosystem's rules can say: so nothing is said. */
function troublesOf(item: Item): Trouble[] {
  const byComponent = new Map<string, Trouble>();
  for (const finding of item.findings.filter((one) => one.kind === "vulnerability").sort(bySeverity)) {
    const key = `${finding.component} ${finding.version}`;
    const known = byComponent.get(key);
    if (known) known.findings.push(finding);
    else byComponent.set(key, { component: finding.component ?? "", version: finding.version ?? "", worst: finding, findings: [finding] });
  }
  return [...byComponent.values()];
}

const SHOWN = 5;

function Fixes({ findings }: { findings: readonly Finding[] }) {
  return (
    <ul class="column tight">
      {findings.slice(0, SHOWN).map((finding) => (
        <li key={finding.advisory ?? finding.code} class="breaks">
          <span class="mono soft">{finding.aliases?.[0] ?? finding.advisory ?? finding.code}</span>{" "}
          {finding.fixed ? (
            <>
              <span class="soft">fixed in</span> <span class="mono fixed-in bold">{finding.fixed}</span>
            </>
          ) : (
            <span class="dim">no fix known</span>
          )}
        </li>
      ))}
      {findings.length > SHOWN && <li class="soft">and {findings.length - SHOWN} more</li>}
    </ul>
  );
}

function Components({ troubles }: { troubles: readonly Trouble[] }) {
  if (troubles.length === 0) return null;
  return (
    <Card title="Components with findings" note="and the version that fixes each">
      <table class="table stacked">
        <thead>
          <tr>
            <th>Worst</th>
            <th>Now</th>
            <th>Findings</th>
          </tr>
        </thead>
        <tbody>
          {troubles.map((trouble) => (
            <tr key={`${trouble.component} ${trouble.version}`}>
              <td>
                <SeverityBadge severity={trouble.worst.severity} />
              </td>
              <td>
                <span class="semi">
                  <Name text={trouble.component} />
                </span>{" "}
                <span class="mono dim">{trouble.version}</span>
              </td>
              <td class="whole">
                <Fixes findings={trouble.findings} />
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
        <div class="command">
          <pre>
            <span class="prompt" aria-hidden="true">
              ${" "}
            </span>
            {visible(command)}
            {"\n"}
            <span class="minus">denied:</span> {visible(item.blocked.message)}
          </pre>
        </div>
      </div>
    </Card>
  );
}

function Body({ answer }: { answer: Answer }) {
  const { violation } = answer;
  const item = useData(`item:${violation.repo}:${violation.path}`, () => api.item(violation.repo, violation.path));
  const others = othersOf(item.value, violation.id);
  return (
    <>
      <Flow answer={answer} others={others} />
      <div class="grid beside">
        <div class="column">
          <Card title={violation.blocks ? "Why it is blocked" : "What stands against it"}>
            <div class="body column snug">
              <div class="line at-top wraps">
                <SeverityBadge severity={violation.severity} />
                <span class="fill">
                  <Name text={ended(violation.summary)} />
                </span>
              </div>
            </div>
          </Card>
          <Card title={violation.blocks ? "What unblocks it" : "What settles it"} note={violation.blocks && others > 0 && `${plural(others, "other violation")} ${others === 1 ? "blocks" : "block"} this artifact too`}>
            <ol class="advice">
              {answer.unblock.map((step, at) => (
                <li key={at}>
                  <span class="ordinal">{at + 1}</span>
                  <div class="fill">
                    <Name text={sentence(step)} />
                  </div>
                </li>
              ))}
            </ol>
          </Card>
          {item.value && <Components troubles={troublesOf(item.value)} />}
        </div>
        <div class="column">
          <ClientSees answer={answer} item={item.value} />
          <section class="card padded" aria-label="Facts">
            <dl class="facts facts-item">
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
              <dd class="breaks">
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
              <a class="button small" href={href("/violations")}>
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
          <span class={violation.blocks ? "tag alert" : "tag"}>
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
          <a class="button" href={href(itemPath(violation.repo, violation.path))}>
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

