/* The findings and the components of one artifact. */
import { useState } from "preact/hooks";
import type { Component, Finding, Item, Severity, Status } from "../../api/types";
import { capital, count, plural, SEVERITIES, visible } from "../../lib/format";
import { href } from "../../lib/router";
import { Icon } from "../../parts/icon";
import { Card } from "../../parts/page";
import { SeverityBadge } from "../../parts/severity";
import { Empty } from "../../parts/states";
import { Name } from "../../parts/text";
import { bySeverity, vulnerabilitiesOf } from "./verdict-card";

const ROWS_AT_FIRST = 100;

function useMore<Row>(rows: readonly Row[]): { shown: readonly Row[]; more: preact.JSX.Element | null } {
  const [limit, setLimit] = useState(ROWS_AT_FIRST);
  const more =
    rows.length > limit ? (
      <button type="button" class="button small" onClick={() => setLimit(limit + 200)}>
        Show more
      </button>
    ) : null;
  return { shown: rows.slice(0, limit), more };
}

export function Fixed({ version }: { version: string | null | undefined }) {
  return version ? (
    <span class="fixed-in mono">
      <Icon name="up" size="s" />
      <bdi>{version}</bdi>
    </span>
  ) : (
    <span class="dim">none yet</span>
  );
}

/* Where in the file: a byte of a model, a line of a text. */
function placeOf(finding: Finding): string {
  const { offset, line } = finding.where ?? {};
  if (line !== undefined) return ` · line ${count(line)}`;
  return offset === undefined ? "" : ` · byte ${count(offset)} (0x${offset.toString(16)})`;
}

function FindingRow({ finding }: { finding: Finding }) {
  const ids = [...(finding.aliases ?? []), finding.advisory ?? finding.code];
  return (
    <tr>
      <td>
        <SeverityBadge severity={finding.severity} />
      </td>
      <td class="whole">
        <span class="name">
          <Name text={finding.kind === "vulnerability" ? finding.title : capital(finding.title)} />
        </span>
        <span class="second mono breaks">
          {[...new Set(ids)].join(" · ")}
          {finding.cvss ? ` · CVSS ${finding.cvss.toFixed(1)}` : ""}
          {placeOf(finding)}
        </span>
        {finding.call && (
          <code class="called breaks">
            <Name text={finding.call} />
          </code>
        )}
        {finding.kind !== "vulnerability" && finding.advice && (
          <span class="second">
            <Name text={finding.advice} />
          </span>
        )}
      </td>
      <td>
        {finding.component && (
          <>
            <Name text={finding.component} /> <span class="mono dim">{finding.version}</span>
          </>
        )}
        {!finding.component && finding.where?.member && (
          <span class="mono soft">
            <Name text={finding.where.member} />
          </span>
        )}
      </td>
      <td class="fix">{finding.kind === "vulnerability" && <Fixed version={finding.fixed} />}</td>
    </tr>
  );
}

function Findings({ item, status }: { item: Item; status: Status | undefined }) {
  const rows = [...item.findings].sort(bySeverity);
  const { shown, more } = useMore(rows);
  if (rows.length === 0) {
    const judged = item.scan?.state === "done";
    return (
      <section class="card">
        {judged && item.components.length > 0 && status && status.advisories.count > 0 ? (
          <Empty drawing="shield" title="No open findings">
            <p>
              {plural(item.components.length, "component")} were judged against {count(status.advisories.count)} advisories{status.advisories.starter ? " of the starter set" : ""}.
            </p>
          </Empty>
        ) : judged && item.scan?.verdict === "clean" ? (
          <Empty drawing="shield" title="No open findings">
            <p>The file was read to its last byte, and every call in it is on the allow-list. It holds no components that advisories could speak of.</p>
          </Empty>
        ) : (
          <Empty drawing="unjudged" title={judged ? "Nothing in it to judge" : "Not judged yet"}>
            <p>{judged ? "It is not a model, and no components were found in it." : "Findings appear here when the scan is done."}</p>
          </Empty>
        )}
      </section>
    );
  }
  return (
    <section class="card">
      <table class="table stacked">
        <thead>
          <tr>
            <th>Severity</th>
            <th>Finding</th>
            <th>In</th>
            <th>Fixed in</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((finding, at) => (
            <FindingRow key={at} finding={finding} />
          ))}
        </tbody>
      </table>
      <div class="tally">
        <span class="fill">
          {shown.length === rows.length ? plural(rows.length, "finding") : `${count(shown.length)} of ${plural(rows.length, "finding")}`}, worst first
          {item.findings_dropped ? `; ${count(item.findings_dropped)} more were counted, not kept` : ""}
        </span>
        {more}
      </div>
    </section>
  );
}

