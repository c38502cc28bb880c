/* Home, thin: what is stored, what needs somebody, what is left to set up. */
import type { ComponentChildren } from "preact";
import { api } from "../../api/client";
import type { Status, ThreatRow, Violation } from "../../api/types";
import { useStatus } from "../../frame/status";
import { useData } from "../../lib/data";
import { capital, count, plural, size, visible } from "../../lib/format";
import { href, itemPath } from "../../lib/router";
import { Icon } from "../../parts/icon";
import { Card, Page } from "../../parts/page";
import { SeverityBadge } from "../../parts/severity";
import { Empty, ErrorNote, Skeleton } from "../../parts/states";
import { Name, Time } from "../../parts/text";
import { VerdictMark, VerdictOf } from "../../parts/verdict";
import { artifactLabel } from "../vulnerabilities/drawer";
import { SetUp } from "./setup";

function Tile({ label, value, unit, hint, to, mark }: { label: string; value: number | undefined; unit: string; hint: string; to: string; mark?: ComponentChildren }) {
  return (
    <a class="card total" href={href(to)}>
      <div class="label">{label}</div>
      <div class="line">
        <div class="value">
          {value === undefined ? "–" : count(value)} <small>{unit}</small>
        </div>
        {mark && <span class="to-end">{mark}</span>}
      </div>
      <div class="dim fine">{hint || "\u00a0"}</div>
    </a>
  );
}

/* A nought is good news only where something was judged. */
function hintsOf(status: Status | undefined, watches: number | undefined): { threats: string; violations: string; waiting: string } {
  if (!status) return { threats: "", violations: "", waiting: "" };
  const stored = status.totals.artifacts > 0;
  const violations = status.counts.violations > 0 ? "against policies" : watches === 0 ? "no watch is on: nothing is judged" : watches ? "nothing goes against a policy" : "";
  return {
    threats: status.counts.threats > 0 ? "would run code, or could not be read" : stored ? "none among what was scanned" : "nothing was scanned yet",
    violations,
    waiting: status.scans.running > 0 ? `${count(status.scans.running)} running` : stored ? "none is waiting" : "nothing is stored yet",
  };
}

function Tiles({ status, watches }: { status: Status | undefined; watches: number | undefined }) {
  const totals = status?.totals;
  const threats = status?.counts.threats;
  const hints = hintsOf(status, watches);
  const waiting = status ? status.scans.queued + status.scans.running : undefined;
  return (
    <div class="grid four">
      <Tile label="Stored" value={totals?.artifacts} unit={totals?.artifacts === 1 ? "artifact" : "artifacts"} hint={totals ? `${size(totals.bytes)} in ${plural(totals.blobs, "blob")}` : ""} to="/artifacts" />
      <Tile label="Threats" value={threats} unit={threats === 1 ? "model" : "models"} hint={hints.threats} to="/threats" mark={threats ? <VerdictMark shape="unsafe" word="Unsafe" quiet /> : undefined} />
      <Tile label="Violations" value={status?.counts.violations} unit="open" hint={hints.violations} to="/violations" />
      <Tile label="Waiting for a scan" value={waiting} unit={waiting === 1 ? "artifact" : "artifacts"} hint={hints.waiting} to="/artifacts" />
    </div>
  );
}

const ROWS = 6;

