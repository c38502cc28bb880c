/* One artifact: verdict, basis, next step; then what it is and how to get it. */
import { useState } from "preact/hooks";
import { artifactUrl } from "../../api/client";
import type { Item } from "../../api/types";
import { useStatus } from "../../frame/status";
import { capital, count, plural, size, visible } from "../../lib/format";
import { setQuery } from "../../lib/router";
import { Icon } from "../../parts/icon";
import { Card, Page } from "../../parts/page";
import { Copy, Digest, Name, Time } from "../../parts/text";
import { type Tab, Tabs, useTab } from "../../parts/tabs";
import { ScanMark } from "../../parts/verdict";
import { Calls } from "./calls";
import { DeleteDialog } from "./delete";
import { Components, SecurityTab } from "./findings";
import { fileClients, GetIt } from "./get-it";
import { Properties } from "./properties";
import { BlockedNote, threatsOf, VerdictCard } from "./verdict-card";
import { WhatToDo } from "./what-to-do";

export function Checksums({ item }: { item: Item }) {
  return (
    <Card title="Checksums">
      <div class="body">
        <dl class="facts facts-sums">
          <dt>SHA-256</dt>
          <dd>
            <Digest value={item.sha256} what="SHA-256" />
          </dd>
          <dt>SHA-1</dt>
          <dd>
            <Digest value={item.sha1} what="SHA-1" />
          </dd>
          <dt>MD5</dt>
          <dd>
            <Digest value={item.md5} what="MD5" />
          </dd>
        </dl>
      </div>
    </Card>
  );
}

export function FactsCard({ item }: { item: Item }) {
  return (
    <section class="card padded" aria-label="Facts">
      <dl class="facts facts-item">
        <dt>Size</dt>
        <dd>
          {size(item.size_bytes)} {item.size_bytes >= 1000 && <span class="dim">({count(item.size_bytes)} bytes)</span>}
        </dd>
        <dt>Deployed</dt>
        <dd>
          <Time ms={item.created_ms} /> by <bdi>{item.created_by}</bdi>
        </dd>
        <dt>Changed</dt>
        <dd>
          <Time ms={item.modified_ms} />
          {item.modified_by !== item.created_by && (
            <>
              {" "}
              by <bdi>{item.modified_by}</bdi>
            </>
          )}
        </dd>
        <dt>Downloads</dt>
        <dd>{count(item.downloads)}</dd>
        {item.format && (
          <>
            <dt>Type</dt>
            <dd>
              <Name text={item.format} />
            </dd>
          </>
        )}
        <dt>Media type</dt>
        <dd class="breaks">{item.mime}</dd>
      </dl>
    </section>
  );
}

/* What the readers of formats call their facts, as people do. */
const factNames: Record<string, string> = { pickle_protocol: "Protocol", raw_arrays: "Arrays", sklearn_version: "scikit-learn", n_features: "Features", n_estimators: "Trees", n_classes: "Classes" };
const factName = (name: string): string => factNames[name] ?? capital(visible(name).replaceAll("_", " "));

/* A dotted name breaks after its dots. */
function Dotted({ text }: { text: string }) {
  return (
    <bdi>
      {visible(text)
        .split(/(?<=\.)/)
        .map((part, at) => (
          <>
            {at > 0 && <wbr />}
            {part}
          </>
        ))}
    </bdi>
  );
}

function WhatItIs({ item }: { item: Item }) {
  if (item.facts.length === 0) return null;
  return (
    <Card title="What it is">
      <div class="body">
        <dl class="facts facts-item">
          {item.facts.map((fact, at) => (
            <>
              <dt key={at}>{factName(fact.name)}</dt>
              <dd class="breaks">
                <Dotted text={fact.value.slice(0, 400)} />
              </dd>
            </>
          ))}
        </dl>
      </div>
    </Card>
  );
}