function ItemViolations({ item }: { item: Item }) {
  if (item.violations.length === 0) return null;
  return (
    <Card title="Against policies" note={plural(item.violations.length, "violation")}>
      <table class="table stacked">
        <thead class="unseen">
          <tr>
            <th>Severity</th>
            <th>Because</th>
            <th>Policy</th>
            <th>Effect</th>
          </tr>
        </thead>
        <tbody>
          {item.violations.map((one) => (
            <tr key={one.id}>
              <td>
                <SeverityBadge severity={one.severity} />
              </td>
              <td class="whole">
                <a href={href(`/violations/${one.id}`)}>
                  <Name text={one.summary} />
                </a>
              </td>
              <td class="soft">
                <bdi>{one.policy}</bdi>
              </td>
              <td class="soft">{one.blocks ? "blocks" : "noted"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

export function SecurityTab({ item, status }: { item: Item; status: Status | undefined }) {
  return (
    <div class="column">
      <ItemViolations item={item} />
      <Findings item={item} status={status} />
    </div>
  );
}

interface ComponentFacts {
  component: Component;
  worst: Severity | null;
  findings: number;
  fixed: string | null;
}

function factsOf(component: Component, vulnerabilities: readonly Finding[]): ComponentFacts {
  const own = vulnerabilities.filter((one) => one.component === component.name && one.version === component.version);
  return { component, worst: own[0]?.severity ?? null, findings: own.length, fixed: own.find((one) => one.fixed)?.fixed ?? null };
}
const rank = (facts: ComponentFacts): number => (facts.worst ? SEVERITIES.indexOf(facts.worst) : SEVERITIES.length);

export function Components({ item, title, rows: only }: { item: Item; title: string; rows?: readonly Component[] }) {
  const vulnerabilities = vulnerabilitiesOf(item);
  const rows = (only ?? item.components).map((component) => factsOf(component, vulnerabilities)).sort((a, b) => rank(a) - rank(b) || b.findings - a.findings || a.component.name.localeCompare(b.component.name));
  const { shown, more } = useMore(rows);
  if (rows.length === 0)
    return (
      <section class="card">
        <Empty drawing="unjudged" title="No components were found">
          <p>{item.scan?.state === "done" ? "Neither packages nor requirements are inside, so no advisory can speak of it." : "They are listed here when the scan is done."}</p>
        </Empty>
      </section>
    );
  return (
    <Card title={title} note={plural(rows.length, "component")}>
      <table class="table stacked">
        <thead>
          <tr>
            <th>Component</th>
            <th>Worst</th>
            <th class="figure">Findings</th>
            <th>Fixed in</th>
            {!only && <th class="roomy">From</th>}
          </tr>
        </thead>
        <tbody>
          {shown.map((facts, at) => (
            <tr key={at}>
              <td>
                <span class="name">
                  <Name text={facts.component.name} />
                </span>{" "}
                <span class="mono dim">{facts.component.version}</span>
              </td>
              <td>{facts.worst ? <SeverityBadge severity={facts.worst} /> : <span class="dim">none known</span>}</td>
              <td class="figure spare">{facts.findings > 0 ? facts.findings : ""}</td>
              <td class="spare">{facts.worst && <Fixed version={facts.fixed} />}</td>
              {!only && (
                <td class="soft roomy spare mono from" title={visible(facts.component.path)}>
                  {visible(facts.component.path || facts.component.eco)}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      <div class="tally">
        <span class="fill">{shown.length === rows.length ? "All shown, worst first" : `${count(shown.length)} of ${count(rows.length)} shown, worst first`}</span>
        {more}
      </div>
    </Card>
  );
}