function Attention({ threats, violations }: { threats: readonly ThreatRow[]; violations: readonly Violation[] }) {
  return (
    <table class="table stacked">
      <thead class="unseen">
        <tr>
          <th>Artifact</th>
          <th>Verdict</th>
          <th>Since</th>
          <th>Next step</th>
        </tr>
      </thead>
      <tbody>
        {threats.slice(0, ROWS).map((row) => (
          <tr key={`t${row.repo}/${row.path}`}>
            <td class="whole">
              <span class="name breaks">
                <Name text={`${row.repo}/${row.path}`} />
              </span>
              <span class="second">
                <Name text={capital(row.title)} />
              </span>
            </td>
            <td>
              <VerdictOf verdict={row.verdict} />
            </td>
            <td class="soft spare">
              <Time ms={row.modified_ms} />
            </td>
            <td class="figure">
              <a class="button small" href={href(itemPath(row.repo, row.path))}>
                {row.verdict === "unparseable" ? "See why" : "See the call"}<span class="unseen">, {row.path}</span>
              </a>
            </td>
          </tr>
        ))}
        {violations.slice(0, ROWS).map((row) => (
          <tr key={`v${row.id}`}>
            <td class="whole">
              <span class="name breaks">
                <Name text={`${row.repo}/${artifactLabel(row.path)}`} />
              </span>
              <span class="second">
                <Name text={row.summary} />
              </span>
            </td>
            <td>
              <SeverityBadge severity={row.severity} />
            </td>
            <td class="soft spare">
              <Time ms={row.created_ms} />
            </td>
            <td class="figure">
              <a class="button small" href={href(`/violations/${row.id}`)}>
                What unblocks it<span class="unseen">, {visible(artifactLabel(row.path))}</span>
              </a>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function need(threats: number, violations: number): string {
  const parts = [threats > 0 && plural(threats, "model threat"), violations > 0 && plural(violations, "blocking violation")].filter(Boolean);
  return parts.length > 0 ? `${capital(parts.join(" and "))} ${threats + violations === 1 ? "needs" : "need"} a decision.` : "Nothing waits for a decision.";
}

function greeting(user: string): string {
  const hour = new Date().getHours();
  const part = hour < 5 ? "Good night" : hour < 12 ? "Good morning" : hour < 18 ? "Good afternoon" : "Good evening";
  return `${part}, ${user}`;
}

export function Home({ user, onDeploy }: { user: string; onDeploy: () => void }) {
  const status = useStatus();
  const threats = useData("threats", () => api.threats());
  const violations = useData("violations", () => api.violations());
  const watches = useData("watches", api.watches);
  const loaded = threats.value && violations.value;
  /* One line per artifact: a blocked model is a threat first, and its violation is one click further. */
  const known = new Set(threats.value?.rows.map((row) => `${row.repo}/${row.path}`));
  const blocking = new Map<string, Violation>();
  for (const one of violations.value?.rows ?? []) {
    const key = `${one.repo}/${one.path}`;
    if (one.blocks && !known.has(key) && !blocking.has(key)) blocking.set(key, one);
  }
  const error = status.error ?? threats.error ?? violations.error;
  const quiet = loaded && threats.value?.rows.length === 0 && blocking.size === 0;
  return (
    <Page title={greeting(user)} sub={loaded ? need(status.value?.counts.threats ?? threats.value?.rows.length ?? 0, blocking.size) : "\u00a0"}>
      {error && <ErrorNote error={error} retry={status.refresh} />}
      <div class="column">
        <Tiles status={status.value} watches={watches.value?.length} />
        <div class="grid beside">
          <Card
            title="Needs attention"
            action={
              <a class="fine semi" href={href("/violations")}>
                All violations
              </a>
            }
          >
            {!loaded && !error && <Skeleton rows={3} />}
            {quiet &&
              (status.value?.totals.artifacts === 0 ? (
                <Empty
                  drawing="store"
                  title="Nothing is stored yet"
                  actions={
                    <button type="button" class="button small" onClick={onDeploy}>
                      <Icon name="upload" size="s" />
                      Deploy the first artifact
                    </button>
                  }
                >
                  <p>What needs a decision is listed here: unsafe models, and artifacts that a policy blocks.</p>
                </Empty>
              ) : (
                <Empty drawing="shield" title="Nothing needs a decision">
                  <p>No model among what was scanned is a threat, and no policy blocks an artifact.</p>
                </Empty>
              ))}
            {loaded && !quiet && <Attention threats={threats.value?.rows ?? []} violations={[...blocking.values()]} />}
          </Card>
          <SetUp status={status.value} onDeploy={onDeploy} />
        </div>
      </div>
    </Page>
  );
}
