/* One artifact: verdict, basis, next step; then what it is and how to get it. */
import { useState } from "preact/hooks";
import { api, artifactUrl } from "../../api/client";
import type { Item } from "../../api/types";
import { useStatus } from "../../frame/status";
import { refreshAll, useAction } from "../../lib/data";
import { count, plural, size, visible } from "../../lib/format";
import { setQuery } from "../../lib/router";
import { toast } from "../../lib/toast";
import { Icon } from "../../parts/icon";
import { Card, Page } from "../../parts/page";
import { Copy, Digest, Name, Time } from "../../parts/text";
import { type Tab, Tabs, useTab } from "../../parts/tabs";
import { ScanMark } from "../../parts/verdict";
import { Calls } from "./calls";
import { DeleteDialog } from "./delete";
import { Components, SecurityTab } from "./findings";
import { fileClients, GetIt } from "./get-it";
import { ModelsInside, Tensors, WhatItIs } from "./model-facts";
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

/* The bytes again: after a scan that could not finish, or to see it with one's own eyes. */
export function ScanAgain({ item }: { item: Item }) {
  const action = useAction();
  const busy = action.busy || item.scan?.state === "queued" || item.scan?.state === "running";
  const again = (): void =>
    action.run(async () => {
      await api.scanAgain(item.repo, item.path);
      toast("It is being scanned again");
      refreshAll();
    });
  return (
    <>
      <button type="button" class="button" disabled={busy} title={action.error?.message} onClick={again}>
        <Icon name="shield" size="s" />
        Scan again
      </button>
      {action.error && (
        <span class="hint bad" role="alert">
          {action.error.message}
        </span>
      )}
    </>
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

const hasCalls = (item: Item): boolean => item.call_lines.length > 0;

function Overview({ item, onDelete }: { item: Item; onDelete: () => void }) {
  const status = useStatus();
  const bad = item.scan?.verdict === "unsafe" || item.scan?.verdict === "suspicious";
  const calls = <Calls lines={item.call_lines} findings={item.findings} clean={item.scan?.verdict === "clean"} foot={`Read in a sandbox, never executed. ${size(item.size_bytes)}.`} />;
  return (
    <div class="grid beside-item">
      <div class="column">
        <BlockedNote item={item} />
        <VerdictCard item={item} status={status.value}>
          {hasCalls(item) && !bad && (
            <p>
              <button type="button" class="text-button" onClick={() => setQuery({ tab: "calls" })}>
                See the calls
              </button>
            </p>
          )}
        </VerdictCard>
        {bad && calls}
        <WhatToDo item={item} onDelete={onDelete} />
        <ModelsInside item={item} />
        <Tensors item={item} />
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
  if (hasCalls(item)) tabs.push({ id: "calls", label: "Calls" });
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
          <ScanAgain item={item} />
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