export function DownloadButton({ item, primary }: { item: Item; primary: boolean }) {
  if (item.blocked)
    return (
      <button type="button" class="button" disabled title="A policy blocks this download">
        <Icon name="lock" />
        Download
      </button>
    );
  return (
    <a class={primary ? "button primary" : "button"} href={artifactUrl(item.repo, item.path)} download="">
      <Icon name="download" />
      Download
    </a>
  );
}

function Overview({ item, onDelete }: { item: Item; onDelete: () => void }) {
  const status = useStatus();
  const bad = item.scan?.verdict === "unsafe" || item.scan?.verdict === "suspicious";
  const calls = <Calls lines={item.call_lines} findings={item.findings} clean={item.scan?.verdict === "clean"} foot={`Read in a sandbox, never executed. ${size(item.size_bytes)}.`} />;
  return (
    <div class="grid beside-item">
      <div class="column">
        <BlockedNote item={item} />
        <VerdictCard item={item} status={status.value}>
          {item.call_lines.length > 0 && !bad && (
            <p>
              <button type="button" class="text-button" onClick={() => setQuery({ tab: "calls" })}>
                See the calls
              </button>
            </p>
          )}
        </VerdictCard>
        {bad && calls}
        <WhatToDo item={item} onDelete={onDelete} />
        <Checksums item={item} />
        <Properties item={item} />
        <GetIt clients={fileClients(item.repo, item.path)} repo={item.repo} />
      </div>
      <div class="column">
        <FactsCard item={item} />
        <WhatItIs item={item} />
      </div>
    </div>
  );
}

function Panel({ tab, item, onDelete }: { tab: string; item: Item; onDelete: () => void }) {
  const status = useStatus();
  switch (tab) {
    case "security":
      return <SecurityTab item={item} status={status.value} />;
    case "contents":
      return <Components item={item} title="Inside" />;
    case "calls":
      return <Calls lines={item.call_lines} findings={item.findings} clean={item.scan?.verdict === "clean"} foot={`Read in a sandbox, never executed. ${size(item.size_bytes)}.`} />;
    default:
      return <Overview item={item} onDelete={onDelete} />;
  }
}

export function ItemPage({ item }: { item: Item }) {
  const [deleting, setDeleting] = useState(false);
  const name = item.path.split("/").pop() ?? item.path;
  const unsafe = item.scan?.verdict === "unsafe";
  const tabs: Tab[] = [
    { id: "overview", label: "Overview" },
    { id: "security", label: "Security", count: item.findings.length },
    { id: "contents", label: "Components", count: item.components.length },
  ];
  if (item.call_lines.length > 0) tabs.push({ id: "calls", label: "Calls" });
  const tab = useTab(tabs);
  return (
    <Page
      title={visible(name)}
      wide
      marks={
        <>
          <ScanMark scan={item.scan} />
          {item.blocked && (
            <span class="tag alert">
              <Icon name="lock" />
              Download blocked
            </span>
          )}
          {threatsOf(item).length > 1 && <span class="tag">{plural(threatsOf(item).length, "threat finding")}</span>}
        </>
      }
      sub={
        <span class="line tight">
          <span class="mono breaks">
            <Name text={`${item.repo}/${item.path}`} />
          </span>
          <Copy text={`${item.repo}/${item.path}`} what="path" />
        </span>
      }
      actions={
        <>
          <DownloadButton item={item} primary={!unsafe} />
          <button type="button" class="button danger" onClick={() => setDeleting(true)}>
            <Icon name="trash" size="s" />
            Delete…
          </button>
        </>
      }
    >
      <Tabs tabs={tabs} chosen={tab} label="Views of the artifact" />
      <div id="tab-panel" class="panel" role="tabpanel" aria-labelledby={`tab-${tab}`}>
        <Panel tab={tab} item={item} onDelete={() => setDeleting(true)} />
      </div>
      {deleting && <DeleteDialog repo={item.repo} path={item.path} bytes={item.size_bytes} folder={false} onClose={() => setDeleting(false)} />}
    </Page>
  );
}
